"""The alert queue, and the alerts that have ended."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from alerts.alert import Priority, State
from api import detectors, queries
from api.auth import CARE, WATCHERS, Needs, Visitor
from api.cursors import decode_cursor, encode_cursor
from api.errors import absent
from api.queries import Scope
from api.resources import Resources
from api.web import lines
from api.web.pages import page
from config.homes import ID_PATTERN
from config.places import not_live_notices
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)

SHOWN: Final = 200
"""Alerts less urgent than P1 on the queue; of P1 every one is shown."""

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
