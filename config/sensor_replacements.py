"""Another device takes the place of a sensor; its number, and all that was stored of it, stay.

A sensor stands for what is measured in a room, not for the thing on the wall. From the moment of
the replacement on the new address speaks for it, and the old one is a stranger's: what comes
under it is counted, and raised if it is a call for help, whatever time it names. All sensors of
one device go together.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update

from config import announcement_rows, audit, hardware, registry, tables
from config.announced import ZIGBEE, read_ieee
from config.audit import Entry
from config.database import hold_writers
from config.enrol import DIALECTS
from config.gateway_tables import replaced_sensors
from config.homes import HomeState, Sensor
from config.kinds import OF_DEVICES, Kind
from config.problems import ConfigProblem
from config.proposals import WHY, State
from config.replacements import read_why

LONGEST_ADDRESS: Final = 255
LONGEST_MODEL: Final = 80

_ADDRESS: Final = re.compile(r"[^+#\x00-\x1f\x7f]{1,255}")
_s, _g, _h, _o = tables.sensors.c, tables.gateways.c, tables.homes.c, replaced_sensors.c


@dataclass(frozen=True, slots=True)
class NewDevice:
    """What takes over: its address, and the gateway (id) and dialect that it is heard through.

    An empty ``gateway``, ``dialect`` or ``model`` is that of the old one.
    """

    address: str
    gateway: str = ""
    dialect: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class OldDevice:
    """What spoke for a sensor (id) until ``replaced_us`` (us since 1970 UTC)."""

    sensor: str
    gateway: str
    dialect: str
    address: str
    model: str
    replaced_us: int
    replaced_by: str
    why: str


@dataclass(frozen=True, slots=True)
class Swap:
    """A replacement that may be done: the sensors as they are, and as they will be."""

    before: Sequence[Sensor]
    after: Sequence[Sensor]
    place: str


def replace_device(
    connection: Connection, sensor: str, new: NewDevice, account: str, now_us: int, *, why: str
) -> Sequence[Sensor]:
    """Let a new device speak for this sensor (id) and for all others of its device.

    Return these sensors as they are now. ``now_us`` is the clock of alerts. ConfigProblem says
    what is wrong; nothing is changed then.
    """
    hold_writers(connection)  # of two at once the second sees what the first has put there
    swap, why = plan(connection, sensor, new, now_us), read_why(why)
    detail = {"sensors": len(swap.after)}  # no address: a hub may have given it a person's name
    for old, now in zip(swap.before, swap.after, strict=True):
        connection.execute(
            insert(replaced_sensors).values(
                sensor=old.number,
                was_gateway=old.gateway,
                dialect=old.dialect,
                address=old.address,
                model=old.model,
                replaced_us=now_us,
                replaced_by=account,
                why=why,
            )
        )
        connection.execute(
            update(tables.sensors)
            .where(_s.number == old.number)
            .values(gateway=now.gateway, dialect=now.dialect, address=now.address, model=now.model)
        )
        entry = Entry(swap.place, now_us, account, "sensor-replaced", f"sensor:{old.id}", detail)
        audit.append(connection, entry)
    registry.bump(connection)
    return swap.after


def plan(connection: Connection, sensor: str, new: NewDevice, now_us: int) -> Swap:
    """Return what this replacement would change; ConfigProblem says why it cannot be."""
    things = _things(connection, sensor)
    gateway, place = _hub(connection, things[0], new.gateway)
    spot = _spot(new, things[0], gateway)
    if spot.dialect == ZIGBEE:
        spot = _as_announced(connection, spot, things)
    _expect_free(connection, spot, things[0])
    after = [
        replace(
            thing,
            gateway=spot.gateway,
            dialect=spot.dialect,
            address=spot.address,
            model=spot.model or thing.model,
            replaced_us=now_us,
        )
        for thing in things
    ]
    return Swap(things, after, place)


def old_devices(connection: Connection, home: int) -> list[OldDevice]:
    """Return what spoke for the sensors of a home (number) before, the newest first."""
    query = (
        select(_s.id, _g.id, _o.dialect, _o.address, _o.model, _o.replaced_us, _o.replaced_by,
               _o.why)
        .join(tables.sensors, _s.number == _o.sensor)
        .join(tables.gateways, _g.number == _o.was_gateway)
        .where(_s.home == home)
        .order_by(_o.replaced_us.desc(), _o.number.desc())
    )  # fmt: skip
    return [OldDevice(*row) for row in connection.execute(query)]


def missing(sensors: Sequence[Sensor], kinds: Sequence[Kind]) -> list[Kind]:
    """Return what these sensors measure and a device of these kinds does not tell.

    What tells of the device alone (its battery, its link) may be missing; a contact or a movement
    sensor may serve as the pad in a bed or a chair.
    """
    pads = {Kind.BED, Kind.CHAIR} if {Kind.CONTACT, Kind.MOTION} & set(kinds) else set()
    told = {*kinds, *pads, *OF_DEVICES}
    return [sensor.kind for sensor in sensors if sensor.kind not in told]


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where the new device is heard; ``gateway`` is a number."""

    gateway: int
    dialect: str
    address: str
    model: str


