"""What motion sensors see of the people in a home, and of their ways between its rooms.

A person who is busy in one room keeps going to others for a moment; how much, where to and how
well the sensors there see it differs between homes far more than between days.
"""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.kinds import Kind
from sensors_sim import chance
from sensors_sim.agenda import Purpose, Room
from sensors_sim.kit import ROOM_NAME, slot
from sensors_sim.marks import Floats, Marks, Stream
from sensors_sim.stays import DAY_ENDS_S, DAY_STARTS_S, WALK_S, Stays, Who

HOLD_S: Final = 60.0
"""A motion sensor says "clear" this long after it fired, and sees nothing new before."""

_ROOM_SLOT: Final = np.array(
    [
        -1 if room is Room.OUT else slot(f"{ROOM_NAME[room].replace(' ', '-')}/motion", Kind.MOTION)
        for room in Room
    ],
    np.int32,
)
_BUSY: Final = (77.5, 0.97, 0.439)
_MANNER: Final = {
    Purpose.SLEEP: (1800.0, 0.056, 0.0),
    Purpose.REST: (700.0, 0.188, 0.499),
    Purpose.WASH: (131.0, 0.97, 0.2),
    Purpose.TOILET: (42.0, 0.94, 0.503),
    Purpose.BREAKFAST: (166.0, 0.86, 0.287),
    Purpose.LUNCH: (166.0, 0.86, 0.287),
    Purpose.SUPPER: (166.0, 0.86, 0.287),
    Purpose.DOORSTEP: (40.0, 0.75, 0.1),
    Purpose.OUTING: (240.0, 0.0, 0.0),
    Purpose.GONE: (240.0, 0.0, 0.0),
    Purpose.FLOOR: (240.0, 0.0, 0.0),
    Purpose.HELD: (1800.0, 0.1, 0.0),
    Purpose.CRAWL: (120.0, 0.2, 0.0),
    Purpose.RESTLESS: (50.0, 0.95, 0.7),
}
"""Of a stay: seconds from one move to the next, how likely it is seen, and what share of the
seen ones leads to another room and back. ``_BUSY`` where nothing is said."""

_STEP_S, _LIVELY, _STRAYS = np.array([_MANNER.get(purpose, _BUSY) for purpose in Purpose]).T
_PULL: Final = np.array([0.0, 0.888, 0.868, 1.09, 0.481, 0.153])
"""How often a room is the one gone to, in the usual home."""

_DIFFER: Final = {"keenness": 0.302, "pull": 0.755, "lightness": 1.09, "haste": 0.286}
"""How much homes differ: the standard deviation of the logarithm."""

_BLIND: Final = np.array([0.0, 0.03, 0.03, 0.03, 0.03, 0.13])
"""Share of homes in which nearly nothing is seen of a room: no sensor, or one that hangs badly."""

_SHUT: Final = 1.28
"""More than 1: of most homes the rooms lie along a hall."""

_STIRS: Final = 3
"""Who stirs in bed does so at most this often more, each time with ``_STIRS_ON``, within
``_STIRS_IN_S`` after the sensor's rest."""

_STIRS_ON: Final = 0.344
_STIRS_IN_S: Final = 23.9

_TIME_BITS: Final = 38
"""Enough for the microseconds of a day that ends at 28 h."""


