"""The detectors of a supervisor's places: modes and precision, and the switch of each."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse, Response

from alerts import calibrations, switches
from alerts.modes import Mode
from alerts.switches import LONGEST, Switch, SwitchRefused
from api import detectors, supervision
from api.auth import Needs, Visitor
from api.detector_report import budget_text, found_text, judged_text
from api.detectors import DetectorAtPlace
from api.resources import Resources
from api.web import words
from api.web.alerts import Id
from api.web.language import N_, _
from api.web.pages import page
from api.web.phrases import spoken
from api.web.typed import Typed
from config import alert_budgets, people
from config.places import Place
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Key = Annotated[str, Path(pattern="^[a-z-]{2,40}$")]
Supervisor = Annotated[Visitor, Depends(Needs((Role.SUPERVISOR,)))]

MODES: Final = {
    Mode.OFF: (N_("Off"), "govuk-tag--grey", N_("What it finds is dropped.")),
    Mode.SHADOW: (
        N_("Shadow"),
        "govuk-tag--yellow",
        N_("What it finds is recorded for you to judge; nothing is sent."),
    ),
    Mode.LIVE: (N_("Live"), "govuk-tag--green", N_("What it finds is raised as alerts.")),
}
"""How a mode reads, the colour of its tag, and what it means."""


@router.get("/detectors")
def show_detectors(
    request: Request,
    visitor: Supervisor,
    place: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show what each detector does at each of the supervisor's places."""
    resources: Resources = request.app.state.resources
    keys = supervision.places_of(visitor, place)
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        rows = detectors.overview(connection, keys, now_us)
        accounts = frozenset(row.switch.account for row in rows if row.switch is not None)
        names = people.names(connection, accounts)
        budgets = calibrations.newest(connection, keys)
        places = alert_budgets.in_force(connection, {key: resources.places[key] for key in keys})
    shown = [
        {
            "key": key,
            "name": resources.places[key].name,
            "budget": " ".join(spoken(one) for one in budget_text(budgets.get(key), places[key])),
            "waiting": sum(row.judged.awaiting for row in rows if row.place == key),
            "rows": [_row(r, resources.places[key], names) for r in rows if r.place == key],
        }
        for key in keys
    ]
    context = {"place": resources.places.get(place), "shown": shown}
    return page(request, visitor, "detectors.html", context)


@router.get("/detectors/{place}/{detector}")
def show_detector(request: Request, visitor: Supervisor, place: Id, detector: Key) -> Response:
    """Show one detector at one place, every switch of it, and the form to switch it."""
    return _detector_page(request, visitor, place, detector)


@router.post("/detectors/{place}/{detector}")
def switch_detector(
    request: Request,
    visitor: Supervisor,
    place: Id,
    detector: Key,
    mode: Typed = "",
    evidence: Typed = "",
    without_evidence: Typed = "",
) -> Response:
    """Switch it, or say what is missing; what was typed is kept."""
    resources: Resources = request.app.state.resources
    supervision.places_of(visitor, place)
    supervision.expect_detector(detector)
    kept = {
        "mode": mode,
        "evidence": evidence.replace("\r\n", "\n").strip(),
        "without_evidence": without_evidence.replace("\r\n", "\n").strip(),
    }
    errors = _mistakes(kept)
    if not errors:
        try:
            supervision.switch(
                resources,
                visitor,
                place,
                detector,
                Mode(mode),
                evidence=kept["evidence"],
                without_evidence=kept["without_evidence"],
            )
        except SwitchRefused as refused:
            errors = {refused.field: str(refused)}
    if errors:
        return _detector_page(request, visitor, place, detector, errors=errors, kept=kept)
    return RedirectResponse(f"/detectors/{place}/{detector}", 303)


def _mistakes(kept: Mapping[str, str]) -> dict[str, str]:
    errors = {}
    if kept["mode"] not in {mode.value for mode in Mode}:
        errors["mode"] = N_("Select off, shadow or live")
    for name, label in (("evidence", N_("Evidence")), ("without_evidence", N_("Reason"))):
        if len(kept[name]) > LONGEST:
            errors[name] = _(
                "%(label)s must be %(most)s characters or fewer", label=_(label), most=LONGEST
            )
        elif not words.is_readable(kept[name]):
            errors[name] = _(
                "%(label)s must not hold control characters: type it again", label=_(label)
            )
    return errors


def _row(row: DetectorAtPlace, place: Place, names: Mapping[str, str]) -> dict[str, Any]:
    label, tag, meaning = MODES[row.mode]
    switch = row.switch
    return {
        "key": row.detector.key,
        "title": _(row.detector.title),
        "looks_for": _(row.detector.looks_for),
        "mode": _(label),
        "tag": tag,
        "meaning": _(meaning),
        "found": spoken(found_text(row)),
        "judged": spoken(judged_text(row.judged)),
        "switched": _("Never switched") if switch is None else _since(switch, place, names),
    }


def _since(switch: Switch, place: Place, names: Mapping[str, str]) -> str:
    who = names.get(switch.account, switch.account)
    return _("Since %(when)s, by %(who)s", when=words.moment(switch.since_us, place.zone), who=who)


def _detector_page(
    request: Request,
    visitor: Visitor,
    key: str,
    detector: str,
    *,
    errors: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
) -> Response:
    resources: Resources = request.app.state.resources
    places = supervision.places_of(visitor, key)
    supervision.expect_detector(detector)
    place = resources.places[key]
    with resources.database.connect() as connection:
        rows = detectors.overview(connection, places, microseconds(resources.clock()))
        past = switches.history(connection, places, detector)
        names = people.names(connection, frozenset(one.account for one in past))
    row = next(row for row in rows if row.detector.key == detector)
    context = {
        "place": place,
        "place_key": key,
        "row": _row(row, place, names),
        "modes": {
            mode.value: (_(text), _(meaning)) for mode, (text, _tag, meaning) in MODES.items()
        },
        "past": [_past(one, place, names) for one in past],
        "is_enough": row.judged.is_enough,
        "kept": kept or {},
        "errors": errors or {},
    }
    return page(request, visitor, "detector.html", context, status=422 if errors else 200)


def _past(switch: Switch, place: Place, names: Mapping[str, str]) -> dict[str, str]:
    return {
        "iso": words.iso(switch.since_us),
        "when": words.moment(switch.since_us, place.zone),
        "mode": _(MODES[switch.mode][0]),
        "who": names.get(switch.account, switch.account),
        "evidence": switch.evidence,
        "judged": spoken(judged_text(switch.judged)),
        "without_evidence": switch.without_evidence,
    }
