"""What was measured of a place, on a page: each figure opens its arithmetic."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from alerts.measures import STANDARD, STORM, Measures
from api import measuring
from api.auth import COUNTS, Needs, Visitor
from api.counts import SMALLEST
from api.errors import absent
from api.measuring import BUDGETED, TOO_FEW, Figure
from api.resources import Resources
from api.web import words
from api.web.pages import page
from config.places import Place
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
SPANS: Final = (7, 28, 91, 364)
"""Days that a visitor can choose from."""

_DAY_US: Final = 86_400_000_000
_MINUTE_S: Final = 60
_SINCE: Final = ("event", "receipt")
_TIMES: Final = ("median", "90th percentile")
_WAITS: Final = (
    ("Until somebody attended", "attended"),
    ("Until the person was spoken to or seen", "person spoken to or seen"),
    ("Until it was resolved", "resolved"),
)
_HEADS: Final = tuple(f"{s} s of {since}" for since in _SINCE for s, _ in STANDARD)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: cells by the heads of its columns, and what it opens."""

    label: str
    cells: Mapping[str, str]
    arithmetic: Sequence[str]


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the page; ``lead`` says what it counts."""

    key: str
    title: str
    lead: str
    first: str
    rows: Sequence[Row]


@router.get("/measures")
def show_measures(
    request: Request,
    visitor: Annotated[Visitor, Depends(Needs(COUNTS))],
    place: Annotated[str, Query(max_length=40)] = "",
    days: Literal["7", "28", "91", "364"] = "28",
) -> Response:
    """Show the measures of one of the visitor's places, beside all of them where there are more."""
    resources: Resources = request.app.state.resources
    own = visitor.places(*COUNTS)
    key = place or own[0]
    if key not in own:
        raise absent()
    now_us = microseconds(resources.clock())
    span = (now_us - int(days) * _DAY_US, now_us)
    found, listed = measuring.visited(resources, visitor, key, *span)
    here = resources.places[key]
    beside = [
        (
            resources.places[one].name,
            listed if one == key else measuring.visited(resources, visitor, one, *span)[1],
        )
        for one in (own if len(own) > 1 else ())
    ]
    moments = (words.moment(us, here.zone) for us in (found.start_us, found.stop_us))
    context = {
        "place": here,
        "key": key,
        "choices": [(one, resources.places[one].name) for one in own],
        "days": int(days),
        "spans": SPANS,
        "span": " to ".join(moments),
        "csv": f"/api/v1/places/{key}/measures.csv"
        f"?from={words.iso(found.start_us)}&to={words.iso(found.stop_us)}",
        "is_suppressed": any(one.is_suppressed for one in listed),
        "smallest": SMALLEST,
        "sections": list(_sections(here, found, listed, beside)),
    }
    return page(request, visitor, "measures.html", context)


def _sections(
    place: Place,
    found: Measures,
    listed: Sequence[Figure],
    beside: Sequence[tuple[str, Sequence[Figure]]],
) -> Iterator[Section]:
    figures = {one.name: one for one in listed}
    by_name = {name: {one.name: one for one in rows} for name, rows in beside}
    answered = "P1 and P2 alerts acknowledged within"
    yield Section(
        "soon",
        "How soon alerts were acknowledged",
        "From the event: from what happened in the home. From receipt: from when Stillwell knew "
        "of it. The standard is about answering calls at a monitoring centre, another thing; it "
        "stands here as a measure of what is usual.",
        "Acknowledged",
        list(_soon(figures)),
    )
    if beside:
        rows = [_answers(name, own, "") for name, own in by_name.items()]
        yield Section("places", "By place", f"{answered} so many seconds.", "Place", rows)
    for noun, groups in (("hour", found.hours), ("team", found.teams)):
        lead = f"{answered} so many seconds, by the " + (
            "hour (local time) in which they were raised."
            if noun == "hour"
            else "team of who answered first."
        )
        rows = [
            _answers(
                f"{one.group}:00" if noun == "hour" else one.group, figures, f"{noun} {one.group} "
            )
            for one in groups
        ]
        yield Section(f"{noun}s", f"By {noun}", lead, noun.capitalize(), rows)
    waits = [
        _row(label, {words.label(t): figures[f"{name}, {t}"] for t in _TIMES})
        for label, name in _WAITS
    ]
    lead = "P1 and P2 alerts that came so far, from receipt."
    yield Section("waits", "Time to attend, speak and resolve", lead, "Time", waits)
    yield Section(
        "kinds",
        "Alerts for each 100 homes a week",
        f"The team's alert budget is {place.alert_budget:g} of P2 and P3; P1 and technical alerts "
        "have none.",
        "Kind",
        [_kind("All of P2 and P3", figures[BUDGETED], f"{place.alert_budget:g}")]
        + [_kind(words.label(kind), figures[f"alerts {kind}"], "") for kind in found.kinds],
    )
    yield Section(
        "needed",
        "How often alerts were needed",
        "Actionable: resolved as needing help or referred. The interval is Wilson's, 95 %.",
        "Outcome",
        [_row("Actionable", {"Figure": figures["actionable"]})]
        + [
            _row(words.label(one), {"Figure": figures[f"resolved as {one}"]})
            for one in found.outcomes
        ],
    )
    yield Section(
        "astray",
        "Storms and what did not arrive",
        f"A storm is an hour with {STORM} alerts or more. Undelivered: messages to people that "
        "failed for good or bounced.",
        "What",
        [
            _row("Storms", {"Figure": figures["storms"]}),
            _row("Messages undelivered", {"Figure": figures["messages undelivered"]}),
        ],
    )


def _soon(figures: Mapping[str, Figure]) -> Iterator[Row]:
    for seconds, standard in STANDARD:
        own = [figures[f"acknowledged within {seconds} s of {since}"] for since in _SINCE]
        cells = {f"From {s}": _said(one) for s, one in zip(_SINCE, own, strict=True)}
        cells["Call-answering standard"] = f"{standard:.1%} of calls"
        yield Row(f"Within {seconds} s", cells, [_opened(one) for one in own])


def _answers(label: str, figures: Mapping[str, Figure], before: str) -> Row:
    return _row(label, {head: figures[f"{before}acknowledged within {head}"] for head in _HEADS})


def _kind(label: str, one: Figure, budget: str) -> Row:
    return Row(label, {"Alerts": _said(one), "Budget": budget or "none"}, [_opened(one)])


def _row(label: str, own: Mapping[str, Figure]) -> Row:
    cells = {head: _said(one) for head, one in own.items()}
    return Row(label, cells, [_opened(one) for one in own.values()])


def _said(one: Figure) -> str:
    """Return a figure as a cell shows it; a small one is never told apart from another."""
    if one.value is None:
        return TOO_FEW if one.is_suppressed else "none"
    if one.unit == "share":
        if one.interval is None:
            return f"{one.value:.1%}"
        low, high = one.interval
        return f"{one.value:.1%} (95 % interval {low:.1%} to {high:.1%})"
    if one.unit == "s":
        if one.value < _MINUTE_S:
            return f"{one.value:.0f} s"
        return words.span(round(one.value * 1_000_000))
    return f"{one.value:,g}"


def _opened(one: Figure) -> str:
    if one.value is None:
        return f"{one.name}: no value; {one.arithmetic}"
    shown = f"{one.value:.1%}" if one.unit == "share" else f"{one.value:g} {one.unit}"
    return f"{one.name}: {shown}; {one.arithmetic}"
