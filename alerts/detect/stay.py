"""A bathroom or hall occupied far beyond what is usual: all movement stays in that one room.

A stay is a run of signs in one room, none elsewhere between them, and no more than an hour apart.
The longest of a day is learned as the longest silence is (DETECTION A.3): log minutes, with the
mean and spread of many homes where little is known.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.columns import MINUTE_US, NEVER, Bools, Bytes, Floats, Ints, Rows, rows_where
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


@dataclass(frozen=True, slots=True)
class Ended:
    """Stays that ended, one a row: whose, in which room, and how many minutes they lasted."""

    home: Rows
    room: Bytes
    minutes: Floats


def find_stays(
    home: Ints, time_us: Ints, room: Bytes, before: Stays, held_us: Ints
) -> tuple[Rows, Stays, Bools, Ended]:
    """Return (k homes, their stays, which of them ended another, what ended) after n signs.

    The signs of each home are in time order and less than an hour apart. ``before`` and
    ``held_us`` are by home; a stay does not end by a pause alone where held_us is not NEVER.
    What is found does not hang on how signs are cut: within them a stay may go on and end, and
    others begin and end.
    """
    order, _, is_last = group(home)
    h, t, r = home.take(order), time_us.take(order), room.take(order)
    begins = np.ones(len(h), np.bool_)
    begins[1:] = is_last[:-1] | (r[1:] != r[:-1])
    run = rows_where(begins)  # of signs in one room; those of a home follow each other
    of, since, room_of = h.take(run), t.take(run), r.take(run)
    stop = np.append(run[1:], len(h))[: len(run)] - 1
    until, is_final = t.take(stop), is_last.take(stop)
    final = rows_where(is_final)
    first = np.append(0, final[:-1] + 1)[: len(final)]
    homes = of.take(final)
    was_us, was_last_us, was_room = (
        column.take(homes) for column in (before.start_us, before.last_us, before.room)
    )
    is_known = was_us != NEVER
    goes_on = is_known & (was_room == room_of.take(first))
    goes_on &= (held_us.take(homes) != NEVER) | (since.take(first) - was_last_us <= GAP_US)
    since[first] = np.where(goes_on, was_us, since.take(first))
    after = Stays(room_of.take(final), since.take(final), until.take(final))
    gone, inner = rows_where(is_known & ~goes_on), rows_where(~is_final)
    lasted = np.concatenate([(was_last_us - was_us)[gone], (until - since)[inner]])
    ended = Ended(
        np.concatenate([homes[gone], of[inner]]),
        np.concatenate([was_room[gone], room_of[inner]]),
        lasted / MINUTE_US,
    )
    return homes, after, is_known & ~(goes_on & (first == final)), ended


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
