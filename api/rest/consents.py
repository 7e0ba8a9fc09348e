"""On what ground homes are watched: recorded, read, withdrawn, and what is due for review."""

from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from api import consent_acts
from api.auth import Needs, Visitor
from api.contacting import EDITORS
from api.errors import Problem
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import to_datetime, to_datetime_or_none
from config.consents import LONGEST_WHY, Basis, Consent, ConsentPlan, Decider
from config.problems import ConfigProblem

router: Final = APIRouter(tags=["consents"])
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]


class ConsentOut(Sent):
    """A decision; ``recorded_by`` and ``withdrawn_by`` are account ids, ``purpose`` by kind."""

    number: int
    home: str
    basis: Basis
    decided_by: Decider
    decided_on: date
    review_on: date
    reference: str
    purpose: dict[str, str]
    recorded: datetime
    recorded_by: str
    withdrawn: datetime | None
    withdrawn_by: str | None
    why: str


class ConsentsOut(Sent):
    """Every decision about a home, the newest first; at most one is not withdrawn."""

    consents: list[ConsentOut]


class ReviewOut(ConsentOut):
    """A decision that must be reviewed; it is overdue once its day has passed."""

    is_overdue: bool


class DueOut(Sent):
    """Reviews due within four weeks or overdue, and homes that are watched without a decision."""

    today: date
    reviews: list[ReviewOut]
    unrecorded: list[str]


class WithdrawIn(BaseModel):
    """Why, in a few words without names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    why: str = Field(min_length=1, max_length=LONGEST_WHY)


@router.get("/homes/{home}/consents")
def list_consents(request: Request, visitor: Editor, home: Id) -> ConsentsOut:
    """Return every decision about a home."""
    resources: Resources = request.app.state.resources
    found = consent_acts.history(resources, visitor, home)
    return ConsentsOut(consents=[ConsentOut.model_validate(_fields(one)) for one in found])


@router.post("/homes/{home}/consents")
def record_consent(request: Request, visitor: Editor, home: Id, body: ConsentPlan) -> ConsentOut:
    """Keep a consent or a best-interests decision; a home that awaited it is watched from now on.

    It takes the place of the one before. 422 says what is wrong, and nothing is kept.
    """
    resources: Resources = request.app.state.resources
    try:
        kept = consent_acts.record(resources, visitor, home, body)
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return ConsentOut.model_validate(_fields(kept))


@router.post("/homes/{home}/consents/withdraw", status_code=204)
def withdraw_consent(request: Request, visitor: Editor, home: Id, body: WithdrawIn) -> None:
    """Stop storing what a home says; smoke, falls and calls for help are raised all the same."""
    resources: Resources = request.app.state.resources
    try:
        consent_acts.withdraw(resources, visitor, home, body.why)
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem


@router.get("/places/{place}/consents")
def list_due_consents(request: Request, visitor: Editor, place: Id) -> DueOut:
    """Return what must be reviewed at a place, the oldest first."""
    resources: Resources = request.app.state.resources
    due = consent_acts.due(resources, visitor, place)
    reviews = [
        ReviewOut.model_validate(_fields(one) | {"is_overdue": one.review_on < due.today})
        for one in due.reviews
    ]
    return DueOut(today=due.today, reviews=reviews, unrecorded=list(due.unrecorded))


def _fields(one: Consent) -> dict[str, object]:
    return {
        "number": one.number,
        "home": one.home,
        "basis": one.basis,
        "decided_by": one.decided_by,
        "decided_on": one.decided_on,
        "review_on": one.review_on,
        "reference": one.reference,
        "purpose": dict(one.purpose),
        "recorded": to_datetime(one.recorded_us),
        "recorded_by": one.recorded_by,
        "withdrawn": to_datetime_or_none(one.withdrawn_us),
        "withdrawn_by": one.withdrawn_by or None,
        "why": one.why,
    }
