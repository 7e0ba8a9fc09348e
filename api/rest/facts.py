"""What decides how a home is watched: who lives there, pets, going out, risk."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api import household_facts
from api.auth import HOMES, Needs, Visitor
from api.contacting import EDITORS
from api.resources import Resources
from api.rest.homes import Id
from config.facts import MOST_RESIDENTS, RISK_TIERS, Facts
from config.homes import GoesOut, read_sector

router: Final = APIRouter(tags=["homes"])
Reader = Annotated[Visitor, Depends(Needs(HOMES))]
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]


class FactsBody(BaseModel):
    """Everything that a home says of itself; ``risk_tier`` is 1 (highest) to 3."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    residents: Annotated[int, Field(ge=1, le=MOST_RESIDENTS)]
    has_pets: bool
    goes_out: Annotated[GoesOut, Field(strict=False)]
    risk_tier: Annotated[int, Field(ge=RISK_TIERS[0], le=RISK_TIERS[-1])]
    sector: Annotated[str, AfterValidator(read_sector)] | None = None
    """Of its postcode, never the whole; empty takes it back, null keeps what is known."""


@router.get("/homes/{home}/facts")
def get_facts(request: Request, response: Response, visitor: Reader, home: Id) -> FactsBody:
    """Return what is known of a home, with the ETag that a change of it names."""
    resources: Resources = request.app.state.resources
    return _told(response, household_facts.facts_of(resources, visitor, home))


@router.put("/homes/{home}/facts")
def save_facts(
    request: Request,
    response: Response,
    visitor: Editor,
    home: Id,
    body: FactsBody,
    if_match: Annotated[str | None, Header(max_length=400)] = None,
) -> FactsBody:
    """Change what is known of a home; If-Match names the ETag that was read (428, 412)."""
    resources: Resources = request.app.state.resources
    sector = body.sector
    if sector is None:
        sector = household_facts.facts_of(resources, visitor, home).sector
    wanted = Facts(body.residents, body.has_pets, body.goes_out, body.risk_tier, sector)
    saved = household_facts.save(resources, visitor, home, wanted, if_match)
    return _told(response, saved)


def _told(response: Response, known: Facts) -> FactsBody:
    response.headers["ETag"] = household_facts.tag_of(known)
    return FactsBody(
        residents=known.residents,
        has_pets=known.has_pets,
        goes_out=known.goes_out,
        risk_tier=known.risk_tier,
        sector=known.sector,
    )