@dataclass(frozen=True, slots=True)
class Sightings:
    """n moments at which somebody could be seen, in no order.

    ``home`` int32[n] is a row, ``room`` and ``purpose`` int8[n], ``time_s`` float64[n] and
    ``key`` uint64[n] the moment's own chance.
    """

    home: NDArray[np.int32]
    room: NDArray[np.int8]
    purpose: NDArray[np.int8]
    time_s: Floats
    key: chance.Key

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Sightings":
        """Return the rows picked by a mask or indices, in that order."""
        return Sightings(*(getattr(self, f.name)[rows] for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Layout:
    """How homes are built and fitted: float64[homes, rooms], ``openness`` float64[homes].

    ``keenness`` is how well a room's sensor sees, ``pull`` how often one goes there, openness
    the share of ways on which no hall is crossed. ``lightness`` float64[homes] is how much
    its people stir in their sleep, ``haste`` how often they go to and fro.
    """

    keenness: Floats
    pull: Floats
    openness: Floats
    lightness: Floats
    haste: Floats


def layout(seed: int, homes: NDArray[np.int32]) -> Layout:
    """Return how these homes (numbers) are built: log-normal, and a few sensors nearly blind."""
    own = chance.key(seed, Stream.LAYOUT, homes)[:, None]
    rooms = np.arange(len(Room))
    keenness = np.exp(_DIFFER["keenness"] * chance.normal(own, rooms) - 0.06)
    keenness *= np.where(chance.uniform(own, 100 + rooms) < _BLIND, 0.01, 1.0)
    pull = _PULL * np.exp(_DIFFER["pull"] * chance.normal(own, 200 + rooms))
    openness = chance.uniform(own, 300) ** _SHUT
    lightness = np.exp(_DIFFER["lightness"] * chance.normal(own, 301))
    haste = np.exp(_DIFFER["haste"] * chance.normal(own, 302))
    return Layout(keenness, pull, openness[:, 0], lightness[:, 0], haste[:, 0])


def look(stays: Stays, built: Layout) -> Sightings:
    """Return when people could be seen: in the rooms they stay in, and on ways between."""
    inside = stays.room != Room.OUT
    lasts_s = stays.end_s - stays.start_s
    moves = np.where(inside, 1 + (lasts_s // _STEP_S[stays.purpose]).astype(np.int64), 0)
    stay = np.repeat(np.arange(len(moves)), moves)
    move = np.arange(len(stay)) - np.repeat(np.cumsum(moves) - moves, moves)
    own = chance.split(stays.key, Stream.MOTION)[stay]
    purpose = stays.purpose[stay]
    stirs = np.where(purpose == Purpose.SLEEP, built.lightness[stays.home[stay]], 1.0)
    likely = np.where(move == 0, 1.0, _LIVELY[purpose] * stirs)
    likely[(move == 0) & (stays.start_s[stay] <= DAY_STARTS_S)] = 0.0
    step_s = np.where(move == 0, 3.0, _STEP_S[purpose])
    time_s = stays.start_s[stay] + _STEP_S[purpose] * move + step_s * chance.uniform(own, 2 * move)
    drawn = chance.uniform(own, 2 * move + 1)
    is_seen = (drawn < likely) & (time_s < stays.end_s[stay])
    stay, drawn = stay[is_seen], (drawn / np.maximum(likely, 1e-9))[is_seen]
    seen = Sightings(
        stays.home[stay],
        stays.room[stay],
        stays.purpose[stay],
        time_s[is_seen],
        chance.split(own[is_seen], 7 + move[is_seen]),
    )
    strays = (drawn < _STRAYS[seen.purpose] * built.haste[seen.home]) & (move[is_seen] > 0)
    # Who lies in bed by day washes and rests there, and goes nowhere.
    strays &= (seen.room != Room.BEDROOM) | ~np.isin(seen.purpose, (Purpose.REST, Purpose.WASH))
    return _concat(
        [
            seen,
            *_echoes(stays, stay, seen),
            *_ways(stays, built),
            *_strays(stays, stay[strays], seen.take(strays), built),
        ]
    )


def _concat(parts: list[Sightings]) -> Sightings:
    return Sightings(
        *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Sightings))
    )


def _echoes(stays: Stays, stay: NDArray[np.intp], seen: Sightings) -> list[Sightings]:
    """Return that who stirs in bed stirs again soon after, and is seen getting up."""
    lies = (seen.purpose == Purpose.SLEEP) | (seen.purpose == Purpose.REST)
    again, of = seen.take(lies), stay[lies]
    made = []
    for turn in range(_STIRS):
        later = again.time_s + HOLD_S + 2 + _STIRS_IN_S * chance.uniform(again.key, 10 + turn)
        goes_on = (chance.uniform(again.key, 20 + turn) < _STIRS_ON) & (later < stays.end_s[of])
        own = chance.split(again.key, 30 + turn)
        again = Sightings(again.home, again.room, again.purpose, later, own).take(goes_on)
        of = of[goes_on]
        made.append(again)
    rises = (stays.purpose == Purpose.SLEEP) & (stays.end_s < DAY_ENDS_S)
    up = stays.take(rises)
    at_s = up.end_s - 3 - 20 * chance.uniform(up.key, Stream.MOTION)
    made.append(Sightings(up.home, up.room, up.purpose, at_s, chance.split(up.key, 97)))
    return made


def _ways(stays: Stays, built: Layout) -> list[Sightings]:
    """Return the hall on the way from one stay to the next."""
    walks = (stays.home[1:] == stays.home[:-1]) & (stays.room[1:] != stays.room[:-1])
    walks &= stays.person[1:] == stays.person[:-1]
    walks &= (stays.room[1:] != Room.HALL) & (stays.room[:-1] != Room.HALL)
    own = chance.split(stays.key[1:], Stream.WALK)
    indoors = (stays.room[1:] != Room.OUT) & (stays.room[:-1] != Room.OUT)
    walks &= chance.uniform(own) >= np.where(indoors, built.openness[stays.home[1:]], 0.07)
    home = stays.home[1:][walks]
    return [
        Sightings(
            home,
            np.full(len(home), Room.HALL, np.int8),
            stays.purpose[1:][walks],
            stays.start_s[1:][walks] - WALK_S / 2,
            own[walks],
        )
    ]


def _strays(
    stays: Stays, stay: NDArray[np.intp], seen: Sightings, built: Layout
) -> list[Sightings]:
    """Return what is seen of those who go to another room and back during a stay.

    They go only where they have been that day and will be again: a room that somebody has
    stopped using is not used by the way either.
    """
    pull = built.pull[seen.home]
    pull[np.arange(len(pull)), seen.room] = 0.0
    edges = np.cumsum(pull, axis=1)
    drawn = chance.uniform(seen.key, 0) * edges[:, -1]
    room = (edges <= drawn[:, None]).sum(axis=1).clip(max=len(Room) - 1).astype(np.int8)
    there_s = seen.time_s + 4 + 14 * chance.uniform(seen.key, 1)
    back_s = there_s - 35 * np.log(1 - chance.uniform(seen.key, 2))
    used = (stays.home * len(Who) + stays.person).astype(np.int64)
    first, last = np.full((2, (int(used.max()) + 1) * len(Room)), DAY_ENDS_S)
    last[:] = 0.0
    np.minimum.at(first, used * len(Room) + stays.room, stays.start_s)
    np.maximum.at(last, used * len(Room) + stays.room, stays.end_s)
    name = used[stay] * len(Room) + room
    goes = (there_s >= first[name]) & (back_s <= last[name]) & (back_s < stays.end_s[stay])
    through_hall = goes & (chance.uniform(seen.key, 3) >= built.openness[seen.home])
    through_hall &= (room != Room.HALL) & (seen.room != Room.HALL)

    def at(
        rows: NDArray[np.bool_], where: NDArray[np.int8], when_s: Floats, name: int
    ) -> Sightings:
        return Sightings(
            seen.home[rows],
            where[rows],
            seen.purpose[rows],
            when_s[rows],
            chance.split(seen.key[rows], name),
        )

    hall = np.full(len(room), Room.HALL, np.int8)
    return [
        at(goes, room, there_s, 1),
        at(goes, seen.room, back_s + 7, 2),
        at(through_hall, hall, there_s - 5, 3),
        at(through_hall, hall, back_s, 4),
    ]


def sense_movement(seen: Sightings, built: Layout) -> list[Marks]:
    """Return when motion sensors fire, and when they say that it is clear again."""
    keen = built.keenness[seen.home, seen.room]
    rows = chance.uniform(seen.key, 4) < keen
    home, room, time_s = seen.home[rows], seen.room[rows], seen.time_s[rows]
    # By home, room and time in one number, which sorts several times faster than three.
    place = home.astype(np.int64) * len(Room) + room
    name = np.sort((place << _TIME_BITS) + np.rint(time_s * 1e6).astype(np.int64))
    name = name[_rested(name, round((HOLD_S + 1) * 1e6))]
    place, micros = name >> _TIME_BITS, name & ((1 << _TIME_BITS) - 1)
    home, time_s = (place // len(Room)).astype(np.int32), micros / 1e6
    at = _ROOM_SLOT[place % len(Room)]
    return [
        Marks(home, at, time_s, np.ones(len(home))),
        Marks(home, at, time_s + HOLD_S, np.zeros(len(home))),
    ]


def _rested(name: NDArray[np.int64], rest: int) -> NDArray[np.bool_]:
    """Return which of these sorted moments fire a sensor that rests after each firing.

    Who comes ``rest`` or more after the moment before always does. From there on the next firing
    is the first moment ``rest`` or more after the last; all such runs are followed together.
    """
    fires = np.ones(len(name), np.bool_)
    # Another place's moments are further away than any rest.
    fires[1:] = np.diff(name) >= rest
    at = np.flatnonzero(fires)
    while len(at):
        at = np.searchsorted(name, name[at] + rest)
        at = at[at < len(name)]
        at = at[~fires[at]]
        fires[at] = True
    return fires
