"""What was measured of a place: answers, times, rates, outcomes; as JSON and as CSV."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import PlainTextResponse

from api import exporting, measuring
from api.auth import COUNTS, Needs, Visitor
from api.errors import Problem
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import to_datetime
from ingest.clock import microseconds

router: Final = APIRouter(tags=["measures"])
Counting = Annotated[Visitor, Depends(Needs(COUNTS))]
From = Annotated[datetime | None, Query(alias="from")]
To = Annotated[datetime | None, Query(alias="to")]
LONGEST: Final = timedelta(days=400)
USUAL: Final = timedelta(days=28)


class FigureOut(Sent):
    """One figure and how it came about; no value where there is none or it is too small to tell."""

    name: str
    value: float | None
    unit: str
    arithmetic: str
    interval: tuple[float, float] | None


class MeasuresOut(Sent):
    """The figures of a place over alerts raised from ``start`` until ``stop``."""

    place: str
    start: datetime
    stop: datetime
    figures: list[FigureOut]


@router.get("/places/{place}/measures")
def get_measures(
    request: Request, visitor: Counting, place: Id, start: From = None, stop: To = None
) -> MeasuresOut:
    """Return the figures of a place, of the last 28 days unless told otherwise."""
    resources: Resources = request.app.state.resources
    span = _span(resources, start, stop)
    found, figures = measuring.visited(resources, visitor, place, *span)
    return MeasuresOut(
        place=place,
        start=to_datetime(found.start_us),
        stop=to_datetime(found.stop_us),
        figures=[FigureOut(**{n: getattr(f, n) for n in f.__slots__}) for f in figures],
    )


@router.get("/places/{place}/measures.csv", response_class=PlainTextResponse)
def get_measures_csv(
    request: Request, visitor: Counting, place: Id, start: From = None, stop: To = None
) -> PlainTextResponse:
    """Return the same figures as a file for spreadsheets."""
    resources: Resources = request.app.state.resources
    span = _span(resources, start, stop)
    _, figures = measuring.visited(resources, visitor, place, *span)
    now_us, who = microseconds(resources.wall()), visitor.account.id
    exporting.note(
        resources.database, place, "measures", now_us, actor=who, from_us=span[0], to_us=span[1]
    )
    headers = {"Content-Disposition": 'attachment; filename="measures.csv"'}
    return PlainTextResponse(
        measuring.to_csv(place, figures), media_type="text/csv; charset=utf-8", headers=headers
    )


def _span(resources: Resources, start: datetime | None, stop: datetime | None) -> tuple[int, int]:
    end = _aware(stop) if stop else to_datetime(microseconds(resources.clock()))
    begin = _aware(start) if start else end - USUAL
    if not timedelta() < end - begin <= LONGEST:
        raise Problem(422, f"`from` must be before `to`, by at most {LONGEST.days} days.")
    return tuple(int(moment.timestamp() * 1_000_000) for moment in (begin, end))  # type: ignore[return-value]  # two


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise Problem(422, "Times need a zone: 2026-11-01T00:00:00Z.")
    return moment.astimezone(UTC)
