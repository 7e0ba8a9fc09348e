"""Teams and the rota of a place: who is on call now and next, and where nobody is (pure).

Shifts repeat weekly in the place's own time, between two dates where they have them; the people of
a shift take turns by week. On a bank holiday a team's shifts for holidays replace the others, where
it has any. A cover is somebody else for one shift. Who is on the second and third line is called
where the one before does not answer.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Final, Protocol
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection

from config import declarations, people
from config.problems import ConfigProblem, describe

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY: Final = "holiday"
LINES: Final = ("first", "second", "third")
"""In which order those who are on call in a team are called."""

AHEAD_DAYS: Final = 28
"""How far ahead gaps are looked for."""

SUBJECT: Final = "rota"
"""Under what rotas are kept."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PEOPLE: Final = frozenset({"members", "people", "person"})
"""Fields that hold addresses."""

_FIRST_MONDAY: Final = date(1970, 1, 5)
Key = Annotated[str, Field(pattern="^[a-z0-9-]{2,40}$")]
Clock = Annotated[str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Email = Annotated[str, Field(min_length=3, max_length=254)]
Line = Annotated[str, Field(pattern=f"^({'|'.join(LINES)})$")]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))]


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
    line: Line = "first"
    since: Day | None = None
    """The first day on which it begins, None where there is none."""

    until: Day | None = None
    """The last day on which it begins, None where there is none."""

    def begins(self, day: date, word: str) -> bool:
        """Return whether it begins on this day, which is a ``word`` of DAYS or a HOLIDAY."""
        is_within = (self.since or day) <= day <= (self.until or day)
        return is_within and word in self.days


class Cover(_Strict):
    """Somebody else for the one shift of a team that begins at this time of this day."""

    team: Key
    line: Line = "first"
    day: Day
    start: Clock = Field(alias="from")
    person: Email

    @property
    def spot(self) -> "Spot":
        """The shift that is covered."""
        return Spot(self.team, self.line, self.day, self.start)


class Rota(_Strict):
    """The teams of a place and their shifts."""

    division: str = Field(
        default="england-and-wales", pattern="^(england-and-wales|scotland|northern-ireland)$"
    )
    team: list[Team] = Field(min_length=1, max_length=40)
    shift: list[Shift] = Field(default=[], max_length=400)
    cover: list[Cover] = Field(default=[], max_length=400)


@dataclass(frozen=True, slots=True)
class Spot:
    """One shift of one day: the ``start`` is a local time such as 08:00."""

    team: str
    line: str
    day: date
    start: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One person on call from ``start_us`` until ``end_us``; ``planned`` is who else would be."""

    spot: Spot
    person: str
    planned: str
    start_us: int
    end_us: int

    @property
    def team(self) -> str:
        """The team's key."""
        return self.spot.team

    @property
    def line(self) -> str:
        """One of LINES."""
        return self.spot.line


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
    wrong += _strange_covers(rota, teams)
    if wrong:
        raise ConfigProblem("\n".join(f"rota: {line} ({where})" for line in wrong))
    return rota


def fits(cover: Cover, shift: Shift) -> bool:
    """Return whether this may be the shift that is covered."""
    is_same = (cover.team, cover.line, cover.start) == (shift.team, shift.line, shift.start)
    words = (DAYS[cover.day.weekday()], HOLIDAY)
    return is_same and any(shift.begins(cover.day, word) for word in words)


def _strange_covers(rota: Rota, teams: Mapping[str, Team]) -> Iterator[str]:
    known: set[Spot] = set()
    for number, cover in enumerate(rota.cover):
        on = f"{cover.day.day} {cover.day:%B %Y}"
        if cover.spot in known:
            yield f"cover.{number}: the shift of {cover.start} on {on} is covered twice"
        elif not any(fits(cover, shift) for shift in rota.shift):
            yield f"cover.{number}: no shift of {cover.team} begins at {cover.start} on {on}"
        elif cover.person not in teams[cover.team].members:
            yield f"cover.{number}: {cover.person} is no member of {cover.team}"
        known.add(cover.spot)


def turns(
    rota: Rota, zone: ZoneInfo, holidays: Holidays, start_us: int, stop_us: int
) -> list[Turn]:
    """Return every turn that touches this span, by team, line and start."""
    with_holidays = {shift.team for shift in rota.shift if HOLIDAY in shift.days}
    first = _local(start_us, zone).date() - timedelta(days=1)
    last = _local(stop_us, zone).date()
    covers = {cover.spot: cover.person for cover in rota.cover}
    found = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        is_holiday = holidays.is_holiday(day)
        for shift in rota.shift:
            word = HOLIDAY if is_holiday and shift.team in with_holidays else DAYS[day.weekday()]
            if shift.begins(day, word):
                found.append(_turn(shift, day, zone, covers))
    within = [turn for turn in found if turn.end_us > start_us and turn.start_us < stop_us]
    return sorted(within, key=_place)


def _place(turn: Turn) -> tuple[str, int, int, str]:
    return turn.team, LINES.index(turn.line), turn.start_us, turn.person


def overlap(found: Sequence[Turn]) -> tuple[Turn, Turn] | None:
    """Return two turns of one team and line at one time, or None; ``found`` is as of ``turns``."""
    for one, other in pairwise(found):
        is_one_line = (one.team, one.line) == (other.team, other.line)
        if is_one_line and other.start_us < one.end_us:
            return one, other
    return None


