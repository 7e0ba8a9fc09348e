"""Longer limits of single homes: proposed, accepted by a supervisor, taken back."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from alerts.action import Proposed
from api import caps, supervision
from api.auth import Needs, Visitor
from api.errors import Problem, absent
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import to_datetime
from config.allowances import HIGHEST_H, LONGEST_DAYS, Allowance
from config.homes import Home
from config.problems import ConfigProblem
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(tags=["caps"])
Number = Annotated[int, Path(ge=1, le=1 << 31)]
Supervisor = Annotated[Visitor, Depends(Needs((Role.SUPERVISOR,)))]


class ProposalOut(Sent):
    """A longer limit that the engine proposes; minutes are past local midnight."""

    home: str
    from_min: int
    to_min: int
    cap_h: float
    count: int
    at: datetime


class CapOut(Sent):
    """A longer limit that a supervisor (an account id) accepted, and who took it back."""

    number: int
    home: str
    is_out: bool
    from_min: int
    to_min: int
    cap_h: float
    accepted_by: str
    accepted: datetime
    until: datetime
    why: str
    ended_by: str | None
    is_in_force: bool


class CapsOut(Sent):
    """What is proposed, in force, and ended in the last 28 days."""

    proposed: list[ProposalOut]
    caps: list[CapOut]


class CapIn(BaseModel):
    """The wish: for which home, part of the day (over midnight when ``to_min`` is less), until."""

    model_config = ConfigDict(extra="forbid")

    home: str = Field(max_length=40)
    from_min: int = Field(ge=0, lt=1440)
    to_min: int = Field(ge=0, lt=1440)
    cap_h: float = Field(default=HIGHEST_H, gt=0, le=HIGHEST_H)
    days: float = Field(gt=0, le=LONGEST_DAYS)
    is_out: bool = False
    why: str = Field(max_length=caps.LONGEST_WHY)


@router.get("/places/{place}/caps")
def list_caps(request: Request, visitor: Supervisor, place: Id) -> CapsOut:
    """Return the longer limits of a place: proposed, in force and lately ended."""
    return _list(request.app.state.resources, supervision.places_of(visitor, place))


@router.post("/places/{place}/caps")
def accept_cap(request: Request, visitor: Supervisor, place: Id, body: CapIn) -> CapsOut:
    """Accept a longer limit for one home, in the caller's name; 422 says what is wrong."""
    resources: Resources = request.app.state.resources
    places = supervision.places_of(visitor, place)
    try:
        with resources.database.begin() as connection:
            caps.accept(
                connection,
                places,
                body.home,
                band=(body.from_min, body.to_min),
                cap_h=body.cap_h,
                days=body.days,
                is_out=body.is_out,
                account=visitor.account.id,
                why=body.why,
                now_us=microseconds(resources.clock()),
            )
    except LookupError as problem:
        raise absent() from problem
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return _list(resources, places)


@router.post("/places/{place}/caps/{number}/withdraw")
def withdraw_cap(request: Request, visitor: Supervisor, place: Id, number: Number) -> CapsOut:
    """Take a longer limit back, in the caller's name; 404 when none is in force."""
    resources: Resources = request.app.state.resources
    places = supervision.places_of(visitor, place)
    now_us = microseconds(resources.clock())
    try:
        with resources.database.begin() as connection:
            caps.withdraw(connection, places, number, account=visitor.account.id, now_us=now_us)
    except LookupError as problem:
        raise absent() from problem
    return _list(resources, places)


def _list(resources: Resources, places: tuple[str, ...]) -> CapsOut:
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        found = caps.overview(connection, places, now_us)
    held = (*found.in_force, *found.ended)
    return CapsOut(
        proposed=[_proposal(one) for _, one in found.proposed],
        caps=[_cap(home, allowance, now_us) for home, allowance in held],
    )


def _proposal(one: Proposed) -> ProposalOut:
    return ProposalOut(
        home=one.home,
        from_min=one.from_min,
        to_min=one.to_min,
        cap_h=one.cap_h,
        count=one.count,
        at=to_datetime(one.at_us),
    )


def _cap(home: Home, allowance: Allowance, now_us: int) -> CapOut:
    return CapOut(
        number=allowance.number,
        home=home.id,
        is_out=allowance.is_out,
        from_min=allowance.from_min,
        to_min=allowance.to_min,
        cap_h=allowance.cap_h,
        accepted_by=allowance.account,
        accepted=to_datetime(allowance.accepted_us),
        until=to_datetime(allowance.until_us),
        why=allowance.why,
        ended_by=allowance.ended_by or None,
        is_in_force=allowance.until_us > now_us,
    )
