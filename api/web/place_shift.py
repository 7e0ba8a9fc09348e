"""One shift of a rota that repeats: added, changed, copied, ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from api.auth import Needs, Visitor
from api.resources import Resources
from api.web import place_edit, rota_change, rota_words, shift_form
from api.web.alerts import Id
from api.web.language import _
from api.web.pages import page
from api.web.place_edit import EDITORS, Typed
from api.web.place_rota import find_team, week_page
from api.web.rota_change import Edit
from config import rota_edits, rotas
from config.places import Place
from config.rota_edits import Gone
from config.rotas import DAYS, HOLIDAY, LINES, Rota, Shift, Team

router: Final = APIRouter(include_in_schema=False)
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]
Mark = Annotated[str, Path(max_length=12)]
NEW: Final = "new"
"""What the address of a shift that is added says instead of its mark."""


@dataclass(frozen=True, slots=True)
class _At:
    """Which shift is looked at, of which team: None for one that is added."""

    place: Place
    team: Team
    name: str
    shift: Shift | None
    read: int
    names: Mapping[str, str]


@router.get("/places/{place}/rota/shift/{shift}")
def show_shift(
    request: Request,
    visitor: Editor,
    place: Id,
    shift: Mark,
    team: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show a shift as a form, or an empty one for a shift that is added."""
    of = place_edit.place_of(request, visitor, place)
    try:
        at = _find(request, of, shift, team)
    except Gone:
        return week_page(request, visitor, of, team, is_gone=True)
    today = rota_change.today(request, of)
    since = today if at.shift is None or (at.shift.since or today) <= today else at.shift.since
    return _form(request, visitor, at, Typed(shift_form.typed_of(at.shift, at.read, since)), {})


@router.get("/places/{place}/rota/shift/{shift}/copy")
def copy_shift(request: Request, visitor: Editor, place: Id, shift: Mark) -> Response:
    """Show the form of a shift that is added, filled with what another says."""
    of = place_edit.place_of(request, visitor, place)
    try:
        source = _find(request, of, shift)
        at = _find(request, of, NEW, source.team.key)
    except Gone:
        return week_page(request, visitor, of, is_gone=True)
    today = rota_change.today(request, of)
    return _form(request, visitor, at, Typed(shift_form.typed_of(source.shift, at.read, today)), {})


