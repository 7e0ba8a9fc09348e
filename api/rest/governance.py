"""A place as numbers, and its audit log."""

import json
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request

from api.auth import COUNTS, Needs, Visitor
from api.counts import counts_of
from api.errors import absent
from api.resources import Resources
from api.rest.homes import Id, Limit
from api.rest.models import Sent
from api.rest.moments import to_datetime
from config import audit
from config.database import steady
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(tags=["governance"])
Governor = Annotated[Visitor, Depends(Needs((Role.GOVERNANCE,)))]


class CountsOut(Sent):
    """Numbers of a place; null is 1 to 4, others are rounded to fives unless ``is_exact``."""

    place: str
    is_exact: bool
    homes: int | None
    unwatched: int | None
    standing: dict[str, int | None]
    raised_28_days: dict[str, int | None]


class AuditRowOut(Sent):
    """One row of the log: ids and codes."""

    seq: int
    at: datetime
    actor: str
    what: str
    subject: str
    detail: dict[str, Any]
    hash: str


class FaultOut(Sent):
    """Where a chain is not what was written."""

    seq: int
    what: str


class VerificationOut(Sent):
    """Whether a chain is whole; ``hash`` is its head's, to hold against one kept elsewhere."""

    place: str
    is_whole: bool
    rows: int
    hash: str
    faults: list[FaultOut]


@router.get("/places/{place}/counts")
def get_counts(
    request: Request, visitor: Annotated[Visitor, Depends(Needs(COUNTS))], place: Id
) -> CountsOut:
    """Return the numbers of a place; small ones are suppressed for commissioners."""
    resources: Resources = request.app.state.resources
    if place not in visitor.places(*COUNTS):
        raise absent()
    with resources.database.connect() as connection:
        found = counts_of(connection, visitor, place, microseconds(resources.clock()))
    return CountsOut(
        place=place,
        is_exact=found.is_exact,
        homes=found.homes,
        unwatched=found.unwatched,
        standing={priority.value: number for priority, number in found.standing.items()},
        raised_28_days={priority.value: number for priority, number in found.raised.items()},
    )


@router.get("/places/{place}/audit/verification")
def verify_audit(request: Request, visitor: Governor, place: Id) -> VerificationOut:
    """Return whether the audit log of a place is whole, and where it is not."""
    resources: Resources = request.app.state.resources
    if place not in visitor.places(Role.GOVERNANCE):
        raise absent()
    with steady(resources.database) as connection:
        head = audit.heads(connection, [place])
        faults = audit.verify(connection, places=[place])
    return VerificationOut(
        place=place,
        is_whole=not faults,
        rows=head[0].seq if head else 0,
        hash=head[0].hash if head else "",
        faults=[FaultOut(seq=fault.seq, what=fault.what) for fault in faults],
    )


@router.get("/places/{place}/audit")
def list_audit(
    request: Request,
    visitor: Governor,
    place: Id,
    before: Annotated[int | None, Query(ge=1, le=1 << 31)] = None,
    limit: Limit = 50,
) -> list[AuditRowOut]:
    """Return what was done and seen at a place, newest first; ``before`` is the last seq seen."""
    resources: Resources = request.app.state.resources
    if place not in visitor.places(Role.GOVERNANCE):
        raise absent()
    with resources.database.connect() as connection:
        rows = [row._mapping for row in audit.read(connection, place, before=before, limit=limit)]  # noqa: SLF001  # SQLAlchemy's public name
    return [
        AuditRowOut(
            seq=row["seq"],
            at=to_datetime(row["at_us"]),
            actor=row["actor"],
            what=row["what"],
            subject=row["subject"],
            detail=json.loads(row["detail"]),
            hash=row["hash"],
        )
        for row in rows
    ]
