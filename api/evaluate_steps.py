"""What each step of the silence rule buys: the rule built up step by step, without the engine.

The same learning kernels as the engine's on the same homes, each silence judged by itself. No
step has the cap of 12 hours or the floor, so that the steps are told apart by what they know.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from alerts.alert import AlertKind
from alerts.detect.columns import BINS, NEVER, QUARTER_US
from alerts.detect.profile import POPULATION, learn_day, learn_peak, limits, rates
from alerts.detect.signs import DoorMemory, find_out
from api.evaluate_floors import Rule, gaps, person_alerts
from api.evaluate_judge import NOTICE, Judged, judge
from api.evaluate_worlds import Draws, Window
from sensors_sim import tihm
from sensors_sim.score import DAY_US, HOUR_US, Alerts, Bools, Floats, Ints

AT_HOME_FALSE: Final = 0.15
"""Home false alerts a home-week at which steps are compared, as DETECTION compares them."""

_SHORTEST_US, _LONGEST_US = HOUR_US // 3, 20 * HOUR_US
_UNCLEAR_US: Final = 14 * HOUR_US
_ABSENCE_US: Final = 12 * HOUR_US
_DAYS_OPEN: Final = 5
_APART: Final = 1e6

_HOURS: Final = (4.0, 6.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 18.0)
_EVENTS: Final = (8.0, 12.0, 16.0, 20.0, 24.0, 28.0, 32.0, 36.0, 40.0, 48.0)
_DEVIATIONS: Final = (1.5, 2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 4.0, 5.0, 6.0)


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the rule: what it knows, and the thresholds at which it is judged.

    ``unit`` is what a threshold counts; ``published_h`` the median delay by day published for
    these homes at the same rate of false alerts.
    """

    name: str
    about: str
    unit: str
    thresholds: tuple[float, ...]
    published_h: float
    knows_doors: bool = True
    knows_home: bool = True


HOURS: Final = "h"
EVENTS: Final = "expected events"
DEVIATIONS: Final = "standard deviations"

