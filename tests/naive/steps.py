"""The silence rule of an evaluation, minute by minute over one home after another."""

import math
from typing import NamedTuple

import numpy as np

from alerts.detect.profile import POPULATION
from api.evaluate_steps import EVENTS, Step
from sensors_sim import tihm

MINUTE = 60_000_000
QUARTER = 15 * MINUTE
HOUR = 60 * MINUTE
DAY = 96
KERNEL = ((-2, 1), (-1, 2), (0, 3), (1, 2), (2, 1))


def plain_silences(
    trace: tihm.Activations, step: Step, value: float
) -> dict[tuple[int, int], float]:
    """Return when each silence is raised, by (home, onset)."""
    found: dict[tuple[int, int], float] = {}
    for home in range(len(trace.homes)):
        rows = trace.home == home
        found |= {
            (home, onset): at
            for onset, at in _of_home(
                trace.time_us[rows].tolist(), trace.place[rows].tolist(), step, value
            ).items()
        }
    return found


class _Silence(NamedTuple):
    start: int
    stop: int
    is_out: bool


def _silences(times: list[int], places: list[int], *, knows_doors: bool) -> list[_Silence]:
    made, door, inner = [], -(10**18), 2
    for number, (at, place) in enumerate(zip(times, places, strict=True)):
        if tihm.IS_EXIT[place]:
            door, inner = at, 0
        else:
            inner = min(inner + 1, 2)
        is_out = inner == 0 or (inner == 1 and at - door <= 30 * MINUTE // 60)
        is_last = number + 1 == len(times)
        stop = at + 72 * HOUR if is_last else times[number + 1]
        made.append(_Silence(at, stop, is_out and knows_doors))
    return made


class _Expected:
    """What is expected of one home in every quarter-hour, and its limit on every day."""

    def __init__(
        self, times: list[int], silences: list[_Silence], step: Step, value: float
    ) -> None:
        self.first = times[0] // QUARTER
        count = silences[-1].stop // QUARTER - self.first + 2
        local, _ = tihm.to_local((np.arange(count) + self.first) * QUARTER)
        self.day_of = (local // (DAY * QUARTER)).tolist()
        self.bin_of = (local // QUARTER % DAY).tolist()
        self.rate = [0.0] * count
        self.added = [0.0]
        self.limit: dict[int, float] = {}
        signs = {at // QUARTER - self.first for at in times}
        seen = set(range(count)) - _hidden(silences, self.first, self.day_of)
        active, watched, peaks = [0.0] * DAY, [0.0] * DAY, [0.0, 0.0, 0.0]
        for day in sorted(set(self.day_of)):
            self.limit[day] = value if step.unit == EVENTS else _limit(peaks, value)
            of_day = _rates(active, watched) if step.knows_home else _population()
            quarters = [q for q in range(count) if self.day_of[q] == day]
            for q in quarters:
                self.rate[q] = of_day[self.bin_of[q]]
                self.added.append(self.added[-1] + self.rate[q])
            with_sign = {self.bin_of[q] for q in quarters if q in signs}
            watched_bins = {self.bin_of[q] for q in quarters if q in seen} | with_sign
            for b in range(DAY):
                active[b] = 0.97 * active[b] + (b in with_sign)
                watched[b] = 0.97 * watched[b] + (b in watched_bins)
            self._learn_peak(silences, day, peaks)

    def _learn_peak(self, silences: list[_Silence], day: int, peaks: list[float]) -> None:
        of_day = [
            self.missed(one.start, one.stop)
            for one in silences
            if not one.is_out
            and 20 * MINUTE < one.stop - one.start < 20 * HOUR
            and self.day_of[one.stop // QUARTER - self.first] == day
        ]
        if of_day:
            x = math.log(max(*of_day, 0.1))
            peaks[:] = [peaks[0] + 1, peaks[1] + x, peaks[2] + x * x]

    def missed(self, start: int, stop: int) -> float:
        return self._until(stop) - self._until(start)

    def _until(self, at: int) -> float:
        q = at // QUARTER - self.first
        return self.added[q] + self.rate[q] * (at % QUARTER) / QUARTER


def _of_home(times: list[int], places: list[int], step: Step, value: float) -> dict[int, float]:
    silences = _silences(times, places, knows_doors=step.knows_doors)
    expected = _Expected(times, silences, step, value)
    raised: dict[int, float] = {}
    for one in silences:
        if one.stop - one.start <= 20 * MINUTE:
            continue
        if one.is_out:
            if one.stop - one.start > 12 * HOUR:
                raised[one.start] = one.start + 12 * HOUR
            continue
        for at in (*range(one.start, one.stop, MINUTE // 2), one.stop - 1):
            limit = expected.limit[expected.day_of[at // QUARTER - expected.first]]
            if expected.missed(one.start, at) > limit:
                raised[one.start] = at
                break
    return raised


def _hidden(silences: list[_Silence], first: int, day_of: list[int]) -> set[int]:
    hidden = set()
    for one in silences:
        if one.stop - one.start <= 20 * MINUTE:
            continue
        for q in range(one.start // QUARTER - first + 1, one.stop // QUARTER - first + 1):
            is_far = one.stop - one.start > 14 * HOUR
            far = (one.start + 14 * HOUR) // QUARTER - first
            if one.is_out or (is_far and day_of[q] >= day_of[far]):
                hidden.add(q)
    return hidden


def _population() -> list[float]:
    return [-math.log(1 - share) for share in POPULATION.tolist()]


def _rates(active: list[float], watched: list[float]) -> list[float]:
    made = []
    for b in range(DAY):
        n = sum(weight * active[(b - shift) % DAY] for shift, weight in KERNEL) / 9
        m = sum(weight * watched[(b - shift) % DAY] for shift, weight in KERNEL) / 9
        share = (n + 2 * float(POPULATION[b])) / (m + 2)
        made.append(-math.log(1 - min(max(share, 0.005), 0.8)))
    return made


def _limit(peaks: list[float], z: float) -> float:
    count, total, squares = peaks
    mean = (total + 5 * 1.725) / (count + 5)
    spread = max(squares - 2 * mean * total + count * mean**2, 0.0)
    return math.exp(mean + z * math.sqrt((spread + 15 * 0.459**2) / (count + 15)))
