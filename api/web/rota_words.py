"""A rota as people read it: shifts, days, lines, covers and gaps."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from sqlalchemy import Connection

from api.web import words
from api.web.language import N_, _, _n
from config import granting
from config.people import normal_email
from config.places import Place
from config.rota_gaps import Gap
from config.rotas import DAYS, HOLIDAY, LINES, Rota, Shift, Turn

LINE: Final[Mapping[str, str]] = dict(
    zip(LINES, (N_("First on call"), N_("Second on call"), N_("Third on call")), strict=True)
)
"""How each line reads."""


_FEWEST_TO_JOIN: Final = 3
_MOST_LINES: Final = 5


def weekday(code: str) -> str:
    """Return the name of a day of DAYS, or that it is a bank holiday."""
    if code == HOLIDAY:
        return _("bank holidays")
    return words.weekday(date(2024, 1, 1 + DAYS.index(code)))


def days(codes: Sequence[str]) -> str:
    """Return days of the week as words: Monday to Friday, bank holidays."""
    held = [number for number, code in enumerate(DAYS) if code in codes]
    told = [_("every day")] if len(held) == len(DAYS) else _ranges(held)
    return ", ".join([*told, *([weekday(HOLIDAY)] if HOLIDAY in codes else [])])


def _ranges(held: Sequence[int]) -> list[str]:
    runs: list[list[int]] = []
    for number in held:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = []
    for run in runs:
        names = [weekday(DAYS[number]) for number in run]
        if len(run) >= _FEWEST_TO_JOIN:
            told.append(_("%(first)s to %(last)s", first=names[0], last=names[-1]))
        else:
            told += names
    return told


def hours(shift: Shift) -> str:
    """Return from when until when, and that it is the next day."""
    values = {"start": shift.start, "end": shift.end}
    if shift.end <= shift.start:
        return _("%(start)s to %(end)s the next day", **values)
    return _("%(start)s to %(end)s", **values)


def dates(shift: Shift) -> str:
    """Return between which days it repeats, empty where it always does."""
    first, last = (_date(on) for on in (shift.since, shift.until))
    if first and last:
        return _("from %(first)s until %(last)s", first=first, last=last)
    if first:
        return _("from %(first)s on", first=first)
    return _("until %(last)s", last=last) if last else ""


def shift(one: Shift, names: Mapping[str, str]) -> list[str]:
    """Return a shift in lines: line, days and hours, dates, people."""
    when = f"{days(one.days)}, {hours(one)}"
    told = [_(LINE[one.line]), when[:1].upper() + when[1:], dates(one), people(one, names)]
    return [line for line in told if line]


def people(one: Shift, names: Mapping[str, str]) -> str:
    """Return who does it, in the order of their weeks."""
    who = ", ".join(name(email, names) for email in one.people)
    return _("By turns, week by week: %(who)s", who=who) if len(one.people) > 1 else who


def covers(rota: Rota, team: str, names: Mapping[str, str]) -> list[str]:
    """Return who does which single shift of a team instead of whoever is planned."""
    mine = sorted((one for one in rota.cover if one.team == team), key=lambda one: one.day)
    return [
        _(
            "%(who)s on %(day)s at %(clock)s",
            who=name(one.person, names),
            day=_date(one.day),
            clock=one.start,
        )
        for one in mine
    ]


def gap(one: Gap, place: Place) -> str:
    """Return when nobody is on call."""
    return _(
        "%(team)s: nobody is on call from %(start)s until %(end)s",
        team=one.name,
        start=moment(one.start_us, place),
        end=until(one.start_us, one.end_us, place),
    )


def few(lines: Sequence[str]) -> list[str]:
    """Return the first of these lines, and how many more there are."""
    if len(lines) <= _MOST_LINES + 1:
        return list(lines)
    left = len(lines) - _MOST_LINES
    more = _n("%(n)s more within four weeks", "%(n)s more within four weeks", left)
    return [*lines[:_MOST_LINES], more]


def until(start_us: int, end_us: int, place: Place) -> str:
    """Return a moment, without its day where that is the day of the beginning."""
    is_one_day = words.day(start_us, place.zone) == words.day(end_us, place.zone)
    return words.clock_time(end_us, place.zone) if is_one_day else moment(end_us, place)


def clash(one: Turn, other: Turn, place: Place, names: Mapping[str, str]) -> str:
    """Return who is on call at one time on one line, and what to do."""
    at = moment(max(one.start_us, other.start_us), place)
    who = [name(turn.person, names) for turn in (one, other)]
    return _(
        "%(one)s and %(other)s would both be on call from %(when)s: let one shift end where the "
        "next begins, or choose another line",
        one=who[0],
        other=who[1],
        when=at,
    )


def doubled(one: Turn, other: Turn, place: Place, names: Mapping[str, str]) -> str:
    """Return that somebody stands behind themselves."""
    return _(
        "%(who)s is on two lines at once from %(when)s, so nobody else stands behind them",
        who=name(one.person, names),
        when=moment(max(one.start_us, other.start_us), place),
    )


def moment(us: int, place: Place) -> str:
    """Return day and time: Saturday 7 March 2026, 20:00."""
    on = words.local(us, place.zone)
    return f"{words.weekday(on)} {words.moment(us, place.zone)}"


def name(email: str, names: Mapping[str, str]) -> str:
    """Return what somebody is called, their address where that is not known."""
    return names.get(normal_email(email), email)


def names_of(connection: Connection, place: Place) -> dict[str, str]:
    """Return what those are called who hold a role here, by address; namesakes with it."""
    listed = [account for account, _has, _roles in granting.people_of(connection, place.key)]
    called = [account.name for account in listed]
    return {
        normal_email(one.email): one.name
        if called.count(one.name) == 1
        else f"{one.name}, {one.email}"
        for one in listed
    }


def _date(on: date | None) -> str:
    return "" if on is None else f"{words.day_and_month(on)} {on:%Y}"
