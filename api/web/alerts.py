"""The alert queue, and the alerts that have ended."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from alerts.alert import AlertKind, Priority, State
from api import detectors, queries
from api.auth import CARE, HOMES, WATCHERS, Needs, Visitor
from api.cursors import decode_cursor, encode_cursor
from api.errors import absent
from api.queries import Scope
from api.resources import Resources
from api.web import lines, queue_lines, sentences
from api.web.language import _
from api.web.pages import page
from api.web.queue_filter import PRIORITIES, WHO, QueueFilter
from api.web.storm import WINDOW_US, storms
from api.web.unwatched import unwatched_lines
from config.homes import ID_PATTERN
from config.places import not_live_notices
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)

SHOWN: Final = 200
"""Alerts less urgent than P1 on the queue; of P1 every one is shown."""

UNWATCHED: Final = 50
"""Unwatched homes on the queue, those of the highest risk; all are on their own page."""

Id = Annotated[str, Path(pattern=f"^{ID_PATTERN.pattern}$", max_length=40)]
Watcher = Annotated[Visitor, Depends(Needs(WATCHERS))]
Carer = Annotated[Visitor, Depends(Needs(CARE))]
Actor = Annotated[Visitor, Depends(Needs((*CARE, Role.ENGINEER)))]


@router.get("/alerts")
def show_queue(
    request: Request,
    visitor: Watcher,
    place: Annotated[str, Query(max_length=40)] = "",
    priority: Annotated[str, Query(pattern="^(P1|P2|P3|T)?$")] = "",
    who: Annotated[str, Query(pattern="^(nobody|mine|others)?$")] = "",
    kind: Annotated[str, Query(max_length=40)] = "",
    show: Annotated[str, Query(pattern="^(standing|ended|unwatched)$")] = "standing",
    after: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """Show standing alerts, the most urgent first, those that have ended, or unwatched homes."""
    resources: Resources = request.app.state.resources
    scope = narrow(queries.scope_of(visitor), place)
    asked = QueueFilter(place, priority, who, kind if kind in set(AlertKind) else "")
    with resources.database.connect() as connection:
        if show == "ended":
            context = _ended(connection, resources, visitor, scope, after)
        elif show == "unwatched":
            context = _unwatched(connection, resources, visitor, scope, after)
        else:
            context = _standing(connection, resources, visitor, scope, asked)
        context |= quiet(connection, resources, visitor, (*scope.places, *scope.technical))
    query = f"?place={place}&" if place else "?"
    context |= {"place": resources.places.get(place), "show": show, "query": query}
    page_of = f"show={show}&after={quote(after)}&" if show != "standing" else ""
    live = f"/alerts{asked.query()}{page_of}fragment=1"
    context["live_url"] = "" if show == "ended" else live
    template = "queue.html" if show == "standing" else "alerts.html"
    return page(request, visitor, template, context)


def quiet(
    connection: Connection, resources: Resources, visitor: Visitor, places: Sequence[str]
) -> dict[str, Any]:
    """Return what must be said aloud: what no place promises, which detectors send nothing."""
    known = {key: place for key, place in resources.places.items() if key in places}
    not_live = map(sentences.translate, not_live_notices(known, sorted(known)))
    told = [*not_live, *detectors.notices(connection, known)]
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
    connection: Connection,
    resources: Resources,
    visitor: Visitor,
    scope: Scope,
    asked: QueueFilter,
) -> dict[str, Any]:
    now_us, me = microseconds(resources.clock()), visitor.account.id
    only = queries.narrowed(
        priorities=asked.priorities,
        kinds=asked.kinds,
        states=asked.states,
        with_=me if asked.who == "mine" else "",
        without=me if asked.who == "others" else "",
    )
    alerts = queries.queue(connection, scope, limit=SHOWN, only=only)
    people = [alert for alert in alerts if alert.priority is not Priority.T]
    faults = [alert for alert in alerts if alert.priority is Priority.T]
    total = sum(queries.count_standing(connection, scope).values())
    waiting, newest_us = queries.count_waiting(connection, scope, Priority.P1)
    unwatched = queries.unwatched(connection, scope.places)
    recent = queries.count_recent(connection, scope, now_us - WINDOW_US)
    hidden_by_outage = Counter(home.place for home in unwatched if home.reason == "outage")
    incidents = queries.incidents(connection, scope)
    shown = [one for one in alerts if one.priority is Priority.P1 and one.state is State.OPEN]
    return {
        "people": queue_lines.home_lines(connection, resources, visitor, people, now_us),
        "technical": queue_lines.home_lines(connection, resources, visitor, faults, now_us),
        "storms": storms(recent, incidents, hidden_by_outage, resources.places, now_us),
        "unwatched": unwatched_lines(connection, resources, visitor, unwatched[:UNWATCHED], now_us),
        "unwatched_count": len(unwatched),
        "hidden": 0 if asked.is_narrowed else max(total - len(alerts), 0),
        "outside": max(waiting - len(shown), 0),
        "waiting": {"count": waiting, "newest_us": newest_us},
        "now_ms": now_us // 1000,
        "asked": asked,
        "whose": {key: _(text) for key, text in WHO.items()},
        "priorities": {key: _(text) for key, text in PRIORITIES.items()},
        "kind_text": lines.kind_text(AlertKind(asked.kind)) if asked.kind else "",
        "all_places": {
            key: resources.places[key].name
            for key in sorted({*visitor.places(*HOMES), *visitor.places(Role.ENGINEER)})
        },
        "outcomes": lines.FOUND,
        "cares": bool(scope.places),
        "hands_over": visitor.holds(*CARE),
        "sees_rota": visitor.holds(Role.SUPERVISOR),
    }


def _unwatched(
    connection: Connection, resources: Resources, visitor: Visitor, scope: Scope, after: str
) -> dict[str, Any]:
    """Return homes that cannot be seen, a page of them; ``after`` is how many came before."""
    start = int(after) if after.isdecimal() else 0
    homes = queries.unwatched(connection, scope.places)
    now_us, stop = microseconds(resources.clock()), start + 2 * UNWATCHED
    shown = homes[start:stop]
    return {
        "unwatched": unwatched_lines(connection, resources, visitor, shown, now_us),
        "unwatched_count": len(homes),
        "more": str(stop) if len(homes) > stop else "",
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
