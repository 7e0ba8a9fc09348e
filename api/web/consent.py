"""On what ground a home is watched: shown, decided anew and withdrawn; each is checked first."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from api import consent_acts
from api.auth import Needs, Visitor
from api.consent_acts import Changed, DecidedLate, Outlook
from api.contacting import EDITORS
from api.resources import Resources
from api.web import consent_form, consent_words
from api.web.alerts import Id
from api.web.language import N_, _
from api.web.pages import page
from api.web.typed import Typed
from api.web.words import long_day
from config.consents import LONGEST_WHY, ConsentPlan
from config.csv_rows import Row
from config.homes import HomeState
from config.problems import ConfigProblem
from ingest.sink import StoreDown
from ingest.store.pieces import StoreDamaged

router: Final = APIRouter(include_in_schema=False)
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]
_LONGEST: Final = 20_000

_MEANWHILE: Final = N_(
    "Something was decided or changed at this home since you opened the page: look at what stands "
    "now, then go on if yours is to stand"
)
_DOWN: Final = N_(
    "The readings of this home cannot be read now, so nobody can tell whether some are older than "
    "the decision: try again later"
)


@router.get("/homes/{home_id}/consent")
def show_consent(request: Request, visitor: Editor, home_id: Id) -> Response:
    """Show what the watching of a home rests on, and every decision before."""
    return _shown(request, visitor, _outlook(request, visitor, home_id))


@router.get("/homes/{home_id}/consent/record")
def ask_decision(request: Request, visitor: Editor, home_id: Id) -> Response:
    """Show the form of a decision, filled in with what stands."""
    found = _outlook(request, visitor, home_id)
    return _form(request, visitor, found, consent_form.begun(found), {})


@router.post("/homes/{home_id}/consent/record")
async def record(request: Request, visitor: Editor, home_id: Id) -> Response:
    """Show the answers to be checked, or keep the decision; what is wrong is told, nothing lost."""
    form = {k: str(v)[:_LONGEST] for k, v in (await request.form()).items()}
    return await run_in_threadpool(_record, request, visitor, home_id, form)


@router.get("/homes/{home_id}/consent/withdraw")
def ask_withdrawal(request: Request, visitor: Editor, home_id: Id) -> Response:
    """Say what a withdrawal means, and ask why."""
    return _ask_why(request, visitor, _outlook(request, visitor, home_id), "", {})


@router.post("/homes/{home_id}/consent/withdraw")
def withdraw(
    request: Request,
    visitor: Editor,
    home_id: Id,
    why: Typed = "",
    seen: Typed = "",
    step: Typed = "check",
) -> Response:
    """Show the answer to be checked, or withdraw what stands."""
    resources: Resources = request.app.state.resources
    found = _outlook(request, visitor, home_id)
    if not _may_withdraw(found):
        return RedirectResponse(f"/homes/{home_id}/consent", 303)
    said = why.replace("\r\n", "\n").strip()
    errors = _wrong_why(said)
    if errors or step == "change":
        return _ask_why(request, visitor, found, said, errors, seen=seen)
    if step != "confirm":
        return _check_withdrawal(request, visitor, found, said, seen)
    try:
        consent_acts.withdraw(resources, visitor, home_id, said, seen=_number(seen))
    except (Changed, ConfigProblem):
        now = _outlook(request, visitor, home_id)
        return _ask_why(request, visitor, now, said, {"why": _(_MEANWHILE)})
    return RedirectResponse(f"/homes/{home_id}/consent", 303)


def _record(request: Request, visitor: Visitor, home_id: str, form: Mapping[str, str]) -> Response:
    resources: Resources = request.app.state.resources
    found = _outlook(request, visitor, home_id)
    if found.home.state is HomeState.ENDED:
        return RedirectResponse(f"/homes/{home_id}/consent", 303)
    said, seen = consent_form.typed(found, form), form.get("seen", "")
    plan, errors = consent_form.read(found, said)
    shown = {**form, **said}
    if plan is None or form.get("step") == "change":
        told = {} if form.get("step") == "change" else errors
        return _form(request, visitor, found, shown, told, seen=seen)
    if form.get("step") != "confirm":
        try:
            consent_acts.expect_in_time(resources, visitor, home_id, plan)
        except (DecidedLate, StoreDown, StoreDamaged) as problem:
            return _form(request, visitor, found, shown, _late(problem), seen=seen)
        return _check_decision(request, visitor, found, plan, said, seen)
    try:
        consent_acts.record(resources, visitor, home_id, plan, seen=_number(seen))
    except (DecidedLate, StoreDown, StoreDamaged) as problem:
        return _form(request, visitor, found, shown, _late(problem), seen=seen)
    except (Changed, ConfigProblem):  # decided, ended or given another sensor since the look
        now = _outlook(request, visitor, home_id)
        return _form(request, visitor, now, shown, {"basis": _(_MEANWHILE)})
    return RedirectResponse(f"/homes/{home_id}/consent", 303)


def _outlook(request: Request, visitor: Visitor, home_id: str) -> Outlook:
    return consent_acts.outlook(request.app.state.resources, visitor, home_id)


def _may_withdraw(found: Outlook) -> bool:
    """Whether something stands, or the home is watched without it."""
    is_watched = found.home.state in (HomeState.ACTIVE, HomeState.PAUSED)
    return is_watched or (found.standing is not None and found.home.state is not HomeState.ENDED)


def _number(seen: str) -> int:
    """Return the number of the decision that was seen; -1, which is of none, for what is none."""
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else -1


def _wrong_why(said: str) -> dict[str, str]:
    if not said:
        return {"why": _("Say in a few words, without names, why it is withdrawn")}
    if len(said) > LONGEST_WHY or not said.isprintable():
        told = _("Say why in one line of at most %(most)s characters", most=LONGEST_WHY)
        return {"why": told}
    return {}


def _late(problem: Exception) -> dict[str, str]:
    if not isinstance(problem, DecidedLate):
        return {"decided_on-d": _(_DOWN)}
    told = _(
        "Readings of this home are kept since %(day)s, before anybody had decided: record the "
        "decision that they rest on, or have them erased first",
        day=long_day(problem.first),
    )
    return {"decided_on-d": told}


def _shown(request: Request, visitor: Visitor, found: Outlook) -> Response:
    standing = found.standing
    context = {
        **_context(found),
        "standing": None if standing is None else consent_words.kept(standing, found),
        "review": None if standing is None else consent_words.review(standing, found.today),
        "before": [
            {"title": consent_words.title(one), "rows": consent_words.kept(one, found)}
            for one in found.decisions
            if not one.stands
        ],
    }
    return page(request, visitor, "consent.html", context)


def _form(
    request: Request,
    visitor: Visitor,
    found: Outlook,
    said: Row,
    errors: Mapping[str, str],
    *,
    seen: str | None = None,
) -> Response:
    context = {
        **_context(found),
        **consent_form.lines(found, said, errors),
        "seen": found.seen if seen is None else seen,
        "errors": errors,
    }
    return page(request, visitor, "consent_record.html", context, status=422 if errors else 200)


def _check_decision(
    request: Request, visitor: Visitor, found: Outlook, plan: ConsentPlan, said: Row, seen: str
) -> Response:
    changes = consent_words.changes(plan, found.standing)
    context = {
        **_context(found),
        "action": "record",
        "rows": consent_words.planned(plan),
        "hidden": [*consent_form.hidden(said), ("seen", seen)],
        "changes": changes,
        "is_withdrawal": False,
    }
    return page(request, visitor, "consent_check.html", context)


def _ask_why(
    request: Request,
    visitor: Visitor,
    found: Outlook,
    why: str,
    errors: Mapping[str, str],
    *,
    seen: str | None = None,
) -> Response:
    context = {
        **_context(found),
        "meanings": consent_words.withdrawal(found),
        "why": why,
        "seen": found.seen if seen is None else seen,
        "errors": errors,
    }
    return page(request, visitor, "consent_withdraw.html", context, status=422 if errors else 200)


def _check_withdrawal(
    request: Request, visitor: Visitor, found: Outlook, why: str, seen: str
) -> Response:
    context = {
        **_context(found),
        "action": "withdraw",
        "rows": [(_("Home"), [found.home.label]), (_("Why"), [why])],
        "hidden": [("why", why), ("seen", seen)],
        "changes": consent_words.withdrawal(found),
        "is_withdrawal": True,
    }
    return page(request, visitor, "consent_check.html", context)


def _context(found: Outlook) -> dict[str, Any]:
    state = found.home.state
    return {
        "home": found.home,
        "place": found.place,
        "has_ended": state is HomeState.ENDED,
        "stands": found.standing is not None,
        "may_withdraw": _may_withdraw(found),
        "live_url": "",
    }
