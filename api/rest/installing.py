"""Installing by REST: today's homes, days of work, credentials of gateways, and walk tests."""

from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from api import install_acts, installing
from api.auth import Needs, Visitor
from api.errors import Problem
from api.installing import INSTALLERS, Heard
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import to_datetime, to_datetime_or_none
from api.web.qr import qr
from config import installations, walk_test_rows
from config.credentials import LONGEST_WHY, Credential, Issued
from config.homes import Home
from config.kinds import Kind
from config.problems import ConfigProblem
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(tags=["installing"])
Installer = Annotated[Visitor, Depends(Needs(INSTALLERS))]
Officer = Annotated[Visitor, Depends(Needs((Role.OFFICER,)))]


class InstallationOut(Sent):
    """A home that is installed today; ``label`` is its name and address."""

    home: str
    place: str
    label: str
    day: date


class DayIn(BaseModel):
    """A day of work."""

    model_config = ConfigDict(extra="forbid")

    day: date


class CredentialOut(Sent):
    """A credential without its secret; it is valid while ``is_valid`` says so."""

    gateway: str
    username: str
    issued: datetime
    issued_by: str
    until: datetime | None
    seen: datetime | None
    ended: datetime | None
    is_valid: bool


class IssuedOut(Sent):
    """A new credential: ``secret`` is told this once, ``qr`` is the same as an SVG."""

    gateway: str
    username: str
    secret: str
    broker: str
    topic: str
    receipt: str
    qr: str


class RevokeIn(BaseModel):
    """Why it is revoked; ``username`` is one of several, empty for all."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(max_length=LONGEST_WHY)
    username: str = Field(default="", max_length=60)


class HeardOut(Sent):
    """When a sensor last spoke; nothing of what it said."""

    sensor: str
    kind: Kind
    room: str
    heard: datetime | None
    is_in_test: bool


class TestAlarmOut(Sent):
    """An alarm that was marked as a test."""

    kind: str
    raised: datetime
    sent: datetime | None


class WalkTestOut(Sent):
    """The newest walk test of a home, if any, and what was heard in it."""

    is_on: bool
    start: datetime | None
    until: datetime | None
    by: str | None
    sensors: list[HeardOut]
    alarms: list[TestAlarmOut]


@router.get("/installations")
def list_installations(request: Request, visitor: Installer) -> list[InstallationOut]:
    """Return the homes that are installed today at the caller's places."""
    resources: Resources = request.app.state.resources
    now_us = microseconds(resources.clock())
    days = installing.today(resources.places, visitor.places(*INSTALLERS), now_us)
    with resources.database.connect() as connection:
        found = installations.on(connection, days)
    for place in visitor.places(Role.INSTALLER):
        installing.note_reading(request, visitor, place, "list")
    return [InstallationOut(home=o.home, place=o.place, label=o.label, day=o.day) for o in found]


@router.post("/homes/{home}/installations", status_code=204)
def book_installation(request: Request, visitor: Officer, home: Id, body: DayIn) -> None:
    """Book a day on which installers may see this home; 422 says what is wrong with it."""
    resources: Resources = request.app.state.resources
    found = installing.home_of(request, visitor, home)
    now_us = microseconds(resources.clock())
    today = installing.today(resources.places, [found.place], now_us)[found.place]
    try:
        with resources.database.begin() as connection:
            installations.book(
                connection, found.number, body.day, visitor.account.id, today=today, now_us=now_us
            )
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem


@router.get("/homes/{home}/credentials")
def list_credentials(request: Request, visitor: Installer, home: Id) -> list[CredentialOut]:
    """Return what the home's gateways sign in with, the newest first; never a secret."""
    resources: Resources = request.app.state.resources
    found = installing.home_of(request, visitor, home)
    now_us = microseconds(resources.wall())
    with resources.database.connect() as connection:
        held = installing.credentials_of(connection, found.number)
    return [_credential(one, now_us) for all_ in held.values() for one in all_]


