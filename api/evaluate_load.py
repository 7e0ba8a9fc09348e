"""What a team has to answer, and what is found when it can answer only so much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.alert import AlertKind
from api.evaluate_added import is_about_person
from api.evaluate_judge import INACTIVITY, Judged, collapse_delay_h, judge
from api.evaluate_stage import Stage, Swept
from api.evaluate_worlds import Window, bounds
from sensors_sim import tihm
from sensors_sim.score import (
    DAY_US,
    HOUR_US,
    WEEK_US,
    Alerts,
    Bools,
    Delays,
    FalseRate,
    Floats,
    Ints,
    delays,
    false_rate,
)

BUDGETS: Final = (6, 12)
"""P2 and P3 alerts and notices per 100 homes a week that a team can answer."""

EVERYTHING: Final = "all P2 and P3"
FIXED: Final = "what no budget moves"
_MOVED: Final = frozenset(
    kind.value
    for kind in (
        AlertKind.NO_SIGN_OF_LIFE,
        AlertKind.BATHROOM_AT_NIGHT,
        AlertKind.OUT_AT_NIGHT,
        AlertKind.LONG_IN_ROOM,
        AlertKind.SLEEP_SHIFT,
        AlertKind.LESS_MOVEMENT,
        AlertKind.HEATING_FAILED,
        AlertKind.BED_LEFT,
        AlertKind.SEAT_NOT_LEFT,
        AlertKind.MISSED_DOSE,
        AlertKind.KITCHEN_UNUSED,
    )
)
"""Kinds whose threshold a budget moves; silences past the cap of hours are told all the same."""

_SETTLING_US: Final = 7 * DAY_US
"""Days of a home that say nothing yet of what it will cost."""


@dataclass(frozen=True, slots=True)
class Budgeted:
    """What was found within a budget: the load that it came to, and the delays by kind of draw.

    ``fixed`` is the part of ``load`` that no budget moves. ``chosen`` are the thresholds, week by
    week.
    """

    budget: int
    load: FalseRate
    fixed: FalseRate
    found: Mapping[str, Delays]
    chosen: Sequence[float]


def loads(untouched: Alerts, judged: Window, homes: Bools, cap_h: float) -> dict[str, FalseRate]:
    """Return all alerts on untouched days, by kind; those of no home have no load here.

    Silences of ``cap_h`` are told whatever the budget.
    """
    mine = _of(untouched, homes)
    kinds = sorted(set(mine.kind.tolist()))
    by_kind = {kind: _rate(mine.take(mine.kind == kind), judged, homes) for kind in kinds}
    care = _for_care(mine)
    fixed = _rate(care.take(is_fixed(care, cap_h)), judged, homes)
    return {EVERYTHING: _rate(care, judged, homes), FIXED: fixed, **by_kind}


def is_fixed(alerts: Alerts, cap_h: float) -> Bools:
    """Return which alerts no budget moves: absences, unwatched homes, silences past the cap."""
    lasted_us = alerts.found_us - alerts.onset_us
    is_capped = (alerts.kind == AlertKind.NO_SIGN_OF_LIFE.value) & (lasted_us >= cap_h * HOUR_US)
    result: Bools = is_capped | ~np.isin(alerts.kind, sorted(_MOVED))
    return result


def curve(stage: Stage, sweep: Sequence[Swept], homes: Bools) -> list[Judged]:
    """Return the figures of silences for every value of the threshold."""
    person = sorted(INACTIVITY)
    return [
        judge(
            f"{one.value:g}",
            one.untouched.take(np.isin(one.untouched.kind, person)),
            one.few.take(np.isin(one.few.kind, person)),
            stage.trace,
            stage.judged,
            stage.few_draws,
            homes,
        )
        for one in sweep
    ]


def within_budget(
    stage: Stage, sweep: Sequence[Swept], budget: int, homes: Bools, cap_h: float
) -> Budgeted:
    """Return what is found when each week's threshold is chosen on all weeks before it.

    It is the smallest whose load kept the budget so far; where none did, or nothing is known yet,
    the largest. One threshold serves all homes: it counts each home's own deviations.
    """
    weeks = _Weeks(stage.trace, stage.judged)
    seen = weeks.watched[homes].sum(axis=0)
    cares = [_for_care(_of(one.untouched, homes)) for one in sweep]
    counts = np.stack([weeks.count(care) for care in cares])
    past_count = np.cumsum(counts, axis=1) - counts
    past_seen = np.cumsum(seen) - seen
    keeps = (past_seen > 0) & (100 * past_count <= budget * past_seen)
    chosen = np.where(keeps.any(axis=0), keeps.argmax(axis=0), len(sweep) - 1)
    told = [
        care.take(
            stage.judged.holds(care.home, care.found_us)
            & (chosen[weeks.number(care.found_us)] == row)
        )
        for row, care in enumerate(cares)
    ]
    fixed = [care.take(is_fixed(care, cap_h)) for care in told]
    watched = np.where(homes, stage.judged.weeks, 0.0)
    draws = stage.few_draws
    delay = np.stack([_delay_h(one, stage) for one in sweep])
    own = delay[chosen[weeks.number(draws.at_us)], np.arange(len(draws))]
    mine = homes[draws.home]
    classes = {"all": mine, "waking-day": mine & draws.is_day, "night": mine & draws.is_night}
    return Budgeted(
        budget,
        false_rate(np.concatenate([care.home for care in told]), watched),
        false_rate(np.concatenate([care.home for care in fixed]), watched),
        {name: delays(own[rows], draws.home[rows]) for name, rows in classes.items()},
        [sweep[row].value for row in chosen.tolist()],
    )


class _Weeks:
    """Calendar weeks since the first activation of all, and how much of each a home was watched.

    ``watched`` float64[homes, weeks] is in weeks, without the first days and what is left out.
    """

    def __init__(self, trace: tihm.Activations, judged: Window) -> None:
        start, stop = bounds(trace)
        self._judged = judged
        self._from_us = trace.time_us[start] + _SETTLING_US
        self._to_us = trace.time_us[stop - 1]
        self._zero_us = int(trace.time_us.min())
        self._total = int(trace.time_us.max() - self._zero_us) // WEEK_US + 1
        out = judged.left_out_us
        whole = self._overlap(self._from_us, self._to_us)
        left_out = self._overlap(np.maximum(self._from_us, out[0]), np.minimum(self._to_us, out[1]))
        self.watched: Floats = (whole - left_out) / WEEK_US

    def number(self, time_us: Ints) -> Ints:
        """Return the week of each moment; what is raised after the last belongs to it."""
        week: Ints = np.minimum((time_us - self._zero_us) // WEEK_US, self._total - 1)
        return week

    def count(self, alerts: Alerts) -> Ints:
        """Return int64[weeks]: alerts of watched days."""
        found, home = alerts.found_us, alerts.home
        first, last = self._judged.left_out_us
        held = (found >= self._from_us[home]) & (found <= self._to_us[home])
        held &= (found < first) | (found >= last)
        return np.bincount(self.number(found[held]), minlength=self._total)

    def _overlap(self, from_us: Ints, to_us: Ints) -> Floats:
        edge = self._zero_us + np.arange(self._total) * WEEK_US
        most = np.minimum(to_us[:, None], edge + WEEK_US) - np.maximum(from_us[:, None], edge)
        overlap: Floats = np.maximum(most, 0).astype(np.float64)
        return overlap


def _delay_h(one: Swept, stage: Stage) -> Floats:
    person = one.few.take(np.isin(one.few.kind, sorted(INACTIVITY)))
    return collapse_delay_h(person, stage.few_draws)


def _of(alerts: Alerts, homes: Bools) -> Alerts:
    return alerts.take((alerts.home >= 0) & homes[alerts.home])


def _for_care(alerts: Alerts) -> Alerts:
    return alerts.take(np.array([is_about_person(k) for k in alerts.kind.tolist()], np.bool_))


def _rate(alerts: Alerts, judged: Window, homes: Bools) -> FalseRate:
    home = alerts.home[judged.holds(alerts.home, alerts.found_us)]
    return false_rate(home, np.where(homes, judged.weeks, 0.0))
