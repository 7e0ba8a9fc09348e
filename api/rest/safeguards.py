"""Taking a contact from whom a person must be kept safe out of a home, and taking that back."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from api import safeguards
from api.auth import Needs, Visitor
from api.contacting import EDITORS
from api.errors import Problem
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import to_datetime_or_none
from api.safeguards import LIFTERS
from config.problems import ConfigProblem

router: Final = APIRouter(tags=["contacts"])
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]
Lifter = Annotated[Visitor, Depends(Needs(LIFTERS))]
Number = Annotated[int, Path(ge=1, le=1 << 31)]


class ReasonIn(BaseModel):
    """Why; kept sealed with the home, for supervisors and officers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    why: Annotated[str, Field(max_length=4000)]


class BarOut(Sent):
    """A contact that was taken out of a home: never the name or the number."""

    number: int
    at: datetime | None
    by: str
    why: str
    lifted_at: datetime | None
    lifted_by: str
    lifted_why: str


class BarsOut(Sent):
    """What was ever barred in a home, the oldest first."""

    home: str
    barred: list[BarOut]


@router.post("/contacts/{contact}/safeguard")
def safeguard_contact(request: Request, visitor: Editor, contact: Id, body: ReasonIn) -> BarsOut:
    """Take a contact out of the home's list at once and for good, and bar the number there."""
    resources: Resources = request.app.state.resources
    try:
        home = safeguards.remove(resources, visitor, contact, body.why)
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return _told(resources, visitor, home)


@router.get("/homes/{home}/safeguards")
def list_safeguards(request: Request, visitor: Editor, home: Id) -> BarsOut:
    """Return what was barred in a home, by whom and why; no name and no number."""
    return _told(request.app.state.resources, visitor, home)


@router.post("/homes/{home}/safeguards/{number}/lift")
def lift_safeguard(
    request: Request, visitor: Lifter, home: Id, number: Number, body: ReasonIn
) -> BarsOut:
    """Let a number that was barred be entered as a contact again; the contact itself is gone."""
    resources: Resources = request.app.state.resources
    try:
        safeguards.lift(resources, visitor, home, number, body.why)
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return _told(resources, visitor, home)


def _told(resources: Resources, visitor: Visitor, home: str) -> BarsOut:
    found = safeguards.of_home(resources, visitor, home)
    rows = [
        BarOut(
            number=one.number,
            at=to_datetime_or_none(one.bar.at_us or None),
            by=one.bar.by,
            why=one.bar.why,
            lifted_at=to_datetime_or_none(one.bar.lifted_us or None),
            lifted_by=one.bar.lifted_by,
            lifted_why=one.bar.lifted_why,
        )
        for one in found
    ]
    return BarsOut(home=home, barred=rows)
