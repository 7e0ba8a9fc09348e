"""Places as numbers, beside each other: for commissioners and for who runs the hub."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from alerts.alert import Priority
from api.auth import COUNTS, Needs, Visitor
from api.counts import DAYS, SMALLEST, Counts, counts_of
from api.resources import Resources
from api.web.language import _
from api.web.pages import page
from config.places import not_live_notices
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)


@router.get("/counts")
def show_counts(request: Request, visitor: Annotated[Visitor, Depends(Needs(COUNTS))]) -> Response:
    """Show the numbers of the visitor's places; no home is named."""
    resources: Resources = request.app.state.resources
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        found = [counts_of(connection, visitor, place, now_us) for place in visitor.places(*COUNTS)]
    context = {
        "rows": [_row(one, resources) for one in found],
        "priorities": [priority.value for priority in Priority],
        "is_suppressed": any(not one.is_exact for one in found),
        "smallest": SMALLEST,
        "days": DAYS,
        "quiet": not_live_notices(resources.places, visitor.places(*COUNTS)),
    }
    return page(request, visitor, "counts.html", context)


def _row(one: Counts, resources: Resources) -> dict[str, Any]:
    tell = _untold if one.homes is None else _told  # of so few homes nothing is told
    return {
        "name": resources.places[one.place].name,
        "homes": _told(one.homes),
        "unwatched": tell(one.unwatched),
        "standing": [(p.value, tell(one.standing[p])) for p in Priority],
        "raised": [(p.value, tell(one.raised[p])) for p in Priority],
    }


def _told(number: int | None) -> str:
    return f"1 to {SMALLEST - 1}" if number is None else f"{number:,}"


def _untold(_number: int | None) -> str:
    return _("not told: fewer than %(smallest)s homes", smallest=SMALLEST)
