"""Loop twin of ``alerts.detect.change``: one home's figure, day by day."""

import math
from collections.abc import Sequence

from alerts.detect.change import Figure


class Days:
    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.days = self.total = self.squares = self.score = 0.0
        self.seen = 0

    def end_day(self, value: float) -> float:
        """Return the score after a valid day."""
        f, self.seen = self.figure, self.seen + 1
        weight = self.days + f.mean_weight
        mean = (self.total + f.mean * f.mean_weight) / weight if weight else 0.0
        around = max(self.squares - 2 * mean * self.total + self.days * mean**2, 0)
        sd = math.sqrt((around + 10 * f.spread**2) / (self.days + 10))
        if self.seen > f.first:
            z = min(max((value - mean) / sd, -3), 3)
            self.score = max(self.score + z - f.slack, 0)
        if self.seen > f.skipped and self.score < f.calm and self.days < f.learned:
            if self.days >= 3:
                value = min(max(value, mean - 2.5 * sd), mean + 2.5 * sd)
            self.days = self.days * f.kept + 1
            self.total = self.total * f.kept + value
            self.squares = self.squares * f.kept + value**2
        return self.score


def shift_gain(has_sign: Sequence[bool], rate: Sequence[float], shift: int) -> float:
    """Return the log likelihood of a day under the usual day moved on, less that under it."""

    def fit(moved: int) -> float:
        total = 0.0
        for k, sign in enumerate(has_sign):
            expected = rate[(k - moved) % 96]
            total += math.log(1 - math.exp(-expected)) if sign else -expected
        return total

    return fit(shift) - fit(0)
