"""Replacing a sensor of a home, for pages, REST and commands: what is there, what may take over.

An officer may in every home of the place, an installer in those of today (see installing.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from api import installing, proposing
from api.auth import Visitor
from api.errors import absent
from api.resources import Resources
from api.sensor_pauses import Device, device_of
from config import registry, sensor_replacements, tables
from config.homes import Home, Sensor
from config.kinds import Kind
from config.proposals import Proposal, State
from config.replacements import read_why
from config.sensor_replacements import NewDevice, OldDevice, Swap
from ingest.clock import microseconds

_g = tables.gateways.c


@dataclass(frozen=True, slots=True)
class Thing:
    """A device of a home: the sensors that it measures, by number, and what it took the place of.

    ``gateway`` is the id of the box that serves; ``old`` is the newest first.
    """

    sensors: Sequence[Sensor]
    gateway: str
    old: Sequence[OldDevice]

    @property
    def first(self) -> Sensor:
        """Return the sensor that it is called by."""
        return self.sensors[0]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A device that a gateway (id) of the home announces, and that may take over."""

    gateway: str
    proposal: Proposal

    @property
    def key(self) -> str:
        """Return what a form calls it."""
        return f"{self.gateway}:{self.proposal.seen.device.ieee}"


def things_of(connection: Connection, home: Home) -> list[Thing]:
    """Return the devices of a home, by room; the gateways themselves are left out."""
    hubs = dict(connection.execute(select(_g.number, _g.id)).all())
    old = sensor_replacements.old_devices(connection, home.number)
    found: dict[Device, list[Sensor]] = {}
    for sensor in registry.sensors(connection, home.number):
        if sensor.kind is not Kind.GATEWAY_STATUS:
            found.setdefault(device_of(sensor), []).append(sensor)
    things = [
        Thing(own, hubs[own[0].gateway], [one for one in old if one.sensor == own[0].id])
        for own in found.values()
    ]
    return sorted(things, key=lambda one: (one.first.room, one.first.kind.code, one.first.number))


def find_thing(connection: Connection, home: Home, sensor: str) -> Thing:
    """Return the device that this sensor (id) of the home is of; LookupError where it has none."""
    for thing in things_of(connection, home):
        if sensor in {one.id for one in thing.sensors}:
            return thing
    raise LookupError(sensor)


def candidates(connection: Connection, home: Home, thing: Thing) -> list[Candidate]:
    """Return the announced devices that are enrolled nowhere and tell all that this one does."""
    return [
        Candidate(hub.id, one)
        for hub in proposing.of_home(connection, home)
        for one in hub.proposals
        if one.state in (State.NEW, State.UNCOVERED)
        and not sensor_replacements.missing(thing.sensors, one.seen.device.kinds)
    ]


def plan(resources: Resources, home: Home, sensor: str, new: NewDevice, *, why: str) -> Swap:
    """Return what replacing this sensor (id) would change; Problem 404 for a foreign one.

    ConfigProblem says why it cannot be.
    """
    read_why(why)
    now_us = microseconds(resources.clock())
    try:
        with resources.database.connect() as connection:
            _expect(connection, home, sensor)
            installing.expect_consent(home, "replace")
            return sensor_replacements.plan(connection, sensor, new, now_us)
    except LookupError as problem:
        raise absent() from problem


def replace_sensor(
    connection: Connection,
    home: Home,
    sensor: str,
    new: NewDevice,
    account: str,
    now_us: int,
    *,
    why: str,
) -> Sequence[Sensor]:
    """Let a new device speak for this sensor (id) of the home and all of its device.

    Return these sensors. LookupError when it is not the home's, ConfigProblem says what else is
    wrong. ``now_us`` is the clock of alerts.
    """
    _expect(connection, home, sensor)
    installing.expect_consent(home, "replace")
    return sensor_replacements.replace_device(connection, sensor, new, account, now_us, why=why)


def swap_sensor(
    resources: Resources, visitor: Visitor, home: Home, sensor: str, new: NewDevice, *, why: str
) -> Sequence[Sensor]:
    """Replace a sensor in the visitor's name; Problem 404 for a foreign one."""
    now_us = microseconds(resources.clock())
    try:
        with resources.database.begin() as connection:
            return replace_sensor(
                connection, home, sensor, new, visitor.account.id, now_us, why=why
            )
    except LookupError as problem:
        raise absent() from problem


def _expect(connection: Connection, home: Home, sensor: str) -> None:
    """Raise LookupError unless this sensor (id) is the home's."""
    if sensor not in {one.id for one in registry.sensors(connection, home.number)}:
        raise LookupError(sensor)
