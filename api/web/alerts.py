"""The alert queue, and one alert with its reasons, history and actions."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from alerts.alert import LIFE_SAFETY, SILENCES, STANDING, Outcome, Priority, State
from alerts.attempts import Means, Result
from alerts.refusals import Conflict, Refused
from api import actions, contacting, detectors, queries
from api.auth import CARE, WATCHERS, Needs, Visitor
from api.cursors import decode_cursor, encode_cursor
from api.errors import absent
from api.queries import Alert, Event, Scope
from api.resources import Resources
from api.web import lines, words
from api.web.numbers import numbers
from api.web.pages import page
from config import people
from config.homes import ID_PATTERN
from config.places import not_live_notices
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)

SHOWN: Final = 200
"""Alerts less urgent than P1 on the queue; of P1 every one is shown."""

MAX_NOTE: Final = 2000
"""Characters of a note."""

_MINUTE_US: Final = 60_000_000
Id = Annotated[str, Path(pattern=f"^{ID_PATTERN.pattern}$", max_length=40)]
Watcher = Annotated[Visitor, Depends(Needs(WATCHERS))]
Carer = Annotated[Visitor, Depends(Needs(CARE))]
Actor = Annotated[Visitor, Depends(Needs((*CARE, Role.ENGINEER)))]


@router.get("/alerts")
def show_queue(
    request: Request,
    visitor: Watcher,
    place: Annotated[str, Query(max_length=40)] = "",
    show: Annotated[str, Query(pattern="^(standing|ended)$")] = "standing",
    after: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """Show standing alerts, the most urgent first, or those that have ended."""
    resources: Resources = request.app.state.resources
    scope = narrow(queries.scope_of(visitor), place)
    with resources.database.connect() as connection:
        if show == "ended":
            context = _ended(connection, resources, visitor, scope, after)
        else:
            context = _standing(connection, resources, visitor, scope)
        context |= quiet(connection, resources, visitor, (*scope.places, *scope.technical))
    query = f"?place={place}&" if place else "?"
    context |= {"place": resources.places.get(place), "show": show, "query": query}
    context["live_url"] = "" if show == "ended" else f"/alerts{query}fragment=1"
    return page(request, visitor, "alerts.html", context)


def quiet(
    connection: Connection, resources: Resources, visitor: Visitor, places: Sequence[str]
) -> dict[str, Any]:
    """Return what must be said aloud: what no place promises, which detectors send nothing."""
    known = {key: place for key, place in resources.places.items() if key in places}
    told = [*not_live_notices(known, sorted(known)), *detectors.notices(connection, known)]
    return {"quiet": told, "may_switch": visitor.holds(Role.SUPERVISOR)}


def narrow(scope: Scope, place: str) -> Scope:
    """Return the scope within one place, or whole when none is named; Problem 404 if not ours."""
    if not place:
        return scope
    if place not in (*scope.places, *scope.technical):
        raise absent()
    return Scope(
        tuple(p for p in scope.places if p == place),
        tuple(p for p in scope.technical if p == place),
    )


def _standing(
    connection: Connection, resources: Resources, visitor: Visitor, scope: Scope
) -> dict[str, Any]:
    now_us = microseconds(resources.clock())
    alerts = queries.queue(connection, scope, limit=SHOWN)
    total = sum(queries.count_standing(connection, scope).values())
    names = lines.names_in(connection, alerts)
    me = visitor.account.id
    shown = [lines.line(alert, resources, names, now_us, me) for alert in alerts]
    unwatched = queries.unwatched(connection, scope.places)
    return {
        "people": [line for line in shown if line.priority != Priority.T.value],
        "technical": [line for line in shown if line.priority == Priority.T.value],
        "unwatched": [lines.unwatched_line(home, resources, now_us) for home in unwatched],
        "hidden": max(total - len(shown), 0),
        "cares": bool(scope.places),
        "hands_over": visitor.holds(*CARE),
        "sees_rota": visitor.holds(Role.SUPERVISOR),
    }


def _ended(
    connection: Connection, resources: Resources, visitor: Visitor, scope: Scope, after: str
) -> dict[str, Any]:
    before = None
    if after:
        raised_us, id_ = decode_cursor(after, int, str)
        before = (int(raised_us), str(id_))
    ends = (State.RESOLVED, State.CLOSED)
    alerts = queries.list_alerts(connection, scope, states=ends, before=before, limit=51)
    names = lines.names_in(connection, alerts)
    now_us, me = microseconds(resources.clock()), visitor.account.id
    more = encode_cursor(alerts[49].raised_us, alerts[49].id) if len(alerts) > 50 else ""
    shown = [lines.line(alert, resources, names, now_us, me) for alert in alerts[:50]]
    return {"people": shown, "more": more}


@router.get("/alerts/{alert}")
def show_alert(request: Request, visitor: Watcher, alert: Id) -> Response:
    """Show one alert."""
    return _alert_page(request, visitor, alert)


@router.post("/alerts/{alert}/acknowledge")
def acknowledge(request: Request, visitor: Actor, alert: Id) -> Response:
    """Take the alert on; the page says who has it when somebody was first."""
    resources: Resources = request.app.state.resources
    try:
        actions.acknowledge(resources, visitor, alert)
    except Conflict as conflict:
        return _alert_page(request, visitor, alert, conflict=conflict)
    return RedirectResponse(f"/alerts/{alert}", 303)


@router.post("/alerts/{alert}/attend")
def attend(request: Request, visitor: Actor, alert: Id) -> Response:
    """Say that one is on the way; the page says who is when somebody was first."""
    resources: Resources = request.app.state.resources
    try:
        actions.attend(resources, visitor, alert)
    except Conflict as conflict:
        return _alert_page(request, visitor, alert, conflict=conflict)
    return RedirectResponse(f"/alerts/{alert}", 303)


@router.post("/alerts/{alert}/resolve")
def resolve(
    request: Request,
    visitor: Actor,
    alert: Id,
    outcome: Annotated[str, Form(max_length=100)] = "",
    note: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Say how it ended, or be told what is missing; what was typed is kept."""
    resources: Resources = request.app.state.resources
    note = note.replace("\r\n", "\n").strip()
    errors = _mistakes(outcome, note)
    kept = {"outcome": outcome, "note": note}
    if errors:
        return _alert_page(request, visitor, alert, errors=errors, kept=kept)
    try:
        actions.resolve(resources, visitor, alert, Outcome(outcome), note)
    except Refused as refused:
        return _alert_page(request, visitor, alert, errors={"note": str(refused)}, kept=kept)
    except Conflict as conflict:
        return _alert_page(request, visitor, alert, conflict=conflict, kept=kept)
    return RedirectResponse(f"/alerts/{alert}", 303)


