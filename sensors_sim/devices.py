"""What the sensors of a home report while somebody lives a day there.

Times inside this file are seconds after local midnight, as in ``resident``.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.kinds import Kind
from sensors_sim import chance, readings
from sensors_sim.agenda import Purpose, Room
from sensors_sim.kit import ROOM_NAME, SLOTS, slot
from sensors_sim.readings import Readings
from sensors_sim.resident import DAY_ENDS_S, DAY_STARTS_S, WALK_S, Stays, Who

Floats = NDArray[np.float64]

CELL_S: Final = 120.0
"""A motion sensor fires at most once in this long: its hold, and some rest."""

_ROOM_SLOT: Final = np.array(
    [
        -1 if room is Room.OUT else slot(f"{ROOM_NAME[room].replace(' ', '-')}/motion", Kind.MOTION)
        for room in Room
    ],
    np.int32,
)
_LIVELINESS: Final = {
    Purpose.SLEEP: 0.012,
    Purpose.REST: 0.26,
    Purpose.WASH: 0.7,
    Purpose.TOILET: 0.5,
    Purpose.OUTING: 0.0,
    Purpose.GONE: 0.0,
    Purpose.FLOOR: 0.0,
    Purpose.CRAWL: 0.2,
    Purpose.RESTLESS: 0.5,
}
"""Chance that a person is seen in one more cell of a stay; 0.75 where nothing is said."""

_CELL_CHANCE: Final = np.array([_LIVELINESS.get(purpose, 0.75) for purpose in Purpose])
_MEALS: Final = (Purpose.BREAKFAST, Purpose.LUNCH, Purpose.SUPPER)


_TIME_BITS: Final = 38
"""Enough for the microseconds of a day that ends at 28 h."""


class _Stream(IntEnum):
    """Names of the chances that hang on one stay."""

    MOTION = 1
    WALK = 2
    SEAT = 3
    DOOR = 4
    FRIDGE = 5
    KETTLE = 6
    DOSE = 7
    KIT = 8


@dataclass(frozen=True, slots=True)
class _Marks:
    """Readings of some homes before they have a date: ``home`` int32[n] counts rows."""

    home: NDArray[np.int32]
    slot: NDArray[np.int32]
    time_s: Floats
    value: Floats


def _mark(home: NDArray[np.int32], at_slot: int, time_s: Floats, value: float | Floats) -> _Marks:
    return _Marks(
        home,
        np.full(len(home), at_slot, np.int32),
        time_s,
        np.broadcast_to(np.asarray(value, np.float64), time_s.shape),
    )


def sense_day(
    seed: int,
    homes: NDArray[np.int32],
    stays: Stays,
    midnight_us: int,
) -> Readings:
    """Return what a day of these homes makes their kits report, ordered by time.

    ``sensor`` is the row of the home * SLOTS + slot. ``midnight_us`` is 4 h before the day's
    04:00, in microseconds since 1970 UTC.
    """
    own = stays.take(stays.person == Who.RESIDENT)
    is_bed = (own.room == Room.BEDROOM) & np.isin(own.purpose, (Purpose.SLEEP, Purpose.REST))
    is_chair = (own.room == Room.LIVING_ROOM) & (own.purpose == Purpose.REST)
    marks = [
        *_movement(seed, homes, stays),
        *_seat(own.take(is_chair), slot("living-room/chair", Kind.CHAIR), 300.0, 0.85),
        *_seat(own.take(is_bed), slot("bedroom/bed", Kind.BED), 180.0, 1.0),
        *_taking_turns(_front_door(stays)),
        *_taking_turns(_fridge(stays)),
        *_taking_turns(_kettle(seed, homes, stays)),
        *_doses(own),
    ]
    time_s = np.minimum(np.concatenate([m.time_s for m in marks]), DAY_ENDS_S - 0.001)
    made = Readings(
        np.concatenate([m.home * np.int32(SLOTS) + m.slot for m in marks]),
        midnight_us + np.rint(time_s * 1000).astype(np.int64) * 1000,
        np.concatenate([m.value for m in marks]),
    )
    return readings.ordered(made)


def _movement(seed: int, homes: NDArray[np.int32], stays: Stays) -> list[_Marks]:
    """Return movement seen in rooms and on the way between them, and when it has cleared."""
    own = chance.key(seed, _Stream.KIT, homes)
    home, room, time_s = _seen(stays, 0.6 + 0.8 * chance.uniform(own, 200)[stays.home])
    hold_s = 60 + np.floor(30 * chance.uniform(own[:, None], np.arange(len(Room))))
    # By home, room and time in one number, which sorts several times faster than three.
    place = home.astype(np.int64) * len(Room) + room
    order = np.argsort((place << _TIME_BITS) + np.rint(time_s * 1e6).astype(np.int64))
    home, room, time_s = home[order], room[order], time_s[order]
    hold = hold_s[home, room]
    is_fresh = np.ones(len(home), np.bool_)
    is_fresh[1:] = (
        (home[1:] != home[:-1])
        | (room[1:] != room[:-1])
        | (time_s[1:] - time_s[:-1] > hold[1:] + 1.0)
    )
    home, room, time_s, hold = home[is_fresh], room[is_fresh], time_s[is_fresh], hold[is_fresh]
    at = _ROOM_SLOT[room]
    return [
        _Marks(home, at, time_s, np.ones(len(home))),
        _Marks(home, at, time_s + hold, np.zeros(len(home))),
    ]


def _seen(stays: Stays, keenness: Floats) -> tuple[NDArray[np.int32], NDArray[np.int8], Floats]:
    """Return (home, room, time) of every movement before cool-down.

    ``keenness`` float64[stays] is how well the sensors of that home see.
    """
    inside = stays.room != Room.OUT
    cells = np.where(inside, 1 + ((stays.end_s - stays.start_s) // CELL_S).astype(np.int64), 0)
    stay = np.repeat(np.arange(len(cells)), cells)
    cell = np.arange(len(stay)) - np.repeat(np.cumsum(cells) - cells, cells)
    own = chance.split(stays.key, _Stream.MOTION)[stay]
    likely = np.where(cell == 0, 1.0, (_CELL_CHANCE[stays.purpose] * keenness)[stay])
    likely[(cell == 0) & (stays.start_s[stay] <= DAY_STARTS_S)] = 0.0
    time_s = (
        stays.start_s[stay]
        + CELL_S * cell
        + np.where(cell == 0, 3.0, 40.0) * chance.uniform(own, 2 * cell)
    )
    is_seen = (chance.uniform(own, 2 * cell + 1) < likely) & (time_s < stays.end_s[stay])

    walks = (stays.home[1:] == stays.home[:-1]) & (stays.room[1:] != stays.room[:-1])
    walks &= stays.person[1:] == stays.person[:-1]
    walks &= (stays.room[1:] != Room.HALL) & (stays.room[:-1] != Room.HALL)
    walks &= chance.uniform(chance.split(stays.key[1:], _Stream.WALK)) < 0.93
    return (
        np.concatenate([stays.home[stay[is_seen]], stays.home[1:][walks]]),
        np.concatenate([stays.room[stay[is_seen]], np.full(int(walks.sum()), Room.HALL, np.int8)]),
        np.concatenate([time_s[is_seen], stays.start_s[1:][walks] - WALK_S / 2]),
    )


def _taking_turns(marks: list[_Marks]) -> list[_Marks]:
    """Return the marks of one slot without those that repeat on or off, when two overlap.

    The slot is on while anybody has it on.
    """
    home = np.concatenate([m.home for m in marks])
    time_s = np.concatenate([m.time_s for m in marks])
    value = np.concatenate([m.value for m in marks])
    order = np.lexsort((value > 0, time_s, home))
    home, time_s, value = home[order], time_s[order], value[order]
    level = np.cumsum(np.where(value > 0, 1, -1))
    before = level - np.where(value > 0, 1, -1)
    # Every home ends with as many offs as ons, so the level starts each home at nought.
    turns = ((value > 0) & (before == 0)) | ((value == 0) & (level == 0))
    at = marks[0].slot[:1] if len(marks[0].slot) else np.zeros(1, np.int32)
    return [
        _Marks(home[turns], np.repeat(at, int(turns.sum())), time_s[turns], value[turns]),
    ]


def _seat(sits: Stays, at_slot: int, shortest_s: float, likely: float) -> list[_Marks]:
    """Return when a bed or a chair is taken and left, for stays that last long enough."""
    own = chance.split(sits.key, _Stream.SEAT)
    lasts = (sits.end_s - sits.start_s >= shortest_s) & (chance.uniform(own, 0) < likely)
    taken = sits.start_s + 25 + 50 * chance.uniform(own, 1)
    left = sits.end_s - 4 - 12 * chance.uniform(own, 2)
    begins = lasts & (sits.start_s > DAY_STARTS_S)
    ends = lasts & (sits.end_s < DAY_ENDS_S)
    return [
        _mark(sits.home[begins], at_slot, taken[begins], 1),
        _mark(sits.home[ends], at_slot, left[ends], 0),
    ]


def _front_door(stays: Stays) -> list[_Marks]:
    at_slot = slot("hall/front-door", Kind.CONTACT)
    own = chance.split(stays.key, _Stream.DOOR)
    out = stays.purpose == Purpose.OUTING
    step = stays.purpose == Purpose.DOORSTEP
    gone = stays.purpose == Purpose.GONE
    shut = stays.start_s + 15 + 0.7 * (stays.end_s - stays.start_s - 20) * chance.uniform(own)
    return [
        _mark(stays.home[out], at_slot, stays.start_s[out] - 3, 1),
        _mark(stays.home[out], at_slot, stays.start_s[out] + 3, 0),
        _mark(stays.home[out], at_slot, stays.end_s[out] - 2, 1),
        _mark(stays.home[out], at_slot, stays.end_s[out] + 3, 0),
        _mark(stays.home[gone], at_slot, stays.start_s[gone] + 2, 1),
        _mark(stays.home[gone], at_slot, stays.start_s[gone] + 9, 0),
        _mark(stays.home[step], at_slot, stays.start_s[step] + 5, 1),
        _mark(stays.home[step], at_slot, np.maximum(shut, stays.start_s + 10)[step], 0),
    ]


def _fridge(stays: Stays) -> list[_Marks]:
    at_slot = slot("kitchen/fridge", Kind.CONTACT)
    own = chance.split(stays.key, _Stream.FRIDGE)
    chances = np.zeros((len(Purpose), 5))
    chances[list(_MEALS)] = (1, 1, 1, 0.7, 0.5)
    chances[Purpose.DRINK] = (1, 0.4, 0, 0, 0)
    chances[Purpose.CHORE] = (0.6, 0.2, 0, 0, 0)
    opens = np.where((stays.room == Room.KITCHEN)[:, None], chances[stays.purpose], 0.0)
    turn = np.arange(opens.shape[1])
    room_s = (stays.end_s - stays.start_s - 40)[:, None]
    time_s = stays.start_s[:, None] + 15
    time_s = time_s + room_s * (turn + 0.5 * chance.uniform(own[:, None], turn)) / len(turn)
    happens = (chance.uniform(own[:, None], 10 + turn) < opens) & (room_s >= 90)
    shut = time_s + 4 + 6 * chance.uniform(own[:, None], 20 + turn)
    home = np.broadcast_to(stays.home[:, None], happens.shape)[happens]
    return [_mark(home, at_slot, time_s[happens], 1), _mark(home, at_slot, shut[happens], 0)]


def _kettle(seed: int, homes: NDArray[np.int32], stays: Stays) -> list[_Marks]:
    at_slot = slot("kitchen/kettle", Kind.POWER)
    own = chance.split(stays.key, _Stream.KETTLE)
    boils = np.isin(stays.purpose, (*_MEALS, Purpose.DRINK)) & (chance.uniform(own, 0) < 0.9)
    start = stays.start_s + 20 + 25 * chance.uniform(own, 1)
    off = start + 110 + 100 * chance.uniform(own, 2)
    off = np.clip(off, start + 60, np.maximum(stays.end_s - 2, start + 60))
    rating = 1800 + 1100 * chance.uniform(chance.key(seed, _Stream.KIT, homes), 100)
    watts = np.rint(rating[stays.home] * (0.98 + 0.04 * chance.uniform(own, 3)))
    return [
        _mark(stays.home[boils], at_slot, start[boils], watts[boils]),
        _mark(stays.home[boils], at_slot, off[boils], 0),
    ]


def _doses(stays: Stays) -> list[_Marks]:
    """Return a dose at breakfast and supper; one missed is told when its hour is over."""
    at_slot = slot("kitchen/medication", Kind.MEDICATION)
    own = chance.split(stays.key, _Stream.DOSE)
    due = np.isin(stays.purpose, (Purpose.BREAKFAST, Purpose.SUPPER))
    is_taken = chance.uniform(own, 0) < 0.95
    time_s = stays.start_s + 60 + 240 * chance.uniform(own, 1) + np.where(is_taken, 0, 3600)
    return [_mark(stays.home[due], at_slot, time_s[due], is_taken[due].astype(np.float64))]
