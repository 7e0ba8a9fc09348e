"""Today's installations, and one home's: consent, credentials, and the walk test, in that order."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from alerts.alert import AlertKind
from api import health, install_acts, installing, proposing, roster
from api.auth import Needs, Visitor
from api.installing import INSTALLERS, Heard
from api.proposing import Hub
from api.resources import Resources
from api.web import lines, sensors, words
from api.web.alerts import Id
from api.web.language import _
from api.web.pages import page
from api.web.qr import qr
from api.web.typed import Typed
from config import installations, people, walk_test_rows
from config.credentials import Credential, Issued
from config.homes import Home, HomeState
from config.installations import Installation
from config.places import Place
from config.problems import ConfigProblem
from config.proposals import State
from config.roles import Role
from config.walk_tests import WalkTest
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Installer = Annotated[Visitor, Depends(Needs(INSTALLERS))]
Officer = Annotated[Visitor, Depends(Needs((Role.OFFICER,)))]
LIVE_S: Final = 2
"""Seconds after which an open page looks again: whoever walks past a sensor waits for it."""

_KEPT_S: Final = 15


@router.get("/installations")
def show_installations(request: Request, visitor: Installer) -> Response:
    """Show the homes that are installed today, and no others."""
    resources: Resources = request.app.state.resources
    now_us = microseconds(resources.clock())
    days = installing.today(resources.places, visitor.places(*INSTALLERS), now_us)
    with resources.database.connect() as connection:
        found = installations.on(connection, days)
        doors = [installing.where(connection, resources.vault, one.home) for one in found]
        done = [_progress(connection, resources, one, now_us) for one in found]
    for place in visitor.places(Role.INSTALLER):
        installing.note_reading(request, visitor, place, "list")
    context = {
        "homes": [
            {
                "id": one.home,
                "label": one.label,
                "place": resources.places[one.place].name,
                "where": door,
                **told,
            }
            for one, door, told in zip(found, doors, done, strict=True)
        ],
        "tested": sum(told["is_tested"] for told in done),
        "shows_place": len(days) > 1,
        "live_url": "/installations?fragment=1",
        "is_officer": visitor.holds(Role.OFFICER),
    }
    return page(request, visitor, "installations.html", context)


def _progress(
    connection: Connection, resources: Resources, one: Installation, now_us: int
) -> dict[str, Any]:
    """Return how far a home's walk test of the day is: ``is_tested`` once every sensor spoke."""
    place = resources.places[one.place]
    home = roster.find_home(connection, [one.place], one.home)
    test = None if home is None else walk_test_rows.newest(connection, home.number)
    is_of_day = test is not None and words.local(test.from_us, place.zone).date() == one.day
    if home is None or test is None or not is_of_day:
        return {"progress": _("Not tested yet"), "is_tested": False}
    told = install_acts.heard(resources, home, test)
    heard = sum(sensor.is_in_test for sensor in told)
    values = {
        "heard": heard,
        "total": len(told),
        "until": words.clock_time(test.stop_us, place.zone),
    }
    if test.covers(now_us):
        text = _("Test until %(until)s: %(heard)s of %(total)s sensors heard", **values)
    else:
        text = _("Tested until %(until)s: %(heard)s of %(total)s sensors heard", **values)
    return {"progress": text, "is_tested": heard == len(told) > 0}


@router.get("/homes/{home_id}/installation")
def show_installation(request: Request, visitor: Installer, home_id: Id) -> Response:
    """Show what is to be done in one home, and each of its sensors as it speaks."""
    return installation_page(request, visitor, installing.home_of(request, visitor, home_id))


@router.post("/homes/{home_id}/installations")
def book_installation(
    request: Request,
    visitor: Officer,
    home_id: Id,
    day: Typed = "",
    action: Typed = "book",
) -> Response:
    """Book a day on which installers may see this home, or take it back."""
    resources: Resources = request.app.state.resources
    home = installing.home_of(request, visitor, home_id)
    now_us, by = microseconds(resources.clock()), visitor.account.id
    try:
        wanted = _day(day)
        today = installing.today(resources.places, [home.place], now_us)[home.place]
        with resources.database.begin() as connection:
            if action == "cancel":
                installations.cancel(connection, home.number, wanted, by, now_us)
            else:
                installations.book(connection, home.number, wanted, by, today=today, now_us=now_us)
    except ConfigProblem as problem:
        return installation_page(
            request, visitor, home, errors={"day": sentence(problem)}, kept={"day": day}
        )
    return _back(home_id, "day")


