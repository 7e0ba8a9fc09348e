"""Enrolling a home page by page, with what was begun kept; searching a name; the key safe."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from api import enrolling, households
from api.auth import CARE, HOMES, Needs, Visitor
from api.contacting import EDITORS
from api.errors import absent
from api.households import Wrong
from api.resources import Resources
from api.web import enrol_steps, words
from api.web.alerts import Id
from api.web.enrol_steps import BY_KEY, KEYS, STEP_OF, STEPS, Step
from api.web.language import _
from api.web.pages import name_of, page
from api.web.phrases import spoken
from api.web.sign_in import own_path
from api.web.typed import Typed
from api.web.words import long_day
from config import household_enrol
from config.csv_rows import Row
from config.drafts import KEPT_DAYS, Draft
from config.keyring import Locked
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]
Resident = Annotated[Visitor, Depends(Needs(HOMES))]
Carer = Annotated[Visitor, Depends(Needs((*CARE, Role.OFFICER)))]
_LONGEST: Final = 4000
_MOST_LISTED: Final = 50


@router.get("/enrol")
def show_enrolment(request: Request, visitor: Editor) -> Response:
    """Show what was begun, what is due, and where to begin."""
    resources: Resources = request.app.state.resources
    found = enrolling.overview(resources, visitor)
    now_us = microseconds(resources.clock())
    context = {
        "places": [(key, name_of(resources.places[key])) for key in visitor.places(*EDITORS)],
        "drafts": [
            {
                "id": one.id,
                "name": one.fields.get("name") or _("Nobody named yet"),
                "place": name_of(resources.places[one.place]),
                "when": words.ago(one.saved_us, now_us),
                "step": _first_open(one.fields),
            }
            for one in found.drafts
        ],
        "kept_days": KEPT_DAYS,
        "due": [
            {"home": one.home, "day": long_day(one.review_on), "is_overdue": is_overdue}
            for one, is_overdue in found.due
        ],
        "unrecorded": found.unrecorded[:_MOST_LISTED],
        "more_unrecorded": max(len(found.unrecorded) - _MOST_LISTED, 0),
        "awaiting": found.awaiting,
    }
    return page(request, visitor, "enrol.html", context)


@router.post("/places/{place}/drafts")
def begin(request: Request, visitor: Editor, place: Id) -> Response:
    """Begin to enrol a home at a place."""
    draft = enrolling.begin(request.app.state.resources, visitor, place)
    return RedirectResponse(f"/enrol/{draft}/{KEYS[0]}", 303)


@router.get("/enrol/{draft}/check")
def show_answers(request: Request, visitor: Editor, draft: Id) -> Response:
    """Show every answer, each with a way to change it."""
    resources: Resources = request.app.state.resources
    return _answers(request, visitor, enrolling.find(resources, visitor, draft), {})


@router.post("/enrol/{draft}/check")
def end(request: Request, visitor: Editor, draft: Id) -> Response:
    """Enrol the home; then its gateway gets what it signs in with, and the walk test follows."""
    resources: Resources = request.app.state.resources
    found = enrolling.find(resources, visitor, draft)
    try:
        made = enrolling.end(resources, visitor, found, enrol_steps.complete(found.fields))
    except Wrong as problem:
        told = enrol_steps.sentences([(name, said) for _, name, said in problem.mistakes])
        return _answers(request, visitor, found, told)
    is_officer = found.place in visitor.places(Role.OFFICER)
    return RedirectResponse(f"/homes/{made.home}" + ("/installation" if is_officer else ""), 303)


@router.post("/enrol/{draft}/drop")
def drop(request: Request, visitor: Editor, draft: Id) -> Response:
    """Drop what was begun, for good."""
    resources: Resources = request.app.state.resources
    enrolling.drop(resources, enrolling.find(resources, visitor, draft))
    return RedirectResponse("/enrol", 303)


@router.get("/enrol/{draft}/{step}")
def show_step(request: Request, visitor: Editor, draft: Id, step: str) -> Response:
    """Show one page of an enrolment with what was typed before."""
    found = enrolling.find(request.app.state.resources, visitor, draft)
    return _step(request, visitor, found, _known(step), found.fields, {})


@router.post("/enrol/{draft}/{step}")
async def save_step(request: Request, visitor: Editor, draft: Id, step: str) -> Response:
    """Keep what was typed and go on; what is wrong is told beside its field, nothing is lost."""
    form = {k: str(v)[:_LONGEST] for k, v in (await request.form()).items()}
    return await run_in_threadpool(_save, request, visitor, draft, step, form)


def _save(
    request: Request, visitor: Visitor, draft: str, key: str, form: Mapping[str, str]
) -> Response:
    resources: Resources = request.app.state.resources
    found, step = enrolling.find(resources, visitor, draft), _known(key)
    said = enrol_steps.typed(step, form)
    enrolling.keep(resources, found, said)
    if form.get("then") == "later":
        return RedirectResponse("/enrol", 303)
    place = resources.places[found.place]
    whole = {**found.fields, **said}
    with resources.database.connect() as connection:
        taken = household_enrol.gateways(connection)
    today = households.today(place, microseconds(resources.clock()))
    wrong = enrol_steps.mistakes(step, whole, today, place.kits, taken)
    if wrong:
        # The three parts of a day are shown as they were typed, whatever a draft keeps of them.
        return _step(request, visitor, found, step, {**whole, **_parts(form)}, wrong)
    after = KEYS.index(step.key) + 1
    is_changed = form.get("back") == "check" or after == len(KEYS)
    return RedirectResponse(f"/enrol/{found.id}/{'check' if is_changed else KEYS[after]}", 303)


@router.post("/homes/search")
def search(request: Request, visitor: Resident, name: Typed = "") -> Response:
    """Show the homes of the visitor's places in which somebody of this name is watched over."""
    resources: Resources = request.app.state.resources
    is_short = len(name.strip()) < 2
    found = {} if is_short else households.search(resources, visitor, visitor.places(*HOMES), name)
    errors = {"name": _("Type at least two letters of a name")} if is_short else {}
    context = {"found": found, "name": name, "errors": errors, "live_url": ""}
    return page(request, visitor, "homes_found.html", context, status=422 if errors else 200)


