"""Judges one detector: false alerts on untouched days, and how soon injected silences are found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.alert import AlertKind
from api.evaluate_worlds import LONGEST_US, Draws, Window, bounds
from sensors_sim import tihm
from sensors_sim.score import (
    DAY_US,
    HOUR_US,
    Alerts,
    Bools,
    Delays,
    FalseRate,
    Floats,
    delays,
    false_rate,
    first_delay_h,
    holds_empty_day,
)

NOTICE: Final = AlertKind.NOT_BACK.value
INACTIVITY: Final = frozenset({AlertKind.NO_SIGN_OF_LIFE.value, NOTICE})


@dataclass(frozen=True, slots=True)
class Judged:
    """The figures of one detector.

    ``raw`` counts every alert and notice on untouched data; ``home`` leaves out "not back"
    notices and silences that hold an empty calendar day. ``by_day`` and ``by_night`` split raw
    by the local time at which it was raised (07 to 22). ``found`` is by kind of draw.
    """

    name: str
    raw: FalseRate
    home: FalseRate
    by_day: FalseRate
    by_night: FalseRate
    found: Mapping[str, Delays]


def judge(
    name: str,
    alerts: Alerts,
    injected: Alerts,
    trace: tihm.Activations,
    judged: Window,
    draws: Draws,
    homes: Bools | None = None,
) -> Judged:
    """Return the figures of a detector from what it raised on real homes and on copies.

    ``injected`` numbers homes by draw; both hold only alerts about the person. With ``homes``
    only these count.
    """
    counts = np.ones(len(trace.homes), np.bool_) if homes is None else homes
    false = alerts.take(judged.holds(alerts.home, alerts.found_us) & counts[alerts.home])
    weeks = np.where(counts, judged.weeks, 0.0)
    at_home = (false.kind != NOTICE) & ~in_empty_day(false, trace)
    is_day = by_day(false)
    delay = collapse_delay_h(injected, draws)
    mine = counts[draws.home]
    classes = {
        "all": mine,
        "waking-day": mine & draws.is_day,
        "night": mine & draws.is_night,
        "after-door": mine & draws.is_after_door,
    }
    return Judged(
        name,
        false_rate(false.home, weeks),
        false_rate(false.home[at_home], weeks),
        false_rate(false.home[is_day], weeks),
        false_rate(false.home[~is_day], weeks),
        {key: delays(delay[rows], draws.home[rows]) for key, rows in classes.items()},
    )


def collapse_delay_h(injected: Alerts, draws: Draws) -> Floats:
    """Return, by draw, hours until the silence of its copy was raised; inf where never."""
    copy = np.arange(len(draws), dtype=np.int32)
    return first_delay_h(injected, copy, draws.at_us, draws.last_us, draws.at_us + LONGEST_US)


def by_day(alerts: Alerts) -> Bools:
    """Return which alerts were raised from 07 to 22 local."""
    local, _ = tihm.to_local(alerts.found_us)
    hour = local // HOUR_US % 24
    is_day: Bools = (hour >= 7) & (hour < 22)
    return is_day


def in_empty_day(alerts: Alerts, trace: tihm.Activations) -> Bools:
    """Return which alerts tell of a silence that holds a whole calendar day, as it turned out.

    A silence without an end counts as long as a day from its alert.
    """
    _, stop = bounds(trace)
    end_us = alerts.found_us + DAY_US
    for row, (home, onset) in enumerate(
        zip(alerts.home.tolist(), alerts.onset_us.tolist(), strict=True)
    ):
        first = int(np.searchsorted(trace.home, home))
        after = first + int(np.searchsorted(trace.time_us[first : stop[home]], onset, "right"))
        # The doors' closing second is a sign too, and no activation of its own.
        if after < stop[home]:
            end_us[row] = trace.time_us[after]
    start, _ = tihm.to_local(alerts.onset_us)
    end, _ = tihm.to_local(end_us)
    return holds_empty_day(start, end)
