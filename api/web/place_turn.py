"""One shift of one day: somebody else does it, or two people swap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from api.auth import Needs, Visitor
from api.resources import Resources
from api.web import place_edit, rota_change, rota_week, rota_words
from api.web.alerts import Id
from api.web.language import _
from api.web.pages import page
from api.web.place_edit import EDITORS, Typed
from api.web.place_rota import find_team, week_page
from api.web.rota_change import Edit
from config import rota_edits, rotas
from config.holidays import BankHolidays
from config.places import Place
from config.rota_edits import Gone
from config.rotas import Rota, Spot, Team, Turn

router: Final = APIRouter(include_in_schema=False)
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]
SpotText = Annotated[str, Path(max_length=80)]
_AHEAD_US: Final = 28 * 86_400_000_000
_WAYS: Final = ("cover", "swap")


@dataclass(frozen=True, slots=True)
class _At:
    """The turn that is looked at, and those that it may be swapped with."""

    place: Place
    team: Team
    turn: Turn
    others: Sequence[Turn]
    read: int
    names: Mapping[str, str]

    @property
    def action(self) -> str:
        return f"/places/{self.place.key}/rota/turn/{rota_week.spot_text(self.turn.spot)}"


@router.get("/places/{place}/rota/turn/{spot}")
def show_turn(request: Request, visitor: Editor, place: Id, spot: SpotText) -> Response:
    """Show one shift of one day as a form: who does it, or with which other it is swapped."""
    of = place_edit.place_of(request, visitor, place)
    try:
        at = _find(request, of, spot)
    except Gone:
        return week_page(request, visitor, of, is_gone=True)
    fields = {"read": [str(at.read)], "way": [_WAYS[0]], "person": [at.turn.person]}
    return _form(request, visitor, at, Typed(fields), {})


@router.post("/places/{place}/rota/turn/{spot}")
async def change_turn(request: Request, visitor: Editor, place: Id, spot: SpotText) -> Response:
    """Show what would change, or put it in force; what was typed is kept."""
    form = await place_edit.typed(request)
    return await run_in_threadpool(_change, request, visitor, place, spot, form)


def _find(request: Request, place: Place, text: str) -> _At:
    """Return the turn of this address; Gone when there is none or it is over."""
    resources: Resources = request.app.state.resources
    spot, now_us = rota_week.spot_of(text), place_edit.now_us(request)
    with resources.database.connect() as connection:
        rota = rota_change.expect_rota(connection, place)
        turn = None if spot is None else _turn(rota, place, spot)
        if turn is None or turn.end_us <= now_us:
            raise Gone(text)
        read = place_edit.newest_id(connection, place.key, rotas.SUBJECT)
        names = rota_words.names_of(connection, place)
    span = (now_us, max(now_us, turn.start_us) + _AHEAD_US)
    ahead = rotas.turns(rota, place.zone, BankHolidays(rota.division), *span)
    others = [one for one in ahead if one.team == turn.team and turn.person != one.person]
    return _At(place, find_team(rota, turn.team), turn, others, read, names)


def _turn(rota: Rota, place: Place, spot: Spot) -> Turn:
    return rota_edits.turn_at(rota, place.zone, BankHolidays(rota.division), spot)


def _change(request: Request, visitor: Visitor, place: str, text: str, form: Typed) -> Response:
    of = place_edit.place_of(request, visitor, place)
    today = rota_change.today(request, of)
    try:
        at = _find(request, of, text)
        errors = _mistakes(form, at)
        if errors or form.then == "back":
            return _form(request, visitor, at, form, {} if form.then == "back" else errors)
        is_swap, other = form.one("way") == "swap", rota_week.spot_of(form.one("other"))

        def make(rota: Rota) -> Rota:
            turn = _turn(rota, of, at.turn.spot)
            who = [(turn, form.one("person"))]
            if is_swap and other is not None:
                who = rota_edits.swapped(turn, _turn(rota, of, other))
            return rota_edits.cover(rota, who, today)

        def shown(rota: Rota) -> list[str]:
            spots = [at.turn.spot, *([other] if is_swap and other else [])]
            return [_said(_turn(rota, of, spot), at) for spot in spots]

        edit = Edit(
            at.team, _("One shift only"), _("Who does it"), at.action, at.turn.spot.day, make, shown
        )
        if told := rota_change.mistake(request, of, edit):
            return _form(request, visitor, at, form, {"person": told})
        return rota_change.settle(request, visitor, of, form, edit)
    except Gone:
        return week_page(request, visitor, of, is_gone=True)


def _mistakes(form: Typed, at: _At) -> dict[str, str]:
    if form.one("way") not in _WAYS:
        return {"way": _("Say whether somebody else does it or two people swap")}
    if form.one("way") == "swap":
        known = {rota_week.spot_text(one.spot) for one in at.others}
        if form.one("other") not in known:
            return {"other": _("Choose the shift that it is swapped with, from the list")}
    elif form.one("person") not in at.team.members:
        return {"person": _("Choose who does the shift, from the list")}
    return {}


def _said(turn: Turn, at: _At) -> str:
    return _(
        "%(start)s until %(end)s: %(who)s",
        start=rota_words.moment(turn.start_us, at.place),
        end=rota_words.until(turn.start_us, turn.end_us, at.place),
        who=rota_words.name(turn.person, at.names),
    )


def _form(
    request: Request, visitor: Visitor, at: _At, form: Typed, errors: Mapping[str, str]
) -> Response:
    planned = at.turn.planned
    context = {
        "place": at.place,
        "team": {"key": at.team.key, "name": at.team.name},
        "back": f"/places/{at.place.key}/rota?team={at.team.key}&week={at.turn.spot.day}",
        "action": at.action,
        "said": _said(at.turn, at),
        "line": _(rota_words.LINE[at.turn.line]),
        "way": form.one("way"),
        "person": form.one("person"),
        "people": [
            (
                one,
                _("%(who)s, as planned", who=rota_words.name(one, at.names))
                if one == planned
                else rota_words.name(one, at.names),
            )
            for one in at.team.members
        ],
        "other": form.one("other"),
        "others": [(rota_week.spot_text(one.spot), _said(one, at)) for one in at.others],
        "read": form.read,
        "errors": dict(errors),
        "live_url": "",
    }
    return page(request, visitor, "place_turn.html", context, status=422 if errors else 200)
