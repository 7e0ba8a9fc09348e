"""Readings on their way into the state: split once by what they touch, folded tick by tick.

Everything that depends on the order of readings alone (what is a sign, who is out) is found for
a whole run of readings at once; a tick then assigns slices, of which the last row wins.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from alerts.detect.booked import VisitMemory, Windows, find_returns, find_visitors
from alerts.detect.columns import MINUTE_US, NEVER, Bools, Floats, Ints, Rows
from alerts.detect.local_time import Offsets, bins, to_local
from alerts.detect.roster import Roster
from alerts.detect.signs import (
    DoorMemory,
    Kinds,
    SensorMemory,
    find_out,
    find_signs,
    take_out,
    take_signs,
)
from alerts.detect.state import State
from config.kinds import CODE, Kind
from ingest.batch import Batch


@dataclass(frozen=True, slots=True)
class Words:
    """Readings by which a device and its gateway show that they work, in time order."""

    time_us: Ints
    lead: Ints
    gateway: Ints
    home: Ints


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs of the person in time order; ``is_out`` is where the sign leaves the person."""

    time_us: Ints
    home: Ints
    sensor: Ints
    is_out: Bools
    bin: Ints
    value: Floats


@dataclass(frozen=True, slots=True)
class Doors:
    """Openings of a way out in a booked time: when and where.

    ``until_us`` is until when a visitor is there since, at most: NEVER where one has left.
    """

    time_us: Ints
    home: Ints
    until_us: Ints


@dataclass(frozen=True, slots=True)
class Mains:
    """What sensors say of the mains in time order; ``has_failed`` is where they are gone."""

    time_us: Ints
    sensor: Ints
    has_failed: Bools


@dataclass(frozen=True, slots=True)
class Streams:
    """n readings split by what they touch; each part in time order.

    ``signs`` are the person's, ``all_signs`` hold those of booked visitors too. ``off`` are
    devices said to be out of reach, ``hub_off`` gateways said to be offline. ``untaken`` are doses
    that a dispenser says were missed. ``mains`` of late readings are those newer than their
    sensor's last.
    """

    words: Words
    signs: Signs
    all_signs: Signs
    doors: Doors
    heat_us: Ints
    heat_sensor: Ints
    heat_c: Floats
    off: Words
    hub_off: Words
    untaken: Words
    mains: Mains


def split(
    batch: Batch, roster: Roster, state: State, offsets: Sequence[Offsets], windows: Windows
) -> Streams:
    """Return the parts of a batch in time order; the memory of sensors and doors moves on."""
    sensor, time_us, kind = _columns(batch, roster)
    memory = SensorMemory(state.value, state.has_zero)
    rows = np.flatnonzero(take_signs(sensor, batch.value, kind, memory))
    state.value_us[sensor] = time_us
    home = roster.sensor_home[sensor[rows]]
    rows, sign_home = rows[home >= 0], home[home >= 0]
    signs = Signs(
        time_us[rows],
        sign_home,
        sensor[rows],
        np.zeros(len(rows), np.bool_),
        local_bins(time_us[rows], sign_home, roster, offsets),
        batch.value[rows],
    )
    is_person, doors = _split_visits(signs, roster, state, windows)
    is_out, passed = _find_out(signs, is_person, roster, state)
    if is_person is not None:
        was_out = state.is_out & roster.home_is_alone
        is_inside = ~roster.bookings.is_way_out[signs.sensor]
        back = find_returns(sign_home, is_person, is_inside, was_out, is_out)
        if len(back):
            is_person[back] = True
            is_out, passed = _find_out(signs, is_person, roster, state)
    state.door_us, state.inner = passed.door_us, passed.inner
    signs = replace(signs, is_out=is_out)
    own = signs if is_person is None else rows_of(signs, is_person)
    mains = np.flatnonzero(kind == CODE[Kind.MAINS])
    return _streams(batch, sensor, time_us, kind, own, signs, doors, roster, mains)