def _things(connection: Connection, sensor: str) -> list[Sensor]:
    """Return the sensors of the device that this one (id) is of, by number."""
    found = connection.execute(
        select(tables.sensors).where(_s.id == sensor, _s.ended_us.is_(None))
    ).first()
    if found is None:
        raise ConfigProblem(f"replace: there is no sensor {sensor[:40]!r}")
    if found.kind == Kind.GATEWAY_STATUS.value:
        raise ConfigProblem("replace: that is the gateway itself: replace the gateway instead")
    same = _at(found.gateway, found.dialect, found.address)
    homes = set(connection.execute(select(_s.home).where(same)).scalars())
    if homes != {found.home} or found.home is None:
        raise ConfigProblem(
            "replace: this device is not of one home alone; the operator of the service takes it "
            "out and enrols another"
        )
    device = found.gateway, found.dialect, found.address
    own = registry.sensors(connection, found.home)
    return [one for one in own if (one.gateway, one.dialect, one.address) == device]


def _at(gateway: int, dialect: str, address: str) -> ColumnElement[bool]:
    here = and_(_s.gateway == gateway, _s.dialect == dialect, _s.address == address)
    return and_(here, _s.ended_us.is_(None))


def _hub(connection: Connection, thing: Sensor, gateway: str) -> tuple[int, str]:
    """Return number and place of the gateway (id): the sensor's own, or another of its home."""
    query = select(_g.number, _g.id, _g.place, _g.home)
    if not gateway:
        own = connection.execute(query.where(_g.number == thing.gateway)).one()
        return own.number, own.place
    found = connection.execute(query.where(_g.id == gateway)).first()
    if found is None or (found.home != thing.home and found.number != thing.gateway):
        raise ConfigProblem(
            f"replace: {gateway[:40]!r} is no gateway of this home; leave it out and the new "
            "device is heard through the one of the old"
        )
    return found.number, found.place


def _spot(new: NewDevice, old: Sensor, gateway: int) -> _Spot:
    """Return where the new device is heard, as it was typed; ConfigProblem when that is nowhere."""
    address, model = new.address.strip(), new.model.strip()
    dialect = new.dialect or old.dialect
    if not _ADDRESS.fullmatch(address):
        raise ConfigProblem(
            f"replace: the address has {len(address)} characters, expected 1..{LONGEST_ADDRESS} "
            "without + and #: what the hub calls the new device"
        )
    if dialect not in DIALECTS:
        raise ConfigProblem(
            f"replace: the dialect is {dialect[:20]!r}, expected one of {', '.join(DIALECTS)}"
        )
    if len(model) > LONGEST_MODEL or not model.isprintable():
        raise ConfigProblem(
            f"replace: the model has {len(model)} characters, expected at most {LONGEST_MODEL} "
            "that can be printed"
        )
    return _Spot(gateway, dialect, address, model)


def _as_announced(connection: Connection, spot: _Spot, things: Sequence[Sensor]) -> _Spot:
    """Return where an announced device is heard; as it was where the hub announced none such."""
    known = announcement_rows.read(connection, spot.gateway).devices
    wanted = {spot.address, read_ieee(spot.address)} - {""}
    found = [one for one in known if wanted & {one.device.name, one.device.ieee}]
    if not found:
        return spot
    seen = min(found, key=lambda one: one.gone_us is not None)
    device, home = seen.device, things[0].home or 0
    if seen.gone_us is not None:
        raise ConfigProblem(f"replace: the new device {WHY[State.GONE]}")
    if not device.name:
        raise ConfigProblem(f"replace: the new device {WHY[State.UNNAMED]}")
    if announcement_rows.elsewhere(connection, home, spot.gateway, [device.ieee]):
        raise ConfigProblem(f"replace: the new device {WHY[State.ELSEWHERE]}")
    if lost := missing(things, device.kinds):
        named = ", ".join(kind.value for kind in lost)
        raise ConfigProblem(
            f"replace: the new device does not tell {named}, which the old device measures here: "
            "choose one that does, or add this one as a further sensor of the home"
        )
    return replace(spot, address=device.name, model=spot.model or device.model)


def _expect_free(connection: Connection, spot: _Spot, old: Sensor) -> None:
    """Raise ConfigProblem when that address is the old one's, or another device's."""
    if (spot.gateway, spot.dialect, spot.address) == (old.gateway, old.dialect, old.address):
        raise ConfigProblem(
            "replace: that is the address that it has; give the new device a name of its own in "
            "the hub, and say that"
        )
    here = select(_s.home, _s.room, _s.kind).where(_at(spot.gateway, spot.dialect, spot.address))
    taken = connection.execute(here.order_by(_s.number)).first()
    if taken is not None and taken.home == old.home:
        where = f" in the {taken.room}" if taken.room else ""
        raise ConfigProblem(
            f"replace: the {taken.kind} sensor{where} of this home has that address: give the new "
            "device a name of its own in the hub"
        )
    device = hardware.hardware_of(spot.dialect, spot.address)
    if taken is not None or (device and _stands_elsewhere(connection, device, old.home or 0)):
        raise ConfigProblem(f"replace: the new device {WHY[State.ELSEWHERE]}")


def _stands_elsewhere(connection: Connection, device: str, home: int) -> bool:
    """Return whether the device with this maker's number is enrolled in another home."""
    query = (
        select(_s.dialect, _s.address)
        .join(tables.homes, _h.number == _s.home)
        .where(
            _s.home != home,
            _s.ended_us.is_(None),
            _h.state != HomeState.ENDED.value,
            _s.dialect.in_(hardware.DIALECTS),
        )
        .where(func.lower(_s.address).contains(device))
    )
    return any(hardware.hardware_of(*row) == device for row in connection.execute(query))
