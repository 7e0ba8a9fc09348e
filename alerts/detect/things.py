"""What beds, chairs, dispensers, kettles and fridges a home has, as columns of its roster."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from alerts.detect.columns import Bools, Bytes, Ints, Rows, rows_where
from alerts.detect.rooms import Room, Rooms, room_of
from config.homes import Sensor
from config.kinds import CODE, Kind
from config.sensor_table import NONE, SensorTable

SEATS: Final = (Kind.BED, Kind.CHAIR)
"""What somebody lies or sits on, by row of the columns ``seat_us``, ``is_taken``."""

NO: Final = -1


class Spell(IntEnum):
    """Rows of the columns ``spell_*``."""

    OUT_OF_BED = 0
    IN_BED = 1
    IN_CHAIR = 2


class Use(IntEnum):
    """What is used every day at some time, by row of ``unused_us``."""

    DOSE = 0
    KITCHEN = 1


@dataclass(frozen=True, slots=True)
class Things:
    """By sensor, or by seat and home; -1 where there is none.

    ``sensor_seat`` int8[sensors] is the row in ``SEATS``, only in a home with one of that kind:
    of two beds nobody knows which is whose. ``seat_sensor`` int64[2, homes] is its inverse.
    ``is_away`` bool[2, sensors] marks sensors, in a home with a seat, whose sign shows that
    somebody is not on it.
    ``sensor_use`` int8[sensors] is a ``Use``. ``seat_homes`` and ``use_homes`` are the homes
    that have one, by row; ``has_use`` bool[2, homes] says the same.
    """

    sensor_seat: Bytes
    seat_sensor: Ints
    is_away: Bools
    sensor_use: Bytes
    seat_homes: tuple[Rows, ...]
    use_homes: tuple[Rows, ...]
    has_use: Bools


def build_things(table: SensorTable, rooms: Rooms) -> Things:
    """Return the columns of this roster."""
    kind, home = table.sensor_kind.astype(np.int64), table.sensor_home.astype(np.int64)
    has_home = home != NONE
    seat = np.full(len(kind), NO, np.int8)
    seat_sensor = np.full((len(SEATS), len(table.home_place)), NO, np.int64)
    for row, of in enumerate(SEATS):
        mine = rows_where((kind == CODE[of]) & has_home)
        count = np.bincount(home[mine], minlength=len(table.home_place))
        only = mine[count[home[mine]] == 1]
        seat[only], seat_sensor[row, home[only]] = row, only
    sees = (kind == CODE[Kind.MOTION]) | (kind == CODE[Kind.CONTACT])
    sees = (sees | (kind == CODE[Kind.POWER])) & has_home
    in_living = _in_rooms(table.sensors, kind, ("living", "lounge", "sitting", "lolfa"))
    is_away = np.stack([sees & (rooms.sensor_room != Room.BEDROOM), sees & ~in_living])
    if len(table.home_place):
        is_away &= seat_sensor[:, home] >= 0
    is_contact = (kind == CODE[Kind.CONTACT]) & has_home
    has_use = np.zeros((len(Use), len(table.home_place)), np.bool_)
    cooks = (kind == CODE[Kind.POWER]) & has_home
    cooks |= is_contact & (rooms.sensor_room == Room.KITCHEN) & ~table.sensor_is_exit
    use = np.full(len(kind), NO, np.int8)
    use[cooks] = Use.KITCHEN
    use[(kind == CODE[Kind.MEDICATION]) & has_home] = Use.DOSE
    for one in Use:
        has_use[one, home[use == one]] = True
    return Things(
        seat,
        seat_sensor,
        is_away,
        use,
        tuple(rows_where(row >= 0) for row in seat_sensor),
        tuple(rows_where(row) for row in has_use),
        has_use,
    )


def _in_rooms(sensors: Mapping[int, Sensor], kind: Ints, words: tuple[str, ...]) -> Bools:
    """Return which sensors are where a chair stands: in a living room, or in no known room."""
    result = np.zeros(len(kind), np.bool_)
    names = {s.room for s in sensors.values()}
    chosen = {n for n in names if room_of(n) is Room.OTHER and (not n or _says(n, words))}
    result[[s.number for s in sensors.values() if s.room in chosen]] = True
    return result


def _says(name: str, words: tuple[str, ...]) -> bool:
    return any(word in name.lower() for word in words)
