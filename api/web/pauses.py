"""Pausing a home on its page, ending the pause, and letting it end at another time."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import RedirectResponse, Response

from api import pausing
from api.auth import HOMES, Needs, Visitor
from api.errors import absent
from api.resources import Resources
from api.roster import find_home
from api.web.alerts import Id
from api.web.homes import home_page
from api.web.language import N_, _
from api.web.typed import Typed
from config.homes import Home
from config.pauses import PauseReason
from config.places import Place
from config.problems import ConfigProblem
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Member = Annotated[Visitor, Depends(Needs(HOMES))]
Number = Annotated[int, Path(ge=1, le=1 << 31)]


@router.post("/homes/{home_id}/pauses")
def begin_pause(
    request: Request,
    visitor: Member,
    home_id: Id,
    reason: Typed = "",
    until: Typed = "",
    why: Typed = "",
) -> Response:
    """Pause a home, or say what is missing; what was typed is kept."""
    resources: Resources = request.app.state.resources
    home, now_us = _home(resources, visitor, home_id), microseconds(resources.clock())
    kept = {"reason": reason, "until": until, "why": why.replace("\r\n", "\n").strip()}
    if reason not in list(PauseReason):
        errors = {"reason": N_("Select why the home is paused")}
        return home_page(request, visitor, home_id, errors=errors, kept=kept)
    try:
        until_us = _moment(until, resources.places[home.place])
        with resources.database.begin() as connection:
            pausing.begin(
                connection,
                [home.place],
                home_id,
                reason=PauseReason(reason),
                from_us=now_us,
                until_us=until_us,
                account=visitor.account.id,
                why=kept["why"],
                now_us=now_us,
            )
    except ConfigProblem as problem:
        field = "why" if "why" in str(problem) else "until"
        return home_page(request, visitor, home_id, errors={field: sentence(problem)}, kept=kept)
    return RedirectResponse(f"/homes/{home_id}", 303)


@router.post("/homes/{home_id}/pauses/{number}/end")
def end_pause(request: Request, visitor: Member, home_id: Id, number: Number) -> Response:
    """End a pause now."""
    resources: Resources = request.app.state.resources
    home, now_us = _home(resources, visitor, home_id), microseconds(resources.clock())
    by = visitor.account.id
    try:
        with resources.database.begin() as connection:
            pausing.end(connection, [home.place], number, account=by, now_us=now_us, of=home_id)
    except LookupError as problem:
        raise absent() from problem
    pausing.answer(resources.database, resources.ledger, home_id, by, now_us)
    return RedirectResponse(f"/homes/{home_id}", 303)


@router.post("/homes/{home_id}/pauses/{number}/extend")
def extend_pause(
    request: Request,
    visitor: Member,
    home_id: Id,
    number: Number,
    until: Typed = "",
) -> Response:
    """Let a pause that runs end at another time, or say what is wrong."""
    resources: Resources = request.app.state.resources
    home, now_us = _home(resources, visitor, home_id), microseconds(resources.clock())
    try:
        until_us = _moment(until, resources.places[home.place])
        with resources.database.begin() as connection:
            pausing.extend(
                connection,
                [home.place],
                number,
                until_us=until_us,
                account=visitor.account.id,
                now_us=now_us,
                of=home_id,
            )
    except LookupError as problem:
        raise absent() from problem
    except ConfigProblem as problem:
        errors, kept = {"extend_until": sentence(problem)}, {"extend_until": until}
        return home_page(request, visitor, home_id, errors=errors, kept=kept)
    return RedirectResponse(f"/homes/{home_id}", 303)


def _moment(said: str, place: Place) -> int:
    try:
        return pausing.read_moment(said, place.zone)
    except ConfigProblem as problem:
        raise ConfigProblem(_("Enter the day and the time at which the pause ends")) from problem


def sentence(problem: ConfigProblem) -> str:
    """Return the first thing that is wrong, as a form says it."""
    said = str(problem).partition("\n")[0].removeprefix("pause: ")
    return said[0].upper() + said[1:]


def _home(resources: Resources, visitor: Visitor, home_id: str) -> Home:
    with resources.database.connect() as connection:
        home = find_home(connection, visitor.places(*HOMES), home_id)
    if home is None:
        raise absent()
    return home
