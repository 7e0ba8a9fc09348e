"""Days on which nothing is heard of any home: those that happened, and those that are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.alert import AlertKind
from api.evaluate_added import is_about_person
from api.evaluate_worlds import LONGEST_US, window
from sensors_sim import tihm
from sensors_sim.score import DAY_US, HOUR_US, Alerts, Bools

FLEETS: Final = 3
"""How many such days are made."""

_FEWEST_HOMES: Final = 10
_SHORTEST_US: Final = 12 * HOUR_US
_NOT_PERSON: Final = (AlertKind.UNWATCHED_HOME.value,)


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure of the whole fleet that happened: last heard, heard again."""

    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class FailureFound:
    """How a failure was told: minutes until an outage was raised, and alerts about people."""

    delay_min: float
    person_alerts: int


@dataclass(frozen=True, slots=True)
class FleetFound:
    """What was raised on days that were made: alerts by kind, verdicts, minutes to an outage."""

    kinds: Mapping[str, int]
    sayings: Sequence[tuple[str, str]]
    delay_min: Sequence[float]


def real_failure(trace: tihm.Activations) -> Failure | None:
    """Return the longest time of twelve hours or more in which no home at all was heard.

    None where there is none, or where fewer than ten homes were heard in the day before.
    """
    order = np.argsort(trace.time_us, kind="stable")
    time_us = trace.time_us[order]
    gap = np.diff(time_us)
    for row in np.argsort(gap)[::-1].tolist():
        if gap[row] < _SHORTEST_US:
            return None
        before = time_us > time_us[row] - DAY_US
        before[row + 1 :] = False
        if len(np.unique(trace.home[order[before]])) >= _FEWEST_HOMES:
            return Failure(int(time_us[row]), int(time_us[row + 1]))
    return None


def failure_found(untouched: Alerts, failure: Failure, homes: Bools) -> FailureFound:
    """Return how the failure was told, on the days of it, the day before and the rest of its last.

    Alerts about people are all P2 and P3 but that a home cannot be seen, which is true then.
    """
    outage = untouched.found_us[
        (untouched.kind == AlertKind.OUTAGE.value)
        & (untouched.found_us > failure.from_us)
        & (untouched.found_us <= failure.to_us)
    ]
    first_local, _ = tihm.to_local(np.array([failure.from_us, failure.to_us]))
    days = first_local // DAY_US * DAY_US + np.array([-DAY_US, DAY_US])
    begin, end = (tihm.to_utc(days // 1_000_000)[0] * 1_000_000).tolist()
    is_mine = (untouched.home >= 0) & homes[untouched.home]
    is_mine &= (untouched.found_us >= begin) & (untouched.found_us < end)
    is_mine &= ~np.isin(untouched.kind, _NOT_PERSON)
    person = sum(is_about_person(kind) for kind in untouched.kind[is_mine].tolist())
    delay = (int(outage.min()) - failure.from_us) / 60e6 if len(outage) else float("inf")
    return FailureFound(delay, person)


def fleet_silent(trace: tihm.Activations, rng: np.random.Generator) -> tuple[tihm.Activations, int]:
    """Return the homes with nothing heard of any for a day, and when that day begins.

    The moment lies where most homes are recorded and well before what is left out.
    """
    judged = window(trace)
    first, last = np.quantile(judged.start_us, 0.5), np.quantile(judged.stop_us, 0.5)
    out = judged.left_out_us
    day_us = np.arange(int(first), int(last) - 2 * LONGEST_US, HOUR_US)
    clear = (day_us + 4 * LONGEST_US < out[0]) | (day_us > out[1] + 2 * LONGEST_US)
    at_us = int(rng.choice(day_us[clear] if clear.any() else np.array([int(first)])))
    quiet = (trace.time_us >= at_us) & (trace.time_us < at_us + LONGEST_US)
    kept = ~quiet
    kept[np.searchsorted(trace.home, np.arange(len(trace.homes)))] = True
    return (
        tihm.Activations(
            trace.homes, trace.home[kept], trace.time_us[kept], trace.place[kept], trace.dirt
        ),
        at_us,
    )


def fleet_found(alerts: Alerts, at_us: int, trace: tihm.Activations) -> FleetFound:
    """Return what was raised on a day in which nothing was heard of any home.

    A home that got an alert about its person says that alert's verdict; all others say what was
    said of the place.
    """
    during = alerts.take((alerts.found_us > at_us) & (alerts.found_us <= at_us + LONGEST_US))
    kinds, counts = np.unique(during.kind, return_counts=True)
    about = during.take(np.array([is_about_person(k) for k in during.kind.tolist()], np.bool_))
    outages = during.found_us[during.kind == AlertKind.OUTAGE.value]
    place = "outage" if len(outages) else "none"
    watched = window(trace)
    here = (watched.start_us <= at_us) & (watched.stop_us > at_us + LONGEST_US)
    first = {home: row for row, home in reversed(list(enumerate(about.home.tolist())))}
    said = [
        str(about.verdict[first[home]]) if home in first else place
        for home in np.flatnonzero(here).tolist()
    ]
    delay = (int(outages.min()) - at_us) / 60e6 if len(outages) else float("inf")
    return FleetFound(
        dict(zip(kinds.tolist(), counts.tolist(), strict=True)),
        [("outage", saying) for saying in said],
        [delay],
    )


def together(found: Sequence[FleetFound]) -> FleetFound:
    """Return the sum of several days."""
    kinds: dict[str, int] = {}
    for one in found:
        for kind, count in one.kinds.items():
            kinds[kind] = kinds.get(kind, 0) + count
    return FleetFound(
        kinds,
        [saying for one in found for saying in one.sayings],
        [delay for one in found for delay in one.delay_min],
    )
