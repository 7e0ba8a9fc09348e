"""Dead letters of a place, for its engineers."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request

from api.auth import Needs, Visitor
from api.cursors import bad_cursor
from api.errors import absent
from api.resources import Resources
from api.rest.homes import Id, Limit
from api.rest.models import DeadLetterOut, DeadLettersPage
from api.rest.moments import to_datetime
from config.roles import Role

router: Final = APIRouter(tags=["dead letters"])


@router.get("/places/{place}/dead-letters")
def list_dead_letters(
    request: Request,
    visitor: Annotated[Visitor, Depends(Needs((Role.ENGINEER,)))],
    place: Id,
    cursor: Annotated[str, Query(max_length=100, pattern=r"^([0-9]{1,18}\.[0-9]{1,18})?$")] = "",
    limit: Limit = 50,
) -> DeadLettersPage:
    """Return what could not be used of what this place's gateways sent, last seen first."""
    resources: Resources = request.app.state.resources
    if place not in visitor.places(Role.ENGINEER):
        raise absent()
    reader = resources.dead_letters()
    if reader is None:
        return DeadLettersPage(dead_letters=[], cursor=None)
    try:
        page = reader.list(place, cursor or None, limit)
    except ValueError as problem:
        raise bad_cursor() from problem
    letters = [
        DeadLetterOut(
            id=letter.id,
            reason=letter.reason,
            topic=letter.topic,
            place=letter.place,
            count=letter.count,
            first=to_datetime(letter.first_us),
            last=to_datetime(letter.last_us),
            first_bytes=letter.first_bytes.decode("ascii", "backslashreplace"),
            detail=letter.detail,
        )
        for letter in page.letters
    ]
    return DeadLettersPage(dead_letters=letters, cursor=page.cursor)
