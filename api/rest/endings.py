"""The end of an enrolment: what it does, the act, and taking it back, each in the caller's name."""

from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from alerts.refusals import Conflict
from api import ending
from api.auth import Needs, Visitor
from api.contacting import EDITORS
from api.ending import Outlook, Wish, site_of
from api.errors import Problem, absent
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import to_datetime
from config.endings import LONGEST_WHY, EndReason, Kept
from config.problems import ConfigProblem

router: Final = APIRouter(tags=["endings"])
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]


class EndingOut(Sent):
    """What ending a home does, or did: then ``reason``, ``ended_on``, ``by`` and ``ended`` are set.

    ``erased_by`` is the day on which the last of each kind goes, unless ``legal_holds`` stand;
    ``alerts`` stand and are closed with it, ``p1`` among them must be settled or named first.
    """

    home: str
    has_ended: bool
    reason: EndReason | None
    ended_on: date | None
    ended: datetime | None
    by: str | None
    take_back_until: date
    alerts: list[str]
    p1: list[str]
    gateways: list[str]
    shared_gateways: list[str]
    pauses: int
    visits: int
    legal_holds: int
    erased_by: dict[Kept, date]


class EndIn(BaseModel):
    """Why and when it ended; ``close_p1`` are alerts of life safety that were made sure of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: EndReason
    ended_on: date
    close_p1: list[Annotated[str, Field(max_length=40)]] = Field(default=[], max_length=500)


class TakeBackIn(BaseModel):
    """What was mistaken, in a few words without names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    why: str = Field(min_length=3, max_length=LONGEST_WHY)


class CredentialOut(Sent):
    """What a gateway signs in with from now on: the secret is shown this once."""

    gateway: str
    username: str
    secret: str


class TakenBackOut(Sent):
    """A home that is enrolled again, and what its gateways sign in with."""

    home: str
    credentials: list[CredentialOut]


@router.get("/homes/{home}/ending")
def show_ending(request: Request, visitor: Editor, home: Id) -> EndingOut:
    """Return what ending this home would do to each kind of data, or what its end did."""
    return _answer(request, visitor, home)


@router.post("/homes/{home}/ending")
def end_home(request: Request, visitor: Editor, home: Id, body: EndIn) -> EndingOut:
    """End the enrolment of a home, wholly or not at all; 422 says what keeps it.

    Gateways are shut out, alerts that stand are closed, nothing more is stored.
    """
    wish = Wish(body.reason, body.ended_on, frozenset(body.close_p1))
    site, places = site_of(request.app.state.resources), visitor.places(*EDITORS)
    try:
        ending.end(site, places, home, wish, visitor.account.id)
    except LookupError as problem:
        raise absent() from problem
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    except Conflict as problem:
        raise Problem(409, "an alert was settled meanwhile: send it again") from problem
    return _answer(request, visitor, home)


@router.post("/homes/{home}/ending/take-back")
def take_back(request: Request, visitor: Editor, home: Id, body: TakeBackIn) -> TakenBackOut:
    """Enrol a home again as it was, within 14 days of its end; 422 says why it cannot be."""
    site, places = site_of(request.app.state.resources), visitor.places(*EDITORS)
    try:
        back = ending.take_back(site, places, home, body.why, visitor.account.id)
    except LookupError as problem:
        raise absent() from problem
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    issued = [
        CredentialOut(gateway=one.gateway, username=one.username, secret=one.secret)
        for one in back.issued
    ]
    return TakenBackOut(home=home, credentials=issued)


def _answer(request: Request, visitor: Visitor, home: str) -> EndingOut:
    resources: Resources = request.app.state.resources
    try:
        with resources.database.connect() as connection:
            found = ending.outlook(connection, site_of(resources), visitor.places(*EDITORS), home)
    except LookupError as problem:
        raise absent() from problem
    return _out(found)


def _out(found: Outlook) -> EndingOut:
    made = found.ending
    return EndingOut(
        home=found.home.id,
        has_ended=made is not None,
        reason=None if made is None else made.reason,
        ended_on=None if made is None else made.ended_on,
        ended=None if made is None else to_datetime(made.ended_us),
        by=None if made is None else made.ended_by,
        take_back_until=found.undo_until,
        alerts=[one.id for one in found.alerts],
        p1=[one.id for one in found.p1],
        gateways=list(found.gateways),
        shared_gateways=list(found.shared),
        pauses=found.pauses,
        visits=found.visits,
        legal_holds=found.holds,
        erased_by=dict(found.last_days),
    )
