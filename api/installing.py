"""Installing a home, for pages, REST and commands: who may, its gateways, and the walk test.

An officer may do it in every home of the place, an installer in those of today and no others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import structlog
from fastapi import Request
from sqlalchemy import Connection, or_, select

from alerts import tables as ledger
from alerts.record import PROOF
from api import roster
from api.auth import Visitor
from api.errors import absent
from api.resources import Resources
from api.web import words
from config import (
    audit,
    credentials,
    house_moves,
    household_rows,
    installations,
    tables,
    walk_test_rows,
)
from config.audit import Entry
from config.credentials import Credential, Issued
from config.homes import Home, HomeState, Sensor
from config.keyring import Locked
from config.kinds import IS_LIFE_SAFETY, IS_PERSON_SIGN
from config.places import Place
from config.problems import ConfigProblem
from config.roles import Role
from config.vault import Vault
from config.walk_tests import WalkTest
from ingest.clock import microseconds
from ingest.sink import Store

_log = structlog.get_logger(__name__)

INSTALLERS: Final = (Role.OFFICER, Role.INSTALLER)
"""Roles that install."""

_h, _g = tables.homes.c, tables.gateways.c


@dataclass(frozen=True, slots=True)
class Heard:
    """A sensor in a walk test: when it last spoke, and whether that was within the test.

    ``heard_us`` is a receipt time, None before the first of the device that speaks now. No value is
    told, and no past.
    """

    sensor: Sensor
    heard_us: int | None
    is_in_test: bool


@dataclass(frozen=True, slots=True)
class TestAlarm:
    """An alarm of a walk test: raised, and sent (``sent_us``) as a test to who tests."""

    kind: str
    sensor: str
    raised_us: int
    sent_us: int | None


@dataclass(frozen=True, slots=True)
class Where:
    """Whom to ask for at which door; nothing else of a household is an installer's to see."""

    names: str
    address: str


def where(connection: Connection, vault: Vault, home: str) -> Where | None:
    """Return who lives in a home (id) and where; None when nobody entered it or it is locked."""
    try:
        kept = household_rows.read(connection, vault, home)
    except Locked:  # a home can be installed without its names
        _log.warning("names_locked")
        return None
    if kept is None or kept.address is None:
        return None
    address = (*kept.address.lines, kept.address.town, kept.address.postcode)
    return Where(" and ".join(one.name for one in kept.persons), ", ".join(address))


def today(places: Mapping[str, Place], keys: Iterable[str], now_us: int) -> dict[str, date]:
    """Return the local day at each of these places."""
    return {key: words.local(now_us, places[key].zone).date() for key in keys}


def find_home(
    connection: Connection, resources: Resources, visitor: Visitor, home_id: str
) -> Home | None:
    """Return the home where this visitor may install, None when there is none such."""
    now_us = microseconds(resources.clock())
    days = today(resources.places, visitor.places(Role.INSTALLER), now_us)
    mine = or_(_h.place.in_(visitor.places(Role.OFFICER)), installations.is_today(days))
    query = select(_h.number).where(_h.id == home_id, mine)
    number = connection.execute(query).scalar()
    places = visitor.places(*INSTALLERS)
    return None if number is None else roster.find_home(connection, places, home_id)


def home_of(request: Request, visitor: Visitor, home_id: str) -> Home:
    """Return the home; Problem 404 where it is absent, foreign, or not today's for an installer.

    An installer's look at it is noted: that of an officer is, by the rule of the route.
    """
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        home = find_home(connection, resources, visitor, home_id)
    if home is None:
        raise absent()
    is_officer = home.place in visitor.places(Role.OFFICER)
    if not is_officer:
        note_reading(request, visitor, home.place, f"home:{home.id}")
    return home


def note_reading(request: Request, visitor: Visitor, place: str, subject: str) -> None:
    """Note in the audit log that an installer was shown this; not what a page fetches again."""
    is_fragment = request.query_params.get("fragment") == "1"
    if request.method not in ("GET", "HEAD") or is_fragment:
        return
    resources: Resources = request.app.state.resources
    now_us, route = microseconds(resources.wall()), request.scope["route"].path
    entry = Entry(place, now_us, visitor.account.id, "read", subject, {"route": route})
    with resources.database.begin() as connection:
        audit.append(connection, entry)


def gateways_of(connection: Connection, home: int) -> list[str]:
    """Return the ids of a home's own gateways."""
    query = select(_g.id).where(_g.home == home).order_by(_g.number)
    return list(connection.execute(query).scalars())


