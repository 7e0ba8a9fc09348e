"""Gaps of a rota that must be told, and how far ahead the bank holidays are known."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from config import declarations, ladder_rows, rotas
from config.holidays import BankHolidays
from config.places import Place
from config.rotas import Rota, Turn

_DAY_US: Final = 86_400_000_000
AHEAD_US: Final = 7 * _DAY_US
"""A gap is told a week ahead, so that somebody can be found."""

_LONG_US: Final = 400 * _DAY_US
"""How far back it is looked for who was the last on call."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody is on call for ``team`` (its name ``name``) from ``start_us`` until ``end_us``."""

    team: str
    name: str
    start_us: int
    end_us: int


def gaps_ahead(connection: Connection, place: Place, now_us: int) -> list[Gap]:
    """Return the gaps of the next week; none where the place has no rota."""
    rota = rotas.find(connection, place.key)
    if rota is None:
        return []
    stop_us = now_us + AHEAD_US
    # A gap that has begun keeps the beginning that it was told with: weeks repeat.
    first_us = now_us - AHEAD_US - _DAY_US
    called = ladder_rows.on_call_teams(connection, place)
    found = _gaps(rota, place, called, first_us, stop_us)
    return [
        gap if gap.start_us > first_us else _since(connection, rota, place, gap, first_us)
        for gap in found
        if gap.end_us > now_us
    ]


def _since(connection: Connection, rota: Rota, place: Place, gap: Gap, first_us: int) -> Gap:
    """Return a long gap from when somebody was on call last, else from when the rota was saved.

    It must not begin at another moment each time it is looked at: it would be another gap.
    """
    turns = _turns(rota, place, first_us - _LONG_US, first_us)
    ends = [turn.end_us for turn in turns if turn.team == gap.team]
    saved = declarations.newest(connection, place.key, rotas.SUBJECT)
    since_us = max(ends, default=0 if saved is None else saved.since_us)
    return Gap(gap.team, gap.name, since_us, gap.end_us)


def opened(
    before: Rota | None, after: Rota, place: Place, called: Collection[str], now_us: int
) -> list[Gap]:
    """Return the gaps of the next week in which somebody is on call by the rota of before."""
    if before is None:
        return []
    span = (now_us, now_us + AHEAD_US)
    held = _turns(before, place, *span)
    return [part for gap in _gaps(after, place, called, *span) for part in _parts(gap, held)]


def _parts(gap: Gap, held: Sequence[Turn]) -> list[Gap]:
    """Return where in a gap somebody of the same team was on call, from beginning to end."""
    parts: list[Gap] = []
    for turn in sorted(held, key=lambda turn: turn.start_us):
        start_us, end_us = max(gap.start_us, turn.start_us), min(gap.end_us, turn.end_us)
        if turn.team != gap.team or start_us >= end_us:
            continue
        if parts and start_us <= parts[-1].end_us:
            start_us, end_us = parts[-1].start_us, max(end_us, parts.pop().end_us)
        parts.append(Gap(gap.team, gap.name, start_us, end_us))
    return parts


def _gaps(
    rota: Rota, place: Place, called: Collection[str], start_us: int, stop_us: int
) -> list[Gap]:
    names = {team.key: team.name for team in rota.team}
    found = rotas.gaps(rota, _turns(rota, place, start_us, stop_us), start_us, stop_us, called)
    return [Gap(team, names[team], start, end) for team, start, end in found]


def _turns(rota: Rota, place: Place, start_us: int, stop_us: int) -> list[Turn]:
    return rotas.turns(rota, place.zone, BankHolidays(rota.division), start_us, stop_us)


def holidays_end(connection: Connection, place: Place, now_us: int) -> str | None:
    """Return a sentence where the holidays that are known end within four weeks, else None."""
    rota = rotas.find(connection, place.key)
    if rota is None or not any(rotas.HOLIDAY in shift.days for shift in rota.shift):
        return None
    until = BankHolidays(rota.division).until
    ahead = (_EPOCH + timedelta(microseconds=now_us, days=rotas.AHEAD_DAYS)).date()
    if until >= ahead:
        return None
    return (
        f"Bank holidays are known until {until.day} {until:%B %Y} only; after it shifts for "
        "holidays do not begin. Install a newer govuk-bank-holidays."
    )