def _find_out(
    signs: Signs, is_person: Bools | None, roster: Roster, state: State
) -> tuple[Bools, DoorMemory]:
    """Return where the person's signs leave them: False for a visitor's."""
    memory = DoorMemory(state.door_us, state.inner)
    if is_person is None:
        is_exit = roster.sensor_is_exit[signs.sensor]
        is_out = take_out(signs.home, signs.time_us, is_exit, memory)
        return is_out & roster.home_is_alone[signs.home], memory
    rows = np.flatnonzero(is_person)
    home, is_exit = signs.home[rows], roster.sensor_is_exit[signs.sensor[rows]]
    is_out = np.zeros(len(signs.home), np.bool_)
    found, memory = find_out(home, signs.time_us[rows], is_exit, memory)
    is_out[rows] = found & roster.home_is_alone[home]
    return is_out, memory


_NOBODY: Final = Doors(*(np.empty(0, np.int64) for _ in range(3)))


def _split_visits(
    signs: Signs, roster: Roster, state: State, windows: Windows
) -> tuple[Bools | None, Doors]:
    """Return which signs are not a booked visitor's, None for all, and what doors say of these.

    The memory of visits moves on.
    """
    if not len(windows.home) or not len(signs.home):
        return None, _NOBODY
    window = windows.find(signs.home, signs.time_us)
    rows = np.flatnonzero(window >= 0)
    if not len(rows):
        return None, _NOBODY
    window, home, sensor = window[rows], signs.home[rows], signs.sensor[rows]
    is_door = roster.bookings.is_way_out[sensor]
    is_opening = is_door & (signs.value[rows] > 0)
    memory = VisitMemory(state.visit_window_us, state.opened_us, state.is_visited)
    is_there, has_come, memory = find_visitors(
        window, home, signs.time_us[rows], is_opening, windows.start_us[window], memory
    )
    state.visit_window_us, state.opened_us = memory.window_us, memory.opened_us
    state.is_visited = memory.is_there
    is_person = np.ones(len(signs.home), np.bool_)
    visitors = np.where(is_door, has_come, is_there) & roster.bookings.is_visitors[sensor]
    is_person[rows[visitors]] = False
    opened = np.flatnonzero(is_opening)
    until_us = np.where(is_there[opened], windows.stop_us[window[opened]], NEVER)
    return is_person, Doors(signs.time_us[rows][opened], home[opened], until_us)


def split_late(
    batch: Batch, roster: Roster, state: State, offsets: Sequence[Offsets], windows: Windows
) -> Streams:
    """Return the parts of a batch, in time order, whose moments were folded already.

    A reading that is newer than its sensor's last moves the memory on; an older one is judged
    by itself. A late sign is out only if it is an exit door.
    """
    sensor, time_us, kind = _columns(batch, roster)
    memory = SensorMemory(state.value, state.has_zero)
    is_newer = time_us > state.value_us[sensor]
    blank = SensorMemory(np.full_like(memory.value, np.nan), memory.has_zero)
    is_sign = np.zeros(len(batch), np.bool_)
    new, old = np.flatnonzero(is_newer), np.flatnonzero(~is_newer)
    is_sign[old], _ = find_signs(sensor[old], batch.value[old], kind[old], blank)
    is_sign[new] = take_signs(sensor[new], batch.value[new], kind[new], memory)
    state.value_us[sensor[new]] = time_us[new]
    home = roster.sensor_home[sensor]
    rows = np.flatnonzero(is_sign & (home >= 0))
    signs = Signs(
        time_us[rows],
        home[rows],
        sensor[rows],
        roster.sensor_is_exit[sensor[rows]],
        local_bins(time_us[rows], home[rows], roster, offsets),
        batch.value[rows],
    )
    mains = np.flatnonzero(is_newer & (kind == CODE[Kind.MAINS]))
    is_person, doors = _split_visits(signs, roster, state, windows)
    if is_person is None:
        return _streams(batch, sensor, time_us, kind, signs, signs, doors, roster, mains)
    is_person |= state.is_out[signs.home] & ~roster.bookings.is_way_out[signs.sensor]
    own = rows_of(signs, is_person)
    return _streams(batch, sensor, time_us, kind, own, signs, doors, roster, mains)


def rows_of(signs: Signs, rows: Bools | slice) -> Signs:
    """Return some of the signs, in their order."""
    return Signs(*(getattr(signs, name)[rows] for name in Signs.__slots__))


def local_bins(time_us: Ints, home: Ints, roster: Roster, offsets: Sequence[Offsets]) -> Ints:
    """Return the quarter-hour of each home's local day at these moments."""
    if len(offsets) == 1:
        return bins(to_local(offsets[0], time_us))
    result = np.zeros(len(time_us), np.int64)
    zone = roster.home_zone[home]
    for code, table in enumerate(offsets):
        rows = zone == code
        result[rows] = bins(to_local(table, time_us[rows]))
    return result


