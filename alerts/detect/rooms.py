"""Which room a sensor is in, from the name that was written on the enrolment form.

Names are free text. What is not recognised is no room: a detector that needs a bathroom is then
silent about that home, which is better than counting visits to a hall.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from alerts.detect.columns import Bools, Bytes, Ints
from config.homes import GoesOut, Sensor
from config.kinds import CODE, Kind
from config.sensor_table import NONE, SensorTable


class Room(IntEnum):
    """The rooms that detectors tell apart."""

    OTHER = 0
    BATHROOM = 1
    HALL = 2
    KITCHEN = 3
    BEDROOM = 4


_WORDS: Final[Mapping[Room, tuple[str, ...]]] = {
    Room.BATHROOM: (
        "bathroom", "bath", "toilet", "wc", "lavatory", "loo", "washroom", "shower", "ensuite",
        "cloakroom", "ymolchi", "toiled",
    ),
    Room.HALL: ("hall", "hallway", "landing", "corridor", "stairs", "cyntedd", "landin"),
    Room.KITCHEN: ("kitchen", "kitchenette", "cegin"),
    Room.BEDROOM: ("bedroom", "gwely"),
}  # fmt: skip
"""What rooms are called on forms, in English and in Welsh."""

_ROOM_OF: Final = {word: room for room, words in _WORDS.items() for word in words}
_KINDS: Final = np.array([CODE[Kind.MOTION], CODE[Kind.CONTACT]])


@dataclass(frozen=True, slots=True)
class Rooms:
    """By sensor and home: where a sensor is, and what the home has.

    ``sensor_room`` int8[sensors] holds the ``Room`` of movement and contact sensors, OTHER for
    the rest; ``sensor_is_door`` marks contacts on a door that leads out, whoever lives there.
    ``home_is_shared`` says that more than one person, or a pet, moves there.
    """

    sensor_room: Bytes
    sensor_is_door: Bools
    home_has_door: Bools
    home_is_shared: Bools


def room_of(name: str) -> Room:
    """Return the room that a name from a form means."""
    for word in re.findall(r"\w+", name.lower().replace("en-suite", "ensuite")):
        room = _ROOM_OF.get(word)
        if room is not None:
            return room
    return Room.OTHER


def build_rooms(table: SensorTable) -> Rooms:
    """Return the columns of this roster.

    A home whose person never goes out has no door that counts: it is a carer's.
    """
    kind, home = table.sensor_kind.astype(np.int64), table.sensor_home.astype(np.int64)
    stays = np.zeros(len(table.home_place), np.bool_)
    stays[[h.number for h in table.homes.values() if h.goes_out is GoesOut.NEVER]] = True
    is_door = table.sensor_is_exit & (kind == CODE[Kind.CONTACT]) & (home != NONE)
    if len(stays):
        is_door &= ~stays[home]
    has_door = np.zeros(len(stays), np.bool_)
    has_door[home[is_door]] = True
    is_shared = np.zeros(len(stays), np.bool_)
    shared = [h.number for h in table.homes.values() if h.residents > 1 or h.has_pets]
    is_shared[shared] = True
    return Rooms(_sensor_room(table.sensors, kind, home), is_door, has_door, is_shared)


def _sensor_room(sensors: Mapping[int, Sensor], kind: Ints, home: Ints) -> Bytes:
    room = np.zeros(len(kind), np.int8)
    counts = np.isin(kind, _KINDS) & (home != NONE)
    codes = {name: room_of(name) for name in {s.room for s in sensors.values()}}
    named = [(s.number, codes[s.room]) for s in sensors.values() if codes[s.room]]
    if named:
        number, code = np.array(named).T
        room[number] = code
    room[~counts] = Room.OTHER
    return room
