"""Requests of people for what is kept about them, and legal holds, for information governance."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse, Response

from api import home_rows, subject_answers, subject_rows
from api.auth import Needs, Visitor
from api.errors import Problem
from api.home_rows import Subject
from api.resources import Resources
from api.rest.homes import Id
from api.web import words
from api.web.language import _
from api.web.pages import page, zone_of
from api.web.typed import Typed
from config import audit, holds, household_rows, people
from config.audit import Entry
from config.holds import Hold
from config.problems import ConfigProblem
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Governor = Annotated[Visitor, Depends(Needs((Role.GOVERNANCE,)))]
Home = Annotated[str, Query(max_length=60)]
Number = Annotated[int, Path(ge=1, le=1 << 31)]
SHORTEST: Final = 2
MOST: Final = 50
"""Homes of a search that are shown: more than these want more words."""


@router.get("/data-requests")
def show_data_requests(request: Request, visitor: Governor, home: Home = "") -> Response:
    """Show the form and the holds, and of the home that is asked for what is kept, in numbers."""
    wanted = home.strip().lower()
    if not wanted:
        return _page(request, visitor, None, "")
    try:
        found = subject_answers.find(request, visitor, wanted)
    except Problem:
        errors = {"home": _("No home of your places has this id")}
        return _page(request, visitor, None, wanted, errors=errors, status=404)
    _note(request, visitor, found)
    return _page(request, visitor, found, wanted)


@router.post("/data-requests/search")
def search(request: Request, visitor: Governor, wanted: Typed = "") -> Response:
    """Show the homes of the visitor's places of this name or address; noted without the words."""
    resources: Resources = request.app.state.resources
    if len(wanted.strip()) < SHORTEST:
        errors = {"wanted": _("Type at least two letters of a name or an address")}
        return _page(request, visitor, None, "", errors=errors, searched=wanted, status=422)
    places = visitor.places(Role.GOVERNANCE)
    with resources.database.connect() as connection:
        found = household_rows.search_whole(connection, resources.vault, places, wanted)
    matches = [(home, *found[home]) for home in list(found)[:MOST]]
    _note_search(resources, visitor, [home for home, *_rest in matches])
    return _page(
        request, visitor, None, "", searched=wanted, matches=matches, left=len(found) - len(matches)
    )


def _note_search(resources: Resources, visitor: Visitor, homes: Sequence[str]) -> None:
    """Write down at each place that somebody searched, and at each home that it was shown."""
    at_us, by, route = microseconds(resources.wall()), visitor.account.id, "/data-requests/search"
    with resources.database.begin() as connection:
        for place in visitor.places(Role.GOVERNANCE):
            audit.append(connection, Entry(place, at_us, by, "read", "list", {"what": "search"}))
        for home in homes:
            one = home_rows.find(connection, home, visitor.places(Role.GOVERNANCE))
            if one is not None:
                shown = Entry(one.place, at_us, by, "read", f"home:{home}", {"route": route})
                audit.append(connection, shown)


@router.get("/data-requests/{home}/export.json")
def download_json(request: Request, visitor: Governor, home: Id, notes: bool = False) -> Response:
    """Hand over the whole as JSON."""
    return subject_answers.as_json(request, visitor, home, with_notes=notes)


@router.get("/data-requests/{home}/export.html")
def download_html(request: Request, visitor: Governor, home: Id, notes: bool = False) -> Response:
    """Hand over the page to read."""
    return subject_answers.as_html(request, visitor, home, with_notes=notes)


@router.post("/data-requests/{home}/holds")
def place_hold(request: Request, visitor: Governor, home: Id, reason: Typed = "") -> Response:
    """Put a legal hold on a home, or say what is missing."""
    resources: Resources = request.app.state.resources
    found, now_us = subject_answers.find(request, visitor, home), microseconds(resources.wall())
    try:
        with resources.database.begin() as connection:
            holds.place(connection, home, reason, visitor.account.id, now_us)
    except ConfigProblem:
        errors = {"reason": _("Say which case it is, in 3 to 500 characters without names")}
        return _page(request, visitor, found, home, errors=errors, kept=reason, status=422)
    return RedirectResponse(f"/data-requests?home={home}", 303)


@router.post("/data-requests/{home}/holds/{number}/lift")
def lift_hold(
    request: Request, visitor: Governor, home: Id, number: Number, why: Typed = ""
) -> Response:
    """Lift a hold, or say what is missing."""
    resources: Resources = request.app.state.resources
    found = subject_answers.find_hold(request, visitor, home, number)
    places, now_us = visitor.places(Role.GOVERNANCE), microseconds(resources.wall())
    try:
        with resources.database.begin() as connection:
            holds.lift(connection, places, number, why, visitor.account.id, now_us)
    except ConfigProblem:
        errors = {f"why-{number}": _("Say why it is over, in 3 to 500 characters without names")}
        return _page(request, visitor, found, home, errors=errors, kept_why=why, status=422)
    return RedirectResponse(f"/data-requests?home={home}", 303)


def _note(request: Request, visitor: Visitor, found: Subject) -> None:
    """Write down that this visitor looked at what is kept of a home."""
    resources: Resources = request.app.state.resources
    at_us, by = microseconds(resources.wall()), visitor.account.id
    entry = Entry(found.place, at_us, by, "read", f"home:{found.id}", {"route": "/data-requests"})
    with resources.database.begin() as connection:
        audit.append(connection, entry)


def _page(
    request: Request,
    visitor: Visitor,
    found: Subject | None,
    wanted: str,
    *,
    errors: Mapping[str, str] | None = None,
    kept: str = "",
    kept_why: str = "",
    searched: str = "",
    matches: Sequence[tuple[str, list[str], str]] | None = None,
    left: int = 0,
    status: int = 200,
) -> Response:
    resources: Resources = request.app.state.resources
    place = None if found is None else resources.places[found.place]
    with resources.database.connect() as connection:
        counts = {} if found is None else subject_rows.counts(connection, found)
        listed = holds.of_places(connection, visitor.places(Role.GOVERNANCE))
        by = {account for one in listed for account in (one.set_by, one.lifted_by) if account}
        named = people.names(connection, frozenset(by))
    zone = zone_of(resources, place)
    context = {
        "home": found,
        "wanted": wanted,
        "rows": [(_(subject_rows.TITLES.get(n, n)), count) for n, count in counts.items() if count],
        "holds": [_hold(one, named, zone) for one in listed],
        "kept": kept.replace("\r\n", "\n"),
        "kept_why": kept_why,
        "searched": searched.strip(),
        "matches": matches,
        "left": left,
        "errors": errors or {},
        "place": place,
    }
    return page(request, visitor, "data_requests.html", context, status=status)


def _hold(one: Hold, named: Mapping[str, str], zone: tzinfo) -> dict[str, Any]:
    return {
        "number": one.number,
        "home": one.home,
        "reason": one.reason,
        "who": named.get(one.set_by, one.set_by),
        "since": words.moment(one.set_us, zone),
        "lifted": None if one.lifted_us is None else words.moment(one.lifted_us, zone),
        "lifted_who": named.get(one.lifted_by, one.lifted_by),
        "lifted_why": one.lifted_why,
    }
