"""Teams and the rota of a place: who is on call now and next, and where nobody is (pure).

Shifts repeat weekly in the place's own time; the people of a shift take turns by week. On a bank
holiday a team's shifts for holidays replace the others, where it has any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Final, Protocol
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection

from config import declarations
from config.problems import ConfigProblem, describe

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY: Final = "holiday"
AHEAD_DAYS: Final = 28
"""How far ahead gaps are looked for."""

SUBJECT: Final = "rota"
"""Under what rotas are kept."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MONDAY: Final = date(1970, 1, 5)
Key = Annotated[str, Field(pattern="^[a-z0-9-]{2,40}$")]
Clock = Annotated[str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Email = Annotated[str, Field(min_length=3, max_length=254)]


class Holidays(Protocol):
    """Knows bank holidays."""

    def is_holiday(self, day: date) -> bool:
        """Return whether this day is one."""
        ...


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Team(_Strict):
    """People who can be told together, by the e-mail of their account."""

    key: Key
    name: str = Field(min_length=1, max_length=80)
    members: list[Email] = Field(min_length=1, max_length=200)
    is_always_covered: bool = True
    """Whether an hour without anybody on call is a gap."""


class Shift(_Strict):
    """A weekly shift; it ends the next day when ``to`` is not after ``from``."""

    team: Key
    days: list[Annotated[str, Field(pattern=f"^({'|'.join((*DAYS, HOLIDAY))})$")]] = Field(
        min_length=1
    )
    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    people: list[Email] = Field(min_length=1, max_length=60)


class Rota(_Strict):
    """The teams of a place and their shifts."""

    division: str = Field(
        default="england-and-wales", pattern="^(england-and-wales|scotland|northern-ireland)$"
    )
    team: list[Team] = Field(min_length=1, max_length=40)
    shift: list[Shift] = Field(default=[], max_length=400)


@dataclass(frozen=True, slots=True)
class Turn:
    """One person on call for a team from ``start_us`` until ``end_us``."""

    team: str
    person: str
    start_us: int
    end_us: int


def read_plan(values: object, where: str) -> Rota:
    """Return the rota in these values; ConfigProblem lists every mistake with its key."""
    try:
        rota = Rota.model_validate(values)
    except ValidationError as problem:
        told = describe("rota", Rota, problem, lambda _: where)
        raise ConfigProblem(told) from problem
    teams = {team.key: team for team in rota.team}
    wrong = ["two teams have one key"] if len(teams) < len(rota.team) else []
    for number, shift in enumerate(rota.shift):
        if shift.team not in teams:
            wrong.append(f"shift.{number}.team is {shift.team!r}, expected one of its teams")
            continue
        strange = sorted(set(shift.people) - set(teams[shift.team].members))
        if strange:
            wrong.append(f"shift.{number}: {strange[0]} is no member of {shift.team}")
    if wrong:
        raise ConfigProblem("\n".join(f"rota: {line} ({where})" for line in wrong))
    return rota


def turns(
    rota: Rota, zone: ZoneInfo, holidays: Holidays, start_us: int, stop_us: int
) -> list[Turn]:
    """Return every turn that touches this span, by team and start."""
    with_holidays = {shift.team for shift in rota.shift if HOLIDAY in shift.days}
    first = _local(start_us, zone).date() - timedelta(days=1)
    last = _local(stop_us, zone).date()
    found = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        is_holiday = holidays.is_holiday(day)
        for shift in rota.shift:
            word = HOLIDAY if is_holiday and shift.team in with_holidays else DAYS[day.weekday()]
            if word in shift.days:
                found.append(_turn(shift, day, zone))
    within = [turn for turn in found if turn.end_us > start_us and turn.start_us < stop_us]
    return sorted(within, key=lambda turn: (turn.team, turn.start_us, turn.person))


def overlap(found: Sequence[Turn]) -> tuple[Turn, Turn] | None:
    """Return two turns of one team at one time, or None; ``found`` is by team and start."""
    for one, other in pairwise(found):
        if one.team == other.team and other.start_us < one.end_us:
            return one, other
    return None


def gaps(
    rota: Rota, found: Sequence[Turn], start_us: int, stop_us: int
) -> list[tuple[str, int, int]]:
    """Return (team, from, until) wherever nobody is on call who should be."""
    holes = []
    for team in rota.team:
        mine = [turn for turn in found if turn.team == team.key]
        if not (mine and team.is_always_covered):
            continue
        covered_us = start_us
        for turn in mine:
            if turn.start_us > covered_us:
                holes.append((team.key, covered_us, turn.start_us))
            covered_us = max(covered_us, turn.end_us)
        if covered_us < stop_us:
            holes.append((team.key, covered_us, stop_us))
    return holes


def on_call(found: Sequence[Turn], team: str, now_us: int) -> tuple[Turn | None, Turn | None]:
    """Return the turn of now and the one after it."""
    mine = [turn for turn in found if turn.team == team]
    now = next((turn for turn in mine if turn.start_us <= now_us < turn.end_us), None)
    later = next((turn for turn in mine if turn.start_us > now_us), None)
    return now, later


def check(rota: Rota, zone: ZoneInfo, holidays: Holidays, now_us: int) -> None:
    """Raise ConfigProblem when two people of one team are on call at one time within a year."""
    year_us = 366 * 86_400_000_000
    clash = overlap(turns(rota, zone, holidays, now_us, now_us + year_us))
    if clash is not None:
        one, other = clash
        when = _local(max(one.start_us, other.start_us), zone)
        raise ConfigProblem(
            f"rota: {one.person} and {other.person} are both on call for {one.team} at "
            f"{when:%H:%M on %A %d %B %Y}; let one shift end where the next begins"
        )


def save(
    connection: Connection,
    place: str,
    rota: Rota,
    account: str,
    now_us: int,
    *,
    why: str = "",
    read: int | None = None,
) -> None:
    """Put the rota in force; ``check`` it before. For ``read`` see ``declarations.save``."""
    content = rota.model_dump(mode="json", by_alias=True)
    declarations.save(connection, place, SUBJECT, content, account, now_us, why=why, read=read)


def find(connection: Connection, place: str) -> Rota | None:
    """Return the rota in force, or None when the place has none."""
    found = declarations.newest(connection, place, SUBJECT)
    return None if found is None else Rota.model_validate(found.content)


def _turn(shift: Shift, day: date, zone: ZoneInfo) -> Turn:
    start, end = time.fromisoformat(shift.start), time.fromisoformat(shift.end)
    until = day if end > start else day + timedelta(days=1)
    week = (day - _FIRST_MONDAY).days // 7
    person = shift.people[week % len(shift.people)]
    return Turn(shift.team, person, _us(day, start, zone), _us(until, end, zone))


def _us(day: date, at: time, zone: ZoneInfo) -> int:
    moment = datetime.combine(day, at, tzinfo=zone)
    return (moment.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)


def _local(us: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=us)).astimezone(zone)
