"""Moving house: where a home was, the move, and taking it back, each in the caller's name."""

from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from api import house_moving
from api.auth import Needs, Visitor
from api.contacting import EDITORS
from api.errors import Problem, absent
from api.house_moving import Outlook, site_of
from api.households import Wrong
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import to_datetime
from config.problems import ConfigProblem

router: Final = APIRouter(tags=["moves"])
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]
_Text = Annotated[str, Field(max_length=4000)]


class MoveIn(BaseModel):
    """The new address, the day of the move and why; as texts, like the fields of a household.

    ``notes`` and ``key_safe`` are those of the new door; ``label`` left empty stays.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    moved_on: date
    why: _Text
    address_1: _Text
    address_2: _Text = ""
    town: _Text
    postcode: _Text
    uprn: _Text = ""
    notes: _Text = ""
    key_safe: _Text = ""
    label: _Text = ""


class FormerOut(Sent):
    """Where the home was from a local day until another; ``lines`` are empty once it is erased."""

    from_on: date
    until_on: date
    lines: list[str]
    town: str
    postcode: str
    uprn: str
    why: str
    entered: datetime
    by: str


class MovesOut(Sent):
    """Where a home was, the last first.

    ``awaits_walk_test`` says that it is not watched until one has been passed at its address.
    """

    home: str
    awaits_walk_test: bool
    may_take_back: bool
    former: list[FormerOut]


@router.get("/homes/{home}/moves")
def show_moves(request: Request, visitor: Editor, home: Id) -> MovesOut:
    """Return where a home was before it moved."""
    return _answer(request, visitor, home)


@router.post("/homes/{home}/moves")
def move_home(request: Request, visitor: Editor, home: Id, body: MoveIn) -> MovesOut:
    """Let a home be at another address of its place from now on; 422 lists what is wrong.

    The code of the old key safe is dropped, nobody is noted as having a key, longer limits end.
    """
    site, places = site_of(request.app.state.resources), visitor.places(*EDITORS)
    said = {name: str(value) for name, value in body.model_dump(mode="json").items()}
    try:
        house_moving.move(site, places, home, said, visitor.account.id)
    except LookupError as problem:
        raise absent() from problem
    except Wrong as wrong:
        errors = [{"where": w, "field": field, "said": text} for w, field, text in wrong.mistakes]
        count = "1 mistake" if len(errors) == 1 else f"{len(errors)} mistakes"
        raise Problem(422, f"{count}; nothing was saved.", extra={"errors": errors}) from wrong
    except ConfigProblem as problem:
        raise Problem(409, str(problem)) from problem
    return _answer(request, visitor, home)


@router.post("/homes/{home}/moves/take-back")
def take_back(request: Request, visitor: Editor, home: Id) -> MovesOut:
    """Let a home be where it was before, within 24 hours; 422 says why it cannot be."""
    site, places = site_of(request.app.state.resources), visitor.places(*EDITORS)
    try:
        house_moving.take_back(site, places, home, visitor.account.id)
    except LookupError as problem:
        raise absent() from problem
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return _answer(request, visitor, home)


def _answer(request: Request, visitor: Visitor, home: str) -> MovesOut:
    resources: Resources = request.app.state.resources
    site = site_of(resources)
    try:
        with resources.database.connect() as connection:
            found = house_moving.outlook(connection, site, visitor.places(*EDITORS), home)
    except LookupError as problem:
        raise absent() from problem
    return _out(found, site.now_us)


def _out(found: Outlook, now_us: int) -> MovesOut:
    former = [
        FormerOut(
            from_on=one.from_on,
            until_on=one.until_on,
            lines=[] if one.address is None else list(one.address.lines),
            town="" if one.address is None else one.address.town,
            postcode="" if one.address is None else one.address.postcode,
            uprn="" if one.address is None else one.address.uprn,
            why=one.why,
            entered=to_datetime(one.moved_us),
            by=one.moved_by,
        )
        for one in found.former
    ]
    return MovesOut(
        home=found.home.id,
        awaits_walk_test=found.home.is_untested,
        may_take_back=found.may_take_back(now_us),
        former=former,
    )
