"""Announcements of gateways in SQL: the newest of each, and what is enrolled elsewhere."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from config import tables
from config.announced import ZIGBEE, AnnouncedDevice, Announcement, Seen, Source, follow
from config.gateway_tables import announced_devices, announcements
from config.homes import HomeState
from config.kinds import Kind

_AT_ONCE: Final = 500
_a, _d = announcements.c, announced_devices.c
_h, _s, _g = tables.homes.c, tables.sensors.c, tables.gateways.c


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of a gateway (number); times are None where it has announced nothing yet."""

    gateway: int
    first_us: int | None
    at_us: int | None
    left_out: int
    devices: Sequence[Seen]


def keep(connection: Connection, said: Announcement) -> bool:
    """Keep an announcement in the caller's transaction; False for a gateway or box that is gone.

    Its names are expected to be those only that may be kept.
    """
    serving = connection.execute(select(_g.id).where(_g.number == said.gateway)).scalar()
    if serving is None or said.box not in ("", serving):
        return False
    before = _devices(connection, said.gateway, said.source)
    after, left_out = follow(before, said)
    mine = and_(_a.gateway == said.gateway, _a.source == said.source.value)
    values = {"at_us": said.at_us, "left_out": left_out}
    if connection.execute(update(announcements).where(mine).values(values)).rowcount == 0:
        key = {"gateway": said.gateway, "source": said.source.value, "first_us": said.at_us}
        connection.execute(insert(announcements).values(**key, **values))
    if after != before:
        old = and_(_d.gateway == said.gateway, _d.source == said.source.value)
        connection.execute(delete(announced_devices).where(old))
        rows = [_row(said, one) for one in after]
        if rows:
            connection.execute(insert(announced_devices), rows)
    return True


def forget(connection: Connection, gateway: int) -> None:
    """Drop what a gateway (number) announced: another box serves, and says its own."""
    connection.execute(delete(announced_devices).where(_d.gateway == gateway))
    connection.execute(delete(announcements).where(_a.gateway == gateway))


def read(connection: Connection, gateway: int) -> Known:
    """Return what a gateway announces; where two sources tell of a device, its bridge counts."""
    query = select(func.min(_a.first_us), func.max(_a.at_us), func.sum(_a.left_out))
    first_us, at_us, left_out = connection.execute(query.where(_a.gateway == gateway)).one()
    found = {one.device.ieee: one for one in _devices(connection, gateway, Source.DISCOVERY)}
    for one in _devices(connection, gateway, Source.BRIDGE):
        known = found.get(one.device.ieee)
        if known is None or one.gone_us is None or known.gone_us is not None:
            found[one.device.ieee] = one
    return Known(
        gateway, first_us, at_us, int(left_out or 0), [found[key] for key in sorted(found)]
    )


def elsewhere(
    connection: Connection, home: int, gateway: int, devices: Collection[str]
) -> frozenset[str]:
    """Return which of these devices (addresses) are enrolled in another home than this one.

    A home whose enrolment has ended keeps none.
    """
    found: set[str] = set()
    wanted = sorted(devices)
    goes_on = select(_h.number).where(_h.state != HomeState.ENDED.value)
    theirs = and_(
        _s.dialect == ZIGBEE, _s.ended_us.is_(None), _s.home != home, _s.home.in_(goes_on)
    )
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        query = select(func.lower(_s.address)).where(theirs, func.lower(_s.address).in_(some))
        found |= set(connection.execute(query).scalars())
        by_name = and_(_s.gateway == _d.gateway, _s.address == _d.name)
        told = (
            select(_d.ieee)
            .join(tables.sensors, by_name)
            .where(theirs, _d.ieee.in_(some), _d.gateway != gateway)
        )
        found |= set(connection.execute(told).scalars())
    return frozenset(found)


def _devices(connection: Connection, gateway: int, source: Source) -> list[Seen]:
    query = (
        select(announced_devices)
        .where(_d.gateway == gateway, _d.source == source.value)
        .order_by(_d.ieee)
    )
    return [
        Seen(
            AnnouncedDevice(r.ieee, r.name, r.model, r.vendor, tuple(map(Kind, r.kinds.split()))),
            r.first_us,
            r.gone_us,
        )
        for r in connection.execute(query)
    ]


def _row(said: Announcement, one: Seen) -> dict[str, object]:
    device = one.device
    return {
        "gateway": said.gateway,
        "source": said.source.value,
        "ieee": device.ieee,
        "name": device.name,
        "model": device.model,
        "vendor": device.vendor,
        "kinds": " ".join(kind.value for kind in device.kinds),
        "first_us": one.first_us,
        "gone_us": one.gone_us,
    }
