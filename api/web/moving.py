"""Moving house: what it does, check your answers, done, and taking it back within a day."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from api import house_moving
from api.auth import Needs, Visitor
from api.contacting import EDITORS
from api.errors import absent
from api.house_moving import Outlook, site_of
from api.households import Wrong
from api.resources import Resources
from api.web import enrol_steps, move_words
from api.web.alerts import Id
from api.web.language import _
from api.web.move_words import FIELDS, SAME_PLACE, STEP
from api.web.pages import page
from api.web.phrases import spoken
from config import house_moves, people
from config.house_moves import UNDO_H, Former
from config.problems import ConfigProblem

router: Final = APIRouter(include_in_schema=False)
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]
_LONGEST: Final = 20_000


@router.get("/homes/{home_id}/move")
def show_move(request: Request, visitor: Editor, home_id: Id) -> Response:
    """Show what moving does and ask for the new address, and what the last move came to."""
    return _form(request, visitor, _outlook(request, visitor, home_id), {}, {})


@router.post("/homes/{home_id}/move")
async def check_move(request: Request, visitor: Editor, home_id: Id) -> Response:
    """Show the answers to be checked, or say what is wrong; ``step`` change goes back."""
    form = {k: str(v)[:_LONGEST] for k, v in (await request.form()).items()}
    return await run_in_threadpool(_check, request, visitor, home_id, form)


@router.post("/homes/{home_id}/move/confirm")
async def confirm_move(request: Request, visitor: Editor, home_id: Id) -> Response:
    """Move the home, or say what keeps it."""
    form = {k: str(v)[:_LONGEST] for k, v in (await request.form()).items()}
    return await run_in_threadpool(_confirm, request, visitor, home_id, form)


@router.post("/homes/{home_id}/move/take-back")
def take_back_move(request: Request, visitor: Editor, home_id: Id) -> Response:
    """Let the home be where it was before, or say why it cannot be."""
    site = site_of(request.app.state.resources)
    try:
        house_moving.take_back(site, visitor.places(*EDITORS), home_id, visitor.account.id)
    except LookupError as problem:
        raise absent() from problem
    except ConfigProblem as problem:
        said = spoken(str(problem).removeprefix("move: "))
        errors = {"take-back": said[:1].upper() + said[1:]}
        return _form(request, visitor, _outlook(request, visitor, home_id), {}, errors)
    return RedirectResponse(f"/homes/{home_id}/household", 303)


def _check(request: Request, visitor: Visitor, home_id: str, form: Mapping[str, str]) -> Response:
    found = _outlook(request, visitor, home_id)
    typed = enrol_steps.typed(STEP, form)
    if form.get("step") == "change":
        return _form(request, visitor, found, {**form, **typed}, {})
    if errors := _mistakes(found, typed):
        return _form(request, visitor, found, {**form, **typed}, errors)
    answers = [
        (_(one.label), _("Kept, not shown here") if one.name == "key_safe" else
         enrol_steps.shown(one, typed[one.name], found.place.kits))
        for one in STEP.fields
        if typed[one.name]
    ]  # fmt: skip
    hidden = {name: form.get(name, "") for name in _names()}
    context = {**_context(found), "answers": answers, "hidden": hidden}
    return page(request, visitor, "move_check.html", context)


def _confirm(request: Request, visitor: Visitor, home_id: str, form: Mapping[str, str]) -> Response:
    found = _outlook(request, visitor, home_id)
    typed = enrol_steps.typed(STEP, form)
    if errors := _mistakes(found, typed):
        return _form(request, visitor, found, {**form, **typed}, errors)
    site, places = site_of(request.app.state.resources), visitor.places(*EDITORS)
    try:
        house_moving.move(site, places, home_id, typed, visitor.account.id)
    except Wrong as wrong:
        told = enrol_steps.sentences([(f, said) for _where, f, said in wrong.mistakes], FIELDS)
        return _form(request, visitor, found, {**form, **typed}, told)
    except ConfigProblem:
        meanwhile = _("Something changed at this home meanwhile: look at the answers once more")
        now = _outlook(request, visitor, home_id)
        return _form(request, visitor, now, {**form, **typed}, {SAME_PLACE: meanwhile})
    return RedirectResponse(f"/homes/{home_id}/move", 303)


def _names() -> list[str]:
    """Return the fields of the form, a day in its parts."""
    parts = [[f"{one.name}-{part}" for part in "dmy"] if one.kind == "day" else [one.name]
             for one in STEP.fields]  # fmt: skip
    return [name for names in parts for name in names]


def _outlook(request: Request, visitor: Visitor, home_id: str) -> Outlook:
    resources: Resources = request.app.state.resources
    try:
        with resources.database.connect() as connection:
            places = visitor.places(*EDITORS)
            return house_moving.outlook(connection, site_of(resources), places, home_id)
    except LookupError as problem:
        raise absent() from problem


def _mistakes(found: Outlook, typed: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong, by field."""
    if typed[SAME_PLACE] not in ("yes", "no"):
        wrong = {SAME_PLACE: _("Select whether the same council looks after the new address")}
    elif typed[SAME_PLACE] == "no":
        wrong = {SAME_PLACE: _(
            "A home stays with its council: end the enrolment here, and let the other council "
            "enrol the household. When a council takes over many homes, an engineer moves them."
        )}  # fmt: skip
    else:
        wrong = {}
    return {**wrong, **enrol_steps.sentences(house_moving.read(found, typed)[1], FIELDS)}


def _form(
    request: Request,
    visitor: Visitor,
    found: Outlook,
    said: Mapping[str, str],
    errors: Mapping[str, str],
) -> Response:
    resources: Resources = request.app.state.resources
    now_us = site_of(resources).now_us
    with resources.database.connect() as connection:
        names = people.names(connection, frozenset(one.moved_by for one in found.former[:1]))
    refusal = found.refusal
    context = {
        **_context(found),
        "refusal": "" if refusal is None else spoken(refusal),
        "fields": [enrol_steps.line(one, said, errors, {}) for one in STEP.fields],
        "errors": errors,
        "take_back_error": errors.get("take-back", ""),
        "old_notes": found.kept.notes,
        "last": _last(found.former[0], names) if found.former else None,
        "may_take_back": refusal is None and found.may_take_back(now_us),
        "undo_h": UNDO_H,
    }
    return page(request, visitor, "move.html", context, status=422 if errors else 200)


def _context(found: Outlook) -> dict[str, Any]:
    address = found.kept.address
    return {
        "home": found.home,
        "place": found.place,
        "now_at": "" if address is None else house_moves.one_line(address),
        "at_once": list(move_words.at_once(found)),
        "live_url": "",
    }


def _last(one: Former, names: Mapping[str, str]) -> dict[str, str]:
    return {
        "day": move_words.day(one.until_on),
        "who": names.get(one.moved_by, one.moved_by),
        "before": "" if one.address is None else house_moves.one_line(one.address),
    }
