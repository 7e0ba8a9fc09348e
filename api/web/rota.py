"""Who is told: the rota with its gaps, and the ladders, of the visitor's places."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from alerts.alert import Priority
from api import telling
from api.auth import PEOPLE, Needs, Visitor
from api.errors import absent
from api.resources import Resources
from api.web import ladder_words, words
from api.web.language import _
from api.web.pages import page
from api.web.place_ladder import in_force
from config import rota_gaps
from config.places import Place
from config.rotas import Turn
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Editor = Annotated[Visitor, Depends(Needs(PEOPLE))]


@router.get("/rota")
def show_rota(
    request: Request, visitor: Editor, place: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Show who is on call now and next, where nobody will be, and who is told step by step."""
    resources: Resources = request.app.state.resources
    now_us = microseconds(resources.clock())
    own = visitor.places(*PEOPLE)
    if place and place not in own:
        raise absent()
    with resources.database.connect() as connection:
        shown = [
            _place(connection, resources.places[key], now_us)
            for key in ((place,) if place else own)
        ]
    context = {"place": resources.places.get(place), "shown": shown}
    return page(request, visitor, "rota.html", context)


def _place(connection: Connection, place: Place, now_us: int) -> dict[str, Any]:
    duty = telling.duty(connection, place, now_us)
    names = {team.key: team.name for team in duty.rota.team} if duty.rota else {}
    return {
        "key": place.key,
        "name": place.name,
        "has_rota": duty.rota is not None,
        "holidays": rota_gaps.holidays_end(connection, place, now_us),
        "teams": [
            {"name": t.name, "now": _turn(t.now, place), "next": _turn(t.next, place)}
            for t in duty.teams
        ],
        "gaps": [
            {
                "team": names.get(team, team),
                "start": words.moment(start_us, place.zone),
                "end": words.moment(end_us, place.zone),
            }
            for team, start_us, end_us in duty.gaps
        ],
        "ladders": [
            {"priority": one.value, "steps": ladder_words.steps(ladder, names)}
            for one in Priority
            for ladder in (in_force(connection, place, one),)
        ],
    }


def _turn(turn: Turn | None, place: Place) -> str:
    if turn is None:
        return _("nobody")
    return _("%(who)s until %(when)s", who=turn.person, when=words.moment(turn.end_us, place.zone))
