"""Emergency access: opened with a reason for some hours; governance takes notice of it."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.auth import ANY, Needs, Visitor
from api.errors import Problem, absent
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent, readable
from api.rest.moments import to_datetime
from config import break_glass
from config.break_glass import Access, AccessRefused
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(tags=["emergency access"])
Anyone = Annotated[Visitor, Depends(Needs(ANY))]
Governor = Annotated[Visitor, Depends(Needs((Role.GOVERNANCE,)))]
SHOWN: Final = 1000


class AccessIn(BaseModel):
    """Why, in a sentence that governance reads, and for how many hours."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Annotated[str, Field(max_length=2000), AfterValidator(readable)]
    hours: int = 1


class AccessOut(Sent):
    """One emergency access; ``noticed_at`` is null until governance took notice."""

    id: str
    place: str
    account: str
    reason: str
    opened_at: datetime
    until: datetime
    noticed_by: str
    noticed_at: datetime | None


@router.get("/emergency-access")
def list_own(request: Request, visitor: Anyone) -> list[AccessOut]:
    """Return what the caller has open now."""
    resources: Resources = request.app.state.resources
    now_us = microseconds(resources.wall())
    with resources.database.connect() as connection:
        found = break_glass.list_of_account(connection, visitor.account.id, now_us=now_us)
    return [_out(one) for one in found]


@router.get("/places/{place}/emergency-access")
def list_accesses(request: Request, visitor: Governor, place: Id) -> list[AccessOut]:
    """Return what was opened at a place: not yet noticed first, then the newest."""
    resources: Resources = request.app.state.resources
    if place not in visitor.places(Role.GOVERNANCE):
        raise absent()
    with resources.database.connect() as connection:
        found = break_glass.list_of_places(connection, [place], limit=SHOWN)
    return [_out(one) for one in found]


@router.post("/places/{place}/emergency-access", status_code=201)
def open_access(request: Request, visitor: Anyone, place: Id, body: AccessIn) -> list[AccessOut]:
    """Open a place's homes to the caller, who must hold some role there; 422 says what is wrong."""
    resources: Resources = request.app.state.resources
    if place not in visitor.grants:
        raise absent()
    mine, now_us = visitor.account.id, microseconds(resources.wall())
    try:
        with resources.database.begin() as connection:
            break_glass.open_access(
                connection, mine, place, reason=body.reason, hours=body.hours, now_us=now_us
            )
    except AccessRefused as problem:
        raise Problem(422, str(problem)) from problem
    return list_own(request, visitor)


@router.post("/emergency-access/{access}/end", status_code=204)
def end_access(request: Request, visitor: Anyone, access: Id) -> None:
    """End one's own before its time; signs out everywhere."""
    resources: Resources = request.app.state.resources
    mine, now_us = visitor.account.id, microseconds(resources.wall())
    with resources.database.begin() as connection:
        if not break_glass.end(connection, mine, access, by=mine, now_us=now_us):
            raise absent()


@router.post("/emergency-access/{access}/notice", status_code=204)
def take_notice(request: Request, visitor: Governor, access: Id) -> None:
    """Record that governance knows of an emergency access; nobody takes notice of their own."""
    resources: Resources = request.app.state.resources
    places, by = visitor.places(Role.GOVERNANCE), visitor.account.id
    now_us = microseconds(resources.wall())
    with resources.database.begin() as connection:
        if not break_glass.take_notice(connection, places, access, by=by, now_us=now_us):
            raise absent()


def _out(one: Access) -> AccessOut:
    return AccessOut(
        id=one.id,
        place=one.place,
        account=one.account,
        reason=one.reason,
        opened_at=to_datetime(one.opened_us),
        until=to_datetime(one.until_us),
        noticed_by=one.seen_by,
        noticed_at=to_datetime(one.seen_us) if one.seen_us else None,
    )
