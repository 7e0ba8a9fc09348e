"""Emergency access: opened with a reason for some hours; governance takes notice of it."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from api.auth import ANY, Needs, Visitor
from api.errors import absent
from api.resources import Resources
from api.web import words
from api.web.alerts import Id
from api.web.pages import page, zone_of
from api.web.typed import Typed
from config import break_glass
from config.break_glass import LONGEST_H, Access, AccessRefused
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Anyone = Annotated[Visitor, Depends(Needs(ANY))]
Governor = Annotated[Visitor, Depends(Needs((Role.GOVERNANCE,)))]
SHOWN: Final = 100


@router.get("/break-glass")
def show_break_glass(request: Request, visitor: Anyone) -> Response:
    """Show the form, what is open, and to governance what was opened at its places."""
    return _page(request, visitor)


@router.post("/break-glass/{place}/open")
def open_access(
    request: Request,
    visitor: Anyone,
    place: Id,
    reason: Typed = "",
    hours: Typed = "",
) -> Response:
    """Open a place's homes to the visitor, who must hold some role there."""
    resources: Resources = request.app.state.resources
    if place not in visitor.grants:
        raise absent()
    is_number = hours.isascii() and hours.isdigit()
    try:
        with resources.database.begin() as connection:
            break_glass.open_access(
                connection,
                visitor.account.id,
                place,
                reason=reason,
                hours=int(hours) if is_number else 0,
                now_us=microseconds(resources.wall()),
            )
    except AccessRefused as problem:
        told = str(problem).partition(": ")[2].capitalize()
        field = "hours" if told.startswith("Hours") else "reason"
        kept = {"place": place, "reason": reason, "hours": hours}
        return _page(request, visitor, errors={field: told}, kept=kept)
    return RedirectResponse("/break-glass", 303)


@router.post("/break-glass/accesses/{access}/end")
def end_access(request: Request, visitor: Anyone, access: Id) -> Response:
    """End one's own emergency access before its time; signs out everywhere."""
    resources: Resources = request.app.state.resources
    mine, now_us = visitor.account.id, microseconds(resources.wall())
    with resources.database.begin() as connection:
        if not break_glass.end(connection, mine, access, by=mine, now_us=now_us):
            raise absent()
    return RedirectResponse("/sign-in", 303)


@router.post("/break-glass/accesses/{access}/notice")
def take_notice(request: Request, visitor: Governor, access: Id) -> Response:
    """Record that governance knows of an emergency access."""
    resources: Resources = request.app.state.resources
    places, now_us = visitor.places(Role.GOVERNANCE), microseconds(resources.wall())
    with resources.database.begin() as connection:
        by = visitor.account.id
        if not break_glass.take_notice(connection, places, access, by=by, now_us=now_us):
            raise absent()
    return RedirectResponse("/break-glass", 303)


def _page(
    request: Request,
    visitor: Visitor,
    *,
    errors: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
) -> Response:
    resources: Resources = request.app.state.resources
    now_us, zone = microseconds(resources.wall()), zone_of(resources, None)
    watched = visitor.places(Role.GOVERNANCE)
    with resources.database.connect() as connection:
        mine = break_glass.list_of_account(connection, visitor.account.id, now_us=now_us)
        known = break_glass.list_of_places(connection, watched, limit=SHOWN)
    context = {
        "open": [_row(one, resources, zone, now_us) for one in mine],
        "known": [_row(one, resources, zone, now_us) for one in known],
        "is_governance": bool(watched),
        "choices": [(key, resources.places[key].name) for key in sorted(visitor.grants)],
        "longest": LONGEST_H,
        "errors": errors or {},
        "kept": kept or {},
        "own": visitor.account.id,
    }
    return page(request, visitor, "break_glass.html", context, status=422 if errors else 200)


def _row(one: Access, resources: Resources, zone: tzinfo, now_us: int) -> dict[str, Any]:
    place = resources.places.get(one.place)
    return {
        "id": one.id,
        "account": one.account,
        "name": one.name,
        "place": one.place if place is None else place.name,
        "reason": one.reason,
        "opened": words.moment(one.opened_us, zone),
        "until": words.moment(one.until_us, zone),
        "is_open": one.until_us > now_us,
        "is_seen": one.seen_us > 0,
    }
