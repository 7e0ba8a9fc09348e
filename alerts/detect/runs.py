"""Signs of one device without a pause: hours of them are a sensor that chatters, not a person.

A motion sensor whose battery or contact fails goes on and off by itself; what it says then hides
a person who no longer moves. Nobody keeps one device going for hours without three minutes of
rest: in the 28 homes of TIHM the longest such run of any device lasted 55 minutes.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from alerts.detect.caps import Minutes
from alerts.detect.columns import HOUR_US, MINUTE_US, NEVER, Bools, Ints, Rows, rows_where
from alerts.detect.roster import Roster
from alerts.detect.signs import stable_order
from alerts.detect.state import State
from alerts.detect.streams import Signs, rows_of

PAUSE_US: Final = 3 * MINUTE_US
"""A longer time without a sign ends a run."""

LEAST_RUN_US: Final = HOUR_US
"""No place may call a shorter run chatter."""


def take_runs(device: Ints, time_us: Ints, last_us: Ints, run_min: Minutes) -> Ints:
    """Return for how long, in microseconds, each of n signs' runs had lasted at it.

    The signs of a device are in time order. ``last_us`` is by device its last sign before them,
    ``run_min`` the minute since 1970 in which its run began, 0 for none; that moves on in place.
    """
    if not len(device):
        return np.empty(0, np.int64)
    order = stable_order(device)
    d, t = device.take(order), time_us.take(order)
    is_first = np.ones(len(d), np.bool_)
    np.not_equal(d[1:], d[:-1], out=is_first[1:])
    first = rows_where(is_first)
    before = np.empty_like(t)
    before[1:] = t[:-1]
    before[first] = last_us.take(d[first])
    begins = t - before > PAUSE_US
    known = run_min.take(d[first])
    begins[first] |= known == 0
    start = np.where(begins, t // MINUTE_US, 0)
    start[first] = np.where(begins[first], start[first], known)
    begins[first] = True
    at = rows_where(begins)
    start = np.repeat(start[at], np.diff(at, append=len(t)))
    last = np.append(first[1:], len(t)) - 1
    run_min[d[last]] = start[last]
    lasted = np.empty_like(t)
    lasted[order] = t - start * MINUTE_US
    return lasted


def is_believed(device: Ints, time_us: Ints, least_us: float) -> Bools:
    """Return, looking back, which of n signs may be the person's: bool[n].

    Of a run that came to last so long only its begin is: what the engine believed meanwhile it
    has given up since, but for that.
    """
    size = int(device.max(initial=-1)) + 1
    nothing = np.full(size, NEVER, np.int64), np.zeros(size, np.int32)
    lasted_us = take_runs(device, time_us, *nothing)
    began_min = (time_us - lasted_us) // MINUTE_US
    _, run = np.unique((device << 32) + began_min, return_inverse=True)
    longest_us = np.zeros(len(run), np.int64)
    np.maximum.at(longest_us, run, lasted_us)
    return (longest_us[run] < least_us) | (lasted_us < MINUTE_US)


def take_chatter(signs: Signs, roster: Roster, state: State) -> tuple[Signs, Signs]:
    """Return the signs to be believed, and those of devices that chatter; the runs move on.

    The signs of a device are in time order, and newer than its last. A home that is not watched
    has no memory: there every sign is believed.
    """
    rows = rows_where(roster.home_is_active.take(signs.home))
    device = roster.sensor_lead.take(signs.sensor.take(rows))
    time_us = signs.time_us.take(rows)
    return _part(signs, rows, take_runs(device, time_us, state.fired_us, state.run_min), roster)


def take_late_chatter(signs: Signs, roster: Roster, state: State) -> tuple[Signs, Signs]:
    """Return what ``take_chatter`` does, of late signs in time order.

    One that is older than its device's last is judged by the run that was going on then.
    """
    rows = rows_where(roster.home_is_active.take(signs.home))
    device, time_us = roster.sensor_lead.take(signs.sensor.take(rows)), signs.time_us.take(rows)
    began_min = state.run_min.take(device)
    lasted_us = np.where(began_min > 0, time_us - began_min * np.int64(MINUTE_US), 0)
    new = rows_where(time_us > state.fired_us.take(device))
    news = device.take(new), time_us.take(new)
    lasted_us[new] = take_runs(*news, state.fired_us, state.run_min)
    return _part(signs, rows, lasted_us, roster)


def _part(signs: Signs, rows: Rows, lasted_us: Ints, roster: Roster) -> tuple[Signs, Signs]:
    """Return the signs without those of these rows whose runs lasted too long, and those."""
    at = rows_where(lasted_us >= LEAST_RUN_US)
    limit_us = roster.tuned("chatter_hours", signs.home.take(rows.take(at))) * HOUR_US
    at = at[lasted_us.take(at) >= limit_us]
    if not len(at):
        return signs, rows_of(signs, slice(0, 0))
    is_chatter = np.zeros(len(signs.home), np.bool_)
    is_chatter[rows.take(at)] = True
    began_us = signs.time_us.take(rows.take(at)) - lasted_us.take(at)
    began_min = (began_us // MINUTE_US).astype(np.float64)
    return rows_of(signs, ~is_chatter), replace(rows_of(signs, is_chatter), value=began_min)
