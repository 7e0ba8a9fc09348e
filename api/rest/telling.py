"""Ladders and rotas of a place, and how the caller wants to be told."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from alerts.notify.webhook import Unsafe, guard
from api import telling
from api.auth import ANY, HOMES, Needs, Visitor
from api.errors import Problem, absent
from api.resources import Resources
from api.rest import versions
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import to_datetime
from config import declarations, ladders, recipients, rotas, webhooks
from config.database import hold_writers
from config.ladders import Ladder
from config.problems import ConfigProblem
from config.recipients import Recipient
from config.roles import Role
from config.rotas import Rota, Turn
from ingest.clock import microseconds

router: Final = APIRouter(tags=["telling"])
Reader = Annotated[Visitor, Depends(Needs(HOMES))]
Supervisor = Annotated[Visitor, Depends(Needs((Role.SUPERVISOR,)))]
Anybody = Annotated[Visitor, Depends(Needs(ANY))]
Values = Annotated[dict[str, Any], Body()]
PriorityName = Annotated[str, Path(max_length=2)]


class TurnOut(Sent):
    """One person on call, by the e-mail of their account."""

    person: str
    start: datetime
    end: datetime


class OnCallOut(Sent):
    """Who is on call for a team now and next; null where nobody is."""

    team: str
    name: str
    now: TurnOut | None
    next: TurnOut | None


class GapOut(Sent):
    """A span of the next four weeks in which nobody is on call who should be."""

    team: str
    start: datetime
    end: datetime


class DutyOut(Sent):
    """The rota in force, null when none was saved, and what follows from it."""

    rota: Rota | None
    teams: list[OnCallOut]
    gaps: list[GapOut]


class WebhookIn(BaseModel):
    """Where a place's events go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(min_length=8, max_length=500, pattern=r"^[\x21-\x7e]+$")]


class WebhookOut(Sent):
    """A place's webhook; ``secret`` signs what goes there and is not shown again."""

    url: str
    secret: str


class LaddersOut(Sent):
    """The ladder of each priority, null where there is none."""

    ladders: dict[str, Ladder | None]


@router.get("/places/{place}/ladders")
def list_ladders(request: Request, visitor: Reader, place: Id) -> LaddersOut:
    """Return who is told of alerts here, by priority."""
    resources: Resources = request.app.state.resources
    if place not in visitor.places(*HOMES):
        raise absent()
    with resources.database.connect() as connection:
        return LaddersOut(ladders=dict(telling.ladders_of(connection, place)))


@router.post("/places/{place}/ladders/{priority}")
def save_ladder(
    request: Request, visitor: Supervisor, place: Id, priority: PriorityName, body: Values
) -> LaddersOut:
    """Put a ladder in force; 422 says what is missing."""
    resources: Resources = request.app.state.resources
    if place not in visitor.places(Role.SUPERVISOR):
        raise absent()
    now_us = microseconds(resources.clock())
    try:
        wanted = telling.read_priority(priority)
        plan = ladders.read_plan(body, "body")
        with resources.database.begin() as connection:
            telling.save_ladder(connection, place, wanted, plan, visitor.account.id, now_us)
            return LaddersOut(ladders=dict(telling.ladders_of(connection, place)))
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem


@router.get("/places/{place}/rota")
def get_rota(request: Request, response: Response, visitor: Reader, place: Id) -> DutyOut:
    """Return who is on call now and next, and the gaps of the next four weeks.

    The ETag is what a change of the rota (PUT) names.
    """
    resources: Resources = request.app.state.resources
    if place not in visitor.places(*HOMES):
        raise absent()
    with resources.database.connect() as connection:
        found = declarations.newest(connection, place, rotas.SUBJECT)
    versions.tag(response, 0 if found is None else found.id)
    return duty_of(resources, place)


@router.post("/places/{place}/rota")
def save_rota(
    request: Request,
    visitor: Supervisor,
    place: Id,
    body: Values,
    accept_gaps: Annotated[bool, Query()] = False,
) -> DutyOut:
    """Put a rota in force over whatever holds; 422 says where it overlaps itself.

    Also when nobody would be on call within the next 7 days where somebody is now: sent again with
    ``accept_gaps`` it is saved. Whoever changes what holds sends it by PUT with If-Match.
    """
    resources: Resources = request.app.state.resources
    if place not in visitor.places(Role.SUPERVISOR):
        raise absent()
    now_us, account = microseconds(resources.clock()), visitor.account.id
    try:
        plan = rotas.read_plan(body, "body")
        with resources.database.begin() as connection:
            hold_writers(connection)
            telling.save_rota(
                connection, resources.places[place], plan, account, now_us,
                is_gap_meant=accept_gaps,
            )  # fmt: skip
    except telling.GapOpened as gaps:
        raise Problem(422, f"{gaps} (accept_gaps=true)") from gaps
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return duty_of(resources, place)


@router.post("/places/{place}/webhook")
def save_webhook(request: Request, visitor: Supervisor, place: Id, body: WebhookIn) -> WebhookOut:
    """Replace the place's webhook; its new secret is shown this once. 422 for a private address."""
    resources: Resources = request.app.state.resources
    if place not in visitor.places(Role.SUPERVISOR):
        raise absent()
    try:
        guard(body.url, is_private_allowed=resources.is_private_webhook_allowed)
    except Unsafe as problem:
        raise Problem(422, str(problem)) from problem
    now_us, account = microseconds(resources.clock()), visitor.account.id
    with resources.database.begin() as connection:
        secret = webhooks.save(connection, place, body.url, account, now_us)
    return WebhookOut(url=body.url, secret=secret)


@router.get("/me/recipient")
def get_recipient(request: Request, visitor: Anybody) -> Recipient:
    """Return how the caller wants to be told."""
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        return recipients.find(connection, visitor.account.id) or Recipient()


@router.post("/me/recipient")
def save_recipient(request: Request, visitor: Anybody, body: Values) -> Recipient:
    """Say how to be told: addresses, language, quiet hours (which never hold P1 or P2)."""
    resources: Resources = request.app.state.resources
    try:
        plan = recipients.read_plan(body, "body")
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    with resources.database.begin() as connection:
        now_us = microseconds(resources.wall())
        recipients.save(connection, visitor.account.id, plan, now_us=now_us)
    return plan


def duty_of(resources: Resources, place: str) -> DutyOut:
    """Return who is on call at a place, and its gaps."""
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        found = telling.duty(connection, resources.places[place], now_us)
    return DutyOut(
        rota=found.rota,
        teams=[
            OnCallOut(team=t.team, name=t.name, now=_turn(t.now), next=_turn(t.next))
            for t in found.teams
        ],
        gaps=[
            GapOut(team=team, start=to_datetime(start_us), end=to_datetime(end_us))
            for team, start_us, end_us in found.gaps
        ],
    )


def _turn(turn: Turn | None) -> TurnOut | None:
    if turn is None:
        return None
    start, end = to_datetime(turn.start_us), to_datetime(turn.end_us)
    return TurnOut(person=turn.person, start=start, end=end)
