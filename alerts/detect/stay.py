"""A bathroom or hall occupied far beyond what is usual: all movement stays in that one room.

A stay is a run of signs in one room, none elsewhere between them, and no more than an hour apart.
The longest of a day is learned as the longest silence is (DETECTION A.3): log minutes, with the
mean and spread of many homes where little is known.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.columns import MINUTE_US, NEVER, Bools, Bytes, Floats, Ints, Rows
from alerts.detect.rooms import Room
from alerts.detect.signs import group
from alerts.detect.usual import EIGHT_IN_TEN

GAP_US: Final = 60 * MINUTE_US
ROOMS: Final = (Room.BATHROOM, Room.HALL)
"""Rooms in which nobody stays for long, by row of the columns below."""

_KEPT: Final = 0.97
_MEAN: Final = np.array([2.12, 3.5])
_VARIANCE: Final = np.array([0.55, 0.7])
_MEAN_WEIGHT, _VARIANCE_WEIGHT = 5.0, 15.0


@dataclass(frozen=True, slots=True)
class Stays:
    """By home: the room of the last sign, since when all were there, and the last of them."""

    room: Bytes
    start_us: Ints
    last_us: Ints


def find_stays(
    home: Ints, time_us: Ints, room: Bytes, before: Stays, held_us: Ints
) -> tuple[Rows, Stays, Bools]:
    """Return (k homes, their stays, which of them ended another) after n signs in time order.

    ``before`` and ``held_us`` are by home; a stay does not end by a pause alone where held_us
    is not NEVER. Scratch columns are never filled: only what the signs touch is read.
    """
    size, row = len(before.room), np.arange(len(home))
    now_room, last_us = np.empty(size, np.int8), np.empty(size, np.int64)
    now_room[home], last_us[home] = room, time_us
    other = np.flatnonzero(room != now_room[home])
    last_other, first = np.empty(size, np.int64), np.empty(size, np.int64)
    last_other[home], last_other[home[other]] = -1, other
    in_run = np.flatnonzero(row > last_other[home])[::-1]
    first[home[in_run]] = in_run
    at = np.flatnonzero(first[home] == row)
    homes, begin_us = home[at], time_us[at]
    was_us = before.start_us[homes]
    goes_on = (last_other[homes] < 0) & (before.room[homes] == now_room[homes])
    goes_on &= (held_us[homes] != NEVER) | (begin_us - before.last_us[homes] <= GAP_US)
    goes_on &= was_us != NEVER
    after = Stays(now_room[homes], np.where(goes_on, was_us, begin_us), last_us[homes])
    return homes, after, ~goes_on & (was_us != NEVER)


@dataclass(frozen=True, slots=True)
class Ended:
    """Stays that ended, one a row: whose, in which room, and how many minutes they lasted."""

    home: Rows
    room: Bytes
    minutes: Floats


def find_ended(
    home: Ints,
    time_us: Ints,
    room: Bytes,
    before: Stays,
    held_us: Ints,
    last: tuple[Rows, Bools],
) -> Ended:
    """Return every stay that these n signs end, in time order and less than an hour apart.

    ``last`` is which homes they are of, and whether they ended the stay ``before``, as
    ``find_stays`` says. What is found does not hang on how signs are cut: within them a stay may
    go on and end, and others begin and end.
    """
    size, (homes, has_ended) = len(before.room), last
    now_room, moves = np.empty(size, np.int8), np.zeros(size, np.bool_)
    now_room[home] = room
    moves[home[room != now_room[home]]] = True
    rows = np.flatnonzero(moves[home])
    order, start, is_last = group(home[rows])
    h, t, r = (column[rows][order] for column in (home, time_us, room))
    is_first = start == np.arange(len(h))
    begins = is_first.copy()
    begins[1:] |= r[1:] != r[:-1]
    run = np.flatnonzero(begins)
    of, since = h[run], t[run]
    goes_on = is_first[run] & (before.room[of] == r[run]) & (before.start_us[of] != NEVER)
    goes_on &= (held_us[of] != NEVER) | (since - before.last_us[of] <= GAP_US)
    since = np.where(goes_on, before.start_us[of], since)
    ends = np.append(run[1:], len(h))[: len(run)] - 1
    inner = np.flatnonzero(~is_last[ends])
    left = of[is_first[run] & ~goes_on & (before.start_us[of] != NEVER)]
    gone = np.concatenate([homes[has_ended & ~moves[homes]], left])
    lasted = np.concatenate(
        [before.last_us[gone] - before.start_us[gone], t[ends[inner]] - since[inner]]
    )
    return Ended(
        np.concatenate([gone, of[inner]]),
        np.concatenate([before.room[gone], r[run[inner]]]),
        lasted / MINUTE_US,
    )


def minutes(stays: Stays) -> Floats:
    """Return how long each home's stay has been seen to last."""
    lasted: Floats = (
        np.where(stays.start_us == NEVER, 0, stays.last_us - stays.start_us) / MINUTE_US
    )
    return lasted


@dataclass(frozen=True, slots=True)
class Longest:
    """Running sums, by home, of the log of each day's longest stay in one room."""

    days: Floats
    total: Floats
    squares: Floats


def limits(longest: Longest, row: int, z: Floats) -> tuple[Floats, Floats]:
    """Return (minutes that the longest stay of a usual day takes, limit in minutes), by home."""
    n = longest.days
    mean = (longest.total + _MEAN_WEIGHT * _MEAN[row]) / (n + _MEAN_WEIGHT)
    spread = np.maximum(longest.squares - 2 * mean * longest.total + n * mean**2, 0)
    variance = (spread + _VARIANCE_WEIGHT * _VARIANCE[row]) / (n + _VARIANCE_WEIGHT)
    return np.exp(mean), np.exp(mean + z * np.sqrt(variance))


def band(longest: Longest, row: int) -> tuple[Floats, Floats]:
    """Return (low, high): between them the longest stay of eight days in ten, by home."""
    edge = np.full(len(longest.days), EIGHT_IN_TEN)
    return limits(longest, row, -edge)[1], limits(longest, row, edge)[1]


def end_day(longest: Longest, peak: Floats) -> Longest:
    """Return the sums after a day whose longest stay took ``peak`` minutes; 0 teaches nothing."""
    is_day = peak > 0
    x = np.where(is_day, np.log(np.maximum(peak, 1.0)), 0.0)
    kept = np.where(is_day, _KEPT, 1.0)
    return Longest(
        longest.days * kept + is_day, longest.total * kept + x, longest.squares * kept + x * x
    )
