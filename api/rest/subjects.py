"""What is kept about one home, and legal holds, for information governance."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from api import subject_answers
from api.auth import Needs, Visitor
from api.errors import Problem, absent
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import to_datetime, to_datetime_or_none
from config import holds
from config.holds import Hold
from config.problems import ConfigProblem
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(tags=["governance"])
Governor = Annotated[Visitor, Depends(Needs((Role.GOVERNANCE,)))]
Notes = Annotated[bool, Query(description="Let what staff wrote stand; known names blacked out.")]
Number = Annotated[int, Path(ge=1, le=1 << 31)]


class HoldOut(Sent):
    """A legal hold; ``set_by`` and ``lifted_by`` are account ids. It stands until ``lifted``."""

    number: int
    home: str
    place: str
    reason: str
    set_by: str
    since: datetime
    lifted: datetime | None
    lifted_by: str
    lifted_why: str


class HoldIn(BaseModel):
    """Which case it is, without names."""

    model_config = ConfigDict(extra="forbid")

    reason: str


class LiftIn(BaseModel):
    """Why it is over, without names."""

    model_config = ConfigDict(extra="forbid")

    why: str


@router.get("/homes/{home}/subject-export", response_class=Response)
def export_subject(request: Request, visitor: Governor, home: Id, notes: Notes = False) -> Response:
    """Return all that is kept about a home, as `stillwell subject export` writes it."""
    return subject_answers.as_json(request, visitor, home, with_notes=notes)


@router.get("/places/{place}/holds")
def list_holds(request: Request, visitor: Governor, place: Id) -> list[HoldOut]:
    """Return the legal holds of a place, those that stand first."""
    resources: Resources = request.app.state.resources
    if place not in visitor.places(Role.GOVERNANCE):
        raise absent()
    with resources.database.connect() as connection:
        return [_hold(one) for one in holds.of_places(connection, [place])]


@router.post("/homes/{home}/holds")
def place_hold(request: Request, visitor: Governor, home: Id, body: HoldIn) -> HoldOut:
    """Put a legal hold on a home: nothing of it is erased or expires. 422 says what is wrong."""
    resources: Resources = request.app.state.resources
    subject_answers.find(request, visitor, home)
    now_us = microseconds(resources.wall())
    try:
        with resources.database.begin() as connection:
            made = holds.place(connection, home, body.reason, visitor.account.id, now_us)
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return _hold(made)


@router.post("/homes/{home}/holds/{number}/lift")
def lift_hold(
    request: Request, visitor: Governor, home: Id, number: Number, body: LiftIn
) -> HoldOut:
    """Lift a hold of a home; 422 says what is wrong."""
    resources: Resources = request.app.state.resources
    subject_answers.find_hold(request, visitor, home, number)
    places, now_us = visitor.places(Role.GOVERNANCE), microseconds(resources.wall())
    try:
        with resources.database.begin() as connection:
            lifted = holds.lift(connection, places, number, body.why, visitor.account.id, now_us)
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return _hold(lifted)


def _hold(one: Hold) -> HoldOut:
    return HoldOut(
        number=one.number,
        home=one.home,
        place=one.place,
        reason=one.reason,
        set_by=one.set_by,
        since=to_datetime(one.set_us),
        lifted=to_datetime_or_none(one.lifted_us),
        lifted_by=one.lifted_by,
        lifted_why=one.lifted_why,
    )
