"""Who is told: the rota with its gaps and the ladders of the supervisor's places."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from api import supervision, telling
from api.auth import Needs, Visitor
from api.resources import Resources
from api.web import words
from api.web.pages import page
from config import rota_gaps
from config.ladders import Ladder, Rung
from config.places import Place
from config.roles import Role
from config.rotas import Turn
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Supervisor = Annotated[Visitor, Depends(Needs((Role.SUPERVISOR,)))]


@router.get("/rota")
def show_rota(
    request: Request, visitor: Supervisor, place: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Show who is on call now and next, where nobody will be, and who is told step by step."""
    resources: Resources = request.app.state.resources
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        shown = [
            _place(connection, resources.places[key], now_us)
            for key in supervision.places_of(visitor, place)
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
            {"priority": priority, "steps": [] if ladder is None else _steps(ladder)}
            for priority, ladder in telling.ladders_of(connection, place.key).items()
        ],
    }


def _turn(turn: Turn | None, place: Place) -> str:
    if turn is None:
        return "nobody"
    return f"{turn.person} until {words.moment(turn.end_us, place.zone)}"


def _steps(ladder: Ladder) -> list[str]:
    told = [_rung(rung) for rung in ladder.rung]
    if ladder.loops > 1 and told:
        told.append(f"these steps {ladder.loops} times in all")
    if ladder.fallback is not None:
        told.append(f"in the end, until somebody answers: {_rung(ladder.fallback)}")
    return told


def _rung(rung: Rung) -> str:
    who = ", ".join(one.replace("on-call:", "on call in ").replace(":", " ") for one in rung.who)
    said = f"{who} by {', '.join(rung.channel)}, then wait {rung.wait_min:g} min"
    return f"{said}; everyone must acknowledge" if rung.everyone else said
