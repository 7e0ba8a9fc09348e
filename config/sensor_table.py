"""Enrolled sensors as columns, so that a million readings are looked up without a loop."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from config.allowances import Allowance
from config.homes import Gateway, Home, HomeState, Sensor
from config.kinds import CODE, Kind
from config.overrides import Override
from config.pauses import Pause
from config.visits import Visit
from config.walk_tests import WalkTest, tester

STATE_CODE = {state: code for code, state in enumerate(HomeState)}
"""Code of each home state in the ``home_state`` column."""

NONE = -1
"""Marks a hole in a column: no such number, or no home."""


@dataclass(frozen=True, slots=True)
class Device:
    """What one address of one gateway measures: ``sensors`` maps kind to sensor number."""

    model: str
    sensors: Mapping[Kind, int]


@dataclass(frozen=True, slots=True)
class SensorTable:
    """The roster at one ``revision``.

    Columns are indexed by number (row = number, ``NONE`` where a number is not in use):
    ``sensor_*`` int/bool[sensors], ``gateway_*`` int[gateways], ``home_*`` int[homes].
    ``sensor_device`` numbers the physical devices (gateway, dialect, address) from 0;
    ``sensor_since`` is from when on what a sensor says is of its home (us, 0: always);
    place codes in ``home_place`` and ``gateway_place`` index ``places``, ``home_sector`` indexes
    ``sectors``: (place, postcode sector), of the homes that say theirs.
    """

    revision: int
    sensor_home: NDArray[np.int32]
    sensor_gateway: NDArray[np.int32]
    sensor_kind: NDArray[np.int8]
    sensor_is_exit: NDArray[np.bool_]
    sensor_device: NDArray[np.int32]
    sensor_since: NDArray[np.int64]
    gateway_place: NDArray[np.int32]
    gateway_home: NDArray[np.int32]
    gateway_sensor: NDArray[np.int32]
    home_place: NDArray[np.int32]
    home_state: NDArray[np.int8]
    home_sector: NDArray[np.int32]
    places: Sequence[str]
    sectors: Sequence[tuple[str, str]]
    homes: Mapping[int, Home]
    gateways: Mapping[int, Gateway]
    sensors: Mapping[int, Sensor]
    gateway_number: Mapping[str, int] = field(repr=False)
    """By the id of every box that is heard: the one that serves, and those before it."""

    devices: Mapping[tuple[int, str, str], Device] = field(repr=False)
    """(gateway number, dialect, address) -> Device."""

    boxes: Mapping[str, int] = field(default_factory=dict, repr=False)
    """Number of a box by its id where that is not the gateway's own (see ``box_of``)."""

    box_gateway: Mapping[int, int] = field(default_factory=dict, repr=False)
    """Gateway of such a box (see ``gateway_of``)."""

    former: Mapping[tuple[int, str, str], Device] = field(default_factory=dict, repr=False)
    """The same of addresses that were replaced or left: nothing they say is stored, but where a
    dialect does not name what a value is of, a call for help is known by what they were."""

    allowances: Sequence[Allowance] = ()
    """Longer caps that people accepted, also those that have ended."""

    overrides: Sequence[Override] = ()
    """Detector settings that single homes have for themselves."""

    visits: Sequence[Visit] = ()
    """Booked visits, by number."""
    pauses: Sequence[Pause] = ()
    """When which homes are not to be watched, also what is over."""

    walk_tests: Sequence[WalkTest] = ()
    """When which homes' alarms are tests, also what is over."""

    sensor_replaced_us: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Since when another device speaks for each sensor, 0 where it is the first."""

    ended: Mapping[int, Sensor] = field(default_factory=dict, repr=False)
    """Sensors that left their home: of their numbers only ``sensor_home`` is known any more, so
    that what they said before finds its home."""

    def sensor(self, number: int) -> Sensor:
        """Return this sensor, also one that has ended; KeyError when there was never one."""
        found = self.sensors.get(number)
        return self.ended[number] if found is None else found

    def numbers_of(self, homes: Container[int | None]) -> list[int]:
        """Return the numbers of all sensors that these homes (numbers) have or had."""
        every = (*self.sensors.values(), *self.ended.values())
        return sorted(sensor.number for sensor in every if sensor.home in homes)

    def is_paused(self, home: int, at_us: int) -> bool:
        """Return whether a person said that this home (number) is not watched at that moment."""
        return any(pause.home == home and pause.covers(at_us) for pause in self.pauses)

    def tester(self, home: int, onset_us: int, received_us: int) -> str:
        """Return who tests this home (number) while a signal began and came in, else nothing."""
        return tester(self.walk_tests, home, onset_us, received_us)

    def box_of(self, id_: str) -> int:
        """Return the number of the box with this id, NONE when it is not heard.

        Each box counts its own messages, so that what two of them number alike stays apart.
        """
        return self.boxes.get(id_, self.gateway_number.get(id_, NONE))

    def gateway_of(self, box: int) -> int:
        """Return the number of the gateway that this box (number) serves."""
        return self.box_gateway.get(box, box)

    def box_id(self, box: int) -> str | None:
        """Return the id of this box (number), None when it is not heard."""
        gateway = self.gateways.get(self.gateway_of(box))
        if gateway is None:
            return None
        return next((id_ for id_, number in gateway.boxes if number == box), None)

    def device(self, gateway: int, dialect: str, address: str) -> Device | None:
        """Return what this address measures, or None when it is not enrolled."""
        return self.devices.get((gateway, dialect, address))

    def known_device(self, gateway: int, dialect: str, address: str) -> Device | None:
        """Return what this address measures, or did before it was replaced or left."""
        key = (gateway, dialect, address)
        return self.devices.get(key) or self.former.get(key)


def _column(size: int, rows: Mapping[int, int]) -> NDArray[np.int32]:
    column = np.full(size, NONE, np.int32)
    if rows:
        column[np.fromiter(rows.keys(), np.int64)] = np.fromiter(rows.values(), np.int32)
    return column


def build_sensor_table(
    homes: Iterable[Home],
    gateways: Iterable[Gateway],
    sensors: Iterable[Sensor],
    *,
    allowances: Iterable[Allowance] = (),
    overrides: Iterable[Override] = (),
    visits: Iterable[Visit] = (),
    pauses: Iterable[Pause] = (),
    walk_tests: Iterable[WalkTest] = (),
    ended: Iterable[Sensor] = (),
    former: Iterable[Sensor] = (),
    revision: int = 0,
) -> SensorTable:
    """Return the columns for these values; numbers must be unique and not negative.

    ``former`` are sensors as they were before another device took their place.
    """
    home_of = {home.number: home for home in homes}
    gateway_of = {gateway.number: gateway for gateway in gateways}
    sensor_of = {sensor.number: sensor for sensor in sensors}
    places = sorted({h.place for h in home_of.values()} | {g.place for g in gateway_of.values()})
    place_code = {place: code for code, place in enumerate(places)}
    sectors = sorted({(h.place, h.sector) for h in home_of.values() if h.sector})
    sector_code = {sector: code for code, sector in enumerate(sectors)}
    n_home = max(home_of, default=-1) + 1
    n_gateway = max(gateway_of, default=-1) + 1
    ended_of = {sensor.number: sensor for sensor in ended}
    n_sensor = max((*sensor_of, *ended_of), default=-1) + 1

    grouped: dict[tuple[int, str, str], dict[Kind, int]] = {}
    model: dict[tuple[int, str, str], str] = {}
    device_number: dict[tuple[int, str, str], int] = {}
    for sensor in sensor_of.values():
        key = (sensor.gateway, sensor.dialect, sensor.address)
        grouped.setdefault(key, {})[sensor.kind] = sensor.number
        device_number.setdefault(key, len(device_number))
        model[key] = sensor.model or model.get(key, "")

    once: dict[tuple[int, str, str], dict[Kind, int]] = {}
    for sensor in (*ended_of.values(), *former):
        key = (sensor.gateway, sensor.dialect, sensor.address)
        once.setdefault(key, {})[sensor.kind] = sensor.number

    replaced_us = np.zeros(n_sensor, np.int64)
    for sensor in sensor_of.values():
        if sensor.replaced_us:
            replaced_us[sensor.number] = sensor.replaced_us
    is_exit = np.zeros(n_sensor, np.bool_)
    is_exit[[s.number for s in sensor_of.values() if s.is_exit]] = True
    gateway_home = {g.number: NONE if g.home is None else g.home for g in gateway_of.values()}
    sensor_home = {
        s.number: NONE if s.home is None else s.home
        for s in (*sensor_of.values(), *ended_of.values())
    }
    since = np.zeros(n_sensor, np.int64)
    for sensor in sensor_of.values():
        if sensor.since_us:
            since[sensor.number] = sensor.since_us
    sensor_device = {
        s.number: device_number[(s.gateway, s.dialect, s.address)] for s in sensor_of.values()
    }
    own_sensor = {s.gateway: s.number for s in sensor_of.values() if s.kind is Kind.GATEWAY_STATUS}
    return SensorTable(
        revision=revision,
        sensor_home=_column(n_sensor, sensor_home),
        sensor_gateway=_column(n_sensor, {s.number: s.gateway for s in sensor_of.values()}),
        sensor_kind=_column(n_sensor, {s.number: CODE[s.kind] for s in sensor_of.values()}).astype(
            np.int8
        ),
        sensor_is_exit=is_exit,
        sensor_device=_column(n_sensor, sensor_device),
        sensor_since=since,
        gateway_place=_column(
            n_gateway, {g.number: place_code[g.place] for g in gateway_of.values()}
        ),
        gateway_home=_column(n_gateway, gateway_home),
        gateway_sensor=_column(n_gateway, own_sensor),
        home_place=_column(n_home, {h.number: place_code[h.place] for h in home_of.values()}),
        home_state=_column(
            n_home, {h.number: STATE_CODE[h.state] for h in home_of.values()}
        ).astype(np.int8),
        home_sector=_column(
            n_home, {h.number: sector_code[h.place, h.sector] for h in home_of.values() if h.sector}
        ),
        places=tuple(places),
        sectors=tuple(sectors),
        homes=home_of,
        gateways=gateway_of,
        sensors=sensor_of,
        gateway_number={id_: g.number for g in gateway_of.values() for id_, _ in g.boxes},
        boxes={id_: box for g in gateway_of.values() for id_, box in g.boxes if box != g.number},
        box_gateway={
            box: g.number for g in gateway_of.values() for _, box in g.boxes if box != g.number
        },
        devices={key: Device(model[key], kinds) for key, kinds in grouped.items()},
        former={key: Device("", kinds) for key, kinds in once.items()},
        allowances=tuple(allowances),
        overrides=tuple(overrides),
        visits=tuple(visits),
        pauses=tuple(pauses),
        walk_tests=tuple(walk_tests),
        sensor_replaced_us=replaced_us,
        ended=ended_of,
    )