@router.post("/homes/{home_id}/key-safe")
def show_key_safe(
    request: Request,
    visitor: Carer,
    home_id: Id,
    back: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Show the code of a home's key safe, this once; who asked is noted."""
    resources: Resources = request.app.state.resources
    code = households.key_safe(resources, visitor, home_id)
    where = own_path(back) if back else ""
    context = {"code": code, "home_id": home_id, "back": where, "live_url": ""}
    return page(request, visitor, "key_safe.html", context)


def of_home(resources: Resources, visitor: Visitor, home: str) -> dict[str, Any]:
    """Return who lives in a home, for its page; nothing of it when the keys are missing."""
    try:
        shown = households.read(resources, visitor, home)
    except Locked:
        return {"household": None}
    return {"household": shown if shown.kept.address is not None else None}


def _parts(form: Mapping[str, str]) -> dict[str, str]:
    return {name: said for name, said in form.items() if name[-2:] in ("-d", "-m", "-y")}


def _known(step: str) -> Step:
    if step not in BY_KEY:
        raise absent()
    return BY_KEY[step]


def _first_open(fields: Row) -> str:
    """Return the page on which a draft goes on: the first of which nothing was typed."""
    for step in STEPS:
        if step.key != "second" and not any(fields.get(one.name) for one in step.fields):
            return step.key
    return "check"


def _step(
    request: Request,
    visitor: Visitor,
    draft: Draft,
    step: Step,
    said: Row,
    errors: Mapping[str, str],
) -> Response:
    resources: Resources = request.app.state.resources
    place = resources.places[draft.place]
    number = KEYS.index(step.key)
    kit = place.kits.get(said.get("kit", ""))
    context = {
        "place": place,
        "draft": draft,
        "step": step,
        "spoken": spoken,
        "kind_words": words.kind,
        "room_words": lambda room: words.label(room).lower(),
        "number": number + 1,
        "count": len(KEYS),
        "before": f"/enrol/{draft.id}/{KEYS[number - 1]}" if number else "/enrol",
        "is_change": request.query_params.get("back") == "check",
        "fields": [enrol_steps.line(one, said, errors, place.kits) for one in step.fields],
        "purposes": sorted((kind, spoken(why)) for kind, why in kit.purposes().items())
        if kit and step.key == "consent"
        else (),
        "kits": place.kits if step.key == "kit" else {},
        "errors": errors,
        "live_url": "",
    }
    return page(request, visitor, "enrol_step.html", context, status=422 if errors else 200)


def _answers(
    request: Request, visitor: Visitor, draft: Draft, errors: Mapping[str, str]
) -> Response:
    resources: Resources = request.app.state.resources
    place = resources.places[draft.place]
    fields = enrol_steps.complete(draft.fields)
    told = errors or enrol_steps.sentences(enrolling.wrong(resources, draft, fields))
    sections = [
        {
            "step": step,
            "rows": [
                (_(one.label),
                 _("Not shown") if one.name == "key_safe"
                 else enrol_steps.shown(one, fields[one.name], place.kits))
                for one in step.fields
                if fields.get(one.name)
            ],
        }
        for step in STEPS
    ]  # fmt: skip
    context = {
        "place": place,
        "draft": draft,
        "sections": sections,
        "errors": told,
        "is_refused": bool(errors),
        "step_of": STEP_OF,
        "has_consent": bool(draft.fields.get("basis")),
        "live_url": "",
    }
    return page(request, visitor, "enrol_check.html", context, status=422 if errors else 200)
