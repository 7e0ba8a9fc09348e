"""Who is told: ladders, rotas and how accounts want to be told, for REST and commands alike."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from alerts import deadlines
from alerts.alert import Priority
from alerts.escalate import reaches
from config import ladder_rows, ladders, rota_gaps, rotas
from config.holidays import BankHolidays
from config.ladders import Ladder
from config.places import Place, is_live_for_p1
from config.problems import ConfigProblem
from config.rota_gaps import Gap
from config.rotas import Rota, Turn

_DAY_US: Final = 86_400_000_000
_MOST_TOLD: Final = 5


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


class GapOpened(ConfigProblem):
    """A rota leaves nobody on call where somebody is now, and nobody said that it is meant."""

    def __init__(self, place: Place, gaps: Sequence[Gap]) -> None:
        spans = "; ".join(
            f"for {gap.name} from {_moment(gap.start_us, place)} until {_moment(gap.end_us, place)}"
            for gap in gaps[:_MOST_TOLD]
        )
        more = f", and {len(gaps) - _MOST_TOLD} times more" if len(gaps) > _MOST_TOLD else ""
        super().__init__(f"rota: nobody would be on call {spans}{more}; say that this is meant")
        self.gaps = gaps


class Unanswered(ConfigProblem):
    """A rota would leave a P1 of a live place to nobody at all in this gap."""

    def __init__(self, place: Place, gap: Gap) -> None:
        super().__init__(
            f"rota: nobody would be on call for {gap.name} from {_moment(gap.start_us, place)} "
            f"until {_moment(gap.end_us, place)}, and the last step of the P1 ladder reaches "
            "nobody; let somebody be on call then, or name people with an address in that last step"
        )
        self.gap = gap


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
) -> int:  # fmt: skip
    """Put a ladder in force, also for alerts that stand without one; return its version.

    ``read`` is the version that was changed (``declarations.save``).
    """
    version = ladder_rows.save(
        connection, place, priority.value, ladder, account, now_us, why=why, read=read
    )
    deadlines.wake(connection, place, priority, now_us)
    return version


def save_rota(
    connection: Connection, place: Place, rota: Rota, account: str, now_us: int, *,
    why: str = "", read: int | None = None, is_gap_meant: bool = False,
) -> int:  # fmt: skip
    """Put a rota in force and return its version.

    ConfigProblem when it overlaps itself or a ladder needs its team; GapOpened when it leaves
    nobody on call where somebody is now and nobody said that it is meant.
    """
    check_rota(connection, place, rota, now_us)
    gaps = [] if is_gap_meant else opened(connection, place, rota, now_us)
    if gaps:
        raise GapOpened(place, gaps)
    return rotas.save(connection, place.key, rota, account, now_us, why=why, read=read)


def check_rota(connection: Connection, place: Place, rota: Rota, now_us: int) -> None:
    """Raise ConfigProblem when the rota cannot be: it overlaps, or would leave a P1 to nobody."""
    rotas.check(rota, place.zone, BankHolidays(rota.division), now_us)
    known = {team.key for team in rota.team}
    for priority, ladder in ladders_of(connection, place.key).items():
        if ladder is not None and (missing := ladders.teams_of(ladder) - known):
            raise ConfigProblem(
                f"rota: it has no team {min(missing)!r}, which the ladder of {priority} tells; "
                "keep the team or change that ladder first"
            )
    _expect_answer(connection, place, opened(connection, place, rota, now_us), now_us)


def opened(connection: Connection, place: Place, rota: Rota, now_us: int) -> list[Gap]:
    """Return where in the next week this rota leaves nobody on call and the one in force does."""
    called = ladder_rows.on_call_teams(connection, place)
    return rota_gaps.opened(rotas.find(connection, place.key), rota, place, called, now_us)


def gaps(rota: Rota, place: Place, called: Collection[str], now_us: int) -> list[Gap]:
    """Return the gaps of the next four weeks; ``called`` are teams that a ladder calls."""
    stop_us = now_us + rotas.AHEAD_DAYS * _DAY_US
    turns = rotas.turns(rota, place.zone, BankHolidays(rota.division), now_us, stop_us)
    names = {team.key: team.name for team in rota.team}
    found = rotas.gaps(rota, turns, now_us, stop_us, called)
    return [Gap(team, names[team], start_us, end_us) for team, start_us, end_us in found]


def _expect_answer(connection: Connection, place: Place, gaps: Sequence[Gap], now_us: int) -> None:
    """Raise Unanswered where the gaps would leave a P1 of a live place to nobody (rule 1)."""
    ladder = ladder_rows.in_force(connection, place, Priority.P1.value)
    if ladder is None or not is_live_for_p1(place):
        return
    called = ladders.on_call_in(ladder)
    missed = next((gap for gap in gaps if gap.team in called), None)
    last = ladder.fallback
    if missed is None or (last is not None and reaches(connection, last, place, now_us)):
        return
    raise Unanswered(place, missed)


def _moment(us: int, place: Place) -> str:
    at = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).astimezone(place.zone)
    return f"{at.day} {at:%B %Y, %H:%M}"


def duty(connection: Connection, place: Place, now_us: int) -> Duty:
    """Return who is on call now and next, and the gaps of the next four weeks."""
    rota = rotas.find(connection, place.key)
    if rota is None:
        return Duty(None, (), ())
    stop_us = now_us + rotas.AHEAD_DAYS * _DAY_US
    turns = rotas.turns(rota, place.zone, BankHolidays(rota.division), now_us, stop_us)
    teams = [OnCall(t.key, t.name, *rotas.on_call(turns, t.key, now_us)) for t in rota.team]
    called = ladder_rows.on_call_teams(connection, place)
    return Duty(rota, teams, rotas.gaps(rota, turns, now_us, stop_us, called))
