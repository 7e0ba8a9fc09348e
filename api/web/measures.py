"""What was measured of a place, on a page: each figure opens its arithmetic."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from alerts.measures import NO_TEAM, NOBODY_YET, STANDARD, STORM, Measures
from api import measuring
from api.auth import COUNTS, Needs, Visitor
from api.counts import SMALLEST
from api.errors import absent
from api.measuring import BUDGETED, TOO_FEW, Figure
from api.resources import Resources
from api.web import words
from api.web.language import N_, _, _n
from api.web.pages import page
from api.web.phrases import spoken
from config import alert_budgets
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
    (N_("Until somebody attended"), "attended"),
    (N_("Until the person was spoken to or seen"), "person spoken to or seen"),
    (N_("Until it was resolved"), "resolved"),
)
_HEADS: Final = {
    "60 s of event": N_("60 s of event"),
    "180 s of event": N_("180 s of event"),
    "60 s of receipt": N_("60 s of receipt"),
    "180 s of receipt": N_("180 s of receipt"),
}
_FROM: Final = {"event": N_("From event"), "receipt": N_("From receipt")}
_GROUPS: Final = {
    "hour": (
        N_("By hour"),
        N_(
            "P1 and P2 alerts acknowledged within so many seconds, by the hour (local time) in "
            "which they were raised."
        ),
        N_("Hour"),
    ),
    "team": (
        N_("By team"),
        N_(
            "P1 and P2 alerts acknowledged within so many seconds, by the team of who answered "
            "first."
        ),
        N_("Team"),
    ),
}


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
    with resources.database.connect() as connection:
        here = alert_budgets.in_force(connection, {key: resources.places[key]})[key]
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
        "span": _("%(start)s to %(stop)s", start=next(moments), stop=next(moments)),
        "csv": f"/api/v1/places/{key}/measures.csv"
        f"?from={words.iso(found.start_us)}&to={words.iso(found.stop_us)}",
        "is_suppressed": any(one.is_suppressed for one in listed),
        "smallest": SMALLEST,
        "sections": list(_sections(here, found, listed, beside)),
    }
    return page(request, visitor, "measures.html", context)


def _team(group: str) -> str:
    """Return a team as its place calls it, or in words that there is none."""
    return spoken(group) if group in (NOBODY_YET, NO_TEAM) else group


def _sections(
    place: Place,
    found: Measures,
    listed: Sequence[Figure],
    beside: Sequence[tuple[str, Sequence[Figure]]],
) -> Iterator[Section]:
    figures = {one.name: one for one in listed}
    by_name = {name: {one.name: one for one in rows} for name, rows in beside}
    yield Section(
        "soon",
        _("How soon alerts were acknowledged"),
        _(
            "From the event: from what happened in the home. From receipt: from when Stillwell "
            "knew of it. The standard is about answering calls at a monitoring centre, another "
            "thing; it stands here as a measure of what is usual."
        ),
        _("Acknowledged"),
        list(_soon(figures)),
    )
    if beside:
        rows = [_answers(name, own, "") for name, own in by_name.items()]
        lead = _("P1 and P2 alerts acknowledged within so many seconds.")
        yield Section("places", _("By place"), lead, _("Place"), rows)
    for noun, groups in (("hour", found.hours), ("team", found.teams)):
        rows = [
            _answers(
                f"{one.group}:00" if noun == "hour" else _team(one.group),
                figures,
                f"{noun} {one.group} ",
            )
            for one in groups
        ]
        title, lead, first = (_(text) for text in _GROUPS[noun])
        yield Section(f"{noun}s", title, lead, first, rows)
    waits = [
        _row(_(label), {words.label(t): figures[f"{name}, {t}"] for t in _TIMES})
        for label, name in _WAITS
    ]
    lead = _("P1 and P2 alerts that came so far, from receipt.")
    yield Section("waits", _("Time to attend, speak and resolve"), lead, _("Time"), waits)
    yield Section(
        "kinds",
        _("Alerts for each 100 homes a week"),
        _(
            "The team's alert budget is %(budget)s of P2 and P3; P1 and technical alerts have "
            "none.",
            budget=f"{place.alert_budget:g}",
        ),
        _("Kind"),
        [_kind(_("All of P2 and P3"), figures[BUDGETED], f"{place.alert_budget:g}")]
        + [_kind(words.label(kind), figures[f"alerts {kind}"], "") for kind in found.kinds],
    )
    yield Section(
        "needed",
        _("How often alerts were needed"),
        _("Actionable: resolved as needing help or referred. The interval is Wilson's, 95 %."),
        _("Outcome"),
        [_row(_("Actionable"), {_("Figure"): figures["actionable"]})]
        + [
            _row(words.label(one), {_("Figure"): figures[f"resolved as {one}"]})
            for one in found.outcomes
        ],
    )
    yield Section(
        "astray",
        _("Storms and what did not arrive"),
        _(
            "A storm is an hour with %(storm)s alerts or more. Undelivered: messages to people "
            "that failed for good or bounced.",
            storm=STORM,
        ),
        _("What"),
        [
            _row(_("Storms"), {_("Figure"): figures["storms"]}),
            _row(_("Messages undelivered"), {_("Figure"): figures["messages undelivered"]}),
        ],
    )
    yield Section(
        "offline",
        _("Hours offline"),
        _(
            "How long homes that are watched now could not be seen, because a gateway or its link "
            "was silent. Paused homes are left out, and a home counts from when it was enrolled."
        ),
        _("What"),
        [
            _row(_("Hours offline of each home"), {_("Figure"): figures["hours offline"]}),
            _row(_("Share of time watched"), {_("Figure"): figures["time watched"]}),
        ],
    )


def _soon(figures: Mapping[str, Figure]) -> Iterator[Row]:
    for seconds, standard in STANDARD:
        own = [figures[f"acknowledged within {seconds} s of {since}"] for since in _SINCE]
        cells = {_(_FROM[s]): _said(one) for s, one in zip(_SINCE, own, strict=True)}
        cells[_("Call-answering standard")] = _("%(share)s of calls", share=f"{standard:.1%}")
        yield Row(_("Within %(seconds)s s", seconds=seconds), cells, [_opened(one) for one in own])


def _answers(label: str, figures: Mapping[str, Figure], before: str) -> Row:
    return _row(
        label,
        {_(shown): figures[f"{before}acknowledged within {key}"] for key, shown in _HEADS.items()},
    )


def _kind(label: str, one: Figure, budget: str) -> Row:
    return Row(label, {_("Alerts"): _said(one), _("Budget"): budget or _("none")}, [_opened(one)])


def _row(label: str, own: Mapping[str, Figure]) -> Row:
    cells = {head: _said(one) for head, one in own.items()}
    return Row(label, cells, [_opened(one) for one in own.values()])


def _said(one: Figure) -> str:
    """Return a figure as a cell shows it; a small one is never told apart from another."""
    if one.value is None:
        return spoken(TOO_FEW) if one.is_suppressed else _("none")
    if one.unit == "share":
        if one.interval is None:
            return f"{one.value:.1%}"
        low, high = one.interval
        return _(
            "%(share)s (95 %% interval %(low)s to %(high)s)",
            share=f"{one.value:.1%}",
            low=f"{low:.1%}",
            high=f"{high:.1%}",
        )
    if one.unit == "s":
        if one.value < _MINUTE_S:
            return f"{one.value:.0f} s"
        return words.span(round(one.value * 1_000_000))
    if one.unit == "hours each home":
        return _n("%(n)s hour", "%(n)s hours", one.value)
    return f"{one.value:,g}"


def _with_unit(value: float, unit: str) -> str:
    return f"{value:g} {unit.removesuffix('s') if value == 1 and len(unit) > 1 else unit}"


def _opened(one: Figure) -> str:
    if one.value is None:
        return spoken(f"{one.name}: no value; {one.arithmetic}")
    shown = f"{one.value:.1%}" if one.unit == "share" else _with_unit(one.value, one.unit)
    return spoken(f"{one.name}: {shown}; {one.arithmetic}")
