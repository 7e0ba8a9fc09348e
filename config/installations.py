"""On which local day an installer works in which home: that day, and only then, they may see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, false, insert, or_, select

from config import audit, tables
from config.audit import Entry
from config.gateway_tables import installations
from config.homes import HomeState
from config.problems import ConfigProblem

FURTHEST_DAYS: Final = 92
"""How far ahead a day may be booked."""

_i, _h = installations.c, tables.homes.c


@dataclass(frozen=True, slots=True)
class Installation:
    """A home (id) with its place and label, and the day of the work there."""

    home: str
    place: str
    label: str
    day: date


def book(
    connection: Connection, home: int, day: date, account: str, *, today: date, now_us: int
) -> None:
    """Book a day for a home (number); again for the same day is no harm.

    ConfigProblem when the day is past or too far ahead, or the home has ended.
    """
    if not 0 <= (day - today).days <= FURTHEST_DAYS:
        raise ConfigProblem(
            f"installation: day is {day}, expected {today} or a day within {FURTHEST_DAYS} after it"
        )
    found = connection.execute(select(_h.id, _h.place, _h.state).where(_h.number == home)).one()
    if found.state == HomeState.ENDED.value:
        raise ConfigProblem("installation: the home has ended; enrol it again")
    mine = (_i.home == home) & (_i.day == day.isoformat())
    if connection.execute(select(_i.home).where(mine)).first() is None:
        values = {"home": home, "day": day.isoformat(), "made_by": account, "made_us": now_us}
        connection.execute(insert(installations).values(values))
        _note(connection, found.place, found.id, account, now_us, {"booked": day.isoformat()})


def cancel(connection: Connection, home: int, day: date, account: str, now_us: int) -> None:
    """Take a booked day back; ConfigProblem when it was not booked."""
    mine = (_i.home == home) & (_i.day == day.isoformat())
    if not connection.execute(delete(installations).where(mine)).rowcount:
        raise ConfigProblem(f"installation: no work is booked in this home on {day}")
    found = connection.execute(select(_h.id, _h.place).where(_h.number == home)).one()
    _note(connection, found.place, found.id, account, now_us, {"cancelled": day.isoformat()})


def is_today(days: Mapping[str, date]) -> ColumnElement[bool]:
    """Return the clause of homes that are worked in today; ``days`` is the local day by place."""
    clauses = [
        and_(
            _h.place == place,
            exists().where(_i.home == _h.number, _i.day == day.isoformat()),
        )
        for place, day in sorted(days.items())
    ]
    return or_(false(), *clauses)


def on(connection: Connection, days: Mapping[str, date]) -> list[Installation]:
    """Return the homes that are worked in on the given day at each place, by label."""
    query = (
        select(_h.id, _h.place, _h.label)
        .where(is_today(days), _h.state != HomeState.ENDED.value)
        .order_by(_h.label, _h.number)
    )
    rows = connection.execute(query)
    return [Installation(r.id, r.place, r.label, days[r.place]) for r in rows]


def ahead(connection: Connection, home: int, today: date) -> Sequence[date]:
    """Return the days from today on that are booked for a home (number)."""
    query = select(_i.day).where(_i.home == home, _i.day >= today.isoformat()).order_by(_i.day)
    return [date.fromisoformat(day) for day in connection.execute(query).scalars()]


def _note(
    connection: Connection, place: str, home: str, by: str, at_us: int, detail: Mapping[str, object]
) -> None:
    audit.append(connection, Entry(place, at_us, by, "installation", f"home:{home}", detail))