@router.post("/alerts/{alert}/attempts")
def record_attempt(
    request: Request,
    visitor: Carer,
    alert: Id,
    contact: Annotated[str, Form(pattern=f"^{ID_PATTERN.pattern}$")],
    result: Annotated[Result, Form()],
    said: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Record who was called and what came of it."""
    resources: Resources = request.app.state.resources
    said = said.replace("\r\n", "\n").strip()
    if not words.is_readable(said):
        errors = {"said": "What was said must not hold control characters: type it again"}
        return _alert_page(request, visitor, alert, errors=errors)
    try:
        made = contacting.begin(resources, visitor, alert, contact, Means.PHONE)
        contacting.end(resources, visitor, alert, made, result, said)
    except Refused as refused:
        return _alert_page(request, visitor, alert, errors={"said": str(refused)})
    return RedirectResponse(f"/alerts/{alert}", 303)


def reasons(alert: Alert, happened: Sequence[Event], zone: tzinfo) -> list[tuple[str, str]]:
    """Return when it began and what decided, each once, as labels and text."""
    is_silence = alert.kind in SILENCES
    told = [
        ("Last sign of the person" if is_silence else "Began", words.moment(alert.onset_us, zone)),
        ("Raised", words.moment(alert.raised_us, zone)),
    ]
    # While the worker catches up an alert is dated when it was due, and seen only afterwards.
    shown_us = min((event.at_us for event in happened), default=alert.raised_us)
    if shown_us - alert.raised_us > _MINUTE_US:
        told.append(("On this page since", words.moment(shown_us, zone)))
    same = {
        "last_sign_us": alert.onset_us, "since_us": alert.onset_us, "first_us": alert.onset_us,
        "last_us": alert.onset_us, "decided_us": alert.raised_us, "received_us": alert.raised_us,
    }  # fmt: skip
    evidence = {
        key: value
        for key, value in alert.evidence.items()
        if key not in same or abs(float(value or 0) - same[key]) > _MINUTE_US
    }
    told += numbers(evidence, zone)
    if alert.kind not in LIFE_SAFETY:
        told.append(("It comes from", lines.VERDICTS[alert.verdict]))
    return told


def _mistakes(outcome: str, note: str) -> dict[str, str]:
    errors = {}
    if outcome not in {choice.value for choice in Outcome}:
        errors["outcome"] = "Select what you found"
    if len(note) > MAX_NOTE:
        errors["note"] = f"Note must be {MAX_NOTE} characters or fewer"
    elif not words.is_readable(note):
        errors["note"] = "Note must not hold control characters: type it again"
    return errors


def _calling(
    resources: Resources, visitor: Visitor, alert: Alert, now_us: int, zone: tzinfo
) -> dict[str, Any]:
    """Return whom to call about this alert, for those who may know them."""
    if not (alert.label and alert.home and alert.priority is not Priority.T):
        return {}
    found = contacting.calling(resources, visitor, alert.id)
    turn = found.next.id if found.next else ""
    may_call = alert.state in STANDING and alert.place in visitor.places(*CARE)
    listed = [lines.contact_line(c, found.attempts, turn, now_us, zone) for c in found.contacts]
    return {"contacts": listed, "may_call": may_call}


def _alert_page(
    request: Request,
    visitor: Visitor,
    id_: str,
    *,
    errors: Mapping[str, str] | None = None,
    conflict: Conflict | None = None,
    kept: Mapping[str, str] | None = None,
) -> Response:
    resources: Resources = request.app.state.resources
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        alert = queries.find_alert(connection, queries.scope_of(visitor), id_)
        if alert is None:
            raise absent()
        place = resources.places[alert.place]
        happened = queries.history(connection, alert.id)
        actors = frozenset(event.actor for event in happened)
        names = {**lines.names_in(connection, [alert]), **people.names(connection, actors)}
        clash = conflict and actions.tell(connection, conflict, resources, place.zone)
        acts = queries.find_alert(connection, actions.reach(visitor), id_) is not None
        is_known = alert.place in queries.scope_of(visitor).places
        together = queries.told_together(connection, alert) if is_known else []
    line = lines.line(alert, resources, names, now_us, visitor.account.id)
    context = {
        **_calling(resources, visitor, alert, now_us, place.zone),
        "place": place,
        "line": line,
        "home": alert.home if alert.label else None,
        "together": [lines.unwatched_line(home, resources, now_us) for home in together],
        "numbers": reasons(alert, happened, place.zone),
        "history": [lines.event_line(e, names, now_us, place.zone) for e in happened],
        "may_take": acts and alert.state is State.OPEN,
        "may_attend": acts and alert.state in (State.OPEN, State.ACKNOWLEDGED),
        "may_resolve": acts and line.is_standing,
        "outcomes": lines.OUTCOMES,
        "kept": kept or {},
        "errors": errors or {},
        "conflict": clash,
        "live_url": f"/alerts/{alert.id}?fragment=1",
    }
    status = 409 if conflict else 422 if errors else 200
    return page(request, visitor, "alert.html", context, status=status)
