"""Readings on their way into the state: split once by what they touch, folded tick by tick.

Everything that depends on the order of readings alone (what is a sign, who is out) is found for
a whole run of readings at once; a tick then assigns slices, of which the last row wins.

A run of one tick, as a live engine's, is never cut: its words come by sensor and its signs by
home, each in time order, so that memory is read and written from one end to the other.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from alerts.detect.booked import VisitMemory, Windows, find_returns, find_visitors
from alerts.detect.columns import NEVER, Bools, Floats, Ints, Rows, rows_where
from alerts.detect.local_time import Offsets
from alerts.detect.roles import Role, plays
from alerts.detect.roster import Roster
from alerts.detect.runs import take_chatter, take_late_chatter
from alerts.detect.signs import (
    DoorMemory,
    Kinds,
    SensorMemory,
    find_out,
    find_signs,
    stable_order,
    take_out,
    take_signs,
)
from alerts.detect.state import State
from alerts.detect.streams import Doors, Mains, Signs, Streams, Words, rows_of, signs_of
from config.kinds import CODE, Kind
from ingest.batch import Batch


def split(
    batch: Batch,
    roster: Roster,
    state: State,
    offsets: Sequence[Offsets],
    windows: Windows,
    *,
    is_one_tick: bool,
) -> Streams:
    """Return the parts of a batch in time order; the memory of sensors and doors moves on.

    Of ``is_one_tick``, words and what is warm come by sensor, and signs by home.
    """
    sensor, time_us, value = batch.sensor.astype(np.int64), batch.time.view(np.int64), batch.value
    order = stable_order(sensor) if is_one_tick else None
    if order is not None:
        sensor, time_us, value = sensor.take(order), time_us.take(order), value.take(order)
    kind = roster.table.sensor_kind.take(sensor)
    is_sign = take_signs(sensor, value, kind, SensorMemory(state.value, state.has_zero))
    state.value_us[sensor] = time_us
    rows = rows_where(is_sign)
    home = roster.sensor_home.take(sensor.take(rows))
    rows, home = rows[home >= 0], home[home >= 0]
    if order is not None:
        by_home = _by_home(order, rows, home)
        rows, home = rows.take(by_home), home.take(by_home)
    told = sensor.take(rows), time_us.take(rows), value.take(rows)
    signs, chatter = take_chatter(signs_of(told, home, roster, offsets), roster, state)
    signs, is_person, doors = _place_signs(signs, roster, state, windows)
    own = signs if is_person is None else rows_of(signs, is_person)
    mains = rows_where(kind == CODE[Kind.MAINS])
    columns = (sensor, time_us, value, kind)
    return _streams(columns, order, (own, signs, chatter), doors, roster, mains)


def _by_home(order: Rows, rows: Rows, home: Ints) -> Rows:
    """Return the order of ``rows``, which are by sensor, by home and then as they came in time.

    ``order`` tells of each sorted row where it came.
    """
    place = np.full(len(order), -1, np.int64)
    place[order.take(rows)] = np.arange(len(rows))
    as_they_came = place[place >= 0]
    return as_they_came.take(stable_order(home.take(as_they_came)))


def _place_signs(
    signs: Signs, roster: Roster, state: State, windows: Windows
) -> tuple[Signs, Bools | None, Doors]:
    """Return signs with who is out, which are the person's (None for all), and doors of visits.

    Those of a home are in time order.
    """
    home = signs.home
    is_person, doors = _split_visits(signs, roster, state, windows)
    is_out, passed = _find_out(signs, is_person, roster, state)
    if is_person is not None:
        was_out = state.is_out & roster.home_is_alone
        is_inside = ~plays(signs.roles, Role.WAY_OUT)
        back = find_returns(home, is_person, is_inside, was_out, is_out)
        if len(back):
            is_person[back] = True
            is_out, passed = _find_out(signs, is_person, roster, state)
    state.door_us, state.inner = passed.door_us, passed.inner
    return replace(signs, is_out=is_out), is_person, doors


def _find_out(
    signs: Signs, is_person: Bools | None, roster: Roster, state: State
) -> tuple[Bools, DoorMemory]:
    """Return where the person's signs leave them: False for a visitor's."""
    memory = DoorMemory(state.door_us, state.inner)
    if is_person is None:
        is_exit = plays(signs.roles, Role.EXIT)
        is_out = take_out(signs.home, signs.time_us, is_exit, memory)
        return is_out & roster.home_is_alone[signs.home], memory
    rows = rows_where(is_person)
    home, is_exit = signs.home[rows], plays(signs.roles[rows], Role.EXIT)
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
    rows = rows_where(window >= 0)
    if not len(rows):
        return None, _NOBODY
    window, home, sensor = window[rows], signs.home[rows], signs.sensor[rows]
    is_door = roster.bookings.is_way_out[sensor]
    is_opening = is_door & (signs.value[rows] > 0)
    memory = VisitMemory(state.visit_window_us, state.opened_us, state.visitor_door)
    door = np.where(is_opening, roster.bookings.way_out[sensor], 0).astype(np.uint8)
    is_there, has_come, memory = find_visitors(
        window, home, signs.time_us[rows], door, windows.start_us[window], memory
    )
    state.visit_window_us, state.opened_us = memory.window_us, memory.opened_us
    state.visitor_door = memory.door
    is_person = np.ones(len(signs.home), np.bool_)
    visitors = np.where(is_door, has_come, is_there) & roster.bookings.is_visitors[sensor]
    is_person[rows[visitors]] = False
    opened = rows_where(is_opening)
    until_us = np.where(is_there[opened], windows.stop_us[window[opened]], NEVER)
    return is_person, Doors(signs.time_us[rows][opened], home[opened], until_us)


def split_late(
    batch: Batch, roster: Roster, state: State, offsets: Sequence[Offsets], windows: Windows
) -> Streams:
    """Return the parts of a batch, in time order, whose moments were folded already.

    A reading that is newer than its sensor's last moves the memory on; an older one is judged
    by itself. A late sign is out only if it is an exit door.
    """
    sensor, time_us = batch.sensor.astype(np.int64), batch.time.view(np.int64)
    kind = roster.table.sensor_kind.take(sensor)
    memory = SensorMemory(state.value, state.has_zero)
    is_newer = time_us > state.value_us[sensor]
    blank = SensorMemory(np.full_like(memory.value, np.nan), memory.has_zero)
    is_sign = np.zeros(len(batch), np.bool_)
    new, old = rows_where(is_newer), rows_where(~is_newer)
    is_sign[old], _ = find_signs(sensor[old], batch.value[old], kind[old], blank)
    is_sign[new] = take_signs(sensor[new], batch.value[new], kind[new], memory)
    state.value_us[sensor[new]] = time_us[new]
    home = roster.sensor_home[sensor]
    rows = rows_where(is_sign & (home >= 0))
    told = sensor[rows], time_us[rows], batch.value[rows]
    signs = signs_of(told, home[rows], roster, offsets)
    signs = replace(signs, is_out=roster.sensor_is_exit[signs.sensor])
    signs, chatter = take_late_chatter(signs, roster, state)
    mains = rows_where(is_newer & (kind == CODE[Kind.MAINS]))
    is_person, doors = _split_visits(signs, roster, state, windows)
    columns = (sensor, time_us, batch.value, kind)
    if is_person is None:
        return _streams(columns, None, (signs, signs, chatter), doors, roster, mains)
    is_person |= state.is_out[signs.home] & ~plays(signs.roles, Role.WAY_OUT)
    own = rows_of(signs, is_person)
    return _streams(columns, None, (own, signs, chatter), doors, roster, mains)


def _streams(
    columns: tuple[Ints, Ints, Floats, Kinds],
    order: Rows | None,
    signs: tuple[Signs, Signs, Signs],
    doors: Doors,
    roster: Roster,
    mains: Rows,
) -> Streams:
    """Return the streams; ``columns`` are sensor, time, value and kind of every reading.

    ``signs`` are the person's, those and visitors', and what chatters.
    ``order`` tells where each came in time, None where they are in time order; ``mains`` are
    the rows of what is news of the mains.
    """
    sensor, time_us, value, kind = columns
    is_zero = value == 0
    is_off = is_zero & (kind == CODE[Kind.AVAILABILITY])
    is_hub_off = is_zero & (kind == CODE[Kind.GATEWAY_STATUS])
    is_untaken = is_zero & (kind == CODE[Kind.MEDICATION])
    heat = rows_where(kind == CODE[Kind.TEMPERATURE])
    is_off_word = is_off | is_hub_off
    rows = rows_where(~is_off_word) if is_off_word.any() else None

    def few(mask: Bools) -> Words:
        at = rows_where(mask)
        if order is not None:
            at = at[np.argsort(order.take(at))]
        return _words(sensor.take(at), time_us.take(at), roster)

    if rows is not None:
        words = _words(sensor.take(rows), time_us.take(rows), roster)
    else:
        words = _words(sensor, time_us, roster)
    untaken = few(is_untaken)
    has_home = roster.sensor_home.take(untaken.sensor) >= 0
    return Streams(
        words=words if order is None else replace(words, is_last=_is_last(words.sensor)),
        signs=signs[0],
        all_signs=signs[1],
        chatter=signs[2],
        doors=doors,
        heat_us=time_us.take(heat),
        heat_sensor=sensor.take(heat),
        heat_c=value.take(heat),
        off=few(is_off),
        hub_off=few(is_hub_off),
        untaken=_words(untaken.sensor[has_home], untaken.time_us[has_home], roster),
        mains=Mains(time_us.take(mains), sensor.take(mains), is_zero.take(mains)),
    )


def _words(sensor: Ints, time_us: Ints, roster: Roster) -> Words:
    lead, gateway = roster.sensor_lead.take(sensor), roster.sensor_gateway.take(sensor)
    return Words(time_us, sensor, lead, gateway)


def _is_last(sensor: Ints) -> Bools:
    is_last = np.ones(len(sensor), np.bool_)
    np.not_equal(sensor[1:], sensor[:-1], out=is_last[:-1])
    return is_last
