"""Loop twin of ``alerts.detect.missed``: one home's devices, hour by hour."""

import math
from collections.abc import Sequence


class Devices:
    def __init__(self, count: int) -> None:
        self.saw = [[0.0] * 4 for _ in range(count)]
        self.chances = [[0.0] * 4 for _ in range(count)]
        self.missed = [0.0] * count
        self.peak = [0.0] * count

    def pass_hour(
        self, saw: Sequence[bool], sees: Sequence[bool], can: Sequence[bool], block: int
    ) -> None:
        count, kept = len(saw), 0.985 ** (1 / 6)
        needed = min(max(sum(sees) - 2, 1), 2)
        for i in range(count):
            others = sum(saw[j] for j in range(count) if j != i)
            is_chance = can[i] and others >= needed
            share = (self.saw[i][block] + 0.15) / (self.chances[i][block] + 3)
            q = min(max(share, 0.001), 0.6)
            self.saw[i][block] *= kept
            self.chances[i][block] *= kept
            if is_chance and self.missed[i] < 8:
                self.saw[i][block] += saw[i]
                self.chances[i][block] += 1
            if saw[i]:
                if self.missed[i] > 0:
                    self.peak[i] = max(self.peak[i] * 0.9975, self.missed[i])
                self.missed[i] = 0.0
            elif is_chance:
                self.missed[i] -= math.log(1 - q)