def fold_words(state: State, words: Words, start: int, stop: int) -> None:
    """Note that devices and gateways were heard."""
    time_us = words.time_us[start:stop]
    state.heard_us[words.lead[start:stop]] = time_us
    state.gateway_heard_us[words.gateway[start:stop]] = time_us


def fold_doors(state: State, doors: Doors, start: int, stop: int) -> None:
    """Note that a way out was opened in a booked time, and whether a visitor is there since."""
    home = doors.home[start:stop]
    state.entry_us[home] = doors.time_us[start:stop]
    state.visitor_until_us[home] = doors.until_us[start:stop]


def fold_mains(state: State, roster: Roster, mains: Mains, rows: slice) -> None:
    """Note since when the mains of these sensors are gone: the first word of it counts.

    A hub that was lost speaks anew: what it says then is not what it said before.
    """
    sensor, has_failed = mains.sensor[rows], mains.has_failed[rows]
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


def fold_late(state: State, streams: Streams) -> None:
    """Note what late readings say of devices, gateways and temperatures where that is news."""
    late = np.flatnonzero(streams.doors.time_us >= state.entry_us[streams.doors.home])
    state.visitor_until_us[streams.doors.home[late]] = streams.doors.until_us[late]
    np.maximum.at(state.entry_us, streams.doors.home, streams.doors.time_us)
    words, off, hub_off = streams.words, streams.off, streams.hub_off
    np.maximum.at(state.heard_us, words.lead, words.time_us)
    np.maximum.at(state.gateway_heard_us, words.gateway, words.time_us)
    np.maximum.at(state.gateway_heard_us, off.gateway, off.time_us)
    np.maximum.at(state.off_us, off.lead, off.time_us)
    np.maximum.at(state.gateway_off_us, hub_off.gateway, hub_off.time_us)
    np.maximum.at(state.untaken_us, streams.untaken.home, streams.untaken.time_us)
    rows = streams.heat_us > state.celsius_us[streams.heat_sensor]
    state.celsius_us[streams.heat_sensor[rows]] = streams.heat_us[rows]
    state.celsius[streams.heat_sensor[rows]] = streams.heat_c[rows]


def start_clocks(state: State, words: Words, start: int, stop: int) -> None:
    """Start the clock of homes that are heard for the first time at that first word."""
    home = words.home[start:stop]
    rows = np.flatnonzero(home >= 0)
    rows = rows[state.sign_us[home[rows]] == NEVER][::-1]
    state.sign_us[home[rows]] = words.time_us[start:stop][rows]


def _columns(batch: Batch, roster: Roster) -> tuple[Ints, Ints, Kinds]:
    sensor = batch.sensor.astype(np.int64)
    return sensor, batch.time.view(np.int64), roster.table.sensor_kind.take(sensor)


def _streams(
    batch: Batch,
    sensor: Ints,
    time_us: Ints,
    kind: Kinds,
    signs: Signs,
    all_signs: Signs,
    doors: Doors,
    roster: Roster,
    mains: Rows,
) -> Streams:
    is_zero = batch.value == 0
    is_off = is_zero & (kind == CODE[Kind.AVAILABILITY])
    is_hub_off = is_zero & (kind == CODE[Kind.GATEWAY_STATUS])
    heat = np.flatnonzero(kind == CODE[Kind.TEMPERATURE])

    def words(mask: Bools) -> Words:
        is_every = bool(mask.all())
        rows = slice(None) if is_every else np.flatnonzero(mask)
        named = sensor[rows]
        return Words(
            time_us[rows],
            roster.sensor_lead[named],
            roster.sensor_gateway[named],
            roster.sensor_home[named],
        )

    return Streams(
        words=words(~is_off & ~is_hub_off),
        signs=signs,
        all_signs=all_signs,
        doors=doors,
        heat_us=time_us[heat],
        heat_sensor=sensor[heat],
        heat_c=batch.value[heat],
        off=words(is_off),
        hub_off=words(is_hub_off),
        untaken=words(
            is_zero & (kind == CODE[Kind.MEDICATION]) & (roster.sensor_home[sensor] >= 0)
        ),
        mains=Mains(time_us[mains], sensor[mains], is_zero[mains]),
    )
