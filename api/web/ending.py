"""Ending the enrolment of a home: what happens to each kind of data, check your answers, done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from alerts.ended_homes import Stands
from alerts.refusals import Conflict
from api import ending, installing
from api.auth import Needs, Visitor
from api.contacting import EDITORS
from api.ending import Outlook, Wish, site_of
from api.errors import absent
from api.resources import Resources
from api.web import ending_words, lines, words
from api.web.alerts import Id
from api.web.language import N_, _
from api.web.pages import page
from api.web.qr import qr
from api.web.typed import Typed
from config import people
from config.credentials import Issued
from config.endings import UNDO_DAYS, EndReason
from config.homes import HomeState
from config.problems import ConfigProblem

router: Final = APIRouter(include_in_schema=False)
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]
Day = Annotated[str, Form(alias="on-d", max_length=20_000)]
Month = Annotated[str, Form(alias="on-m", max_length=20_000)]
Year = Annotated[str, Form(alias="on-y", max_length=20_000)]
Confirmed = Annotated[list[str], Form(default_factory=list, max_length=500)]

_MEANWHILE: Final = N_("Something changed at this home meanwhile: look at the answers once more")


@dataclass(frozen=True, slots=True)
class _Typed:
    """What was typed: a reason, and a day in three parts."""

    reason: str = ""
    parts: tuple[str, str, str] = ("", "", "")

    def day(self) -> date | None:
        """Return the day, None when it is none."""
        try:
            day, month, year = (int(part) for part in self.parts)
            return date(year, month, day)
        except (ValueError, OverflowError):
            return None


def _typed(reason: str, *parts: str) -> _Typed:
    day, month, year = (part.replace("\r\n", "\n").strip() for part in parts)
    return _Typed(reason, (day, month, year))


@router.get("/homes/{home_id}/end")
def show_end(request: Request, visitor: Editor, home_id: Id) -> Response:
    """Show what ending this home does, or what its end did and how it is taken back."""
    return _end_page(request, visitor, _outlook(request, visitor, home_id))


@router.post("/homes/{home_id}/end")
def check_end(
    request: Request,
    visitor: Editor,
    home_id: Id,
    day: Day = "",
    month: Month = "",
    year: Year = "",
    reason: Typed = "",
    step: Typed = "check",
) -> Response:
    """Show the answers to be checked, or say what is wrong; ``change`` goes back to the form."""
    typed = _typed(reason, day, month, year)
    found = _outlook(request, visitor, home_id, typed.day())
    if step == "change":
        return _end_page(request, visitor, found, kept=typed)
    errors = _mistakes(request, found, typed)
    if errors:
        return _end_page(request, visitor, found, kept=typed, errors=errors)
    return _check_page(request, visitor, found, typed)


@router.post("/homes/{home_id}/end/confirm")
def confirm_end(
    request: Request,
    visitor: Editor,
    home_id: Id,
    p1: Confirmed,
    day: Day = "",
    month: Month = "",
    year: Year = "",
    reason: Typed = "",
) -> Response:
    """End the enrolment, or say what keeps it."""
    resources: Resources = request.app.state.resources
    typed = _typed(reason, day, month, year)
    on = typed.day()
    found = _outlook(request, visitor, home_id, on)
    errors = _mistakes(request, found, typed)
    if errors or on is None:
        return _end_page(request, visitor, found, kept=typed, errors=errors)
    wish = Wish(EndReason(reason), on, frozenset(p1))
    if waiting := ending.unsettled(found, wish):
        errors = {f"p1-{one.id}": _p1_error(one) for one in waiting}
        return _check_page(request, visitor, found, typed, errors=errors, confirmed=wish.p1)
    try:
        places = visitor.places(*EDITORS)
        ending.end(site_of(resources), places, home_id, wish, visitor.account.id)
    except (ConfigProblem, Conflict):
        now = _outlook(request, visitor, home_id, on)
        return _check_page(request, visitor, now, typed, errors={"answers": _(_MEANWHILE)})
    return RedirectResponse(f"/homes/{home_id}/end", 303)


@router.post("/homes/{home_id}/end/take-back")
def take_back_end(request: Request, visitor: Editor, home_id: Id, why: Typed = "") -> Response:
    """Take the end back and show the new credentials, this once; or say what is wrong."""
    resources: Resources = request.app.state.resources
    site, places = site_of(resources), visitor.places(*EDITORS)
    said = " ".join(why.split())
    try:
        back = ending.take_back(site, places, home_id, said, visitor.account.id)
    except LookupError as problem:
        raise absent() from problem
    except ConfigProblem:
        found = _outlook(request, visitor, home_id)
        wrong = _("Say what was mistaken, in 3 to 200 characters without names")
        if found.ending is None or found.ending.is_final(site.now_us):
            wrong = _("This end can be taken back no longer")
        return _end_page(request, visitor, found, errors={"why": wrong}, kept_why=why)
    found = _outlook(request, visitor, home_id)
    shown = [_issued(one, resources.broker.address) for one in back.issued]
    context = {"home": found.home, "place": found.place, "issued": shown, "live_url": ""}
    return page(request, visitor, "end_taken_back.html", context)


def _outlook(request: Request, visitor: Visitor, home_id: str, on: date | None = None) -> Outlook:
    resources: Resources = request.app.state.resources
    try:
        with resources.database.connect() as connection:
            places = visitor.places(*EDITORS)
            return ending.outlook(connection, site_of(resources), places, home_id, on)
    except LookupError as problem:
        raise absent() from problem


def _mistakes(request: Request, found: Outlook, typed: _Typed) -> dict[str, str]:
    """Return what is wrong, by field."""
    resources: Resources = request.app.state.resources
    wrong: dict[str, str] = {}
    if typed.reason not in list(EndReason):
        wrong["reason"] = _("Select why the enrolment ends")
    on = typed.day()
    if on is None:
        wrong["on-d"] = _("Enter the day on which it ended, such as 20 11 2026")
    elif on > found.today:
        wrong["on-d"] = _("The day must be today or in the past")
    elif on < found.enrolled_on:
        day = words.long_day(found.enrolled_on)
        wrong["on-d"] = _("The day must be %(day)s, when the home was enrolled, or later", day=day)
    if not wrong and on is not None:
        with resources.database.connect() as connection:
            told = ending.mistakes(connection, found, Wish(EndReason(typed.reason), on))
        if told:
            wrong["reason"] = told[0][0].upper() + told[0][1:]
    return wrong


def _end_page(
    request: Request,
    visitor: Visitor,
    found: Outlook,
    *,
    kept: _Typed | None = None,
    errors: Mapping[str, str] | None = None,
    kept_why: str = "",
) -> Response:
    typed = kept or _Typed()
    has_ended = found.home.state is HomeState.ENDED
    context = {
        **_context(found),
        "reasons": {one.value: _(text) for one, text in ending_words.REASONS.items()},
        "kept": {"reason": typed.reason, "parts": typed.parts, "why": kept_why},
        "errors": errors or {},
        "has_ended": has_ended,
        "done": _done(request, found) if has_ended else None,
    }
    return page(request, visitor, "end.html", context, status=422 if errors else 200)


def _check_page(
    request: Request,
    visitor: Visitor,
    found: Outlook,
    typed: _Typed,
    *,
    errors: Mapping[str, str] | None = None,
    confirmed: frozenset[str] = frozenset(),
) -> Response:
    on = typed.day()
    context = {
        **_context(found),
        "reason": typed.reason,
        "reason_text": _(ending_words.REASONS[EndReason(typed.reason)]),
        "parts": typed.parts,
        "on": "" if on is None else words.long_day(on),
        "p1": [_p1(found, one, one.id in confirmed) for one in found.p1],
        "errors": errors or {},
    }
    return page(request, visitor, "end_check.html", context, status=422 if errors else 200)


def _context(found: Outlook) -> dict[str, Any]:
    return {
        "home": found.home,
        "place": found.place,
        "at_once": list(ending_words.at_once(found)),
        "later": list(ending_words.later(found)),
        "hold": ending_words.hold_text(found),
        "undo": ending_words.undo_text(found),
        "live_url": "",
    }


def _done(request: Request, found: Outlook) -> dict[str, Any] | None:
    """Return what is known of the end; None when the home ended without one (an erasure)."""
    resources: Resources = request.app.state.resources
    made = found.ending
    if made is None:
        return None
    with resources.database.connect() as connection:
        names = people.names(connection, frozenset({made.ended_by}))
    return {
        "reason": _(ending_words.REASONS[made.reason]),
        "on": words.long_day(made.ended_on),
        "who": names.get(made.ended_by, made.ended_by),
        "when": words.moment(made.ended_us, found.place.zone),
        "may_take_back": not made.is_final(site_of(resources).now_us),
        "undo_days": UNDO_DAYS,
        "stands": [_p1(found, one, is_confirmed=False) for one in found.alerts],
    }


def _p1(found: Outlook, one: Stands, is_confirmed: bool) -> dict[str, Any]:  # private
    return {
        "id": one.id,
        "kind": lines.kind_text(one.kind),
        "raised": words.moment(one.raised_us, found.place.zone),
        "is_confirmed": is_confirmed,
    }


def _p1_error(one: Stands) -> str:
    return _(
        "Settle the alert “%(kind)s”, or confirm that you made sure of the person",
        kind=lines.kind_text(one.kind),
    )


def _issued(one: Issued, address: str) -> dict[str, Any]:
    return {
        "gateway": one.gateway,
        "lines": installing.lines_of(one, address),
        "qr": qr(installing.qr_text(one, address)),
    }