def doubled(found: Sequence[Turn]) -> list[tuple[Turn, Turn]]:
    """Return pairs of turns by which one person is on two lines of a team at one time."""
    return [
        (one, other)
        for number, one in enumerate(found)
        for other in found[number + 1 :]
        if (one.team, one.person) == (other.team, other.person)
        and one.line != other.line
        and one.start_us < other.end_us
        and other.start_us < one.end_us
    ]


def gaps(
    rota: Rota,
    found: Sequence[Turn],
    start_us: int,
    stop_us: int,
    called: Collection[str] = (),
) -> list[tuple[str, int, int]]:
    """Return (team, from, until) wherever nobody is on call on any line who should be.

    Looked at are teams that ever had a shift, and those of ``called``, which a ladder calls.
    """
    looked_at = {shift.team for shift in rota.shift}.union(called)
    holes = []
    for team in rota.team:
        if team.key not in looked_at or not team.is_always_covered:
            continue
        mine = sorted((turn for turn in found if turn.team == team.key), key=_start)
        covered_us = start_us
        for turn in mine:
            if turn.start_us > covered_us:
                holes.append((team.key, covered_us, turn.start_us))
            covered_us = max(covered_us, turn.end_us)
        if covered_us < stop_us:
            holes.append((team.key, covered_us, stop_us))
    return holes


def _start(turn: Turn) -> int:
    return turn.start_us


def on_call(found: Sequence[Turn], team: str, now_us: int) -> tuple[Turn | None, Turn | None]:
    """Return who is called first now, whatever their line, and the first line's next turn."""
    mine = [turn for turn in found if turn.team == team]
    now = next((turn for turn in mine if turn.start_us <= now_us < turn.end_us), None)
    first = [turn for turn in mine if turn.line == LINES[0]] or mine
    later = next((turn for turn in sorted(first, key=_start) if turn.start_us > now_us), None)
    return now, later


def on_line(found: Sequence[Turn], team: str, line: str, now_us: int) -> Turn | None:
    """Return who is on this line of a team now, None where nobody is."""
    is_now = (turn for turn in found if turn.start_us <= now_us < turn.end_us)
    return next((turn for turn in is_now if (turn.team, turn.line) == (team, line)), None)


def clash(rota: Rota, zone: ZoneInfo, holidays: Holidays, now_us: int) -> tuple[Turn, Turn] | None:
    """Return two turns of one line of a team at one time within a year, or None."""
    year_us = 366 * 86_400_000_000
    return overlap(turns(rota, zone, holidays, now_us, now_us + year_us))


def check(rota: Rota, zone: ZoneInfo, holidays: Holidays, now_us: int) -> None:
    """Raise ConfigProblem when two people are on one line of a team at one time within a year."""
    found = clash(rota, zone, holidays, now_us)
    if found is not None:
        one, other = found
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
) -> int:
    """Put the rota in force; ``check`` it before. For ``read`` see ``declarations.save``.

    The audit log names what changed, people by the ids of their accounts.
    """
    before = find(connection, place)
    content = rota.model_dump(mode="json", by_alias=True)
    return declarations.save(
        connection, place, SUBJECT, content, account, now_us, why=why, read=read,
        detail=_changed(connection, before, rota),
    )  # fmt: skip


def _changed(connection: Connection, before: Rota | None, after: Rota) -> dict[str, object]:
    """Return teams, shifts and covers that were there before only, and those that are new."""
    held, new = (_entries(connection, one) for one in (before, after))
    return {
        "before": [one for one in held if one not in new],
        "after": [one for one in new if one not in held],
    }


def _entries(connection: Connection, rota: Rota | None) -> list[dict[str, object]]:
    if rota is None:
        return []
    found: list[dict[str, object]] = [{"division": rota.division}]
    for kind, listed in (("team", rota.team), ("shift", rota.shift), ("cover", rota.cover)):
        for one in listed:
            values = one.model_dump(mode="json", by_alias=True, exclude_none=True)
            values.pop("name", None)
            for field in _PEOPLE.intersection(values):
                values[field] = _ids(connection, values[field])
            found.append({"kind": kind, **values})
    return found


def _ids(connection: Connection, emails: str | list[str]) -> str | list[str]:
    """Return accounts instead of addresses, which an audit log does not hold."""
    if isinstance(emails, str):
        account = people.find_account(connection, emails)
        return "unknown" if account is None else account.id
    return [str(_ids(connection, email)) for email in emails]


def find(connection: Connection, place: str) -> Rota | None:
    """Return the rota in force, or None when the place has none."""
    found = declarations.newest(connection, place, SUBJECT)
    return None if found is None else Rota.model_validate(found.content)


def midnight_us(day: date, zone: ZoneInfo) -> int:
    """Return when this day begins there."""
    return _us(day, time(), zone)


def _turn(shift: Shift, day: date, zone: ZoneInfo, covers: Mapping[Spot, str]) -> Turn:
    start, end = time.fromisoformat(shift.start), time.fromisoformat(shift.end)
    until = day if end > start else day + timedelta(days=1)
    week = (day - _FIRST_MONDAY).days // 7
    planned = shift.people[week % len(shift.people)]
    spot = Spot(shift.team, shift.line, day, shift.start)
    person = covers.get(spot, planned)
    return Turn(spot, person, planned, _us(day, start, zone), _us(until, end, zone))


def _us(day: date, at: time, zone: ZoneInfo) -> int:
    moment = datetime.combine(day, at, tzinfo=zone)
    return (moment.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)


def _local(us: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=us)).astimezone(zone)
