"""Who lives in a home and where: enrolled, read, changed; each field is one of the CSV's."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api import households, idempotency
from api.auth import CARE, HOMES, Needs, Visitor
from api.contacting import EDITORS
from api.errors import Problem, absent
from api.households import READERS, Shown, Wrong
from api.resources import Resources
from api.rest import versions
from api.rest.homes import Id
from api.rest.models import Sent
from api.roster import find_home
from config.household_form import COLUMNS
from config.households import FIELDS
from config.problems import ConfigProblem
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(tags=["households"])
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]
Reader = Annotated[Visitor, Depends(Needs(READERS))]
Resident = Annotated[Visitor, Depends(Needs(HOMES))]
Carer = Annotated[Visitor, Depends(Needs((*CARE, Role.OFFICER)))]
Key = Annotated[str | None, Header(alias="Idempotency-Key", pattern=idempotency.PATTERN)]
Fields = dict[str, Annotated[str, Field(max_length=4000)]]

MOST: Final = 100
"""Households of one request, whose body is bounded too."""


class HouseholdsIn(BaseModel):
    """Households to be enrolled, each as fields of text: those of ``household import``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    households: Annotated[list[Fields], Field(min_length=1, max_length=MOST)]
    is_dry_run: bool = False


class HouseholdIn(BaseModel):
    """Who lives in a home and where; a code of the key safe that is left out stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    household: Fields


class NameIn(BaseModel):
    """Of whom the home is looked for: each word begins a word of the name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=2, max_length=120)]


class EnrolledOut(Sent):
    """A home that was enrolled, and its gateway."""

    home: str
    gateway: str
    label: str


class EnrolmentOut(Sent):
    """What was enrolled, in the order of the request; empty after a dry run."""

    enrolled: list[EnrolledOut]


class PersonOut(Sent):
    """Somebody who is watched over; what is not the caller's to see is null or empty."""

    name: str
    age: int | None
    language: str
    born: date | None
    nhs_number: str
    untraced: str


class AddressOut(Sent):
    """Where a home is."""

    lines: list[str]
    town: str
    postcode: str
    uprn: str


class HouseholdOut(Sent):
    """Who lives in a home and where, as far as the caller may see it."""

    home: str
    persons: list[PersonOut]
    address: AddressOut | None
    notes: str
    has_key_safe: bool


class CodeOut(Sent):
    """The code of a key safe; empty where there is none."""

    code: str


class FoundOut(Sent):
    """Homes in which somebody of the name is watched over."""

    homes: dict[str, list[str]]


@router.post("/places/{place}/households")
def enrol_households(
    request: Request, visitor: Editor, place: Id, body: HouseholdsIn, key: Key = None
) -> EnrolmentOut:
    """Enrol households, all or none; sent again with the same Idempotency-Key it is done once."""
    resources: Resources = request.app.state.resources
    if place not in visitor.places(*EDITORS):
        raise absent()
    _expect_known(body.households)
    if key is None and not body.is_dry_run:
        said = "Send an Idempotency-Key, 8 to 80 letters and digits that you draw for this request"
        raise Problem(400, f"{said}: sent again with it, the households are enrolled once.")
    by, now_us = visitor.account.id, microseconds(resources.wall())

    def act(connection: Connection) -> dict[str, object]:
        made = households.enrol(
            resources, connection, place, body.households, by, is_dry_run=body.is_dry_run
        )
        found = [{"home": one.home, "gateway": one.gateway, "label": one.label} for one in made]
        return {"enrolled": found}

    asked = idempotency.digest("households", place, body.model_dump())
    try:
        if key is None:
            with resources.database.connect() as connection:
                return EnrolmentOut.model_validate(act(connection))
        answer = idempotency.once(resources.database, by, key, asked, now_us, act)
    except Wrong as wrong:
        raise _wrong(wrong) from wrong
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return EnrolmentOut.model_validate(answer)


@router.post("/places/{place}/households/search")
def search_households(request: Request, visitor: Resident, place: Id, body: NameIn) -> FoundOut:
    """Return the homes of a place in which somebody of this name is watched over.

    A name in an address would stand in the logs of every proxy on the way.
    """
    resources: Resources = request.app.state.resources
    if place not in visitor.places(*HOMES):
        raise absent()
    return FoundOut(homes=households.search(resources, visitor, [place], body.name))


@router.get("/homes/{home}/household")
def get_household(request: Request, response: Response, visitor: Reader, home: Id) -> HouseholdOut:
    """Return who lives in a home and where, with the ETag that a change of it names."""
    resources: Resources = request.app.state.resources
    return _told(response, households.read(resources, visitor, home))


@router.put("/homes/{home}/household")
def save_household(
    request: Request,
    response: Response,
    visitor: Editor,
    home: Id,
    body: HouseholdIn,
    if_match: Annotated[str | None, Header(max_length=40)] = None,
) -> HouseholdOut:
    """Change who lives in a home and where; If-Match names the ETag that was read (428, 412)."""
    resources: Resources = request.app.state.resources
    _expect_known([body.household], (*FIELDS, households.LABEL))
    with resources.database.connect() as connection:
        if find_home(connection, visitor.places(*EDITORS), home) is None:
            raise absent()
    try:
        households.save(
            resources, visitor, home, body.household, versions.asked(if_match, "household")
        )
    except Wrong as wrong:
        raise _wrong(wrong) from wrong
    return _told(response, households.read(resources, visitor, home))


@router.post("/homes/{home}/key-safe")
def show_key_safe(request: Request, visitor: Carer, home: Id) -> CodeOut:
    """Return the code of a home's key safe; who asked is noted."""
    resources: Resources = request.app.state.resources
    return CodeOut(code=households.key_safe(resources, visitor, home))


def _expect_known(rows: list[Fields], columns: tuple[str, ...] = COLUMNS) -> None:
    wrong = sorted({f"{name[:40]!r}" for row in rows for name in row if name not in columns})
    if wrong:
        said = f"{', '.join(wrong[:10])}: not a field; expected {', '.join(columns)}"
        raise Problem(422, said)


def _wrong(wrong: Wrong) -> Problem:
    errors = [{"where": w, "field": field, "said": said} for w, field, said in wrong.mistakes]
    count = "1 mistake" if len(errors) == 1 else f"{len(errors)} mistakes"
    return Problem(422, f"{count}; nothing was saved.", extra={"errors": errors})


def _told(response: Response, shown: Shown) -> HouseholdOut:
    kept = shown.kept
    response.headers["ETag"] = f'"{kept.revision}"'
    people: list[Mapping[str, object]] = list(shown.persons)
    a = kept.address
    return HouseholdOut(
        home=kept.home,
        persons=[PersonOut.model_validate(one) for one in people],
        address=None
        if a is None
        else AddressOut(
            lines=list(a.lines),
            town=a.town,
            postcode=a.postcode,
            uprn=a.uprn if shown.is_full else "",
        ),
        notes=kept.notes if shown.is_door else "",
        has_key_safe=kept.has_key_safe and shown.is_door,
    )
