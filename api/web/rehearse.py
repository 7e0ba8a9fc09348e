"""Rehearsing on a page: what other settings would have alerted, worked out beside the pages."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from sqlalchemy import Connection, select
from starlette.concurrency import run_in_threadpool

from alerts import past, rehearsals
from alerts.detect.parameters import Parameter
from alerts.modes import DETECTORS, Mode
from alerts.rehearsals import Busy, Failure, Kept, RehearsalState
from api import detectors, exporting
from api.auth import PEOPLE, Needs, Visitor
from api.errors import Problem, absent
from api.resources import Resources
from api.web import rehearse_form, rehearse_result, words
from api.web.alerts import Id
from api.web.detectors import MODES
from api.web.language import N_, _
from api.web.pages import page
from api.web.rehearse_form import BUDGET, BY_NAME, GROUPS, Wish
from config import audit, people
from config import tables as registry
from config.audit import Entry
from config.places import Place
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Rehearser = Annotated[Visitor, Depends(Needs(PEOPLE))]
Number = Annotated[int, Path(ge=1, le=1 << 31)]
LIVE_EVERY_S: Final = 2
_LONGEST: Final = 20_000

STATES: Final = {
    RehearsalState.ASKED: (N_("Not begun"), "govuk-tag--grey"),
    RehearsalState.RUNNING: (N_("Running"), "govuk-tag--blue"),
    RehearsalState.DONE: (N_("Done"), "govuk-tag--green"),
    RehearsalState.FAILED: (N_("Failed"), "govuk-tag--red"),
    RehearsalState.CANCELLED: (N_("Cancelled"), "govuk-tag--grey"),
    RehearsalState.INTERRUPTED: (N_("Interrupted"), "govuk-tag--orange"),
}
"""How a state reads, and the colour of its tag."""

FAILURES: Final = {
    Failure.NOTHING_KEPT: N_(
        "nothing is kept of what the engine has done. It is kept from this version on: rehearse "
        "in some days what is seen until then."
    ),
    Failure.OUTSIDE: N_(
        "its days are not all kept any more. Choose days within those that the form names."
    ),
    Failure.STORE_BEHIND: N_(
        "the store has not taken all readings of these days yet. Begin it again in some minutes; "
        "if it fails again, tell support."
    ),
    Failure.STORE_DAMAGED: N_("the store of the readings is damaged. Tell support."),
    Failure.STORE_AWAY: N_(
        "the store of the readings could not be reached. Begin it again in some minutes; if it "
        "fails again, tell support."
    ),
    Failure.TOO_LONG: N_("it took longer than an hour. Choose fewer days."),
    Failure.SETTINGS: N_(
        "something in the settings of Stillwell or of this place is wrong. Tell support, who see "
        "by `stillwell rehearse` what it is."
    ),
    Failure.BROKEN: N_(
        "something in Stillwell failed. Tell support; the log of the web process says what."
    ),
    Failure.UNKNOWN: N_("why was not kept. Begin it again."),
}
"""Why one failed, after "It failed:"."""


@router.get("/rehearse")
def show_rehearsals(request: Request, visitor: Rehearser) -> Response:
    """Show who rehearsed which days of the visitor's places, and where to begin."""
    resources: Resources = request.app.state.resources
    keys = visitor.places(*PEOPLE)
    with resources.database.begin() as connection:
        rehearsals.settle(connection, microseconds(resources.wall()))
        found = rehearsals.of_places(connection, keys)
        names = people.names(connection, frozenset(one.account for one in found))
    context = {
        "places": [resources.places[key] for key in keys],
        "rows": [_line(one, resources.places[one.place], names) for one in found],
        "kept_days": rehearsals.KEPT_DAYS,
        "has_running": any(one.state is RehearsalState.RUNNING for one in found),
        "live_url": "/rehearse?fragment=1",
    }
    return page(request, visitor, "rehearse.html", context)


