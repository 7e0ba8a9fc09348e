"""Writes into the state what was heard of devices, gateways, doors and thermometers."""

import numpy as np

from alerts.detect.columns import MINUTE_US, NEVER, Ints, rows_where
from alerts.detect.roster import Roster
from alerts.detect.state import State
from alerts.detect.streams import Doors, Mains, Streams, Words


def fold_words(state: State, words: Words, start: int, stop: int) -> None:
    """Note that devices and gateways were heard."""
    time_us = words.time_us[start:stop]
    lead, gateway = words.lead[start:stop], words.gateway[start:stop]
    if words.is_last is None:
        state.heard_us[lead], state.gateway_heard_us[gateway] = time_us, time_us
        return
    last = rows_where(words.is_last[start:stop])  # a device and a gateway have many sensors
    np.maximum.at(state.heard_us, lead.take(last), time_us.take(last))
    np.maximum.at(state.gateway_heard_us, gateway.take(last), time_us.take(last))


def fold_doors(state: State, doors: Doors, start: int, stop: int) -> None:
    """Note that a way out was opened in a booked time, and whether a visitor is there since."""
    home = doors.home[start:stop]
    state.entry_us[home] = doors.time_us[start:stop]
    state.visitor_until_us[home] = doors.until_us[start:stop]


def fold_mains(state: State, roster: Roster, mains: Mains, rows: slice) -> bool:
    """Note since when the mains of these sensors are gone: the first word of it counts.

    Return whether that may have changed: not where all had power, and say that they still have.

    A hub that was lost speaks anew: what it says then is not what it said before.
    """
    sensor, has_failed = mains.sensor[rows], mains.has_failed[rows]
    if not has_failed.any() and not state.opened_min[sensor].any():
        return False
    since = (mains.time_us[rows] // MINUTE_US).astype(np.int32)
    distinct, code = np.unique(sensor, return_inverse=True)
    turn = np.arange(len(sensor))
    back = np.full(len(distinct), -1, np.int64)
    np.maximum.at(back, code[~has_failed], turn[~has_failed])
    is_new = state.opened_min[distinct] == 0
    is_new |= state.gateway_lost_us[roster.sensor_gateway[distinct]] != NEVER
    state.opened_min[distinct[back >= 0]] = 0
    last = has_failed & (turn > back[code]) & (is_new | (back >= 0))[code]
    state.opened_min[sensor[last][::-1]] = since[last][::-1]
    return True


def untaken_home(streams: Streams, roster: Roster, rows: slice = slice(None)) -> Ints:
    """Return the homes of doses that were said to be missed."""
    return roster.sensor_home.take(streams.untaken.sensor[rows])


def fold_late(state: State, roster: Roster, streams: Streams) -> None:
    """Note what late readings say of devices, gateways and temperatures where that is news."""
    late = rows_where(streams.doors.time_us >= state.entry_us[streams.doors.home])
    state.visitor_until_us[streams.doors.home[late]] = streams.doors.until_us[late]
    np.maximum.at(state.entry_us, streams.doors.home, streams.doors.time_us)
    words, off, hub_off = streams.words, streams.off, streams.hub_off
    np.maximum.at(state.heard_us, words.lead, words.time_us)
    np.maximum.at(state.gateway_heard_us, words.gateway, words.time_us)
    np.maximum.at(state.gateway_heard_us, off.gateway, off.time_us)
    np.maximum.at(state.off_us, off.lead, off.time_us)
    np.maximum.at(state.gateway_off_us, hub_off.gateway, hub_off.time_us)
    np.maximum.at(state.untaken_us, untaken_home(streams, roster), streams.untaken.time_us)
    rows = streams.heat_us > state.celsius_us[streams.heat_sensor]
    state.celsius_us[streams.heat_sensor[rows]] = streams.heat_us[rows]
    state.celsius[streams.heat_sensor[rows]] = streams.heat_c[rows]


def start_clocks(state: State, words: Words, home: Ints, start: int, stop: int) -> None:
    """Start the clock of homes that are heard for the first time at that first word.

    ``home`` is that of each word from ``start`` to ``stop``.
    """
    rows = rows_where(home >= 0)
    rows = rows[state.sign_us[home[rows]] == NEVER]
    time_us = words.time_us[start:stop]
    rows = rows[np.argsort(time_us[rows], kind="stable")[::-1]]
    state.sign_us[home[rows]] = time_us[rows]