def credentials_of(connection: Connection, home: int) -> dict[str, list[Credential]]:
    """Return every credential of each of the home's gateways, the newest first."""
    return {id_: credentials.history(connection, id_) for id_ in gateways_of(connection, home)}


def expect_gateway(connection: Connection, home: Home, gateway: str) -> None:
    """Raise LookupError unless this gateway (id) is the home's own."""
    if gateway not in gateways_of(connection, home.number):
        raise LookupError(gateway)


def expect_consent(home: Home, what: str) -> None:
    """Raise ConfigProblem where nothing is to be installed: no consent, or the home has ended."""
    if home.state in (HomeState.AWAITING_CONSENT, HomeState.ENDED):
        raise ConfigProblem(
            f"{what}: the consent of this home is not recorded: record it first"
            if home.state is HomeState.AWAITING_CONSENT
            else f"{what}: the home has ended; enrol it again"
        )


def issue(
    connection: Connection,
    home: Home,
    gateway: str,
    account: str,
    *,
    now_us: int,
    overlap_h: float,
) -> Issued:
    """Issue a credential for a gateway of this home; LookupError or ConfigProblem if refused.

    Consent comes first: without it a gateway has nothing to send that may be kept.
    """
    expect_gateway(connection, home, gateway)
    expect_consent(home, "credential")
    return credentials.issue(connection, gateway, account, now_us, overlap_h)


def lines_of(issued: Issued, address: str) -> list[tuple[str, str]]:
    """Return what is typed into the hub, by name; the QR code holds the same."""
    broker = [("broker", address)] if address else []
    return [
        *broker,
        ("user", issued.username),
        ("password", issued.secret),
        ("topic", f"stillwell/v1/{issued.place}/{issued.gateway}/"),
        ("receipt", f"stillwell-receipt/v1/{issued.gateway}"),
    ]


def qr_text(issued: Issued, address: str) -> str:
    """Return what the QR code holds: one ``name=value`` a line."""
    return "\n".join(f"{name}={value}" for name, value in lines_of(issued, address))


def heard(sensors: Sequence[Sensor], store: Store | None, test: WalkTest | None) -> list[Heard]:
    """Return when each sensor last spoke, by room; nothing of what it said."""
    latest = roster.newest(store, sensors)
    found = []
    for sensor in sensors:
        at_us = latest[sensor.number].received_us if sensor.number in latest else None
        is_in_test = at_us is not None and test is not None and test.from_us <= at_us < test.stop_us
        found.append(Heard(sensor, at_us, is_in_test))
    return found


def alarms(connection: Connection, home: Home, test: WalkTest | None) -> list[TestAlarm]:
    """Return the alarms of a walk test, the newest first, and whether each went out as a test."""
    if test is None:
        return []
    a, o, s = ledger.alerts.c, ledger.outbox.c, tables.sensors.c
    query = (
        select(a.kind, s.room, a.raised_us, o.sent_us)
        .outerjoin(ledger.outbox, (o.alert == a.id) & (o.channel == PROOF))
        .outerjoin(tables.sensors, s.id == a.sensor)
        .where(a.home == home.id, a.is_test)
        .where(a.raised_us >= test.from_us, a.raised_us < test.stop_us)
        .order_by(a.raised_us.desc(), a.id)
        .limit(50)
    )
    return [
        TestAlarm(r.kind, r.room or "", r.raised_us, r.sent_us) for r in connection.execute(query)
    ]


def end_test(
    connection: Connection, home: Home, account: str, now_us: int, told: Sequence[Heard]
) -> None:
    """End the home's walk test in this account's name, and keep what it came to.

    A home that moved is watched again once each sensor that sees the person spoke in its test.
    """
    figures = {
        "sensors": len(told),
        "heard": sum(one.is_in_test for one in told),
        "alarms": len(alarms(connection, home, walk_test_rows.newest(connection, home.number))),
    }
    walk_test_rows.end(connection, home.number, account, now_us, figures)
    if home.is_untested and not unheard(told):
        house_moves.pass_test(connection, home.id, account, now_us)


def unheard(told: Sequence[Heard]) -> list[Heard]:
    """Return the sensors that see the person and did not speak in the test."""
    return [one for one in told if IS_PERSON_SIGN[one.sensor.kind.code] and not one.is_in_test]


def is_alarm(sensor: Sensor) -> bool:
    """Return whether what this sensor says is a call for help."""
    return bool(IS_LIFE_SAFETY[sensor.kind.code])
