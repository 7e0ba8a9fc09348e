"""The hand-over page: what stands is given to the next shift, and accepted by name."""

from datetime import tzinfo
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from alerts.alert import STANDING
from alerts.handovers import Item
from alerts.refusals import Conflict, Refused
from api import handing_over, queries
from api.auth import CARE, Needs, Visitor
from api.queries import Scope
from api.resources import Resources
from api.web import lines, words
from api.web.alerts import Id
from api.web.language import N_, _
from api.web.pages import name_of, page
from config import people
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Carer = Annotated[Visitor, Depends(Needs(CARE))]


@router.get("/handover")
def show_handover(
    request: Request, visitor: Carer, place: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Show what waits to be accepted, and what was."""
    return _page(request, visitor, place)


@router.post("/handover/{place}")
def begin_handover(request: Request, visitor: Carer, place: Id) -> Response:
    """Hand over each alert of a place that stands."""
    try:
        handing_over.begin(request.app.state.resources, visitor, place)
    except Refused as refused:
        return _page(request, visitor, place, error=str(refused))
    return RedirectResponse(f"/handover?place={place}", 303)


@router.post("/alerts/{alert}/accept")
def accept_alert(request: Request, visitor: Carer, alert: Id) -> Response:
    """Take an alert over by name."""
    try:
        handing_over.accept(request.app.state.resources, visitor, alert)
    except Refused as refused:
        return _page(request, visitor, "", error=str(refused))
    except Conflict:
        return _page(request, visitor, "", error=_("This alert has ended meanwhile."))
    return RedirectResponse("/handover", 303)


def _page(request: Request, visitor: Visitor, place: str, *, error: str = "") -> Response:
    resources: Resources = request.app.state.resources
    keys = handing_over.places_of(visitor, place)
    now_us, me = microseconds(resources.clock()), visitor.account.id
    found = handing_over.items(resources, keys)
    with resources.database.connect() as connection:
        scope = Scope(keys)
        alerts = {i.alert: queries.find_alert(connection, scope, i.alert) for i in found}
        people_ = {who for i in found for who in (i.given_by, i.accepted_by) if who}
        names = people.names(connection, frozenset(people_))
        names |= lines.names_in(connection, [a for a in alerts.values() if a is not None])
        standing = queries.count_standing(connection, scope)
    shown = []
    for item in found:
        alert = alerts[item.alert]
        if alert is None:
            continue
        zone = resources.places[item.place].zone
        shown.append(
            {
                "line": lines.line(alert, resources, names, now_us, me),
                "text": _text(item, names, now_us, zone, stands=alert.state in STANDING),
                "may_accept": item.accepted_us is None
                and alert.state in STANDING
                and item.given_by != me,
                "is_waiting": item.accepted_us is None and alert.state in STANDING,
            }
        )
    context: dict[str, Any] = {
        "place": resources.places.get(place),
        "error": error,
        "waiting": [one for one in shown if one["is_waiting"]],
        "done": [one for one in shown if not one["is_waiting"]],
        "places": [
            {
                "key": key,
                "name": name_of(resources.places[key]),
                "count": sum(n for (p, pri), n in standing.items() if p == key and pri != "T"),
            }
            for key in keys
        ],
    }
    return page(request, visitor, "handover.html", context, status=422 if error else 200)


def _text(
    item: Item,
    names: dict[str, str],
    now_us: int,
    zone: tzinfo,
    *,
    stands: bool,
) -> str:
    by = names.get(item.given_by, item.given_by)
    given = _("Handed over by %(who)s, %(when)s", who=by, when=words.when(item.at_us, now_us, zone))
    if item.accepted_us is not None:
        who = names.get(item.accepted_by or "", item.accepted_by or "")
        when = words.when(item.accepted_us, now_us, zone)
        return _("%(given)s; accepted by %(who)s, %(when)s.", given=given, who=who, when=when)
    if not stands:
        return _("%(given)s; it ended before anybody accepted it.", given=given)
    if item.told_us is not None:
        when = words.when(item.told_us, now_us, zone)
        told = N_("%(given)s; nobody accepted it, the supervisors were told %(when)s.")
        return _(told, given=given, when=when)
    waits = N_("%(given)s; the supervisors are told if nobody accepts it within 10 minutes.")
    return _(waits, given=given)
