"""Loop twins of ``alerts.detect.spell``, ``uses`` and ``unheated``: one home at a time."""

import math
from collections.abc import Sequence

MINUTE = 60_000_000


def find_changes(rows: Sequence[tuple[int, int]], last: dict[int, int]) -> list[int]:
    """Rows are (pad, time) in time order; return how long each ended spell was, -1 if unknown."""
    lasted = []
    for pad, time_us in rows:
        lasted.append(time_us - last[pad] if pad in last else -1)
        last[pad] = time_us
    return lasted


class Spells:
    """The longest spells of one home's days, of one kind."""

    def __init__(self, mean: float, variance: float) -> None:
        self.prior_mean, self.prior_variance = mean, variance
        self.weights: list[float] = []
        self.logs: list[float] = []

    def end_day(self, minutes: float, most: float) -> None:
        if minutes <= 0:
            return
        self.weights = [weight * 0.97 for weight in self.weights] + [1.0]
        self.logs.append(math.log(min(max(minutes, 1.0), most)))

    def limit(self, z: float) -> float:
        n = sum(self.weights)
        pairs = list(zip(self.weights, self.logs, strict=True))
        mean = (sum(w * x for w, x in pairs) + 5 * self.prior_mean) / (n + 5)
        around = sum(w * (x - mean) ** 2 for w, x in pairs)
        return math.exp(mean + z * math.sqrt((around + 8 * self.prior_variance) / (n + 8)))


class Uses:
    """One home's first use in one part of its days."""

    def __init__(self) -> None:
        self.days: list[tuple[float, int | None]] = []

    def end_part(self, first_min: int | None) -> None:
        self.days = [(weight * 0.97, first) for weight, first in self.days] + [(1.0, first_min)]

    def share(self) -> float:
        return sum(w for w, m in self.days if m is not None) / (sum(w for w, _ in self.days) + 0.5)

    def due(self, first: int, stop: int, z: float, least: float) -> float:
        hits = [(w, m) for w, m in self.days if m is not None]
        n = sum(w for w, _ in hits)
        mean = sum(w * m for w, m in hits) / n if n else 0.0
        around = sum(w * (m - mean) ** 2 for w, m in hits)
        spread = math.sqrt((around + 10 * 45**2) / (n + 10))
        return min(max(mean + max(z * spread, least), first), stop - 5)


class Warmth:
    """One home's hours of one local hour of the day."""

    def __init__(self) -> None:
        self.gain = self.spread = self.short = 0.0

    def pass_hour(self, gained: float, *, is_aired: bool, is_told: bool) -> None:
        if math.isnan(gained):
            return
        fell = self.gain - gained
        is_explained = is_aired or gained < -1.7
        more = min(fell, 0.0) if is_explained else fell
        if not is_told:
            more -= 0.12
        self.short = min(max(self.short + more, 0.0), 8.0)
        if not is_explained and not is_told and self.short < 1:
            self.gain += 0.12 * (gained - self.gain)
            self.spread += 0.02 * (fell * fell - self.spread)
