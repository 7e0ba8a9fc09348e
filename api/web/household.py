"""Changing what is known of a home, a page at a time, and keeping somebody from a contact."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from api import contacting, household_edit, safeguards
from api.auth import Needs, Visitor
from api.contacting import EDITORS
from api.errors import absent
from api.household_edit import KEY_SAFE, Changed, Known
from api.households import Wrong
from api.resources import Resources
from api.safeguards import LIFTERS, Barred
from api.web import consent_words, enrol_steps, household_steps, lines, words
from api.web.alerts import Id
from api.web.enrol_steps import Step
from api.web.household_steps import ALWAYS, FIRST, OF_KEY, STEPS
from api.web.language import _
from api.web.pages import page
from api.web.phrases import spoken
from api.web.typed import Typed
from config import consents
from config.homes import Home
from config.places import Place
from config.problems import ConfigProblem
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]
Lifter = Annotated[Visitor, Depends(Needs(LIFTERS))]
Number = Annotated[int, Path(ge=1, le=1 << 31)]
_LONGEST: Final = 20_000


@router.get("/homes/{home_id}/household")
def show_household(request: Request, visitor: Editor, home_id: Id) -> Response:
    """Show all that is known of a home, each part with a way to change it."""
    resources: Resources = request.app.state.resources
    known = household_edit.read(resources, visitor, home_id)
    place, now_us = resources.places[known.home.place], microseconds(resources.clock())
    steps = STEPS if known.is_entered else (FIRST, *(one for one in STEPS if one.key in ALWAYS))
    found = contacting.contacts_of(resources, visitor, home_id)
    with resources.database.connect() as connection:
        stands = consents.standing(connection, home_id)
    context = {
        "place": place,
        "home": known.home,
        "sections": [{"step": one, "rows": _rows(one, known, place)} for one in steps],
        "consent": consent_words.summary(stands),
        "contacts": [lines.contact_line(one, (), "", now_us, place.zone) for one in found],
        "barred": [
            _barred(one, place, now_us) for one in safeguards.of_home(resources, visitor, home_id)
        ],
        "may_lift": known.home.place in visitor.places(*LIFTERS),
        "live_url": "",
    }
    return page(request, visitor, "household_edit.html", context)


@router.get("/homes/{home_id}/household/{step}")
def show_step(request: Request, visitor: Editor, home_id: Id, step: str) -> Response:
    """Show one page with what is known now."""
    known = household_edit.read(request.app.state.resources, visitor, home_id)
    wanted = _known(step, known)
    said = household_steps.shown(wanted, known.fields)
    return _step(request, visitor, known, wanted, said, {})


@router.post("/homes/{home_id}/household/{step}")
async def save_step(request: Request, visitor: Editor, home_id: Id, step: str) -> Response:
    """Save one page, or say beside its fields what is wrong; what was typed is kept."""
    form = {k: str(v)[:_LONGEST] for k, v in (await request.form()).items()}
    return await run_in_threadpool(_save, request, visitor, home_id, step, form)


@router.get("/contacts/{contact}/safeguard")
def ask_safeguard(request: Request, visitor: Editor, contact: Id) -> Response:
    """Say what taking a contact out does, and ask why."""
    return _safeguard(request, visitor, contact, "", {})


@router.post("/contacts/{contact}/safeguard")
def safeguard(request: Request, visitor: Editor, contact: Id, why: Typed = "") -> Response:
    """Take a contact out at once, and bar the number."""
    resources: Resources = request.app.state.resources
    try:
        home = safeguards.remove(resources, visitor, contact, why)
    except ConfigProblem as problem:
        return _safeguard(request, visitor, contact, why, {"why": _reason(problem)})
    return RedirectResponse(f"/homes/{home}/household#contacts", 303)


@router.get("/homes/{home_id}/safeguards/{number}/lift")
def ask_lift(request: Request, visitor: Lifter, home_id: Id, number: Number) -> Response:
    """Say what was barred and why, and ask why it is taken back."""
    return _lift(request, visitor, home_id, number, "", {})


@router.post("/homes/{home_id}/safeguards/{number}/lift")
def lift(
    request: Request, visitor: Lifter, home_id: Id, number: Number, why: Typed = ""
) -> Response:
    """Let the number be entered as a contact again."""
    try:
        safeguards.lift(request.app.state.resources, visitor, home_id, number, why)
    except ConfigProblem as problem:
        return _lift(request, visitor, home_id, number, why, {"why": _reason(problem)})
    return RedirectResponse(f"/homes/{home_id}/household#contacts", 303)


def _save(
    request: Request, visitor: Visitor, home: str, key: str, form: Mapping[str, str]
) -> Response:
    resources: Resources = request.app.state.resources
    known = household_edit.read(resources, visitor, home)
    step = _known(key, known)
    typed, wanted = household_steps.said(step, form)
    if wrong := household_steps.mistakes(step, typed):
        return _step(
            request, visitor, known, step, {**form, **typed}, wrong, seen=form.get("seen", "")
        )
    try:
        household_edit.save(resources, visitor, home, wanted, form.get("seen", ""))
    except Changed:
        known = household_edit.read(resources, visitor, home)
        return _step(request, visitor, known, step, {**form, **typed}, {}, is_changed=True)
    except Wrong as problem:
        told = enrol_steps.sentences([(name, said) for _where, name, said in problem.mistakes])
        return _step(
            request, visitor, known, step, {**form, **typed}, told, seen=form.get("seen", "")
        )
    return RedirectResponse(f"/homes/{home}/household", 303)


def _known(key: str, known: Known) -> Step:
    """Return the page of this name; before anybody is entered there are but a few."""
    if key not in OF_KEY:
        raise absent()
    is_there = key != FIRST.key if known.is_entered else key in {FIRST.key, *ALWAYS}
    return OF_KEY[key] if is_there else (FIRST if not known.is_entered else STEPS[0])


def _step(
    request: Request,
    visitor: Visitor,
    known: Known,
    step: Step,
    said: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    seen: str | None = None,
    is_changed: bool = False,
) -> Response:
    resources: Resources = request.app.state.resources
    place = resources.places[known.home.place]
    fields = [enrol_steps.line(one, said, errors, {}) for one in step.fields]
    here = {one.name for one in step.fields}
    elsewhere = [text for name, text in errors.items() if name not in here]
    if is_changed:
        elsewhere = [_("Somebody else has changed this since you opened it. Look at what is kept "
                       "now, then save again if yours is to stand.")]  # fmt: skip
    context = {
        "place": place,
        "home": known.home,
        "step": step,
        "fields": fields,
        "seen": known.tag(household_steps.names(step)) if seen is None else seen,
        "kept_now": _rows(step, known, place) if is_changed else [],
        "errors": errors or is_changed,
        "elsewhere": elsewhere,
        "live_url": "",
    }
    status = 412 if is_changed else 422 if errors else 200
    return page(request, visitor, "household_step.html", context, status=status)


def _rows(step: Step, known: Known, place: Place) -> list[tuple[str, str]]:
    """Return (what, value) of a page's fields as they are kept; a code is not shown."""
    values = household_steps.shown(step, known.fields)
    rows = [
        (_(one.label), enrol_steps.shown(one, values[one.name], place.kits))
        for one in step.fields
        if values.get(one.name)
    ]
    if KEY_SAFE in values:
        kept = _("Kept, not shown here") if known.kept.has_key_safe else _("None")
        rows.append((_(household_steps.KEY_SAFE_LABEL), kept))
    return rows