@router.post("/homes/{home_id}/gateways/{gateway}/credentials")
def issue_credential(request: Request, visitor: Installer, home_id: Id, gateway: Id) -> Response:
    """Issue a credential and show it, this once."""
    resources: Resources = request.app.state.resources
    home = installing.home_of(request, visitor, home_id)
    try:
        issued = install_acts.issue(resources, visitor, home, gateway)
    except ConfigProblem as problem:
        return installation_page(request, visitor, home, errors={"credential": sentence(problem)})
    return installation_page(request, visitor, home, issued=issued)


@router.post("/homes/{home_id}/gateways/{gateway}/revoke")
def revoke_credential(
    request: Request,
    visitor: Installer,
    home_id: Id,
    gateway: Id,
    why: Typed = "",
) -> Response:
    """End every credential of a gateway: its connection is cut."""
    resources: Resources = request.app.state.resources
    home = installing.home_of(request, visitor, home_id)
    try:
        install_acts.revoke(resources, visitor, home, gateway, why)
    except ConfigProblem as problem:
        return installation_page(
            request,
            visitor,
            home,
            errors={"why": sentence(problem)},
            kept={"gateway": gateway, "why": why},
        )
    return _back(home_id, "credentials")


@router.post("/homes/{home_id}/walk-test")
def begin_test(request: Request, visitor: Installer, home_id: Id) -> Response:
    """Begin a walk test of sixty minutes."""
    resources: Resources = request.app.state.resources
    home = installing.home_of(request, visitor, home_id)
    try:
        install_acts.begin_test(resources, visitor, home)
    except ConfigProblem as problem:
        return installation_page(request, visitor, home, errors={"test": sentence(problem)})
    return _back(home_id, "walk-test")


@router.post("/homes/{home_id}/walk-test/end")
def end_test(request: Request, visitor: Installer, home_id: Id) -> Response:
    """End the walk test: from now on every alarm is real again."""
    resources: Resources = request.app.state.resources
    home = installing.home_of(request, visitor, home_id)
    try:
        install_acts.end_test(resources, visitor, home)
    except ConfigProblem as problem:
        return installation_page(request, visitor, home, errors={"test": sentence(problem)})
    return _back(home_id, "walk-test")


def installation_page(
    request: Request,
    visitor: Visitor,
    home: Home,
    *,
    errors: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
    issued: Issued | None = None,
) -> Response:
    """Return the page of one installation; ``issued`` is a secret that is shown this once."""
    resources: Resources = request.app.state.resources
    place, now_us = resources.places[home.place], microseconds(resources.clock())
    wall_us = microseconds(resources.wall())
    with resources.database.connect() as connection:
        held = installing.credentials_of(connection, home.number)
        test = walk_test_rows.newest(connection, home.number)
        alarms = installing.alarms(connection, home, test)
        beat = health.beats(connection).get(health.BROKER)
        today = installing.today(resources.places, [home.place], now_us)[home.place]
        days = installations.ahead(connection, home.number, today)
        named = {test.account} if test is not None else set()
        names = people.names(connection, frozenset(named))
        where = installing.where(connection, resources.vault, home.id)
    told = install_acts.heard(resources, home, test)
    context: dict[str, Any] = {
        "place": place,
        "home": home,
        "where": where,
        "is_consent_recorded": home.state is not HomeState.AWAITING_CONSENT,
        "has_ended": home.state is HomeState.ENDED,
        "is_officer": home.place in visitor.places(Role.OFFICER),
        "gateways": [_gateway(id_, all_, place, wall_us) for id_, all_ in held.items()],
        "issued": None if issued is None else issued_lines(issued, resources.broker.address),
        "is_kept": beat is not None and wall_us - beat.beat_us < _KEPT_S * 1_000_000,
        "test": None if test is None else _test(test, names, place, now_us),
        "rooms": _rooms(told, now_us),
        "announced": _announced(proposing.read(resources, home), now_us),
        "heard": sum(one.is_in_test for one in told),
        "unheard": len(installing.unheard(told)),
        "sensors": len(told),
        "alarms": [
            {
                "kind": lines.kind_text(AlertKind(one.kind)),
                "room": sensors.room_name(one.sensor).lower() if one.sensor else "",
                "when": words.when(one.raised_us, now_us, place.zone),
                "is_sent": one.sent_us is not None,
            }
            for one in alarms
        ],
        "days": [
            {"iso": day.isoformat(), "text": words.long_day(day), "is_today": day == today}
            for day in days
        ],
        "today": today.isoformat(),
        # What is shown once stays until it is left: a page that looks again would take it away.
        "live_url": "" if issued or errors else f"/homes/{home.id}/installation?fragment=1",
        "live_every_s": LIVE_S,
        "errors": errors or {},
        "kept": kept or {},
    }
    return page(request, visitor, "installation.html", context, status=422 if errors else 200)


