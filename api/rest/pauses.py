"""Pauses of homes: listed, begun, ended and extended, each in the caller's name."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api import pausing
from api.auth import HOMES, Needs, Visitor
from api.errors import Problem, absent
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import from_datetime, to_datetime, to_datetime_or_none
from config.homes import Home
from config.pauses import LONGEST_WHY, Pause, PauseReason
from config.problems import ConfigProblem
from ingest.clock import microseconds

router: Final = APIRouter(tags=["pauses"])
Number = Annotated[int, Path(ge=1, le=1 << 31)]
Member = Annotated[Visitor, Depends(Needs(HOMES))]


class PauseOut(Sent):
    """A pause; ``by`` and ``ended_by`` are account ids. ``state`` is paused, to come or over."""

    number: int
    home: str
    reason: PauseReason
    start: datetime
    until: datetime
    by: str
    why: str
    ended: datetime | None
    ended_by: str | None
    state: str


class PausesOut(Sent):
    """Pauses that run or are to come, and those over in the last 28 days."""

    pauses: list[PauseOut]


class PauseIn(BaseModel):
    """The wish: why and until when; without ``start`` it begins now."""

    model_config = ConfigDict(extra="forbid")

    reason: PauseReason
    until: AwareDatetime
    start: AwareDatetime | None = None
    why: str = Field(default="", max_length=LONGEST_WHY)


class UntilIn(BaseModel):
    """Another end."""

    model_config = ConfigDict(extra="forbid")

    until: AwareDatetime


@router.get("/places/{place}/pauses")
def list_pauses(request: Request, visitor: Member, place: Id) -> PausesOut:
    """Return the pauses of a place."""
    resources: Resources = request.app.state.resources
    if place not in visitor.places(*HOMES):
        raise absent()
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        found = pausing.listing(connection, [place], now_us)
    return PausesOut(pauses=[_pause(home, pause, now_us) for home, pause in found])


@router.post("/homes/{home}/pauses")
def begin_pause(request: Request, visitor: Member, home: Id, body: PauseIn) -> PauseOut:
    """Pause a home; 422 says what is wrong and what to do."""
    resources: Resources = request.app.state.resources
    now_us = microseconds(resources.clock())
    try:
        with resources.database.begin() as connection:
            of, made = pausing.begin(
                connection,
                visitor.places(*HOMES),
                home,
                reason=body.reason,
                from_us=now_us if body.start is None else from_datetime(body.start, "start"),
                until_us=from_datetime(body.until, "until"),
                account=visitor.account.id,
                why=body.why,
                now_us=now_us,
            )
    except LookupError as problem:
        raise absent() from problem
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return _pause(of, made, now_us)


@router.post("/homes/{home}/pauses/{number}/end", status_code=204)
def end_pause(request: Request, visitor: Member, home: Id, number: Number) -> None:
    """End a pause now; 404 when none of this number runs or is to come."""
    resources: Resources = request.app.state.resources
    now_us, by = microseconds(resources.clock()), visitor.account.id
    try:
        with resources.database.begin() as connection:
            pausing.end(
                connection, visitor.places(*HOMES), number, account=by, now_us=now_us, of=home
            )
    except LookupError as problem:
        raise absent() from problem
    pausing.answer(resources.database, resources.ledger, home, by, now_us)


@router.post("/homes/{home}/pauses/{number}/extend")
def extend_pause(
    request: Request, visitor: Member, home: Id, number: Number, body: UntilIn
) -> PauseOut:
    """Let a pause that runs end at another time; 404, or 422 says what is wrong."""
    resources: Resources = request.app.state.resources
    now_us = microseconds(resources.clock())
    try:
        with resources.database.begin() as connection:
            of, made = pausing.extend(
                connection,
                visitor.places(*HOMES),
                number,
                of=home,
                until_us=from_datetime(body.until, "until"),
                account=visitor.account.id,
                now_us=now_us,
            )
    except LookupError as problem:
        raise absent() from problem
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return _pause(of, made, now_us)


def _pause(home: Home, pause: Pause, now_us: int) -> PauseOut:
    return PauseOut(
        number=pause.number,
        home=home.id,
        reason=pause.reason,
        start=to_datetime(pause.from_us),
        until=to_datetime(pause.until_us),
        by=pause.account,
        why=pause.why,
        ended=to_datetime_or_none(pause.ended_us),
        ended_by=pause.ended_by or None,
        state=pausing.state(pause, now_us),
    )
