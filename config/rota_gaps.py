"""Gaps of a rota that must be told, and how far ahead the bank holidays are known."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from config import rotas
from config.holidays import BankHolidays
from config.places import Place

AHEAD_US: Final = 7 * 86_400_000_000
"""A gap is told a week ahead, so that somebody can be found."""

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
    first_us = now_us - AHEAD_US - 86_400_000_000
    turns = rotas.turns(rota, place.zone, BankHolidays(rota.division), first_us, stop_us)
    names = {team.key: team.name for team in rota.team}
    found = rotas.gaps(rota, turns, first_us, stop_us)
    return [Gap(t, names[t], start, end) for t, start, end in found if end > now_us]


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
