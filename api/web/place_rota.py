"""The rota of a place on a page: a week of a team as picture and table, and its shifts."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from alerts.alert import Priority
from api import telling
from api.auth import Needs, Visitor
from api.resources import Resources
from api.web import ladder_words, place_edit, rota_change, rota_week, rota_words
from api.web.alerts import Id
from api.web.language import _
from api.web.pages import page
from api.web.place_edit import EDITORS
from config import declarations, ladder_rows, people, rota_edits, rota_gaps, rotas
from config.places import Place
from config.rotas import Rota, Team

router: Final = APIRouter(include_in_schema=False)
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]


@router.get("/places/{place}/rota")
def show_week(
    request: Request,
    visitor: Editor,
    place: Id,
    team: Annotated[str, Query(max_length=40)] = "",
    week: Annotated[str, Query(max_length=10)] = "",
    saved: Annotated[str, Query(max_length=3)] = "",
) -> Response:
    """Show who is on call in a week, where nobody is, and the shifts that repeat."""
    of = place_edit.place_of(request, visitor, place)
    return week_page(request, visitor, of, team, _day(week), is_saved=saved == "yes")


def week_page(
    request: Request,
    visitor: Visitor,
    place: Place,
    team: str = "",
    day: date | None = None,
    *,
    is_saved: bool = False,
    is_gone: bool = False,
) -> Response:
    """Return the page of a week, of this one by default.

    ``is_gone``: what somebody wanted to change is not there any more; it says who was first.
    """
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        rota = rotas.find(connection, place.key)
        shown = None if rota is None else _shown(request, connection, place, rota, team, day)
        newest = declarations.newest(connection, place.key, rotas.SUBJECT)
        who = {} if newest is None else people.names(connection, frozenset({newest.account}))
    context = {
        "place": place,
        "at": f"/places/{place.key}/rota",
        "rota": shown,
        "is_saved": is_saved,
        "is_gone": is_gone,
        "said": "" if newest is None else place_edit.said(newest, place, who),
        "live_url": "",
    }
    return page(request, visitor, "place_rota.html", context, status=412 if is_gone else 200)


def find_team(rota: Rota, key: str) -> Team:
    """Return the team of this key, else the first that has a shift, else the first."""
    found = next((team for team in rota.team if team.key == key), None)
    with_shift = {shift.team for shift in rota.shift}
    return found or next((team for team in rota.team if team.key in with_shift), rota.team[0])


def _shown(
    request: Request, connection: Connection, place: Place, rota: Rota, key: str, day: date | None
) -> dict[str, Any]:
    team, now_us = find_team(rota, key), place_edit.now_us(request)
    names = rota_words.names_of(connection, place)
    called = ladder_rows.on_call_teams(connection, place)
    week = rota_week.week_of(rota, place, team, day or rota_change.today(request, place), called)
    ahead = [gap for gap in telling.gaps(rota, place, called, now_us) if gap.team == team.key]
    return {
        "team": {"key": team.key, "name": team.name},
        "teams": [{"key": one.key, "name": one.name} for one in rota.team],
        "week": rota_week.shown(week, rota, names),
        "monday": week.monday,
        "before": _monday(week.monday, -7),
        "after": _monday(week.monday, 7),
        "gaps": rota_words.few([rota_words.gap(gap, place) for gap in ahead]),
        "holidays": rota_gaps.holidays_end(connection, place, now_us),
        "shifts": [
            {
                "mark": rota_edits.mark(shift),
                "line": _(rota_words.LINE[shift.line]),
                "lines": rota_words.shift(shift, names)[1:],
                "is_over": shift.until is not None
                and shift.until < rota_change.today(request, place),
            }
            for shift in rota.shift
            if shift.team == team.key
        ],
        "last": list(_last(connection, place, rota)),
    }


def _last(connection: Connection, place: Place, rota: Rota) -> Sequence[str]:
    """Return who is told in the end, when nobody who is on call answers."""
    teams = {team.key: team.name for team in rota.team}
    return [
        f"{one.value}: {ladder_words.rung(ladder.fallback, teams)}"
        for one in (Priority.P1, Priority.P2)
        for ladder in (ladder_rows.in_force(connection, place, one.value),)
        if ladder is not None and ladder.fallback is not None
    ]


def _monday(monday: date, days: int) -> str:
    """Return another week's first day, empty where no rota is looked at."""
    other = monday + timedelta(days=days)
    return str(other) if _FIRST <= other <= _LAST else ""


_FIRST: Final = date(2020, 1, 1)
_LAST: Final = date(2099, 12, 1)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST <= day <= _LAST else None
