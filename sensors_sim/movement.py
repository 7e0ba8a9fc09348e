"""What motion sensors see of the people in a home, and of the way between its rooms."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.kinds import Kind
from sensors_sim import chance
from sensors_sim.agenda import Purpose, Room
from sensors_sim.kit import ROOM_NAME, slot
from sensors_sim.marks import Floats, Marks, Stream
from sensors_sim.resident import DAY_STARTS_S, WALK_S, Stays

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

_TIME_BITS: Final = 38
"""Enough for the microseconds of a day that ends at 28 h."""

_CELL_CHANCE: Final = np.array([_LIVELINESS.get(purpose, 0.75) for purpose in Purpose])


def sense_movement(seed: int, homes: NDArray[np.int32], stays: Stays) -> list[Marks]:
    """Return movement seen in rooms and on the way between them, and when it has cleared."""
    own = chance.key(seed, Stream.KIT, homes)
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
        Marks(home, at, time_s, np.ones(len(home))),
        Marks(home, at, time_s + hold, np.zeros(len(home))),
    ]


def _seen(stays: Stays, keenness: Floats) -> tuple[NDArray[np.int32], NDArray[np.int8], Floats]:
    """Return (home, room, time) of every movement before cool-down.

    ``keenness`` float64[stays] is how well the sensors of that home see.
    """
    inside = stays.room != Room.OUT
    cells = np.where(inside, 1 + ((stays.end_s - stays.start_s) // CELL_S).astype(np.int64), 0)
    stay = np.repeat(np.arange(len(cells)), cells)
    cell = np.arange(len(stay)) - np.repeat(np.cumsum(cells) - cells, cells)
    own = chance.split(stays.key, Stream.MOTION)[stay]
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
    walks &= chance.uniform(chance.split(stays.key[1:], Stream.WALK)) < 0.93
    return (
        np.concatenate([stays.home[stay[is_seen]], stays.home[1:][walks]]),
        np.concatenate([stays.room[stay[is_seen]], np.full(int(walks.sum()), Room.HALL, np.int8)]),
        np.concatenate([time_s[is_seen], stays.start_s[1:][walks] - WALK_S / 2]),
    )
