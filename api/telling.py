"""Who is told: ladders, rotas and how accounts want to be told, for REST and commands alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from alerts import deadlines
from alerts.alert import Priority
from config import ladder_rows, ladders, rotas
from config.holidays import BankHolidays
from config.ladders import Ladder
from config.places import Place
from config.problems import ConfigProblem
from config.rotas import Rota, Turn

_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call for a team now and next; None where nobody is."""

    team: str
    name: str
    now: Turn | None
    next: Turn | None


@dataclass(frozen=True, slots=True)
class Duty:
    """The rota of a place as it stands: who is on call, and where nobody will be."""

    rota: Rota | None
    teams: Sequence[OnCall]
    gaps: Sequence[tuple[str, int, int]]


def read_priority(text: str) -> Priority:
    """Return the priority; ConfigProblem when there is none of this name."""
    try:
        return Priority(text)
    except ValueError:
        known = ", ".join(priority.value for priority in Priority)
        raise ConfigProblem(f"ladder: priority is {text!r}, expected one of {known}") from None


def ladders_of(connection: Connection, place: str) -> Mapping[str, Ladder | None]:
    """Return the ladder of each priority at a place, None where there is none."""
    return {one.value: ladder_rows.find(connection, place, one.value) for one in Priority}


def save_ladder(
    connection: Connection, place: str, priority: Priority, ladder: Ladder, account: str,
    now_us: int, *, why: str = "", read: int | None = None,
) -> None:  # fmt: skip
    """Put a ladder in force, also for alerts that stand without one.

    ``read`` is the version that was changed (``declarations.save``).
    """
    ladder_rows.save(connection, place, priority.value, ladder, account, now_us, why=why, read=read)
    deadlines.wake(connection, place, priority, now_us)


def save_rota(
    connection: Connection, place: Place, rota: Rota, account: str, now_us: int, *,
    why: str = "", read: int | None = None,
) -> None:  # fmt: skip
    """Put a rota in force; ConfigProblem when it overlaps itself, or a ladder needs its team."""
    check_rota(connection, place, rota, now_us)
    rotas.save(connection, place.key, rota, account, now_us, why=why, read=read)


def check_rota(connection: Connection, place: Place, rota: Rota, now_us: int) -> None:
    """Raise ConfigProblem when the rota overlaps itself, or a ladder needs a team of before."""
    rotas.check(rota, place.zone, BankHolidays(rota.division), now_us)
    known = {team.key for team in rota.team}
    for priority, ladder in ladders_of(connection, place.key).items():
        if ladder is not None and (missing := ladders.teams_of(ladder) - known):
            raise ConfigProblem(
                f"rota: it has no team {min(missing)!r}, which the ladder of {priority} tells; "
                "keep the team or change that ladder first"
            )


def duty(connection: Connection, place: Place, now_us: int) -> Duty:
    """Return who is on call now and next, and the gaps of the next four weeks."""
    rota = rotas.find(connection, place.key)
    if rota is None:
        return Duty(None, (), ())
    stop_us = now_us + rotas.AHEAD_DAYS * _DAY_US
    turns = rotas.turns(rota, place.zone, BankHolidays(rota.division), now_us, stop_us)
    teams = [OnCall(t.key, t.name, *rotas.on_call(turns, t.key, now_us)) for t in rota.team]
    return Duty(rota, teams, rotas.gaps(rota, turns, now_us, stop_us))
