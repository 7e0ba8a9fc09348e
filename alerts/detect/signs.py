"""Which readings are signs of the person, and what they say of where the person is.

A sign is: movement going from clear to seen, or any "seen" of a sensor that has never reported
clear; a contact, bed or chair that changed; power that rose past 200 W; a dose taken; a pendant
pressed. A repeated "seen" of a sensor that does report clear is a keep-alive, not movement, and
the first reading of a contact, bed or chair is a report, not a change: what is uncertain does
not count as life.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.columns import SECOND_US, Bools, Bytes, Floats, Ints, Reals, Rows, rows_where
from config.kinds import CODE, KINDS, Kind

Kinds = Bytes | Ints
"""Codes of kinds of sensors."""

POWER_W: Final = 200.0
"""Power that a kettle or cooker passes and a standby lamp does not."""

DOORSTEP_US: Final = 30 * SECOND_US
"""A single movement so soon after the door is the person leaving."""


def _is_one_of(*kinds: Kind) -> Bools:
    return np.array([row.kind in kinds for row in KINDS], np.bool_)


_CHANGES: Final = _is_one_of(Kind.CONTACT, Kind.BED, Kind.CHAIR)
_ONES: Final = _is_one_of(Kind.MEDICATION, Kind.PENDANT)
_TELLS: Final = _CHANGES | _ONES | _is_one_of(Kind.MOTION, Kind.POWER)
"""Kinds of which some reading is a sign."""


@dataclass(frozen=True, slots=True)
class SensorMemory:
    """What a sensor last said: ``value`` (NaN at first), ``has_zero`` bool, by number."""

    value: Reals
    has_zero: Bools


def group(key: Ints) -> tuple[Ints, Ints, Bools]:
    """Return (order, start, is_last) of a stable grouping by key, which is 0 or more.

    ``order`` int64[n] sorts rows by key and keeps their order; ``start`` int64[n] is, for each
    sorted row, where its group begins; ``is_last`` marks the last row of each group.
    """
    order = stable_order(key)
    sorted_ = key.take(order)
    is_first = np.ones(len(key), np.bool_)
    is_first[1:] = sorted_[1:] != sorted_[:-1]
    start = np.maximum.accumulate(np.where(is_first, np.arange(len(key)), 0))
    is_last = np.ones(len(key), np.bool_)
    is_last[:-1] = is_first[1:]
    return order, start, is_last


def stable_order(key: Ints) -> Rows:
    """Return the rows by key, which is 0 or more, in their order where it is equal.

    numpy sorts 16 bits by counting, six times as fast as it compares: one or two such passes.
    """
    if (key[1:] >= key[:-1]).all():
        return np.arange(len(key))
    most = int(key.max(initial=0))
    if most < 1 << 16:
        return np.argsort(key.astype(np.uint16), kind="stable")
    if most < 1 << 32:
        low = np.argsort(key.astype(np.uint16), kind="stable")
        high = (key >> 16).astype(np.uint16 if most >> 24 else np.uint8)
        return low.take(np.argsort(high.take(low), kind="stable"))
    return np.argsort(key, kind="stable")


def find_signs(
    sensor: Ints, value: Floats, kind: Kinds, memory: SensorMemory
) -> tuple[Bools, SensorMemory]:
    """Return which of n readings, in time order, are signs, and the memory after them."""
    after = SensorMemory(memory.value.copy(), memory.has_zero.copy())
    return take_signs(sensor, value, kind, after), after


def take_signs(sensor: Ints, value: Floats, kind: Kinds, memory: SensorMemory) -> Bools:
    """Return what ``find_signs`` does; the memory moves on in place."""
    is_sign = np.zeros(len(sensor), np.bool_)
    rows = rows_where(_TELLS.take(kind))
    of = sensor.take(rows)
    rows = rows.take(stable_order(of))
    said = np.empty_like(memory.value, shape=len(rows))  # compared with what is remembered
    said[:] = value.take(rows)
    is_sign[rows] = _are_signs(sensor.take(rows), said, kind.take(rows), memory)
    memory.value[sensor] = value  # of several the last one stays
    return is_sign


def _are_signs(s: Ints, v: Reals, k: Kinds, memory: SensorMemory) -> Bools:
    """Return which readings, by sensor and then by time, are signs; ``has_zero`` moves on."""
    is_first = np.ones(len(s), np.bool_)
    np.not_equal(s[1:], s[:-1], out=is_first[1:])
    before = np.empty_like(v)
    before[1:] = v[:-1]
    before[is_first] = memory.value.take(s[is_first])
    is_one_of = k == CODE[Kind.MOTION]
    zero = rows_where((v == 0) & is_one_of)
    is_motion = is_one_of & (v == 1)
    is_motion[is_motion] = _begins(rows_where(is_motion), s, before, zero, memory.has_zero)
    memory.has_zero[s[zero]] = True
    is_change = _CHANGES[k] & (v != before) & ~np.isnan(before)
    is_power = (k == CODE[Kind.POWER]) & (v >= POWER_W) & (before < POWER_W)
    is_one = _ONES[k] & (v == 1)
    is_sign: Bools = is_motion | is_change | is_power | is_one
    return is_sign


def _begins(rows: Rows, sensor: Ints, before: Reals, zero: Rows, has_zero: Bools) -> Bools:
    """Return which of these rows, "movement" by sensor, begin one.

    Repeated without ever clearing it is a stuck sensor's; what clears, ``zero``, may lie between.
    """
    begins: Bools = before[rows] != 1
    again = rows_where(~begins)
    if len(again):
        stuck = again[~has_zero[sensor[rows[again]]]]
        last = np.searchsorted(zero, rows[stuck]) - 1
        cleared = np.zeros(len(stuck), np.bool_)
        known = last >= 0
        cleared[known] = sensor[zero[last[known]]] == sensor[rows[stuck[known]]]
        begins[stuck[~cleared]] = True
    return begins


@dataclass(frozen=True, slots=True)
class DoorMemory:
    """By home: ``door_us`` the last exit door, ``inner`` the signs inside since (up to 2)."""

    door_us: Ints
    inner: Bytes


def find_out(
    home: Ints, time_us: Ints, is_exit: Bools, memory: DoorMemory
) -> tuple[Bools, DoorMemory]:
    """Return, for each of n signs in time order, whether the person is out after it.

    Out is: the last sign was an exit door, or one single sign inside within 30 s of it (DETECTION
    A.4, simplified). ``is_exit`` must be false for homes whose person does not go out alone.
    """
    after = DoorMemory(memory.door_us.copy(), memory.inner.copy())
    return take_out(home, time_us, is_exit, after), after


def take_out(home: Ints, time_us: Ints, is_exit: Bools, memory: DoorMemory) -> Bools:
    """Return what ``find_out`` does; the memory moves on in place."""
    # Where nothing was at a door, and two signs inside came since the last one, nothing changes.
    may = memory.inner.take(home) < 2
    if is_exit.any():
        has_exit = np.zeros(len(memory.inner), np.bool_)
        has_exit[home[is_exit]] = True
        may |= has_exit.take(home)
    rows, is_out = rows_where(may), np.zeros(len(home), np.bool_)
    if len(rows):
        is_out[rows] = _take_out(home.take(rows), time_us.take(rows), is_exit.take(rows), memory)
    return is_out


def _take_out(home: Ints, time_us: Ints, is_exit: Bools, memory: DoorMemory) -> Bools:
    order, start, is_last = group(home)
    h, t, e = home[order], time_us[order], is_exit[order]
    row = np.arange(len(h))
    door_row = np.maximum.accumulate(np.where(e, row, -1))
    has_door = door_row >= start
    inside = np.cumsum(~e)
    before_group: Ints = inside[start] - ~e[start]
    since_door: Ints = inside - inside[np.maximum(door_row, 0)]
    inner = np.where(has_door, since_door, memory.inner[h] + inside - before_group)
    door = np.where(has_door, t[np.maximum(door_row, 0)], memory.door_us[h])
    is_out = np.empty(len(h), np.bool_)
    is_out[order] = (inner == 0) | ((inner == 1) & (t - door <= DOORSTEP_US))

    memory.door_us[h[is_last]] = door[is_last]
    memory.inner[h[is_last]] = np.minimum(inner[is_last], 2)
    return is_out
