"""The front door, and the places of somebody who works for several."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from api import queries, roster
from api.auth import ANY, CARE, COUNTS, HOMES, Needs, Visitor
from api.resources import Resources
from api.web import words
from api.web.pages import page
from config.people import Role

router: Final = APIRouter(include_in_schema=False)
Anyone = Annotated[Visitor, Depends(Needs(ANY))]


@router.get("/")
def show_front(visitor: Anyone) -> Response:
    """Go to the page where this visitor's work is."""
    doors = (
        ("/alerts", CARE),
        ("/homes", HOMES),
        ("/system", (Role.ENGINEER,)),
        ("/counts", COUNTS),
        ("/audit", (Role.GOVERNANCE,)),
    )
    open_ = (address for address, roles in doors if visitor.holds(*roles))
    return RedirectResponse(next(open_, "/me"), 303)


@router.get("/places")
def show_places(request: Request, visitor: Anyone) -> Response:
    """Show the visitor's places, each with its roles and what stands there."""
    resources: Resources = request.app.state.resources
    scope = queries.scope_of(visitor)
    with resources.database.connect() as connection:
        homes = roster.count_homes(connection, scope.places)
        counts = queries.count_standing(connection, scope)
    rows = [
        {
            "key": key,
            "name": resources.places[key].name,
            "roles": ", ".join(sorted(words.label(role.value).lower() for role in roles)),
            "homes": homes.get(key),
            "alerts": sum(n for (place, _), n in counts.items() if place == key),
            "sees_alerts": bool(roles.intersection((*CARE, Role.ENGINEER))),
        }
        for key, roles in sorted(visitor.grants.items())
    ]
    return page(request, visitor, "places.html", {"rows": rows})
