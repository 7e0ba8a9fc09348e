"""Loop twins of ``alerts.detect.visits`` and ``alerts.detect.leaving``: one home at a time."""

import math
from collections.abc import Sequence

MINUTE = 60_000_000
Row = tuple[int, int, bool, int]
"""(home, time, whether it is a door that leads out, quarter-hour of the local day)."""


def find_visits(rows: Sequence[tuple[int, int]], last: dict[int, int]) -> list[bool]:
    """Rows are (home, time) in time order; ``last`` moves on in place."""
    begins = []
    for home, time_us in rows:
        begins.append(home not in last or time_us - last[home] > 10 * MINUTE)
        last[home] = time_us
    return begins


class Nights:
    """One home's bathroom visits, night by night."""

    def __init__(self) -> None:
        self.nights = self.total = self.squares = self.score = 0.0

    def end_night(self, visits: int) -> float:
        """Return the score after a night."""
        mean = (self.total + 8) / (self.nights + 8)
        spread = max(self.squares - 2 * mean * self.total + self.nights * mean**2, 0)
        excess = max(spread / max(self.nights, 1) - mean, 0) / mean**2
        phi = max((self.nights * excess + 0.02 * 30) / (self.nights + 30), 0.005)
        ratio = _log_likelihood(visits, mean + 2.5, 1 / phi) - _log_likelihood(
            visits, mean, 1 / phi
        )
        self.score = max(self.score * 0.8 + min(ratio, 2.0), 0)
        kept = min(visits, mean + 6)
        self.nights = self.nights * 0.95 + 1
        self.total = self.total * 0.95 + kept
        self.squares = self.squares * 0.95 + kept**2
        return self.score


def _log_likelihood(count: int, mean: float, r: float) -> float:
    """Return that of a negative binomial with this mean and variance mean + mean^2 / r."""
    p = r / (r + mean)
    return (
        math.lgamma(count + r)
        - math.lgamma(r)
        - math.lgamma(count + 1)
        + r * math.log(p)
        + count * math.log(1 - p)
    )


def find_left(rows: Sequence[Row], left: dict[int, int]) -> set[int]:
    """Move ``left`` (home to time of the first door at night) on; return homes seen inside."""
    inside = set()
    for home, time_us, is_door, bin_ in rows:
        if not is_door:
            left.pop(home, None)
            inside.add(home)
        elif 4 <= bin_ < 20 and home not in left:
            left[home] = time_us
    return inside


class Stay:
    """One home's stay: the room of its last sign, since when all were there, the last of them."""

    def __init__(self) -> None:
        self.room, self.start, self.last = 0, -1, -1

    def sign(self, time_us: int, room: int, *, is_held: bool) -> bool:
        """Return whether this sign ended the stay before it."""
        goes_on = self.start >= 0 and room == self.room
        goes_on = goes_on and (is_held or time_us - self.last <= 60 * MINUTE)
        ended = self.start >= 0 and not goes_on
        if not goes_on:
            self.start = time_us
        self.room, self.last = room, time_us
        return ended
