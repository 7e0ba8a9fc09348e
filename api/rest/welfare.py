"""Homes that cannot be seen, and who is calling about them."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from alerts import welfare_calls
from alerts.refusals import Refused
from alerts.welfare_calls import MOST_SAID, CallOutcome, Outdated, Taken, WelfareCall
from api import queries, welfare
from api.auth import CARE, HOMES, Needs, Visitor
from api.errors import Problem, absent
from api.queries import Unwatched
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import to_datetime, to_datetime_or_none
from ingest.clock import microseconds

router: Final = APIRouter(tags=["welfare calls"])
Number = Annotated[int, Path(ge=1, le=1 << 31)]
IfMatch = Annotated[str, Header(alias="If-Match", max_length=200)]
Member = Annotated[Visitor, Depends(Needs(HOMES))]
Carer = Annotated[Visitor, Depends(Needs(CARE))]


class WelfareCallOut(Sent):
    """A call; ``called_by`` is an account id. After ``until`` one without outcome has lapsed."""

    number: int
    called_by: str
    at: datetime
    until: datetime
    ended: datetime | None
    outcome: CallOutcome | None
    said: str
    is_calling: bool


class WelfareCallsOut(Sent):
    """Calls about a home, the newest first; the ETag names the newest."""

    calls: list[WelfareCallOut]


class UnwatchedOut(Sent):
    """A home that cannot be seen, and the newest call since then; ``risk_tier`` 1 is the highest.

    ``reason`` is what hides it: gateway, sensor, outage, link.
    """

    home: str
    label: str
    risk_tier: int
    since: datetime
    reason: str
    call: WelfareCallOut | None


class UnwatchedListOut(Sent):
    """Homes of a place that cannot be seen: the highest risk first, then the longest unseen."""

    homes: list[UnwatchedOut]


class EndIn(BaseModel):
    """What came of the call; ``said`` is needed when help was."""

    model_config = ConfigDict(extra="forbid")

    outcome: CallOutcome
    said: str = Field(default="", max_length=MOST_SAID)


@router.get("/places/{place}/unwatched")
def list_unwatched(request: Request, visitor: Member, place: Id) -> UnwatchedListOut:
    """Return the homes of a place that cannot be seen: since when, why, who is calling."""
    resources: Resources = request.app.state.resources
    if place not in visitor.places(*HOMES):
        raise absent()
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        found = queries.unwatched(connection, [place])
        calls = welfare_calls.newest(connection, [one.home for one in found])
    return UnwatchedListOut(homes=[_home(one, calls.get(one.home), now_us) for one in found])


@router.get("/homes/{home}/welfare-calls")
def list_calls(request: Request, visitor: Member, home: Id, response: Response) -> WelfareCallsOut:
    """Return who called about a home, and who is calling now."""
    return _calls(request, visitor, home, response)


@router.post("/homes/{home}/welfare-calls")
def claim_call(
    request: Request, visitor: Carer, home: Id, response: Response, if_match: IfMatch = ""
) -> WelfareCallsOut:
    """Say that the caller is calling; 409 who already is, 412 changed since, 422 home is seen."""
    resources: Resources = request.app.state.resources
    try:
        welfare.claim(resources, visitor, home, saw=if_match)
    except Taken as taken:
        told = "Somebody else is calling about this home already."
        extra = {
            "actor": taken.call.called_by,
            "at": to_datetime(taken.call.at_us).isoformat(),
            "until": to_datetime(taken.call.until_us).isoformat(),
        }
        raise Problem(409, told, extra=extra) from taken
    except Outdated as outdated:
        raise _outdated(outdated) from outdated
    except Refused as refused:
        raise Problem(422, str(refused)) from refused
    return _calls(request, visitor, home, response)


@router.post("/homes/{home}/welfare-calls/{number}/end")
def end_call(
    request: Request, visitor: Carer, home: Id, number: Number, body: EndIn, response: Response
) -> WelfareCallsOut:
    """Say what came of the caller's own call, or give it back; 412 when it was ended otherwise."""
    resources: Resources = request.app.state.resources
    try:
        welfare.end(resources, visitor, home, number, body.outcome, body.said)
    except Outdated as outdated:
        raise _outdated(outdated) from outdated
    except Refused as refused:
        raise Problem(422, str(refused)) from refused
    return _calls(request, visitor, home, response)


def _outdated(outdated: Outdated) -> Problem:
    told = "Somebody has called since you read this: read it again, then repeat what still holds."
    return Problem(412, told, extra={"etag": f'"{welfare_calls.version(outdated.call)}"'})


def _calls(request: Request, visitor: Visitor, home: str, response: Response) -> WelfareCallsOut:
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        _, found = welfare.calls_of(connection, visitor, home)
    newest = found[0] if found else None
    response.headers["ETag"] = f'"{welfare_calls.version(newest)}"'
    now_us = microseconds(resources.clock())
    return WelfareCallsOut(calls=[_call(one, now_us) for one in found])


def _home(one: Unwatched, call: WelfareCall | None, now_us: int) -> UnwatchedOut:
    return UnwatchedOut(
        home=one.home,
        label=one.label,
        risk_tier=one.risk_tier,
        since=to_datetime(one.since_us),
        reason=one.reason,
        call=_call(call, now_us) if call and call.concerns(one.since_us, now_us) else None,
    )


def _call(call: WelfareCall, now_us: int) -> WelfareCallOut:
    return WelfareCallOut(
        number=call.number,
        called_by=call.called_by,
        at=to_datetime(call.at_us),
        until=to_datetime(call.until_us),
        ended=to_datetime_or_none(call.ended_us),
        outcome=call.outcome,
        said=call.said,
        is_calling=call.holds(now_us),
    )
