"""Changes of a rota, each made over the one in force: what another changed meanwhile stays (pure).

A shift is named by a mark of all that it says: one that somebody else changed is another shift.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from config import rotas
from config.rotas import Cover, Holidays, Rota, Shift, Spot, Turn

KEPT_DAYS: Final = 28
"""How long what is over stays in the rota; every version that was saved is kept anyway."""


class Gone(Exception):
    """The shift that was to be changed is not there any more: somebody was first."""


def mark(shift: Shift) -> str:
    """Return what names this shift among those of its rota, 12 hexadecimal digits."""
    text = json.dumps(shift.model_dump(mode="json", by_alias=True), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def find(rota: Rota, name: str) -> Shift:
    """Return the shift of this mark; Gone when there is none."""
    found = next((shift for shift in rota.shift if mark(shift) == name), None)
    if found is None:
        raise Gone(name)
    return found


def turn_at(rota: Rota, zone: ZoneInfo, holidays: Holidays, spot: Spot) -> Turn:
    """Return who does this shift of this day; Gone when there is none."""
    begin_us, end_us = (rotas.midnight_us(spot.day + timedelta(days=days), zone) for days in (0, 1))
    found = rotas.turns(rota, zone, holidays, begin_us, end_us)
    turn = next((one for one in found if one.spot == spot), None)
    if turn is None:
        raise Gone(str(spot.day))
    return turn


def add(rota: Rota, shift: Shift, today: date) -> Rota:
    """Return the rota with one shift more; ConfigProblem when somebody is not in its team."""
    return _made(rota, [*rota.shift, shift], rota.cover, today)


def change(rota: Rota, name: str, shift: Shift, today: date) -> Rota:
    """Return the rota with this shift instead from its first day on; Gone, ConfigProblem.

    Until then the one of before goes on.
    """
    before = find(rota, name)
    rest = [one for one in rota.shift if one is not before]
    kept = [] if shift.since is None else _until(before, shift.since - timedelta(days=1))
    return _made(rota, [*rest, *kept, shift], rota.cover, today)


def end(rota: Rota, name: str, last: date, today: date) -> Rota:
    """Return the rota in which this shift begins on ``last`` for the last time; Gone."""
    before = find(rota, name)
    rest = [one for one in rota.shift if one is not before]
    return _made(rota, [*rest, *_until(before, last)], rota.cover, today)


def cover(rota: Rota, who: Sequence[tuple[Turn, str]], today: date) -> Rota:
    """Return the rota in which each of these turns is done by this person.

    By whoever it was planned for, and it is no cover any more.
    """
    spots = {turn.spot for turn, _ in who}
    kept = [one for one in rota.cover if one.spot not in spots]
    new = [_cover(turn, person) for turn, person in who if person != turn.planned]
    return _made(rota, rota.shift, [*kept, *new], today)


def swapped(one: Turn, other: Turn) -> list[tuple[Turn, str]]:
    """Return who does what when these two swap, as ``cover`` takes it."""
    return [(one, other.person), (other, one.person)]


def _cover(turn: Turn, person: str) -> Cover:
    spot = turn.spot
    values = {"team": spot.team, "line": spot.line, "day": spot.day, "from": spot.start}
    return Cover.model_validate({**values, "person": person})


def _until(shift: Shift, last: date) -> list[Shift]:
    """Return the shift as far as this day, nothing when that is before its first."""
    ends = min(shift.until or last, last)
    if shift.since is not None and ends < shift.since:
        return []
    return [shift.model_copy(update={"until": ends})]


def _made(rota: Rota, shifts: Sequence[Shift], covers: Sequence[Cover], today: date) -> Rota:
    """Return the rota with these shifts and covers, without what is long over."""
    oldest = today - timedelta(days=KEPT_DAYS)
    kept = [one for one in shifts if one.until is None or one.until >= oldest]
    # A team whose shifts all ended stays one that has shifts, so that its gaps are told.
    kept += [one for one in shifts if one.team not in {other.team for other in kept}]
    values = rota.model_dump(mode="json", by_alias=True)
    values["shift"] = [one.model_dump(mode="json", by_alias=True) for one in kept]
    values["cover"] = [
        one.model_dump(mode="json", by_alias=True)
        for one in covers
        if one.day >= oldest and any(rotas.fits(one, shift) for shift in kept)
    ]
    return rotas.read_plan(values, "the rota")
