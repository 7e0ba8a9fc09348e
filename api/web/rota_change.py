"""A change of a rota: made over the one in force, shown beside it with its gaps, then saved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Connection

from alerts.alert import Priority
from api import telling
from api.auth import Visitor
from api.resources import Resources
from api.web import ladder_words, place_edit, rota_week, rota_words, words
from api.web.language import _
from api.web.phrases import spoken
from api.web.place_edit import Change, Row, Typed
from config import ladder_rows, rotas
from config.holidays import BankHolidays
from config.places import Place
from config.problems import ConfigProblem
from config.rota_edits import Gone
from config.rotas import Rota, Team


@dataclass(frozen=True, slots=True)
class Edit:
    """A wish: ``make`` turns any rota into the wished one (Gone, ConfigProblem).

    ``shown`` says in lines what it is about in a rota, ``day`` in which week it is seen first.
    """

    team: Team
    title: str
    what: str
    action: str
    day: date
    make: Callable[[Rota], Rota]
    shown: Callable[[Rota], Sequence[str]]


def today(request: Request, place: Place) -> date:
    """Return the day of the place's calendar."""
    return words.local(place_edit.now_us(request), place.zone).date()


def expect_rota(connection: Connection, place: Place) -> Rota:
    """Return the rota in force; Gone where there is none."""
    rota = rotas.find(connection, place.key)
    if rota is None:
        raise Gone(place.key)
    return rota


def mistake(request: Request, place: Place, edit: Edit) -> str:
    """Return why the wished rota cannot be, in the language of the page; empty where it can."""
    resources: Resources = request.app.state.resources
    now_us = place_edit.now_us(request)
    with resources.database.connect() as connection:
        rota = expect_rota(connection, place)
        names = rota_words.names_of(connection, place)
        try:
            made = edit.make(rota)
            found = rotas.clash(made, place.zone, BankHolidays(made.division), now_us)
            if found is not None:
                return rota_words.clash(*found, place, names)
            telling.check_rota(connection, place, made, now_us)
        except telling.Unanswered as problem:
            return _(
                "%(gap)s, and the last step of the P1 ladder reaches nobody: let somebody be on "
                "call then, or name people with an address in that last step",
                gap=rota_words.gap(problem.gap, place),
            )
        except ConfigProblem as problem:
            return ladder_words.capital(spoken(str(problem).partition(": ")[2]))
    return ""


def settle(request: Request, visitor: Visitor, place: Place, form: Typed, edit: Edit) -> Response:
    """Show what would change with its gaps, or save it; Gone when there is nothing to change."""
    back = f"/places/{place.key}/rota?team={edit.team.key}&week={edit.day}&saved=yes"

    def build(connection: Connection) -> Change:
        rota = expect_rota(connection, place)
        made, names = edit.make(rota), rota_words.names_of(connection, place)
        now_us = place_edit.now_us(request)
        opened = telling.opened(connection, place, made, now_us)
        called = ladder_rows.on_call_teams(connection, place)
        gaps = [
            [rota_words.gap(gap, place) for gap in telling.gaps(one, place, called, now_us)]
            for one in (rota, made)
        ]
        covers = [rota_words.covers(one, edit.team.key, names) for one in (rota, made)]
        week = rota_week.week_of(made, place, edit.team, edit.day, called)
        return Change(
            place,
            rotas.SUBJECT,
            edit.title,
            edit.action,
            [
                Row(edit.what, edit.shown(rota), edit.shown(made)),
                Row(_("Somebody else for one shift"), covers[0], covers[1]),
                Row(_("Gaps of the next four weeks"), *map(rota_words.few, gaps)),
            ],
            _("It holds at once: whoever is on call then is told at the next step of an alert."),
            [rota_words.gap(gap, place) for gap in opened],
            _instead(connection, place, rota) if opened else (),
            rota_week.shown(week, made, names),
            back,
        )

    def save(connection: Connection, why: str, read: int) -> None:
        made = edit.make(expect_rota(connection, place))
        now_us = place_edit.now_us(request)
        told = [
            rota_words.gap(gap, place) for gap in telling.opened(connection, place, made, now_us)
        ]
        telling.save_rota(
            connection, place, made, visitor.account.id, now_us, why=why, read=read,
            is_gap_meant=form.one("gaps") == place_edit.tick(told),
        )  # fmt: skip

    return place_edit.settle(request, visitor, form, build, save)


def _instead(connection: Connection, place: Place, rota: Rota) -> list[str]:
    """Return who is told where nobody is on call."""
    teams = {team.key: team.name for team in rota.team}
    found = []
    for one in (Priority.P1, Priority.P2):
        ladder = ladder_rows.in_force(connection, place, one.value)
        if ladder is None or ladder.fallback is None:
            found.append(_("%(priority)s has no ladder: nobody is told of it.", priority=one.value))
        else:
            last = ladder_words.rung(ladder.fallback, teams)
            found.append(
                _("%(priority)s goes on to its next step at once, in the end to: %(rung)s",
                  priority=one.value, rung=last)
            )  # fmt: skip
    return found
