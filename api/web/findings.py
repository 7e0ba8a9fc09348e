"""What was found in shadow, for supervisors to judge true, false or unclear."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from alerts import adjudications
from alerts.adjudications import ShadowFinding
from alerts.precision import Said
from alerts.shadow_rows import ShadowState
from api import roster, supervision
from api.auth import Needs, Visitor
from api.cursors import decode_cursor, encode_cursor
from api.errors import Problem
from api.resources import Resources
from api.web import lines, sentences, why, words
from api.web.alert import note_mistake
from api.web.alerts import Id
from api.web.decided import decided
from api.web.language import N_, _
from api.web.pages import page
from api.web.typed import Typed
from config import people
from config.roles import Role
from ingest.clock import microseconds
from ingest.sink import StoreDown
from ingest.store.pieces import StoreDamaged

router: Final = APIRouter(include_in_schema=False)
Supervisor = Annotated[Visitor, Depends(Needs((Role.SUPERVISOR,)))]

PER_PAGE: Final = 25
"""Findings on one page."""

_WORDS: Final = {Said.TRUE: N_("True"), Said.FALSE: N_("False"), Said.UNCLEAR: N_("Unclear")}


@router.get("/detectors/findings")
def show_findings(
    request: Request,
    visitor: Supervisor,
    place: Annotated[str, Query(max_length=40)] = "",
    show: Annotated[str, Query(pattern="^(waiting|judged)$")] = "waiting",
    after: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """Show findings that wait to be judged, or those that were, the newest first."""
    return _page(request, visitor, place, show, after)


def _page(
    request: Request,
    visitor: Visitor,
    place: str,
    show: str,
    after: str = "",
    *,
    refused: ShadowFinding | None = None,
    errors: Mapping[str, str] | None = None,
    kept: str = "",
) -> Response:
    """Return the list; ``refused`` is the finding whose note, ``kept``, could not be taken."""
    resources: Resources = request.app.state.resources
    places = supervision.places_of(visitor, place)
    before = None
    if after:
        found_us, id_ = decode_cursor(after, int, str)
        before = (int(found_us), str(id_))
    with resources.database.connect() as connection:
        found = adjudications.list_findings(
            connection, places, is_judged=show == "judged", before=before, limit=PER_PAGE + 1
        )
        if refused is not None:  # it may stand on a later page
            found = [refused, *(one for one in found if one.id != refused.id)]
        labels = roster.labels(connection, [one.home for one in found])
        names = people.names(connection, frozenset(one.account or "" for one in found))
    more = ""
    if len(found) > PER_PAGE:
        found = found[:PER_PAGE]
        more = encode_cursor(found[-1].found_us, found[-1].id)
    context = {
        "place": resources.places.get(place),
        "findings": [_line(one, resources, labels, names) for one in found],
        "shows_place": len(places) > 1,
        "place_key": place,
        "show": show,
        "query": f"?{urlencode({'place': place})}&" if place else "?",
        "more": more,
        "errors": errors or {},
        "refused": "" if refused is None else refused.id,
        "kept": kept,
    }
    return page(request, visitor, "findings.html", context, status=422 if errors else 200)


@router.get("/detectors/findings/{finding}")
def show_finding(request: Request, visitor: Supervisor, finding: Id) -> Response:
    """Show one finding with the picture of what decided it."""
    resources: Resources = request.app.state.resources
    found = supervision.find(resources, visitor, finding)
    place, now_us = resources.places[found.place], microseconds(resources.clock())
    with resources.database.connect() as connection:
        labels = roster.labels(connection, [found.home])
        names = people.names(connection, frozenset([found.account or ""]))
        home = roster.find_home(connection, [found.place], found.home)
    context = {
        "place": place,
        "one": _line(found, resources, labels, names),
        "decided": decided(found.kind, found.evidence, place.zone),
        "live_url": "",
        **(_picture(resources, found, home.number, now_us) if home is not None else {}),
    }
    return page(request, visitor, "finding.html", context)


def _picture(resources: Resources, found: ShadowFinding, home: int, now_us: int) -> dict[str, Any]:
    store, case = resources.store(), why.of_finding(found)
    if store is None:
        return {}
    try:
        batch = store.read(home, *why.reach(case))
    except (StoreDown, StoreDamaged):
        return {"is_history_down": True}
    sensors = roster.sensors_of(resources.table(), home)
    return {"why": why.told(case, batch, sensors, now_us, resources.places[found.place].zone)}


@router.post("/detectors/findings/{finding}/adjudicate")
def adjudicate(
    request: Request,
    visitor: Supervisor,
    finding: Id,
    said: Typed = "",
    note: Typed = "",
    place: Annotated[str, Form(max_length=40)] = "",
    show: Annotated[str, Form(max_length=10)] = "waiting",
) -> Response:
    """Say whether it was true, and go back to the list; a judged one may be judged again."""
    resources: Resources = request.app.state.resources
    found = supervision.find(resources, visitor, finding)
    note = note.replace("\r\n", "\n").strip()
    if said not in set(Said):
        raise Problem(422, _("Say true, false or unclear: go back and press one of the buttons."))
    here = {"show": "judged" if show == "judged" else "waiting"}
    if place in supervision.places_of(visitor):
        here["place"] = place
    if wrong := note_mistake(note):
        errors = {f"note-{finding}": wrong}
        return _page(
            request, visitor, here.get("place", ""), here["show"],
            refused=found, errors=errors, kept=note,
        )  # fmt: skip
    supervision.judge(resources, visitor, finding, Said(said), note)
    return RedirectResponse(f"/detectors/findings?{urlencode(here)}", 303)


def _line(
    found: ShadowFinding,
    resources: Resources,
    labels: Mapping[str, str],
    names: Mapping[str, str],
) -> dict[str, Any]:
    place, now_us = resources.places[found.place], microseconds(resources.clock())
    said = None
    if found.said is not None and found.said_us is not None:
        who = names.get(found.account or "", found.account)
        when = words.since(found.said_us, now_us, place.zone)
        said = _("%(said)s, says %(who)s, %(when)s", said=_(_WORDS[found.said]), who=who, when=when)
    return {
        "id": found.id,
        "home": found.home,
        "label": labels.get(found.home, _("Home %(id)s", id=found.home[:8])),
        "place": place.name,
        "kind": lines.kind_text(found.kind),
        "sentence": sentences.translate(found.sentence),
        "found_iso": words.iso(found.found_us),
        "found": words.when(found.found_us, now_us, place.zone),
        "state": _state(found, resources, now_us),
        "is_late": found.is_late,
        "said": said,
        "note": found.note,
    }


def _state(found: ShadowFinding, resources: Resources, now_us: int) -> str:
    zone = resources.places[found.place].zone
    if found.state is ShadowState.STANDING:
        return _("Still so: that is now %(span)s", span=words.span(now_us - found.onset_us))
    when = words.since(found.ended_us or found.found_us, now_us, zone)
    return {
        ShadowState.OVER: _("Over at %(when)s", when=when),
        ShadowState.CONTRADICTED: _("Late data showed at %(when)s that it was wrong", when=when),
        ShadowState.RAISED: _(
            "Raised as an alert at %(when)s, when its detector was switched live", when=when
        ),
    }[found.state]
