"""Alerts: the list, one with its history, and the two things people do to them."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from alerts.alert import Priority, State
from alerts.refusals import Conflict, Refused
from api import actions, queries, seen
from api.auth import CARE, WATCHERS, Needs, Visitor
from api.cursors import decode_cursor, encode_cursor
from api.errors import Problem, absent
from api.queries import Alert
from api.resources import Resources
from api.rest.homes import Cursor, Id, Limit
from api.rest.models import AlertDetail, AlertOut, AlertsPage, HistoryOut, ResolveIn
from api.rest.moments import to_datetime, to_datetime_or_none
from api.web.alerts import narrow
from config.roles import Role

router: Final = APIRouter(tags=["alerts"])
Watcher = Annotated[Visitor, Depends(Needs(WATCHERS))]
Actor = Annotated[Visitor, Depends(Needs((*CARE, Role.ENGINEER)))]
IfMatch = Annotated[str, Header(alias="If-Match", max_length=200)]


@router.get("/alerts")
def list_alerts(
    request: Request,
    visitor: Watcher,
    state: Annotated[list[State] | None, Query(max_length=5)] = None,
    priority: Annotated[list[Priority] | None, Query(max_length=4)] = None,
    place: Annotated[str, Query(max_length=40)] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> AlertsPage:
    """Return alerts newest first, of these states, priorities and place if any are named."""
    resources: Resources = request.app.state.resources
    scope = narrow(queries.scope_of(visitor), place)
    before = None
    if cursor:
        raised_us, alert = decode_cursor(cursor, int, str)
        before = (int(raised_us), str(alert))
    with resources.database.connect() as connection:
        found = queries.list_alerts(
            connection,
            scope,
            states=state or (),
            priorities=priority or (),
            before=before,
            limit=limit + 1,
        )
    last = found[limit - 1] if len(found) > limit else None
    return AlertsPage(
        alerts=[AlertOut(**_fields(alert)) for alert in found[:limit]],
        cursor=None if last is None else encode_cursor(last.raised_us, last.id),
    )


@router.get("/alerts/{alert}")
def get_alert(request: Request, visitor: Watcher, alert: Id, response: Response) -> AlertDetail:
    """Return one alert with its history; its ETag goes into the If-Match of what is done to it."""
    return _detail(request, visitor, alert, response)


@router.post("/alerts/{alert}/acknowledge")
def acknowledge(
    request: Request, visitor: Actor, alert: Id, response: Response, if_match: IfMatch = ""
) -> AlertDetail:
    """Take the alert on; 409 says who was first, 412 that it has changed since."""
    resources: Resources = request.app.state.resources
    try:
        actions.acknowledge(resources, visitor, alert, saw=if_match)
    except Conflict as conflict:
        raise _clash(request, visitor, conflict) from conflict
    except seen.Changed as changed:
        raise _changed(changed) from changed
    return _detail(request, visitor, alert, response)


@router.post("/alerts/{alert}/attend")
def attend(
    request: Request, visitor: Actor, alert: Id, response: Response, if_match: IfMatch = ""
) -> AlertDetail:
    """Say that one is on the way; 409 says who is already, 412 that it has changed since."""
    resources: Resources = request.app.state.resources
    try:
        actions.attend(resources, visitor, alert, saw=if_match)
    except Conflict as conflict:
        raise _clash(request, visitor, conflict) from conflict
    except seen.Changed as changed:
        raise _changed(changed) from changed
    return _detail(request, visitor, alert, response)


@router.post("/alerts/{alert}/resolve")
def resolve(
    request: Request,
    visitor: Actor,
    alert: Id,
    body: ResolveIn,
    response: Response,
    if_match: IfMatch = "",
) -> AlertDetail:
    """Say how the alert ended; 409 says who was first, 412 that it has changed since."""
    resources: Resources = request.app.state.resources
    note = body.note.strip()
    try:
        actions.resolve(resources, visitor, alert, body.outcome, note, saw=if_match)
    except seen.Changed as changed:
        raise _changed(changed) from changed
    except Conflict as conflict:
        raise _clash(request, visitor, conflict) from conflict
    except Refused as refused:
        raise Problem(422, str(refused)) from refused
    return _detail(request, visitor, alert, response)


def _changed(changed: seen.Changed) -> Problem:
    told = "The alert has changed since you read it: read it again, then repeat what still holds."
    extra = {"state": changed.alert.state.value, "etag": f'"{seen.version(changed.alert)}"'}
    return Problem(412, told, extra=extra)


def _detail(request: Request, visitor: Visitor, alert: str, response: Response) -> AlertDetail:
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        found = queries.find_alert(connection, queries.scope_of(visitor), alert)
        if found is None:
            raise absent()
        happened = queries.history(connection, found.id)
    response.headers["ETag"] = f'"{seen.version(found)}"'
    steps = [
        HistoryOut(
            at=to_datetime(event.at_us),
            event=event.event,
            state_from=event.state_from,
            state_to=event.state_to,
            actor=event.actor,
            note=event.note,
        )
        for event in happened
    ]
    return AlertDetail(**_fields(found), history=steps)


def _clash(request: Request, visitor: Visitor, conflict: Conflict) -> Problem:
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        found = queries.find_alert(connection, queries.scope_of(visitor), conflict.alert)
        if found is None:
            return absent()
        zone = resources.places[found.place].zone
        told = actions.tell(connection, conflict, resources, zone)
    extra = {"state": conflict.state.value, "actor": conflict.actor}
    return Problem(409, told, extra={**extra, "at": to_datetime(conflict.at_us).isoformat()})


def _fields(alert: Alert) -> dict[str, Any]:
    times = ("onset", "raised", "updated")
    fields = {name: getattr(alert, name) for name in Alert.__slots__ if not name.endswith("_us")}
    fields |= {name: to_datetime(getattr(alert, f"{name}_us")) for name in times}
    fields["acknowledged"] = to_datetime_or_none(alert.acknowledged_us)
    fields["attending"] = to_datetime_or_none(alert.attending_us)
    fields["resolved"] = to_datetime_or_none(alert.resolved_us)
    return fields
