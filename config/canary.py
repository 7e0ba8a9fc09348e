"""Canary homes: one a place, in which nobody lives; its test alarms prove the way of all alarms."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from config import tables
from config.homes import Enrolment, Gateway, GoesOut, Home, HomeState, Sensor
from config.kinds import Kind

MOTION: Final = "motion"
ALARM: Final = "alarm"
"""What the canary's hub calls its two sensors."""


@dataclass(frozen=True, slots=True)
class Canary:
    """The canary home of a place: ids of home, gateway and alarm; number of its motion sensor."""

    place: str
    home: str
    gateway: str
    alarm: str
    motion: int


def plan(
    place: str, new_id: Callable[[], str], *, number: int = 1, first_sensor: int = 1
) -> Enrolment:
    """Return a canary home to enrol; ``number`` is that of home and hub among those enrolled."""
    home = Home(
        number, new_id(), place, "Canary (nobody lives here)", HomeState.TEST, GoesOut.NEVER,
        residents=0, risk_tier=3,
    )  # fmt: skip
    gateway = Gateway(number, new_id(), place, number)
    sensors = (
        (Kind.GATEWAY_STATUS, "status", ""),
        (Kind.MOTION, "native", MOTION),
        (Kind.PENDANT, "native", ALARM),
    )
    return Enrolment(
        (home,),
        (gateway,),
        tuple(
            Sensor(first_sensor + i, new_id(), number, number, dialect, address, kind)
            for i, (kind, dialect, address) in enumerate(sensors)
        ),
    )


def joined(enrolment: Enrolment, new_id: Callable[[], str]) -> Enrolment:
    """Return the enrolment with a canary for each of its places."""
    homes, gateways, sensors = enrolment.homes, enrolment.gateways, enrolment.sensors
    for place in sorted({gateway.place for gateway in gateways}):
        number = max(*(h.number for h in homes), *(g.number for g in gateways)) + 1
        first = max(s.number for s in sensors) + 1
        one = plan(place, new_id, number=number, first_sensor=first)
        homes, gateways = (*homes, *one.homes), (*gateways, *one.gateways)
        sensors = (*sensors, *one.sensors)
    return Enrolment(homes, gateways, sensors)


def find(connection: Connection) -> list[Canary]:
    """Return every canary, by place; the oldest where a place has several."""
    h, g, s = tables.homes.c, tables.gateways.c, tables.sensors.c
    query = (
        select(h.place, h.id, g.id, s.id, s.number, s.address)
        .join(tables.sensors, s.home == h.number)
        .join(tables.gateways, g.number == s.gateway)
        .where(h.state == HomeState.TEST.value, s.address.in_((MOTION, ALARM)))
        .order_by(h.place, h.number, s.number)
    )
    found: dict[str, dict[str, tuple[str, str, str, int]]] = {}
    for place, home, gateway, sensor, number, address in connection.execute(query):
        found.setdefault(place, {}).setdefault(address, (home, gateway, sensor, number))
    return [
        Canary(place, one[ALARM][0], one[ALARM][1], one[ALARM][2], one[MOTION][3])
        for place, one in found.items()
        if len(one) == 2  # both sensors
    ]


def places_without(connection: Connection) -> list[str]:
    """Return the places where people are watched and no canary is."""
    h = tables.homes.c
    lived_in = select(h.place).where(h.state == HomeState.ACTIVE.value).distinct()
    have = {canary.place for canary in find(connection)}
    return sorted(set(connection.execute(lived_in).scalars()) - have)