@router.post("/homes/{home}/gateways/{gateway}/credentials")
def issue_credential(request: Request, visitor: Installer, home: Id, gateway: Id) -> IssuedOut:
    """Issue a credential; an older one is valid until this one is in use, or its time is over."""
    resources: Resources = request.app.state.resources
    found = installing.home_of(request, visitor, home)
    try:
        issued = install_acts.issue(resources, visitor, found, gateway)
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return issued_out(issued, resources.broker.address)


@router.post("/homes/{home}/gateways/{gateway}/revoke", status_code=204)
def revoke_credential(
    request: Request, visitor: Installer, home: Id, gateway: Id, body: RevokeIn
) -> None:
    """End a gateway's credentials: its connection is cut."""
    resources: Resources = request.app.state.resources
    found = installing.home_of(request, visitor, home)
    try:
        install_acts.revoke(resources, visitor, found, gateway, body.why, username=body.username)
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem


@router.get("/homes/{home}/walk-test")
def get_walk_test(request: Request, visitor: Installer, home: Id) -> WalkTestOut:
    """Return the newest walk test, and when each sensor last spoke."""
    resources: Resources = request.app.state.resources
    found = installing.home_of(request, visitor, home)
    return _walk_test(resources, found)


@router.post("/homes/{home}/walk-test")
def begin_walk_test(request: Request, visitor: Installer, home: Id) -> WalkTestOut:
    """Begin a walk test of sixty minutes; it ends by itself."""
    resources: Resources = request.app.state.resources
    found = installing.home_of(request, visitor, home)
    try:
        install_acts.begin_test(resources, visitor, found)
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return _walk_test(resources, found)


@router.post("/homes/{home}/walk-test/end")
def end_walk_test(request: Request, visitor: Installer, home: Id) -> WalkTestOut:
    """End the walk test that is under way: from now on every alarm is real again."""
    resources: Resources = request.app.state.resources
    found = installing.home_of(request, visitor, home)
    try:
        install_acts.end_test(resources, visitor, found)
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return _walk_test(resources, found)


def issued_out(issued: Issued, address: str) -> IssuedOut:
    """Return a new credential with its secret, this once."""
    lines = dict(installing.lines_of(issued, address))
    return IssuedOut(
        gateway=issued.gateway,
        username=issued.username,
        secret=issued.secret,
        broker=address,
        topic=lines["topic"],
        receipt=lines["receipt"],
        qr=str(qr(installing.qr_text(issued, address))),
    )


def _walk_test(resources: Resources, home: Home) -> WalkTestOut:
    with resources.database.connect() as connection:
        test = walk_test_rows.newest(connection, home.number)
        alarms = installing.alarms(connection, home, test)
    told = install_acts.heard(resources, home, test)
    return WalkTestOut(
        is_on=test is not None and test.covers(microseconds(resources.clock())),
        start=None if test is None else to_datetime(test.from_us),
        until=None if test is None else to_datetime(test.stop_us),
        by=None if test is None else test.account,
        sensors=[_heard(one) for one in told],
        alarms=[
            TestAlarmOut(
                kind=one.kind,
                raised=to_datetime(one.raised_us),
                sent=to_datetime_or_none(one.sent_us),
            )
            for one in alarms
        ],
    )


def _heard(one: Heard) -> HeardOut:
    return HeardOut(
        sensor=one.sensor.id,
        kind=one.sensor.kind,
        room=one.sensor.room,
        heard=to_datetime_or_none(one.heard_us),
        is_in_test=one.is_in_test,
    )


def _credential(one: Credential, now_us: int) -> CredentialOut:
    return CredentialOut(
        gateway=one.gateway,
        username=one.username,
        issued=to_datetime(one.issued_us),
        issued_by=one.issued_by,
        until=to_datetime_or_none(one.until_us),
        seen=to_datetime_or_none(one.seen_us),
        ended=to_datetime_or_none(one.ended_us),
        is_valid=one.is_valid(now_us),
    )