def _barred(one: Barred, place: Place, now_us: int) -> dict[str, Any]:
    at_us, lifted_us = one.bar.at_us, one.bar.lifted_us
    return {
        "number": one.number,
        "when": words.when(at_us, now_us, place.zone) if at_us else "",
        "by": one.by,
        "why": one.bar.why,
        "lifted": words.when(lifted_us, now_us, place.zone) if lifted_us else "",
        "lifted_by": one.lifted_by,
        "lifted_why": one.bar.lifted_why,
    }


def _safeguard(
    request: Request, visitor: Visitor, contact: str, why: str, errors: Mapping[str, str]
) -> Response:
    resources: Resources = request.app.state.resources
    home, found = safeguards.find(resources, visitor, contact)
    place, now_us = resources.places[home.place], microseconds(resources.clock())
    context = {"contact": lines.contact_line(found, (), "", now_us, place.zone)}
    return _ask(request, visitor, home, "safeguard.html", context, why, errors)


def _lift(
    request: Request, visitor: Visitor, home_id: str, number: int, why: str,
    errors: Mapping[str, str],
) -> Response:  # fmt: skip
    resources: Resources = request.app.state.resources
    bars: Sequence[Barred] = safeguards.of_home(resources, visitor, home_id)
    home = household_edit.read(resources, visitor, home_id).home
    if number > len(bars) or bars[number - 1].bar.lifted_us:
        raise absent()
    place, now_us = resources.places[home.place], microseconds(resources.clock())
    context = {"bar": _barred(bars[number - 1], place, now_us)}
    return _ask(request, visitor, home, "safeguard_lift.html", context, why, errors)


def _ask(
    request: Request,
    visitor: Visitor,
    home: Home,
    template: str,
    context: Mapping[str, Any],
    why: str,
    errors: Mapping[str, str],
) -> Response:
    resources: Resources = request.app.state.resources
    shared = {"place": resources.places[home.place], "home": home, "why": why, "errors": errors,
              "live_url": ""}  # fmt: skip
    return page(request, visitor, template, {**shared, **context}, status=422 if errors else 200)


def _reason(problem: ConfigProblem) -> str:
    said = str(problem).removeprefix("safeguarding: ")
    return spoken(said[0].upper() + said[1:])