@router.get("/rehearse/{place}/new")
def show_form(
    request: Request, visitor: Rehearser, place: Id, like: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """Show the form, with what an earlier rehearsal was given where one is named."""
    resources: Resources = request.app.state.resources
    here = _place(resources, visitor, place)
    with resources.database.connect() as connection:
        kept = past.kept(connection)
        one = rehearsals.find(connection, [place], like) if like else None
    if one is not None and _may_see(one, visitor):
        return _form(request, visitor, here, kept, rehearse_form.again(one, here.zone), {})
    typed = {} if kept is None else rehearse_form.first(kept, here.zone)
    return _form(request, visitor, here, kept, typed, {})


@router.post("/rehearse/{place}/new")
async def ask(request: Request, visitor: Rehearser, place: Id) -> Response:
    """Keep what is wished and show it to be checked, or say what is wrong; nothing runs yet."""
    form = await request.form()
    typed = {k: str(form.get(k, ""))[:_LONGEST].strip() for k in rehearse_form.names()}
    return await run_in_threadpool(_ask, request, visitor, place, typed)


def _ask(request: Request, visitor: Visitor, place: str, typed: Mapping[str, str]) -> Response:
    resources: Resources = request.app.state.resources
    here = _place(resources, visitor, place)
    with resources.database.connect() as connection:
        kept = past.kept(connection)
        homes = labels(connection, place)
    if kept is None:
        return _form(request, visitor, here, kept, typed, {})
    wish = rehearse_form.read(typed, here.zone, kept, homes)
    if not isinstance(wish, Wish):
        return _form(request, visitor, here, kept, typed, wish, status=422)
    with resources.database.begin() as connection:
        number = rehearsals.ask(
            connection,
            place,
            visitor.account.id,
            wish.span,
            wish.candidate,
            wish.homes,
            microseconds(resources.wall()),
        )
    return RedirectResponse(f"/rehearse/{place}/{number}", 303)


@router.get("/rehearse/{place}/{number}")
def show_rehearsal(
    request: Request,
    visitor: Rehearser,
    place: Id,
    number: Number,
    show: Annotated[str, Query(pattern="^(changed|added|removed|all)$")] = "changed",
    after: Annotated[int, Query(ge=0, le=1 << 40)] = 0,
) -> Response:
    """Show one: what is to be checked, how far it is, or what came of it."""
    return _rehearsal(request, visitor, _find(request, visitor, place, number), show, after, {})


@router.post("/rehearse/{place}/{number}/begin")
def begin(request: Request, visitor: Rehearser, place: Id, number: Number) -> Response:
    """Begin it, unless others run."""
    resources: Resources = request.app.state.resources
    kept = _find(request, visitor, place, number)
    if resources.rehearse is None:
        raise Problem(503, N_("This process cannot rehearse: tell support."))
    try:
        with resources.database.begin() as connection:
            now_us = microseconds(resources.wall())
            is_begun = rehearsals.begin(connection, kept, visitor.account.id, now_us)
    except Busy as busy:
        told = (
            _("A rehearsal of this place runs already: wait for its end, or cancel it")
            if busy.is_here
            else _("Two rehearsals of other places run: try again in a few minutes")
        )
        return _rehearsal(request, visitor, kept, "changed", 0, {"begin": told}, status=409)
    if is_begun:
        resources.rehearse(number)
    return RedirectResponse(f"/rehearse/{place}/{number}", 303)


@router.post("/rehearse/{place}/{number}/cancel")
def cancel(request: Request, visitor: Rehearser, place: Id, number: Number) -> Response:
    """End one that runs; what it has found so far is dropped."""
    resources: Resources = request.app.state.resources
    kept = _find(request, visitor, place, number)
    with resources.database.begin() as connection:
        now_us = microseconds(resources.wall())
        rehearsals.cancel(connection, kept, visitor.account.id, now_us)
    return RedirectResponse(f"/rehearse/{place}/{number}", 303)


@router.get("/rehearse/{place}/{number}/alerts.csv")
def download(request: Request, visitor: Rehearser, place: Id, number: Number) -> Response:
    """Hand over every alert of either side as a file for spreadsheets."""
    resources: Resources = request.app.state.resources
    kept = _find(request, visitor, place, number)
    if kept.state is not RehearsalState.DONE:
        raise absent()
    exporting.note(
        resources.database,
        place,
        f"rehearsal:{number}",
        microseconds(resources.wall()),
        actor=visitor.account.id,
    )
    with resources.database.connect() as connection:
        text = rehearse_result.to_csv(connection, kept, labels(connection, place))
    headers = {"Content-Disposition": f'attachment; filename="rehearsal-{number}.csv"'}
    return PlainTextResponse(text, media_type="text/csv; charset=utf-8", headers=headers)


def labels(connection: Connection, place: str) -> dict[str, str]:
    """Return the label of every home of a place by its id."""
    h = registry.homes.c
    rows = connection.execute(select(h.id, h.label).where(h.place == place))
    return {row.id: row.label for row in rows}


def _place(resources: Resources, visitor: Visitor, key: str) -> Place:
    if key not in visitor.places(*PEOPLE):
        raise absent()
    return resources.places[key]


def _find(request: Request, visitor: Visitor, place: str, number: int) -> Kept:
    """Return a rehearsal that this visitor may see, as it stands now; Problem 404 if not."""
    resources: Resources = request.app.state.resources
    _place(resources, visitor, place)
    with resources.database.begin() as connection:
        rehearsals.settle(connection, microseconds(resources.wall()))
        kept = rehearsals.find(connection, [place], number)
    if kept is None or not _may_see(kept, visitor):
        raise absent()
    return kept


def _may_see(kept: Kept, visitor: Visitor) -> bool:
    """Whether it is the visitor's own, or was begun."""
    return kept.state is not RehearsalState.ASKED or kept.account == visitor.account.id


def _form(
    request: Request,
    visitor: Visitor,
    place: Place,
    kept: tuple[int, int] | None,
    typed: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> Response:
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        modes = detectors.modes_of(connection, place.key)
    now = rehearse_form.now(place)
    context = {
        "place": place,
        "is_kept": kept is not None,
        "kept": () if kept is None else tuple(words.moment(us, place.zone) for us in kept),
        "typed": typed,
        "errors": errors,
        "budget": _number(BUDGET, now),
        "groups": [
            {
                "id": f"numbers-{key}",
                "title": _(title),
                "numbers": [_number(BY_NAME[name], now) for name in own],
                "is_open": any(typed.get(name) or errors.get(name) for name in own),
            }
            for key, title, own in GROUPS
        ],
        "modes": [(one.key, _(one.title), _(MODES[modes[one.key]][0])) for one in DETECTORS],
        "choices": [(mode.value, _(MODES[mode][0])) for mode in Mode],
        "most_homes": rehearse_form.MOST_HOMES,
        "longest_days": rehearsals.LONGEST_DAYS,
    }
    return page(request, visitor, "rehearse_new.html", context, status=status)


def _number(one: Parameter, now: Mapping[str, float]) -> dict[str, str]:
    """Return a number as its field shows it."""
    hint = _(
        "%(sentence)s Now %(now)s; from %(low)s to %(high)s.",
        sentence=_(one.sentence),
        now=f"{now[one.name]:g}",
        low=f"{one.low:g}",
        high=f"{one.high:g}",
    )
    return {"name": one.name, "unit": _(one.unit), "hint": hint}


def _rehearsal(
    request: Request,
    visitor: Visitor,
    kept: Kept,
    show: str,
    after: int,
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> Response:
    resources: Resources = request.app.state.resources
    place, is_fragment = resources.places[kept.place], request.query_params.get("fragment") == "1"
    is_done = kept.state is RehearsalState.DONE
    with resources.database.connect() as connection:
        names = people.names(connection, frozenset({kept.account}))
        homes = labels(connection, kept.place)
        result = (
            rehearse_result.context(connection, kept, place, homes, show, after)
            if is_done and not is_fragment
            else {}
        )
    if not is_fragment and (is_done or kept.homes):
        _note(resources, visitor, kept)
    address = f"/rehearse/{kept.place}/{kept.number}"
    context = {
        "place": place,
        "address": address,
        "one": _line(kept, place, names),
        "homes": [(home, homes.get(home, home)) for home in kept.homes],
        "tried": rehearse_result.tried(kept),
        "state": kept.state.value,
        "is_own": kept.account == visitor.account.id,
        "failure": _(FAILURES[kept.failure or Failure.UNKNOWN]),
        "percent": int(100 * kept.share),
        "is_ending": kept.is_cancelled,
        "errors": errors,
        "result": result,
        "kept_days": rehearsals.KEPT_DAYS,
        "live_url": f"{address}?fragment=1" if kept.state is RehearsalState.RUNNING else "",
        "live_every_s": LIVE_EVERY_S if kept.state is RehearsalState.RUNNING else 0,
    }
    return page(request, visitor, "rehearsal.html", context, status=status)


def _note(resources: Resources, visitor: Visitor, kept: Kept) -> None:
    """Write down that this visitor looked at what would have been told of homes."""
    at_us, subject = microseconds(resources.wall()), f"rehearsal:{kept.number}"
    detail = {"route": "/rehearse/{place}/{number}"}
    with resources.database.begin() as connection:
        audit.append(
            connection, Entry(kept.place, at_us, visitor.account.id, "read", subject, detail)
        )


def _line(kept: Kept, place: Place, names: Mapping[str, str]) -> dict[str, Any]:
    text, tag = STATES[kept.state]
    return {
        "number": kept.number,
        "href": f"/rehearse/{kept.place}/{kept.number}",
        "place": place.name,
        "span": _(
            "%(start)s to %(stop)s",
            start=words.moment(kept.start_us, place.zone),
            stop=words.moment(kept.stop_us, place.zone),
        ),
        "who": names.get(kept.account, kept.account),
        "when": words.moment(kept.begun_us, place.zone),
        "state": _(text),
        "tag": tag,
        "percent": int(100 * kept.share),
        "is_running": kept.state is RehearsalState.RUNNING,
        "until": ""
        if kept.ended_us is None
        else words.day(kept.ended_us + rehearsals.KEPT_DAYS * rehearsals.DAY_US, place.zone),
    }
