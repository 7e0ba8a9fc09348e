"""What a wish to move devices comes to, by what the registry says now; or all that keeps it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, or_, select

from config import consents, hardware, pause_rows, registry, tables
from config.device_moves import (
    MOST_DEVICES,
    Carried,
    Device,
    Wish,
    carried_mistakes,
    consent_mistakes,
    devices_of,
    home_mistakes,
    why_mistakes,
)
from config.homes import Home, HomeState, Sensor
from config.problems import ConfigProblem

_h, _g, _s = tables.homes.c, tables.gateways.c, tables.sensors.c


@dataclass(frozen=True, slots=True)
class Plan:
    """What a wish comes to now: ``to_gateway`` is None where the gateway (number) moves whole."""

    home: Home
    to_home: Home
    gateway: int | None
    to_gateway: int | None
    devices: Mapping[Device, Sequence[Sensor]]
    carried: Mapping[Device, Carried]

    @property
    def sensors(self) -> list[Sensor]:
        """All sensors that leave the home."""
        return [sensor for own in self.devices.values() for sensor in own]


def plan_of(
    connection: Connection, home: str, wish: Wish, now_us: int, waiting: Collection[str]
) -> Plan:
    """Return what the wish that devices leave this home (id) comes to now.

    ``waiting`` are sensors (ids) that other moves wait for. ConfigProblem lists all that keeps it.
    """
    left, goal = _home(connection, home), _home(connection, wish.to_home.strip())
    if left is None or goal is None or left.place != goal.place:
        # Of a home of another place is told what is told of one that there is not.
        raise ConfigProblem(
            f"move: there is no home {wish.to_home.strip()[:40]!r} in this place: its id stands on "
            "its page; homes change their place by merge and split only"
        )
    paused = {
        pause.home
        for number in (left.number, goal.number)
        for pause in pause_rows.of_home(connection, number)
        if pause.covers(now_us)
    }
    wrong = home_mistakes(left, goal, paused=paused)
    wrong += why_mistakes(wish.why)
    plan = _devices(connection, left, goal, wish, wrong)
    if plan.devices:
        wrong += consent_mistakes(plan.sensors, consents.purposes(connection, goal.id))
    for device, one in plan.carried.items():
        wrong += carried_mistakes(one, plan.devices[device])
        wrong += _address_mistakes(connection, plan, device, one)
    if any(sensor.id in waiting for sensor in plan.sensors):
        wrong.append("it was proposed already and waits for a second person: decide that one first")
    if wrong:
        raise ConfigProblem("\n".join(f"move: {what}" for what in dict.fromkeys(wrong)))
    return plan


def _devices(
    connection: Connection, home: Home, to_home: Home, wish: Wish, wrong: list[str]
) -> Plan:
    """Return the devices that are named and the gateway that they go to; mistakes go to wrong."""
    known = devices_of(registry.sensors(connection, home.number))
    of = {sensor.id: device for device, own in known.items() for sensor in own}
    carried: dict[Device, Carried] = {}
    for one in wish.devices:
        device = of.get(one.sensor)
        if device is None:
            wrong.append(f"{one.sensor[:40]!r} is no sensor of the home that it leaves")
        elif device in carried:
            wrong.append("a device is named twice")
        else:
            carried[device] = replace(one, room=one.room.strip(), address=one.address.strip())
    if not wish.devices and not wish.gateway:
        wrong.append("nothing is named: choose a device, or a gateway with all that is on it")
    if len(wish.devices) > MOST_DEVICES:
        wrong.append(f"{len(wish.devices)} devices are named, expected at most {MOST_DEVICES}")
    if wish.gateway:
        gateway = _whole(connection, home, wish, known, carried, wrong)
        to_gateway = None
    else:
        gateway, to_gateway = None, _goal(connection, to_home, wish, carried, wrong)
    own = {device: known[device] for device in carried}
    return Plan(home, to_home, gateway, to_gateway, own, carried)


def _whole(
    connection: Connection,
    home: Home,
    wish: Wish,
    known: Mapping[Device, Sequence[Sensor]],
    carried: dict[Device, Carried],
    wrong: list[str],
) -> int | None:
    """Return the number of the gateway that moves with all that is on it."""
    query = select(_g.number).where(_g.id == wish.gateway, _g.home == home.number)
    gateway: int | None = connection.execute(query).scalar()
    if gateway is None:
        wrong.append(f"{wish.gateway[:40]!r} is no gateway of the home that it leaves")
        return None
    if any(device[0] != gateway for device in carried):
        wrong.append("a device is named that is not on the gateway: move it by itself")
    for device, own in known.items():
        if device[0] == gateway and device not in carried:
            is_exit = any(sensor.is_exit for sensor in own)
            carried[device] = Carried(own[0].id, own[0].room, is_exit)
    if not carried:
        wrong.append("nothing is on the gateway: it can be replaced, and there is nothing to move")
    foreign = select(_s.id).where(
        _s.gateway == gateway, _s.home != home.number, _s.ended_us.is_(None)
    )
    if connection.execute(foreign.limit(1)).first() is not None:
        wrong.append("sensors of another home are on the gateway: move its devices one by one")
    return gateway


def _goal(
    connection: Connection,
    to_home: Home,
    wish: Wish,
    carried: Mapping[Device, Carried],
    wrong: list[str],
) -> int | None:
    """Return the number of the gateway through which the devices speak from then on."""
    shared = {device[0] for device in carried}
    mine = or_(_g.home == to_home.number, _g.home.is_(None) & _g.number.in_(shared))
    rows = connection.execute(select(_g.number, _g.id).where(mine).order_by(_g.number)).all()
    found = [row.number for row in rows if not wish.to_gateway or row.id == wish.to_gateway]
    if len(found) == 1:
        return int(found[0])
    if wish.to_gateway:
        wrong.append(f"{wish.to_gateway[:40]!r} is no gateway of the home that it goes to")
    elif not found:
        wrong.append("the home that it goes to has no gateway: enrol one first")
    else:
        named = ", ".join(row.id for row in rows)
        wrong.append(f"the home that it goes to has several gateways: say which, of {named}")
    return None


def _address_mistakes(
    connection: Connection, plan: Plan, device: Device, one: Carried
) -> list[str]:
    """Return whether somebody else has the address that the device gets, or the device itself."""
    dialect, address = device[1], one.address or device[2]
    mine = [sensor.number for sensor in plan.sensors]
    others = _s.ended_us.is_(None) & _s.number.not_in(mine)
    wrong = []
    if plan.to_gateway is not None:
        taken = others & (_s.gateway == plan.to_gateway)
        taken &= (_s.dialect == dialect) & (_s.address == address)
        if connection.execute(select(_s.id).where(taken).limit(1)).first() is not None:
            wrong.append(f"the address {address[:80]!r} is taken at the gateway that it goes to")
    maker = hardware.hardware_of(dialect, address)
    if maker and not wrong:
        query = (
            select(_s.dialect, _s.address)
            .join(tables.homes, _h.number == _s.home)
            .where(others, func.lower(_s.address).contains(maker))
            .where(_h.state != HomeState.ENDED.value)
        )
        if any(maker == hardware.hardware_of(*row) for row in connection.execute(query)):
            wrong.append(f"the device {maker} stands in a home already: take it out there first")
    return wrong


def _home(connection: Connection, id_: str) -> Home | None:
    row = connection.execute(select(tables.homes).where(_h.id == id_)).first()
    if row is None:
        return None
    return Home(row.number, row.id, row.place, row.label, HomeState(row.state))
