"""One alert: why, drawn and told, its history, and what people do to it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Header, Request
from fastapi.responses import RedirectResponse, Response

from alerts.alert import CHOICES, LIFE_SAFETY, SILENCES, STANDING, Outcome, Priority, State
from alerts.attempts import Means, Result
from alerts.refusals import Conflict, Refused
from api import actions, contacting, queries, roster, seen
from api.auth import CARE, Visitor
from api.errors import absent
from api.queries import Alert, Event
from api.resources import Resources
from api.web import keeping, last_seen, lines, why, words
from api.web.alerts import Actor, Carer, Id, Watcher
from api.web.decided import decided, said
from api.web.language import _
from api.web.numbers import numbers
from api.web.pages import page
from api.web.sign_in import own_path
from api.web.typed import Typed
from api.web.unwatched import unwatched_lines
from config import house_moves, household_rows, people
from config.homes import ID_PATTERN
from config.keyring import Locked
from config.places import Place
from config.roles import Role
from ingest.clock import microseconds
from ingest.sink import StoreDown
from ingest.store.pieces import StoreDamaged

router: Final = APIRouter(include_in_schema=False)

MAX_NOTE: Final = 2000
"""Characters of a note."""

_MINUTE_US: Final = 60_000_000
_EARLIEST: Final = timedelta(hours=24)
Back = Annotated[str, Form(max_length=2000)]
Saw = Annotated[str, Form(max_length=200)]
IfMatch = Annotated[str, Header(alias="If-Match", max_length=200)]
Kept = Annotated[str, Form(max_length=40)]


@router.get("/alerts/{alert}")
def show_alert(request: Request, visitor: Watcher, alert: Id) -> Response:
    """Show one alert."""
    return _alert_page(request, visitor, alert)


@router.post("/alerts/{alert}/acknowledge")
def acknowledge(
    request: Request,
    visitor: Actor,
    alert: Id,
    version: Saw = "",
    back: Back = "",
    kept_at: Kept = "",
    if_match: IfMatch = "",
) -> Response:
    """Take the alert on; the page says who has it when somebody was first."""
    resources: Resources = request.app.state.resources
    saw, note = if_match or version, _late(resources, kept_at)
    act = partial(actions.acknowledge, resources, visitor, alert, saw=saw, note=note)
    return _acted(request, visitor, alert, back, act)


@router.post("/alerts/{alert}/attend")
def attend(
    request: Request,
    visitor: Actor,
    alert: Id,
    version: Saw = "",
    back: Back = "",
    kept_at: Kept = "",
    if_match: IfMatch = "",
) -> Response:
    """Say that one is on the way; the page says who is when somebody was first."""
    resources: Resources = request.app.state.resources
    saw, note = if_match or version, _late(resources, kept_at)
    act = partial(actions.attend, resources, visitor, alert, saw=saw, note=note)
    return _acted(request, visitor, alert, back, act)


@router.post("/alerts/{alert}/resolve")
def resolve(
    request: Request,
    visitor: Actor,
    alert: Id,
    outcome: Typed = "",
    note: Typed = "",
    version: Saw = "",
    back: Back = "",
    kept_at: Kept = "",
    if_match: IfMatch = "",
) -> Response:
    """Say how it ended, or be told what is missing; what was typed is kept."""
    resources: Resources = request.app.state.resources
    note = note.replace("\r\n", "\n").strip()
    errors = _mistakes(outcome, note)
    kept = {"outcome": outcome, "note": note}
    if errors:
        return _alert_page(request, visitor, alert, errors=errors, kept=kept)
    said = "\n".join(part for part in (note, _late(resources, kept_at)) if part)
    saw, what = if_match or version, Outcome(outcome)
    act = partial(actions.resolve, resources, visitor, alert, what, said, saw=saw)
    return _acted(request, visitor, alert, back, act, kept)


@router.post("/alerts/{alert}/attempts")
def record_attempt(
    request: Request,
    visitor: Carer,
    alert: Id,
    contact: Annotated[str, Form(pattern=f"^{ID_PATTERN.pattern}$")],
    result: Annotated[Result, Form()],
    said: Typed = "",
    kept_at: Kept = "",
) -> Response:
    """Record who was called and what came of it."""
    resources: Resources = request.app.state.resources
    said = said.replace("\r\n", "\n").strip()
    if not words.is_readable(said):
        errors = {"said": _("What was said must not hold control characters: type it again")}
        return _alert_page(request, visitor, alert, errors=errors)
    said = "\n".join(part for part in (said, _late(resources, kept_at)) if part)
    try:
        made = contacting.begin(resources, visitor, alert, contact, Means.PHONE)
        contacting.end(resources, visitor, alert, made, result, said)
    except Refused as refused:
        return _alert_page(request, visitor, alert, errors={"said": str(refused)})
    return RedirectResponse(f"/alerts/{alert}", 303)


def _acted(
    request: Request,
    visitor: Visitor,
    alert: str,
    back: str,
    act: Callable[[], None],
    kept: Mapping[str, str] | None = None,
) -> Response:
    """Do it and go on, or show the alert with what stands against it and what was typed."""
    try:
        act()
    except Refused as refused:
        return _alert_page(request, visitor, alert, errors={"note": str(refused)}, kept=kept)
    except Conflict as conflict:
        return _alert_page(request, visitor, alert, conflict=conflict, kept=kept)
    except seen.Changed as changed:
        return _alert_page(request, visitor, alert, changed=changed, kept=kept)
    return RedirectResponse(_next(back, alert), 303)


def _next(back: str, alert: str) -> str:
    """Return where to go after an action: where the visitor came from, else the alert."""
    return own_path(back) if back else f"/alerts/{alert}"


def _late(resources: Resources, kept_at: str) -> str:
    """Return the note of an action that a phone kept while it had no connection.

    ``kept_at`` is a moment of the phone's own clock; one that cannot be is left out.
    """
    try:
        at = datetime.fromisoformat(kept_at)
    except ValueError:
        return ""
    now = words.local(microseconds(resources.wall()), at.tzinfo) if at.tzinfo else None
    if now is None or not now - _EARLIEST <= at <= now + timedelta(minutes=5):
        return ""
    return f"Done at {at:%H:%M} by the phone's clock, without a connection; sent at {now:%H:%M}."


def reasons(alert: Alert, happened: Sequence[Event], zone: tzinfo) -> list[tuple[str, str]]:
    """Return when it began and what else is known, as labels and text.

    What ``decided`` tells is left out.
    """
    is_silence = alert.kind in SILENCES
    told = [
        (
            _("Last sign of the person") if is_silence else _("Began"),
            words.moment(alert.onset_us, zone),
        ),
        (_("Raised"), words.moment(alert.raised_us, zone)),
    ]
    # While the worker catches up an alert is dated when it was due, and seen only afterwards.
    shown_us = min((event.at_us for event in happened), default=alert.raised_us)
    if shown_us - alert.raised_us > _MINUTE_US:
        told.append((_("On this page since"), words.moment(shown_us, zone)))
    same = {
        "last_sign_us": alert.onset_us, "since_us": alert.onset_us, "first_us": alert.onset_us,
        "last_us": alert.onset_us, "decided_us": alert.raised_us, "received_us": alert.raised_us,
    }  # fmt: skip
    told_of = said(alert.kind, alert.evidence)
    evidence = {
        key: value
        for key, value in alert.evidence.items()
        if key not in told_of
        and (key not in same or abs(float(value or 0) - same[key]) > _MINUTE_US)
    }
    told += numbers(evidence, zone)
    if alert.kind not in LIFE_SAFETY:
        told.append((_("It comes from"), _(lines.VERDICTS[alert.verdict])))
    return told


def _mistakes(outcome: str, note: str) -> dict[str, str]:
    errors = {}
    if outcome not in {choice.value for choice in CHOICES}:
        errors["outcome"] = _("Select what you found")
    if wrong := note_mistake(note):
        errors["note"] = wrong
    return errors


def note_mistake(note: str) -> str:
    """Return what is wrong with a note, empty when nothing is."""
    if len(note) > MAX_NOTE:
        return _("Note must be %(most)s characters or fewer", most=MAX_NOTE)
    if not words.is_readable(note):
        return _("Note must not hold control characters: type it again")
    return ""


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
    return {
        "contacts": listed,
        "may_call": may_call,
        "locked": bool(found.locked),
        "has_key_safe": may_call and _has_key_safe(resources, alert),
    }


_MOVED_LATELY_US: Final = 28 * 86_400_000_000


def _where(
    resources: Resources, alert: Alert, now_us: int, *, is_known: bool
) -> dict[str, str] | None:
    """Return where to go for an alert of a home that moved: not to where it was before."""
    is_told = alert.is_before_move or 0 < now_us - _MOVED_LATELY_US < alert.moved_us
    if not (is_known and is_told and alert.home and alert.label and alert.state in STANDING):
        return None
    found = {"now": "", "before": "", "day": ""}
    try:
        with resources.database.connect() as connection:
            kept = household_rows.read(connection, resources.vault, alert.home)
            former = house_moves.of_home(connection, resources.vault, alert.home)
    except Locked:
        return found
    if kept is not None and kept.address is not None:
        found["now"] = house_moves.one_line(kept.address)
    for one in former[:1]:
        found["day"] = f"{words.day_and_month(one.until_on)} {one.until_on:%Y}"
        found["before"] = "" if one.address is None else house_moves.one_line(one.address)
    return found


def _has_key_safe(resources: Resources, alert: Alert) -> bool:
    with resources.database.connect() as connection:
        home = roster.find_home(connection, [alert.place], alert.home or "")
        return home is not None and bool(household_rows.with_key_safe(connection, [home.number]))


def _alert_page(
    request: Request,
    visitor: Visitor,
    id_: str,
    *,
    errors: Mapping[str, str] | None = None,
    conflict: Conflict | None = None,
    changed: seen.Changed | None = None,
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
        homes = queries.told_together(connection, alert) if is_known else []
        together = unwatched_lines(connection, resources, visitor, homes, now_us)
    line = lines.line(alert, resources, names, now_us, visitor.account.id)
    if changed is not None:
        now = _("This alert has changed since you saw it. Now: %(state)s.", state=line.state)
        clash = " ".join((now, *line.notices))
    is_person = alert.home is not None and alert.label is not None
    context = {
        **_calling(resources, visitor, alert, now_us, place.zone),
        **(_why(request, resources, alert, place, now_us) if is_person else {}),
        "place": place,
        "where": _where(resources, alert, now_us, is_known=is_known),
        "is_before_move": alert.is_before_move,
        "line": line,
        "home": alert.home if alert.label else None,
        "together": together,
        "decided": decided(alert.kind, alert.evidence, place.zone),
        "numbers": reasons(alert, happened, place.zone),
        "history": [lines.event_line(e, names, now_us, place.zone) for e in happened],
        "may_take": acts and alert.state is State.OPEN,
        "may_attend": acts and alert.state in (State.OPEN, State.ACKNOWLEDGED),
        "may_resolve": acts and line.is_standing,
        "version": seen.version(alert),
        "back": "",
        "outcomes": {outcome: _(text) for outcome, text in lines.FOUND.items()},
        "kept": kept or {},
        "errors": errors or {},
        "conflict": clash,
        "is_phone": alert.place in visitor.places(Role.CARE_WORKER),
        "live_url": f"/alerts/{alert.id}?fragment=1",
    }
    status = 412 if changed else 409 if conflict else 422 if errors else 200
    response = page(request, visitor, "alert.html", context, status=status)
    response.headers["ETag"] = f'"{seen.version(alert)}"'
    if status == 200 and context["is_phone"]:
        keeping.allow(response, resources)
    return response


def _why(
    request: Request, resources: Resources, alert: Alert, place: Place, now_us: int
) -> dict[str, Any]:
    """Return the picture and what speaks for the verdict, and the last sign of the person."""
    is_fragment = request.query_params.get("fragment") == "1"
    with resources.database.connect() as connection:
        home = roster.find_home(connection, [alert.place], alert.home or "")
    store = resources.store()
    if home is None or store is None:
        return {}
    sensors = roster.sensors_of(resources.table(), home.number, with_ended=True)
    try:
        last = last_seen.of_homes(resources, [home], now_us)[home.id]
        if is_fragment or alert.priority is Priority.T:
            return {"last": last}
        batch = store.read(home.number, *why.reach(why.of_alert(alert)))
    except (StoreDown, StoreDamaged):
        return {"is_history_down": True}
    return {
        "last": last,
        "why": why.told(why.of_alert(alert), batch, sensors, now_us, place.zone),
        "speaks": why.speaks(alert, batch, sensors, place.zone),
        "verdict": _(lines.VERDICTS[alert.verdict]),
    }
