"""What is decided for a place, read and changed without losing what another changed meanwhile."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection

from alerts import calibrations
from alerts.texts import TEST, TEXTS
from api import idempotency, telling
from api.auth import HOMES, PEOPLE, Needs, Visitor
from api.detector_report import budget_text
from api.errors import Problem, absent
from api.resources import Resources
from api.rest import versions
from api.rest.detector_models import BudgetOut
from api.rest.detectors import budget_out
from api.rest.homes import Id
from api.rest.models import Sent, readable
from api.rest.moments import to_datetime
from api.rest.telling import DutyOut, PriorityName, duty_of
from api.rest.versions import IfMatch
from config import alert_budgets, declarations, ladder_rows, ladders, message_texts, rotas
from config.database import hold_writers
from config.declarations import Stale
from config.ladders import Ladder
from config.places import Place
from config.problems import ConfigProblem
from ingest.clock import microseconds

router: Final = APIRouter(tags=["place settings"])
Reader = Annotated[Visitor, Depends(Needs(HOMES))]
Editor = Annotated[Visitor, Depends(Needs(PEOPLE))]
Key = Annotated[str | None, Header(alias="Idempotency-Key", pattern=idempotency.PATTERN)]
Why = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S"), AfterValidator(readable)]
_FIELD: Final = re.compile(r"^\w+: (?P<field>[a-z_]+(?:\.[\w-]+)*)(?:\.\d+)?[ :]")


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    why: Why = Field(description="The reason, kept with the caller's name. Name nobody.")


class LadderIn(_In):
    """A ladder as ``GET`` shows it, and why it changes."""

    ladder: dict[str, Any]


class BudgetIn(_In):
    """A budget and why it changes."""

    per_100_homes_week: float = Field(
        description="Alerts of P2 and P3 per 100 homes a week, from 0.1 to 100."
    )


class TextsIn(_In):
    """The texts of messages, all four, and why they change."""

    texts: dict[str, str]


class RotaIn(_In):
    """A whole rota as ``GET`` shows it, and why it changes."""

    rota: dict[str, Any]


class Held(Sent):
    """Who decided what holds, null where nobody has and the place file holds."""

    since: datetime | None
    by: str | None
    why: str | None


class LadderOut(Held):
    """The ladder in force, null where there is none."""

    priority: str
    ladder: Ladder | None


class BudgetSettingOut(Held):
    """The budget in force, with the rate to expect and its interval: null before a day is counted.

    ``said`` is the same in sentences.
    """

    per_100_homes_week: float
    of_place_file: float
    calibrated: BudgetOut | None
    said: list[str]


class TextsOut(Held):
    """The texts of messages that are in force."""

    texts: dict[str, str]


@router.get("/places/{place}/ladders/{priority}")
def get_ladder(
    request: Request, response: Response, visitor: Reader, place: Id, priority: PriorityName
) -> LadderOut:
    """Return the ladder of one priority, with the ETag that a change of it names."""
    of = _place(request, visitor, place, HOMES)
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        return _ladder(connection, response, of, _priority(priority))


@router.put("/places/{place}/ladders/{priority}")
def put_ladder(
    request: Request,
    response: Response,
    visitor: Editor,
    place: Id,
    priority: PriorityName,
    body: LadderIn,
    if_match: IfMatch = None,
    key: Key = None,
) -> LadderOut:
    """Put a ladder in force; If-Match names the ETag that was read (428, 412).

    422 names the field: a P1 must come to a fallback that needs no rota within 30 minutes.
    """
    of, wanted = _place(request, visitor, place, PEOPLE), _priority(priority)
    read = versions.asked(if_match, "ladder")
    plan = _read_ladder(body.ladder, wanted)

    def save(connection: Connection, account: str, now_us: int) -> int:
        return telling.save_ladder(
            connection, of.key, telling.read_priority(wanted), plan, account, now_us,
            why=body.why.strip(), read=read,
        )  # fmt: skip

    asked = ("ladder", of.key, wanted, read, body.model_dump())
    _save(request, visitor, "ladder", save, key, asked)
    return get_ladder(request, response, visitor, place, priority)


@router.get("/places/{place}/budget")
def get_budget(
    request: Request, response: Response, visitor: Reader, place: Id
) -> BudgetSettingOut:
    """Return the alert budget and what it comes to, with the ETag that a change of it names."""
    of = _place(request, visitor, place, HOMES)
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        held = _held(connection, response, of, alert_budgets.SUBJECT)
        now = alert_budgets.in_force(connection, {of.key: of})[of.key]
        last = calibrations.newest(connection, [of.key]).get(of.key)
    said = budget_text(last, now)
    return BudgetSettingOut(
        **held,
        per_100_homes_week=now.alert_budget,
        of_place_file=of.alert_budget,
        calibrated=None if last is None else budget_out(last, " ".join(said)),
        said=said,
    )


@router.put("/places/{place}/budget")
def put_budget(
    request: Request,
    response: Response,
    visitor: Editor,
    place: Id,
    body: BudgetIn,
    if_match: IfMatch = None,
    key: Key = None,
) -> BudgetSettingOut:
    """Put a budget in force; If-Match names the ETag that was read (428, 412).

    The worker takes it up within about a minute; P1 has no budget.
    """
    of = _place(request, visitor, place, PEOPLE)
    read = versions.asked(if_match, "budget")
    try:
        budget = alert_budgets.read(f"{body.per_100_homes_week:g}")
    except ConfigProblem as problem:
        said = f"per_100_homes_week is {body.per_100_homes_week:g}, expected 0.1..100"
        raise _wrong([("per_100_homes_week", said)]) from problem

    def save(connection: Connection, account: str, now_us: int) -> int:
        why = body.why.strip()
        return alert_budgets.save(connection, of.key, budget, account, now_us, why=why, read=read)

    _save(request, visitor, "budget", save, key, ("budget", of.key, read, body.model_dump()))
    return get_budget(request, response, visitor, place)


@router.get("/places/{place}/texts")
def get_texts(request: Request, response: Response, visitor: Reader, place: Id) -> TextsOut:
    """Return the texts of messages, with the ETag that a change of them names."""
    of = _place(request, visitor, place, HOMES)
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        held = _held(connection, response, of, message_texts.SUBJECT)
        texts = message_texts.find(connection, of.key) or TEXTS
    return TextsOut(**held, texts=dict(texts))


@router.put("/places/{place}/texts")
def put_texts(
    request: Request,
    response: Response,
    visitor: Editor,
    place: Id,
    body: TextsIn,
    if_match: IfMatch = None,
    key: Key = None,
) -> TextsOut:
    """Put texts in force; If-Match names the ETag that was read (428, 412).

    Each is one message, names nobody and holds {reference}; 422 names the text that does not.
    """
    of = _place(request, visitor, place, PEOPLE)
    read = versions.asked(if_match, "texts")
    strange = [(name, f"{name} is not a known text") for name in body.texts if name not in TEXTS]
    wrong = strange or [
        (name, f"{name} {said}") for name, said in message_texts.mistakes(body.texts, TEST)
    ]
    if wrong:
        raise _wrong([(f"texts.{name}", said) for name, said in wrong])

    def save(connection: Connection, account: str, now_us: int) -> int:
        why = body.why.strip()
        return message_texts.save(
            connection, of.key, body.texts, account, now_us, why=why, read=read
        )

    _save(request, visitor, "texts", save, key, ("texts", of.key, read, body.model_dump()))
    return get_texts(request, response, visitor, place)


@router.put("/places/{place}/rota")
def put_rota(
    request: Request,
    response: Response,
    visitor: Editor,
    place: Id,
    body: RotaIn,
    accept_gaps: Annotated[bool, Query()] = False,
    if_match: IfMatch = None,
    key: Key = None,
) -> DutyOut:
    """Put teams, shifts and covers in force; If-Match names the ETag that was read (428, 412).

    422 names the field, or when nobody would be on call within the next 7 days where somebody is
    now: sent again with ``accept_gaps`` it is saved, unless a P1 of a live place would reach
    nobody.
    """
    of = _place(request, visitor, place, PEOPLE)
    read = versions.asked(if_match, "rota")
    try:
        plan = rotas.read_plan(body.rota, "rota")
    except ConfigProblem as problem:
        raise _wrong(_lines(problem)) from problem

    def save(connection: Connection, account: str, now_us: int) -> int:
        return telling.save_rota(
            connection, of, plan, account, now_us, why=body.why.strip(), read=read,
            is_gap_meant=accept_gaps,
        )  # fmt: skip

    asked = ("rota", of.key, read, accept_gaps, body.model_dump())
    version = _save(request, visitor, "rota", save, key, asked)
    versions.tag(response, version)
    resources: Resources = request.app.state.resources
    return duty_of(resources, place)


def _place(request: Request, visitor: Visitor, key: str, roles: tuple[Any, ...]) -> Place:
    if key not in visitor.places(*roles):
        raise absent()
    resources: Resources = request.app.state.resources
    return resources.places[key]


def _priority(text: str) -> str:
    try:
        return telling.read_priority(text).value
    except ConfigProblem:
        raise absent() from None


def _ladder(connection: Connection, response: Response, place: Place, priority: str) -> LadderOut:
    held = _held(connection, response, place, ladder_rows.subject(priority))
    ladder = ladder_rows.in_force(connection, place, priority)
    return LadderOut(**held, priority=priority, ladder=ladder)


def _held(connection: Connection, response: Response, place: Place, subject: str) -> dict[str, Any]:
    """Return who decided, and name the version in the answer: 0 where the place file holds."""
    found = declarations.newest(connection, place.key, subject)
    versions.tag(response, 0 if found is None else found.id)
    if found is None:
        return {"since": None, "by": None, "why": None}
    return {"since": to_datetime(found.since_us), "by": found.account, "why": found.why}


def _read_ladder(values: Mapping[str, Any], priority: str) -> Ladder:
    """Return the ladder; Problem 422 with each mistake and its field."""
    try:
        ladder = Ladder.model_validate(values)
    except ValidationError:
        try:
            ladders.read_plan(values, "ladder")
        except ConfigProblem as problem:
            raise _wrong(_lines(problem, "ladder.")) from problem
        raise
    if wrong := ladders.mistakes(ladder, priority):
        raise _wrong([(f"ladder.{field}", said) for field, said in wrong])
    return ladder


def _lines(problem: ConfigProblem, before: str = "rota.") -> list[tuple[str, str]]:
    """Return each line of a problem with the field that it names."""
    lines = str(problem).splitlines()
    found = [(_FIELD.match(line), line.partition(": ")[2]) for line in lines]
    return [(f"{before}{match['field']}" if match else before[:-1], said) for match, said in found]


def _wrong(mistakes: list[tuple[str, str]]) -> Problem:
    errors = [{"field": field, "said": said} for field, said in mistakes]
    told = "; ".join(said for _, said in mistakes)
    return Problem(422, f"{told}. Nothing was saved.", extra={"errors": errors})


def _save(
    request: Request,
    visitor: Visitor,
    noun: str,
    save: Callable[[Connection, str, int], int],
    key: str | None,
    asked: tuple[object, ...],
) -> int:
    """Save a setting and return its version; sent again with the same key it is done once."""
    resources: Resources = request.app.state.resources
    now_us, account = microseconds(resources.clock()), visitor.account.id

    def act(connection: Connection) -> dict[str, Any]:
        hold_writers(connection)
        return {"version": save(connection, account, now_us)}

    try:
        if key is None:
            with resources.database.begin() as connection:
                return int(act(connection)["version"])
        wall_us = microseconds(resources.wall())
        digest = idempotency.digest(*asked)
        return int(
            idempotency.once(resources.database, account, key, digest, wall_us, act)["version"]
        )
    except Stale as stale:
        raise versions.outrun(stale, noun) from stale
    except telling.GapOpened as gaps:
        said = f"{gaps} (accept_gaps=true)".removeprefix("rota: ")
        raise _wrong([("accept_gaps", said)]) from gaps
    except ConfigProblem as problem:
        raise _wrong(_lines(problem, f"{noun}.")) from problem
