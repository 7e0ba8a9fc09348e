"""Booked visits to homes."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from api import visiting
from api.auth import HOMES, Needs, Visitor
from api.contacting import EDITORS
from api.errors import Problem
from api.resources import Resources
from api.rest.homes import Id
from config.problems import ConfigProblem
from config.visits import MOST, Visit, as_row

router: Final = APIRouter(tags=["visits"])
Reader = Annotated[Visitor, Depends(Needs(HOMES))]
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]
Text = Annotated[str, Field(max_length=80)]


class VisitRow(BaseModel):
    """One booked visit in words, as in a CSV file: ``day`` is mon-fri, tue thu, daily or a date."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    day: Text
    from_: Text = Field(alias="from")
    to: Text
    kind: Text = "care"
    first: Text = ""
    last: Text = ""


class VisitRows(BaseModel):
    """All booked visits of a home."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    visits: list[VisitRow] = Field(max_length=MOST)


@router.get("/homes/{home}/visits")
def list_visits(request: Request, visitor: Reader, home: Id) -> VisitRows:
    """Return who is booked to come to a home."""
    resources: Resources = request.app.state.resources
    return _rows(visiting.visits_of(resources, visitor, home))


@router.put("/homes/{home}/visits")
def save_visits(request: Request, visitor: Editor, home: Id, body: VisitRows) -> VisitRows:
    """Replace the booked visits of a home; a worker follows within a tick."""
    resources: Resources = request.app.state.resources
    rows = [row.model_dump(by_alias=True) for row in body.visits]
    try:
        return _rows(visiting.save(resources, visitor, home, rows))
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem


def _rows(found: list[Visit]) -> VisitRows:
    return VisitRows(visits=[VisitRow.model_validate(as_row(visit)) for visit in found])