@router.post("/places/{place}/rota/shift/{shift}")
async def save_shift(
    request: Request,
    visitor: Editor,
    place: Id,
    shift: Mark,
    team: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show what would change with its gaps, or put it in force; what was typed is kept."""
    form = await place_edit.typed(request)
    return await run_in_threadpool(_save, request, visitor, place, shift, team, form)


@router.get("/places/{place}/rota/shift/{shift}/end")
def show_end(request: Request, visitor: Editor, place: Id, shift: Mark) -> Response:
    """Ask on which day a shift begins for the last time."""
    of = place_edit.place_of(request, visitor, place)
    try:
        at = _find(request, of, shift)
    except Gone:
        return week_page(request, visitor, of, is_gone=True)
    return _end_form(request, visitor, at, Typed({"read": [str(at.read)]}), {})


@router.post("/places/{place}/rota/shift/{shift}/end")
async def end_shift(request: Request, visitor: Editor, place: Id, shift: Mark) -> Response:
    """Show what ending the shift leaves, or end it; what was typed is kept."""
    form = await place_edit.typed(request)
    return await run_in_threadpool(_end, request, visitor, place, shift, form)


def _find(request: Request, place: Place, name: str, team: str = "") -> _At:
    """Return the shift of this mark and its team; Gone when there is none."""
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        rota = rota_change.expect_rota(connection, place)
        shift = None if name == NEW else rota_edits.find(rota, name)
        own = find_team(rota, shift.team if shift else team)
        read = place_edit.newest_id(connection, place.key, rotas.SUBJECT)
        return _At(place, own, name, shift, read, rota_words.names_of(connection, place))


def _save(
    request: Request, visitor: Visitor, place: str, name: str, team: str, form: Typed
) -> Response:
    of = place_edit.place_of(request, visitor, place)
    today = rota_change.today(request, of)
    try:
        at = _find(request, of, name, team)
        if form.then == "add":
            more = [str(min(shift_form.weeks(form) + 1, shift_form.MOST_WEEKS))]
            return _form(request, visitor, at, Typed({**form.fields, "weeks": more}), {})
        wanted, errors = shift_form.read(form, at.team, today, is_change=at.shift is not None)
        if form.then == "back" or wanted is None:
            shown = {} if form.then == "back" else errors
            return _form(request, visitor, at, form, shown)
        edit = _edit(at, wanted, today)
        if told := rota_change.mistake(request, of, edit):
            return _form(request, visitor, at, form, {"from": told})
        return rota_change.settle(request, visitor, of, form, edit)
    except Gone:
        return week_page(request, visitor, of, team, is_gone=True)


def _edit(at: _At, wanted: Shift, today: date) -> Edit:
    def make(rota: Rota) -> Rota:
        if at.shift is None:
            return rota_edits.add(rota, wanted, today)
        return rota_edits.change(rota, at.name, wanted, today)

    lines = {wanted.line, *([at.shift.line] if at.shift else [])}
    title = _("A new shift") if at.shift is None else _("A shift that changes")
    return Edit(
        at.team,
        title,
        _("Shifts"),
        f"{_address(at)}{f'?team={at.team.key}' if at.shift is None else ''}",
        max(wanted.since or today, today),
        make,
        _plan(at, lines),
    )


def _plan(at: _At, lines: set[str]) -> Any:  # noqa: ANN401  # a function of a rota
    """Return what says every shift of these lines of the team, each in one line."""

    def shown(rota: Rota) -> list[str]:
        return [
            "; ".join(rota_words.shift(one, at.names))
            for one in sorted(rota.shift, key=lambda one: (LINES.index(one.line), one.start))
            if one.team == at.team.key and one.line in lines
        ]

    return shown


def _end(request: Request, visitor: Visitor, place: str, name: str, form: Typed) -> Response:
    of = place_edit.place_of(request, visitor, place)
    today = rota_change.today(request, of)
    errors: dict[str, str] = {}
    try:
        at = _find(request, of, name)
        last = shift_form.day(form, "last", errors, is_needed=True)
        if last is not None and last < today - timedelta(days=1):
            errors["last-d"] = _("Enter yesterday or a later day: what is past stays as it was")
        if form.then == "back" or last is None or errors:
            shown = {} if form.then == "back" else errors
            return _end_form(request, visitor, at, form, shown)

        def make(rota: Rota) -> Rota:
            return rota_edits.end(rota, name, last, today)

        line = at.shift.line if at.shift else LINES[0]
        edit = Edit(
            at.team,
            _("A shift that ends"),
            _("Shifts"),
            f"{_address(at)}/end",
            max(last + timedelta(days=1), today),
            make,
            _plan(at, {line}),
        )
        if told := rota_change.mistake(request, of, edit):
            return _end_form(request, visitor, at, form, {"last-d": told})
        return rota_change.settle(request, visitor, of, form, edit)
    except Gone:
        return week_page(request, visitor, of, is_gone=True)


def _address(at: _At) -> str:
    return f"/places/{at.place.key}/rota/shift/{at.name}"


def _form(
    request: Request, visitor: Visitor, at: _At, form: Typed, errors: Mapping[str, str]
) -> Response:
    today, count = rota_change.today(request, at.place), shift_form.weeks(form)
    title = _("Add a shift") if at.shift is None else _("Change a shift")
    context = {
        "place": at.place,
        "team": {"key": at.team.key, "name": at.team.name},
        "title": title,
        "action": f"{_address(at)}{f'?team={at.team.key}' if at.shift is None else ''}",
        "is_new": at.shift is None,
        "line": form.one("line"),
        "lines": [(one, _(rota_words.LINE[one])) for one in LINES],
        "days": form.all("days"),
        "day_names": [
            (one, rota_words.weekday(one)[:1].upper() + rota_words.weekday(one)[1:])
            for one in (*DAYS, HOLIDAY)
        ],
        "start": form.one("from"),
        "end": form.one("to"),
        "weeks": [
            {
                "name": f"people-{number}",
                "label": shift_form.week_label(number, count, today),
                "who": form.one(f"people-{number}"),
            }
            for number in range(count)
        ],
        "count": count,
        "can_add": count < shift_form.MOST_WEEKS,
        "people": shift_form.choices(at.team, at.names),
        "since": [form.one(f"since-{part}") for part in "dmy"],
        "until": [form.one(f"until-{part}") for part in "dmy"],
        "read": form.read,
        "errors": dict(errors),
        "live_url": "",
    }
    return page(request, visitor, "place_shift.html", context, status=422 if errors else 200)


def _end_form(
    request: Request, visitor: Visitor, at: _At, form: Typed, errors: Mapping[str, str]
) -> Response:
    context = {
        "place": at.place,
        "team": {"key": at.team.key, "name": at.team.name},
        "action": f"{_address(at)}/end",
        "lines": rota_words.shift(at.shift, at.names) if at.shift else [],
        "last": [form.one(f"last-{part}") for part in "dmy"],
        "read": form.read,
        "errors": dict(errors),
        "live_url": "",
    }
    return page(request, visitor, "place_shift_end.html", context, status=422 if errors else 200)
