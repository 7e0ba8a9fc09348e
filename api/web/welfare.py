"""Calling about a home that cannot be seen: whom to call, who is calling, what came of it."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import RedirectResponse, Response

from alerts import welfare_calls
from alerts.refusals import Refused
from alerts.welfare_calls import CallOutcome, Outdated, Taken, WelfareCall
from api import queries, welfare
from api.auth import CARE, HOMES, Needs, Visitor
from api.resources import Resources
from api.web import calls, unwatched, words
from api.web.alert import note_mistake
from api.web.alerts import Id
from api.web.language import N_, _
from api.web.pages import page
from api.web.typed import Typed
from api.web.unwatched import OUTCOMES
from config import people
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Member = Annotated[Visitor, Depends(Needs(HOMES))]
Carer = Annotated[Visitor, Depends(Needs(CARE))]
_SEEN: Final = N_("This home is seen again: nobody has to call because of that.")
Number = Annotated[int, Path(ge=1, le=1 << 31)]


@router.get("/homes/{home_id}/welfare-calls")
def show_calls(request: Request, visitor: Member, home_id: Id) -> Response:
    """Show whom to call, who is calling, and what came of earlier calls."""
    return _page(request, visitor, home_id)


@router.post("/homes/{home_id}/welfare-calls")
def claim_call(
    request: Request,
    visitor: Carer,
    home_id: Id,
    version: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Say that the visitor is calling; who comes second is told who has it."""
    resources: Resources = request.app.state.resources
    try:
        welfare.claim(resources, visitor, home_id, saw=version)
    except Taken as taken:
        return _page(request, visitor, home_id, clash=taken.call, status=409)
    except Outdated as outdated:
        return _page(request, visitor, home_id, clash=outdated.call, status=412)
    except Refused:
        return _page(request, visitor, home_id, refused=_SEEN, status=422)
    return RedirectResponse(f"/homes/{home_id}/welfare-calls", 303)


@router.post("/homes/{home_id}/welfare-calls/{number}/end")
def end_call(
    request: Request,
    visitor: Carer,
    home_id: Id,
    number: Number,
    outcome: Typed = "",
    said: Typed = "",
) -> Response:
    """Say what came of the visitor's own call, or give it back; what was typed is kept."""
    resources: Resources = request.app.state.resources
    kept = {"outcome": outcome, "said": said.replace("\r\n", "\n").strip()}
    errors = _mistakes(kept)
    if errors:
        return _page(request, visitor, home_id, errors=errors, kept=kept, status=422)
    try:
        welfare.end(resources, visitor, home_id, number, CallOutcome(outcome), kept["said"])
    except Outdated as outdated:
        return _page(request, visitor, home_id, clash=outdated.call, kept=kept, status=412)
    return RedirectResponse(f"/homes/{home_id}/welfare-calls", 303)


def _mistakes(kept: Mapping[str, str]) -> dict[str, str]:
    errors = {}
    if kept["outcome"] not in set(CallOutcome):
        errors["outcome"] = N_("Select what came of the call")
    if wrong := note_mistake(kept["said"]):
        errors["said"] = wrong
    elif kept["outcome"] == CallOutcome.NEEDS_HELP and not kept["said"]:
        errors["said"] = N_("Say what help was arranged, for those who read it next.")
    return errors


def _page(
    request: Request,
    visitor: Visitor,
    home_id: str,
    *,
    errors: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
    clash: WelfareCall | None = None,
    refused: str = "",
    status: int = 200,
) -> Response:
    resources: Resources = request.app.state.resources
    now_us, me = microseconds(resources.clock()), visitor.account.id
    with resources.database.connect() as connection:
        home, made = welfare.calls_of(connection, visitor, home_id)
        unseen = queries.unwatched(connection, [home.place], home.id)
        lines = unwatched.unwatched_lines(connection, resources, visitor, unseen, now_us)
        names = people.names(connection, frozenset(call.called_by for call in made))
    place = resources.places[home.place]
    newest = made[0] if made else None
    is_mine = newest is not None and newest.called_by == me and newest.outcome is None
    context: dict[str, Any] = {
        "place": place,
        "home": home,
        "unwatched": lines[0] if lines else None,
        "newest": newest,
        "may_end": is_mine,
        "is_calling": newest is not None and newest.holds(now_us),
        "version": welfare_calls.version(newest),
        "outcomes": {one.value: _(text) for one, text in OUTCOMES.items()},
        "calls": [_line(call, names, me, now_us, place.zone) for call in made],
        "lapses_min": welfare_calls.LAPSES_US // 60_000_000,
        "clash": unwatched.call_text(clash, names, me, now_us, place.zone) if clash else "",
        "refused": _(refused) if refused else "",
        "errors": errors or {},
        "kept": kept or {},
        "live_url": f"/homes/{home.id}/welfare-calls?fragment=1",
        **calls.of_home(resources, visitor, home, now_us, place.zone),
    }
    response = page(request, visitor, "welfare_calls.html", context, status=status)
    response.headers["ETag"] = f'"{welfare_calls.version(newest)}"'
    return response


def _line(
    call: WelfareCall, names: Mapping[str, str], me: str, now_us: int, zone: tzinfo
) -> dict[str, str]:
    return {
        "text": unwatched.call_text(call, names, me, now_us, zone),
        "said": call.said,
        "iso": words.iso(call.at_us),
        "when": words.since(call.at_us, now_us, zone),
    }