def _announced(hubs: Sequence[Hub], now_us: int) -> list[dict[str, Any]]:
    """Return each gateway of a home with how many devices wait to be accepted."""
    return [
        {
            "id": hub.id,
            "when": None if hub.at_us is None else words.ago(hub.at_us, now_us),
            "count": sum(one.state is not State.GONE for one in hub.proposals),
            "open": len(hub.acceptable),
        }
        for hub in hubs
    ]


def _gateway(id_: str, held: list[Credential], place: Place, now_us: int) -> dict[str, Any]:
    valid = [one for one in held if one.is_valid(now_us)]
    return {
        "id": id_,
        "credentials": [
            {
                "username": one.username,
                "issued": words.moment(one.issued_us, place.zone),
                "until": None if one.until_us is None else words.moment(one.until_us, place.zone),
                "is_seen": one.seen_us is not None,
            }
            for one in valid
        ],
        "was_any": bool(held),
    }


def issued_lines(issued: Issued, address: str) -> dict[str, Any]:
    """Return what a page shows of a new credential, this once."""
    return {
        "gateway": issued.gateway,
        "lines": installing.lines_of(issued, address),
        "qr": qr(installing.qr_text(issued, address)),
    }


def _test(test: WalkTest, names: Mapping[str, str], place: Place, now_us: int) -> dict[str, Any]:
    return {
        "is_on": test.covers(now_us),
        "by": names.get(test.account, test.account),
        "since": words.when(test.from_us, now_us, place.zone),
        "until": words.clock_time(test.stop_us, place.zone),
        "minutes": max(1, -(-(test.stop_us - now_us) // 60_000_000)),
    }


def _rooms(told: list[Heard], now_us: int) -> list[dict[str, Any]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in told:
        found.setdefault(one.sensor.room, []).append(
            {
                "kind": words.kind(one.sensor.kind)
                + (_(", way out") if one.sensor.is_exit else ""),
                "when": _("not heard yet") if one.heard_us is None else age(one.heard_us, now_us),
                "is_in_test": one.is_in_test,
                "is_alarm": installing.is_alarm(one.sensor),
            }
        )
    return [{"name": sensors.room_name(room), "rows": rows} for room, rows in found.items()]


def age(us: int, now_us: int) -> str:
    """Return how long ago, by the second within a minute: an installer waits for it."""
    seconds = max(now_us - us, 0) // 1_000_000
    return _("%(seconds)s s ago", seconds=seconds) if seconds < 60 else words.ago(us, now_us)


def _day(said: str) -> date:
    try:
        return read_day(said)
    except ConfigProblem as problem:
        raise ConfigProblem(_("Enter the day of the work")) from problem


def read_day(said: str) -> date:
    """Return a day such as 2026-12-01; ConfigProblem when it is none."""
    try:
        return date.fromisoformat(said.strip())
    except ValueError:
        raise ConfigProblem(
            f"installation: {said[:40]!r} is no day, expected such as 2026-12-01"
        ) from None


def sentence(problem: ConfigProblem) -> str:
    """Return what is wrong as a sentence of a page."""
    said = str(problem).partition(": ")[2] or str(problem)
    return said[:1].upper() + said[1:]


def _back(home_id: str, part: str) -> Response:
    return RedirectResponse(f"/homes/{home_id}/installation#{part}", 303)