STEPS: Final = (
    Step("clock", "hours of silence", HOURS, _HOURS, 14.7, knows_doors=False),
    Step("clock_away", "hours, an absence told apart", HOURS, _HOURS, 10.3),
    Step("own_day", "events missed of the home's own day", EVENTS, _EVENTS, 5.3),
    Step("own_limit", "and a limit of its own", DEVIATIONS, _DEVIATIONS, 3.8),
    Step(
        "without_doors",
        "the same, absences not told apart",
        DEVIATIONS,
        _DEVIATIONS,
        10.0,
        knows_doors=False,
    ),
    Step(
        "without_own_day",
        "the same, with the day of many homes",
        DEVIATIONS,
        _DEVIATIONS,
        5.4,
        knows_home=False,
    ),
)


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step at each of its thresholds, and the median delay by day where it is compared.

    ``delay_h`` is that of the lowest threshold with few enough false alerts, inf without one.
    """

    step: Step
    line: Sequence[Judged]
    delay_h: float


def judge_steps(
    trace: tihm.Activations,
    fallen: tihm.Activations,
    judged: Window,
    draws: Draws,
    steps: Sequence[Step] = STEPS,
) -> list[Stepped]:
    """Return every step, judged at each of its thresholds as every detector is."""
    real, copied = _silences(trace), _silences(fallen)
    made = []
    for step in steps:
        on_days, on_copies = _raises(step, real), _raises(step, copied)
        line = [
            judge(f"{value:g}", on_days(value), on_copies(value), trace, judged, draws)
            for value in step.thresholds
        ]
        few = [one for one in line if one.home.mean.value <= AT_HOME_FALSE]
        delay_h = few[0].found["waking-day"].median_h.value if few else float("inf")
        made.append(Stepped(step, line, delay_h))
    return made


def twelve_hours(trace: tihm.Activations) -> Alerts:
    """Return what must be raised by any rule that keeps the 12 hours: at home, and "not back"."""
    silences = _silences(trace)
    return silences.raised(silences.start_us + _ABSENCE_US)


def rule_of(step: Step, value: float) -> Rule:
    """Return one step at one threshold as a rule over homes."""
    return lambda trace: _raises(step, _silences(trace))(value)


def _raises(step: Step, silences: "_Silences") -> Callable[[float], Alerts]:
    if not step.knows_doors:
        silences = replace(silences, is_out=np.zeros_like(silences.is_out))
    if step.unit == HOURS:
        return lambda hours: silences.raised(silences.start_us + int(hours * HOUR_US))
    days = _Days(silences, knows_home=step.knows_home)
    if step.unit == EVENTS:
        return lambda events: silences.raised(days.crossing(np.full(days.peaks[0].shape, events)))
    return lambda z: silences.raised(
        days.crossing(limits(*days.peaks, np.full(days.peaks[0].shape, z)))
    )


@dataclass(frozen=True, slots=True)
class _Silences:
    """Every silence of more than 20 minutes; ``is_out`` says that it is an absence.

    ``active_us`` are all moments of activity of ``active_home``; ``homes`` is how many there are.
    """

    homes: int
    active_home: Ints
    active_us: Ints
    home: Ints
    start_us: Ints
    stop_us: Ints
    is_out: Bools

    def raised(self, found_us: Ints) -> Alerts:
        """Return the silences that last until found; absences are told after 12 hours."""
        found_us = np.where(self.is_out, self.start_us + _ABSENCE_US, found_us)
        rows = np.flatnonzero(found_us < self.stop_us)
        alerts = person_alerts(
            self.home[rows],
            self.start_us[rows],
            found_us[rows],
            AlertKind.NO_SIGN_OF_LIFE.value,
        )
        alerts.kind[self.is_out[rows]] = NOTICE
        return alerts


def _silences(trace: tihm.Activations) -> _Silences:
    size, home = len(trace.homes), trace.home.astype(np.int64)
    never = DoorMemory(np.full(size, NEVER, np.int64), np.full(size, 2, np.int64))
    is_out, _ = find_out(home, trace.time_us, tihm.IS_EXIT[trace.place], never)
    gap = gaps(trace)
    rows = np.flatnonzero(gap > _SHORTEST_US)
    start_us = trace.time_us[rows]
    return _Silences(
        size, home, trace.time_us, home[rows], start_us, start_us + gap[rows], is_out[rows]
    )


class _Days:
    """The events expected of every home since the first day, learned day by day.

    ``total`` float64[homes, quarters + 1] adds them up; ``peaks`` are, of shape (days, homes),
    the sums from which the limit of that day is learned.
    """

    def __init__(self, silences: _Silences, *, knows_home: bool) -> None:
        self._silences = silences
        first, last = int(silences.active_us.min()), int(silences.stop_us.max())
        self._edge_us = np.arange(first // QUARTER_US, last // QUARTER_US + 2) * QUARTER_US
        local, _ = tihm.to_local(self._edge_us)
        self._day, self._bin = local // DAY_US - local[0] // DAY_US, local // QUARTER_US % BINS
        self.total = self._added_up(knows_home=knows_home)
        # One ascending column for all homes, so that one search serves them.
        self._flat = (self.total + np.arange(silences.homes)[:, None] * _APART).ravel()
        self.peaks = self._learned_peaks()

    def crossing(self, limit: Floats) -> Ints:
        """Return, by silence, when it passes the limit of that day, of shape (days, homes)."""
        mine = self._silences
        home, start_us = mine.home, mine.start_us
        base, first = self._at(home, start_us), self._day[self._quarter(start_us)]
        day_us = self._edge_us[np.unique(self._day, return_index=True)[1]]
        begin_us = np.append(day_us, mine.stop_us.max())
        found = np.full(len(home), np.iinfo(np.int64).max)
        for later in range(_DAYS_OPEN):
            day = np.minimum(first + later, len(limit) - 1)
            target = base + limit[day, home]
            at_us = np.maximum(self._when(home, target), np.maximum(start_us, begin_us[day]))
            found = np.where(at_us < begin_us[day + 1], np.minimum(found, at_us), found)
        return found

    def _added_up(self, *, knows_home: bool) -> Floats:
        mine, size = self._silences, len(self._edge_us)
        has_sign = np.zeros((mine.homes, size), np.bool_)
        has_sign[mine.active_home, self._quarter(mine.active_us)] = True
        is_watched = self._watched()
        rate = np.tile(-np.log1p(-POPULATION)[self._bin], (mine.homes, 1))
        active = watched = np.zeros((BINS, mine.homes), np.float32)
        for day in range(int(self._day[-1]) + 1 if knows_home else 0):
            quarters = np.flatnonzero(self._day == day)
            bins = self._bin[quarters]
            rate[:, quarters] = rates(active, watched)[bins].T
            sign, seen = np.zeros((2, BINS, mine.homes), np.bool_)
            np.logical_or.at(sign, bins, has_sign[:, quarters].T)
            np.logical_or.at(seen, bins, is_watched[:, quarters].T)
            active, watched = learn_day(active, watched, sign, seen)
        total = np.zeros((mine.homes, size + 1))
        np.cumsum(rate, axis=1, out=total[:, 1:])
        return total

    def _watched(self) -> Bools:
        """Return bool[homes, quarters]: the person was in, by what was known at the day's end."""
        mine, size = self._silences, len(self._edge_us)
        change = np.zeros((mine.homes, size + 1), np.int64)
        far = mine.start_us + _UNCLEAR_US
        is_far = ~mine.is_out & (mine.stop_us > far)
        midnight_us = tihm.to_local(far)[0] // DAY_US * DAY_US - (tihm.to_local(far)[0] - far)
        from_us = np.where(mine.is_out, mine.start_us, np.maximum(mine.start_us, midnight_us))
        rows = np.flatnonzero(mine.is_out | is_far)
        np.add.at(change, (mine.home[rows], self._quarter(from_us[rows]) + 1), 1)
        np.add.at(change, (mine.home[rows], self._quarter(mine.stop_us[rows]) + 1), -1)
        is_watched: Bools = np.cumsum(change[:, :-1], axis=1) == 0
        begins = np.full(mine.homes, size)
        np.minimum.at(begins, mine.active_home, self._quarter(mine.active_us))
        return is_watched & (np.arange(size) >= begins[:, None])

    def _learned_peaks(self) -> tuple[Floats, Floats, Floats]:
        mine, days = self._silences, int(self._day[-1]) + 1
        length = mine.stop_us - mine.start_us
        rows = np.flatnonzero(~mine.is_out & (length < _LONGEST_US))
        home, stop_us = mine.home[rows], mine.stop_us[rows]
        peak = np.zeros((days, mine.homes))
        missed = self._at(home, stop_us) - self._at(home, mine.start_us[rows])
        np.maximum.at(peak, (self._day[self._quarter(stop_us)], home), missed)
        sums = np.zeros((3, days + 1, mine.homes))
        for day in range(days):
            count, total, squares = sums[:, day]
            sums[:, day + 1] = learn_peak(count, total, squares, peak[day])
        count, total, squares = sums[:, :-1]
        return count, total, squares

    def _quarter(self, time_us: Ints) -> Ints:
        quarter: Ints = time_us // QUARTER_US - self._edge_us[0] // QUARTER_US
        return quarter

    def _at(self, home: Ints, time_us: Ints) -> Floats:
        quarter = self._quarter(time_us)
        share = (time_us - self._edge_us[quarter]) / QUARTER_US
        before: Floats = self.total[home, quarter]
        return before + share * (self.total[home, quarter + 1] - before)

    def _when(self, home: Ints, target: Floats) -> Ints:
        """Return when each home's total passes its target; the end where it never does."""
        size = self.total.shape[1]
        after = np.searchsorted(self._flat, target + home * _APART, side="right")
        after = np.clip(after - home * size, 1, size - 1)
        before = self.total[home, after - 1]
        share = np.minimum((target - before) / (self.total[home, after] - before), 1)
        found: Ints = self._edge_us[after - 1] + np.ceil(share * QUARTER_US).astype(np.int64)
        return found
