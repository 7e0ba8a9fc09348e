"""The figures of each kind of alert: false ones, and what of its injections is found how soon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.alert import AlertKind
from api.evaluate_cases import CASES, SENSOR_DEAD, SENSOR_SILENT, Case, CaseWorld, sensor_at
from api.evaluate_judge import by_day
from api.evaluate_worlds import Window, bounds
from sensors_sim import tihm
from sensors_sim.inject import Stream
from sensors_sim.score import (
    DAY_US,
    HOUR_US,
    WITHIN_H,
    Alerts,
    Bools,
    Delays,
    FalseRate,
    Floats,
    delays,
    false_rate,
    first_delay_h,
)

_NOT_HERE: Final = {
    AlertKind.COLD_HOME: "the file tells no temperature",
    AlertKind.VERY_COLD_HOME: "the file tells no temperature",
    AlertKind.HOT_HOME: "the file tells no temperature",
    AlertKind.VERY_HOT_HOME: "the file tells no temperature",
    AlertKind.HEATING_FAILED: "the file tells no temperature",
    AlertKind.BED_LEFT: "the file has no such sensor",
    AlertKind.SEAT_NOT_LEFT: "the file has no such sensor",
    AlertKind.VISIT_NOT_SEEN: "the file tells no visits",
    AlertKind.MISSED_DOSE: "the file has no such sensor",
    AlertKind.SMOKE: "the file has no such sensor",
    AlertKind.CARBON_MONOXIDE: "the file has no such sensor",
    AlertKind.FLOOD: "the file has no such sensor",
    AlertKind.PENDANT: "the file has no such sensor",
    AlertKind.FALL: "the file has no such sensor",
}
ALWAYS: Final = "all"
DEAD_DAYS: Final = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What of one injection was found by its kinds of alert, by time of day; and without it.

    ``anyway`` is the share of the same stretches of the untouched homes that got such an alert.
    """

    case: str
    window_h: int
    by_time: Mapping[str, Delays]
    anyway: float


@dataclass(frozen=True, slots=True)
class KindFigures:
    """One kind of alert on untouched days: per home-week, and by the time it was raised.

    ``note`` says why it cannot be raised on such a file.
    """

    kind: str
    raw: FalseRate
    by_day: FalseRate
    by_night: FalseRate
    note: str = ""


def false_by_kind(untouched: Alerts, judged: Window, homes: Bools) -> list[KindFigures]:
    """Return the false alerts of every kind that there is, raised or not.

    Alerts of no home (an outage) have no rate by home.
    """
    weeks = np.where(homes, judged.weeks, 0.0)
    mine = untouched.take(untouched.home >= 0)
    mine = mine.take(homes[mine.home] & judged.holds(mine.home, mine.found_us))
    is_day = by_day(mine)
    result = []
    for kind in [kind.value for kind in AlertKind]:
        rows = mine.kind == kind
        result.append(
            KindFigures(
                kind,
                false_rate(mine.home[rows], weeks),
                false_rate(mine.home[rows & is_day], weeks),
                false_rate(mine.home[rows & ~is_day], weeks),
                _NOT_HERE.get(AlertKind(kind), ""),
            )
        )
    return result


def is_dead_indeed(alerts: Alerts, trace: tihm.Activations) -> Bools:
    """Return which alerts tell of a sensor that was dead in the recording itself: no false ones.

    It then said nothing on three days or more, counted from its last activation, on which the
    home was in use. The recording shows that afterwards; no detector is given it.
    """
    start, stop = bounds(trace)
    result = np.zeros(len(alerts), np.bool_)
    for row in np.flatnonzero((alerts.kind == SENSOR_SILENT) & (alerts.home >= 0)).tolist():
        home, onset = int(alerts.home[row]), int(alerts.onset_us[row])
        mine = slice(start[home], stop[home])
        time_us, place = trace.time_us[mine], trace.place[mine]
        # The second in which a door closes is told too, and is no activation.
        later = time_us > onset + tihm.PULSE_US
        spoke = time_us[later & (place == alerts.place[row])]
        until_us = int(spoke[0]) if len(spoke) else int(time_us[-1])
        days = np.unique((time_us[later & (time_us < until_us)] - onset) // DAY_US)
        result[row] = len(days) >= DEAD_DAYS and until_us - onset >= DEAD_DAYS * DAY_US
    return result


def found_by_case(
    world: CaseWorld, alerts: Alerts, untouched: Alerts, trace: tihm.Activations, homes: Bools
) -> list[Found]:
    """Return what of each case is found by an alert of its kinds while it may be found."""
    result = []
    for code, case in enumerate(CASES):
        if not case.kinds:
            continue
        copy = np.flatnonzero((world.case == code) & homes[world.draws.home]).astype(np.int32)
        window_h = case.needs_us // HOUR_US
        delay_h = case_delay_h(world, alerts, case, copy, trace)
        whose = world.draws.home[copy]
        is_day = (world.draws.hour[copy] >= 7) & (world.draws.hour[copy] < 22)
        times = {ALWAYS: np.ones(len(copy), np.bool_), "by day": is_day, "by night": ~is_day}
        within = sorted({*WITHIN_H, 72, window_h})
        by_time = {
            name: delays(delay_h[rows], whose[rows], within_h=within)
            for name, rows in times.items()
            if rows.any() or name == ALWAYS
        }
        result.append(Found(case.name, window_h, by_time, _anyway(world, untouched, case, copy)))
    return result


def case_delay_h(
    world: CaseWorld,
    alerts: Alerts,
    case: Case,
    copy: np.ndarray[tuple[int], np.dtype[np.int32]],
    trace: tihm.Activations,
) -> Floats:
    """Return, by copy, hours until the first alert of the case's kinds; inf where none came.

    Of a dead sensor only alerts about that very sensor count.
    """
    mine = alerts.take(np.isin(alerts.kind, case.kinds) & (alerts.home >= 0))
    if case.name == SENSOR_DEAD:
        dead = _dead_places(world, copy, trace)
        mine = mine.take(mine.place == dead[mine.home])
    at_us = world.draws.at_us[copy]
    return first_delay_h(mine, copy, at_us, world.draws.last_us[copy], at_us + case.needs_us)


def _dead_places(
    world: CaseWorld,
    copy: np.ndarray[tuple[int], np.dtype[np.int32]],
    trace: tihm.Activations,
) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    """Return, by copy of the whole world, the place whose sensor died; -2 for all others."""
    start, stop = bounds(trace)
    dead = np.full(len(world.draws), -2, np.int8)
    for number in copy.tolist():
        home = int(world.draws.home[number])
        rows = slice(start[home], stop[home])
        source = Stream(trace.time_us[rows], trace.place[rows])
        dead[number] = sensor_at(source, int(world.draws.at_us[number]))
    return dead


def _anyway(
    world: CaseWorld,
    untouched: Alerts,
    case: Case,
    copy: np.ndarray[tuple[int], np.dtype[np.int32]],
) -> float:
    mine = untouched.take(np.isin(untouched.kind, case.kinds))
    at_us = world.draws.at_us[copy]
    delay_h = first_delay_h(mine, world.draws.home[copy], at_us, at_us, at_us + case.needs_us)
    return float(np.isfinite(delay_h).mean()) if len(copy) else float("nan")


def found(result: Sequence[Found], case: str) -> Found:
    """Return what was found of this case."""
    return next(one for one in result if one.case == case)
