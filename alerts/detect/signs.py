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

from alerts.detect.columns import SECOND_US, Bools, Floats, Ints
from config.kinds import CODE, KINDS, Kind

POWER_W: Final = 200.0
"""Power that a kettle or cooker passes and a standby lamp does not."""

DOORSTEP_US: Final = 30 * SECOND_US
"""A single movement so soon after the door is the person leaving."""


def _is_one_of(*kinds: Kind) -> Bools:
    return np.array([row.kind in kinds for row in KINDS], np.bool_)


_CHANGES: Final = _is_one_of(Kind.CONTACT, Kind.BED, Kind.CHAIR)
_ONES: Final = _is_one_of(Kind.MEDICATION, Kind.PENDANT)


@dataclass(frozen=True, slots=True)
class SensorMemory:
    """What a sensor last said: ``value`` float64 (NaN at first), ``has_zero`` bool, by number."""

    value: Floats
    has_zero: Bools


def group(key: Ints) -> tuple[Ints, Ints, Bools]:
    """Return (order, start, is_last) of a stable grouping by key, which is 0 or more.

    ``order`` int64[n] sorts rows by key and keeps their order; ``start`` int64[n] is, for each
    sorted row, where its group begins; ``is_last`` marks the last row of each group.
    """
    # Key and row packed into one integer: numpy sorts those nine times as fast as it argsorts.
    shift = len(key).bit_length()
    packed = np.sort(key << shift | np.arange(len(key)))
    order, sorted_ = packed & (1 << shift) - 1, packed >> shift
    is_first = np.ones(len(key), np.bool_)
    is_first[1:] = sorted_[1:] != sorted_[:-1]
    start = np.maximum.accumulate(np.where(is_first, np.arange(len(key)), 0))
    is_last = np.ones(len(key), np.bool_)
    is_last[:-1] = is_first[1:]
    return order, start, is_last


def find_signs(
    sensor: Ints, value: Floats, kind: Ints, memory: SensorMemory
) -> tuple[Bools, SensorMemory]:
    """Return which of n readings, in time order, are signs, and the memory after them."""
    if len(sensor) == 0:
        return np.zeros(0, np.bool_), memory
    order, start, is_last = group(sensor)
    s, v, k = sensor[order], value[order], kind[order]
    row = np.arange(len(s))
    is_first = row == start
    before = np.empty_like(v)
    before[1:] = v[:-1]
    before[is_first] = memory.value[s[is_first]]
    is_zero = (v == 0) & (k == CODE[Kind.MOTION])
    last_zero = np.maximum.accumulate(np.where(is_zero, row, -1))
    has_zero = memory.has_zero[s] | (last_zero >= start)

    is_motion = (k == CODE[Kind.MOTION]) & (v == 1) & ((before != 1) | ~has_zero)
    is_change = _CHANGES[k] & (v != before) & ~np.isnan(before)
    is_power = (k == CODE[Kind.POWER]) & (v >= POWER_W) & (before < POWER_W)
    is_one = _ONES[k] & (v == 1)
    is_sign = np.empty(len(s), np.bool_)
    is_sign[order] = is_motion | is_change | is_power | is_one

    after = SensorMemory(memory.value.copy(), memory.has_zero.copy())
    after.value[s[is_last]] = v[is_last]
    after.has_zero[s[is_last]] = has_zero[is_last]
    return is_sign, after


@dataclass(frozen=True, slots=True)
class DoorMemory:
    """By home: ``door_us`` the last exit door, ``inner`` the signs inside since (up to 2)."""

    door_us: Ints
    inner: Ints


def find_out(
    home: Ints, time_us: Ints, is_exit: Bools, memory: DoorMemory
) -> tuple[Bools, DoorMemory]:
    """Return, for each of n signs in time order, whether the person is out after it.

    Out is: the last sign was an exit door, or one single sign inside within 30 s of it (DETECTION
    A.4, simplified). ``is_exit`` must be false for homes whose person does not go out alone.
    """
    if len(home) == 0:
        return np.zeros(0, np.bool_), memory
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

    after = DoorMemory(memory.door_us.copy(), memory.inner.copy())
    after.door_us[h[is_last]] = door[is_last]
    after.inner[h[is_last]] = np.minimum(inner[is_last], 2)
    return is_out, after
