"""The front door, and the places of somebody who works for several."""

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import RedirectResponse, Response

from alerts.alert import Priority
from api import health, queries, roster
from api.auth import ANY, CARE, COUNTS, HOMES, PEOPLE, Needs, Visitor
from api.errors import absent
from api.resources import Resources
from api.web import words
from api.web.pages import name_of, page
from api.web.phrases import spoken
from config.places import is_live_for_p1, not_live_notices
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Anyone = Annotated[Visitor, Depends(Needs(ANY))]


@router.get("/")
def show_front(visitor: Anyone) -> Response:
    """Go to the page where this visitor's work is."""
    if visitor.holds(Role.CARE_WORKER) and not visitor.holds(Role.OPERATOR, Role.SUPERVISOR):
        return RedirectResponse("/mine", 303)
    doors = (
        ("/alerts", CARE),
        ("/homes", HOMES),
        ("/system", (Role.ENGINEER,)),
        ("/hub", (Role.HUB_OPERATOR,)),
        ("/counts", COUNTS),
        ("/audit", (Role.GOVERNANCE,)),
    )
    open_ = (address for address, roles in doors if visitor.holds(*roles))
    return RedirectResponse(next(open_, "/me"), 303)


@router.get("/places/{place}/logo")
def show_logo(
    request: Request, visitor: Anyone, place: Annotated[str, Path(max_length=40)]
) -> Response:
    """Send the logo of one of the visitor's places."""
    resources: Resources = request.app.state.resources
    if place not in visitor.grants or not resources.places[place].logo_png:
        raise absent()
    return Response(resources.places[place].logo_png, media_type="image/png")


@router.get("/places")
def show_places(request: Request, visitor: Anyone) -> Response:
    """Show the visitor's places, each with its roles and what stands there."""
    resources: Resources = request.app.state.resources
    hub = visitor.places(Role.HUB_OPERATOR)
    scope = queries.scope_of(visitor)
    scope = replace(scope, places=tuple(sorted({*scope.places, *hub})))  # as numbers only
    with resources.database.connect() as connection:
        homes = roster.count_homes(connection, scope.places)
        counts = queries.count_standing(connection, scope)
        unwatched = roster.count_unwatched(connection, scope.places)
        beats = health.beats(connection)
    rows = [
        {
            "key": key,
            "name": name_of(resources.places[key]),
            "roles": ", ".join(sorted(words.label(role.value).lower() for role in roles)),
            "homes": homes.get(key),
            "sees_homes": bool(roles.intersection(HOMES)),
            "unwatched": unwatched.get(key),
            "alerts": sum(n for (place, _), n in counts.items() if place == key),
            "urgent": counts.get((key, Priority.P1), 0) if key in homes else None,
            "sees_alerts": bool(roles.intersection((*CARE, Role.ENGINEER))),
            "is_live": is_live_for_p1(resources.places[key]),
            "may_open": bool(roles.intersection(PEOPLE)),
        }
        for key, roles in sorted(visitor.grants.items())
    ]
    told = not_live_notices(resources.places, sorted(visitor.grants))
    context: dict[str, Any] = {"rows": rows, "quiet": told, "is_hub": bool(hub)}
    if hub:
        reasons = health.reasons(beats.get(health.WORKER), microseconds(resources.wall()))
        context["reasons"] = [spoken(one) for one in reasons]
    return page(request, visitor, "places.html", context)
