"""A roster of a million homes, whose values are made only when somebody asks for one."""

from collections.abc import Callable, Iterator, Mapping, ValuesView
from typing import Final, TypeVar, cast

import numpy as np

from config.homes import Gateway, Home, Sensor
from config.kinds import CODE, Kind
from config.sensor_table import NONE, Device, SensorTable

T_co = TypeVar("T_co", covariant=True)

PLACE: Final = "fenbridge"
A_PLACE: Final = 5_000
"""Homes of one council."""

SENSORS: Final[tuple[tuple[Kind, str], ...]] = (
    (Kind.MOTION, "bathroom"),
    (Kind.MOTION, "bedroom"),
    (Kind.MOTION, "kitchen"),
    (Kind.MOTION, "lounge"),
    (Kind.CONTACT, "hall"),
    (Kind.TEMPERATURE, "lounge"),
    (Kind.POWER, "kitchen"),
    (Kind.SMOKE, "hall"),
)
"""Eight sensors a home; the contact is on the front door."""


class _Made(Mapping[int, T_co]):
    """A mapping of the numbers 0 to ``size`` - 1 to what ``make`` returns for each."""

    def __init__(self, size: int, make: Callable[[int], T_co]) -> None:
        self._size = size
        self._make: Callable[[int], T_co] = make

    def __getitem__(self, number: int) -> T_co:
        if not 0 <= number < self._size:
            raise KeyError(number)
        return self._make(number)

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._size))

    def values(self) -> ValuesView[T_co]:
        """Return one value that takes every number in turn: millions would take minutes."""
        return _Turns(self, self._size)

    def __len__(self) -> int:
        return self._size


class _Turns(ValuesView[T_co]):
    def __init__(self, of: Mapping[int, T_co], size: int) -> None:
        self._of, self._size = of, size

    def __iter__(self) -> Iterator[T_co]:
        kinds = [_Flyweight(self._of[number]) for number in range(min(self._size, len(SENSORS)))]
        for number in range(self._size):
            one = kinds[number % len(SENSORS)]
            one.number = number
            yield cast(T_co, one)


class _Flyweight:
    """The attributes of a value, with another number."""

    number: int

    def __init__(self, of: object) -> None:
        for name in of.__dataclass_fields__:  # type: ignore[attr-defined]
            setattr(self, name, getattr(of, name))


def crowd(homes: int, places: int = 0) -> SensorTable:
    """Return a roster of this many homes with eight sensors and one gateway each."""
    keys = tuple(f"{PLACE}-{code:04d}" for code in range(places or -(-homes // A_PLACE)))
    per_home = len(SENSORS)
    of_home = np.arange(homes, dtype=np.int32)
    place = (of_home % len(keys)).astype(np.int32)
    kinds = np.array([CODE[kind] for kind, _ in SENSORS], np.int8)
    sensors = homes * per_home

    def home(number: int) -> Home:
        return Home(number, f"home-{number:08d}", keys[number % len(keys)], f"Home {number}")

    def gateway(number: int) -> Gateway:
        return Gateway(number, f"gate-{number:08d}", keys[number % len(keys)], number)

    def sensor(number: int) -> Sensor:
        owner, which = divmod(number, per_home)
        kind, room = SENSORS[which]
        id_ = f"sens-{number:08d}"
        is_exit = kind is Kind.CONTACT
        return Sensor(number, id_, owner, owner, "native", id_, kind, room, is_exit)

    nobody: Mapping[tuple[int, str, str], Device] = {}
    return SensorTable(
        revision=1,
        sensor_home=np.repeat(of_home, per_home),
        sensor_gateway=np.repeat(of_home, per_home),
        sensor_kind=np.tile(kinds, homes),
        sensor_is_exit=np.tile(kinds == CODE[Kind.CONTACT], homes),
        sensor_device=np.arange(sensors, dtype=np.int32),
        sensor_since=np.zeros(sensors, np.int64),
        gateway_place=place,
        gateway_home=of_home,
        gateway_sensor=np.full(homes, NONE, np.int32),
        home_place=place,
        home_state=np.ones(homes, np.int8),
        home_sector=np.full(homes, NONE, np.int32),
        places=keys,
        sectors=(),
        homes=_Made(homes, home),
        gateways=_Made(homes, gateway),
        sensors=_Made(sensors, sensor),
        gateway_number={},
        devices=nobody,
    )
