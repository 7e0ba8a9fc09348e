"""What decides how homes are watched, in SQL: read, and changed in somebody's name."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, select, update

from config import audit, registry, tables
from config.audit import Entry
from config.facts import Facts, changes
from config.homes import GoesOut, HomeState

_h: Final = tables.homes.c
_COLUMNS: Final = (_h.id, _h.residents, _h.has_pets, _h.goes_out, _h.risk_tier, _h.sector)


class Outrun(Exception):
    """Somebody else has changed what a change was based on; nothing was saved."""


def read(connection: Connection, place: str) -> dict[str, Facts]:
    """Return what is known of each home of a place in which somebody lives, by id."""
    is_lived_in = _h.state != HomeState.TEST.value
    query = select(*_COLUMNS).where(_h.place == place, is_lived_in).order_by(_h.number)
    return {
        row.id: Facts(row.residents, row.has_pets, GoesOut(row.goes_out), row.risk_tier, row.sector)
        for row in connection.execute(query)
    }


def save(
    connection: Connection,
    place: str,
    before: Mapping[str, Facts],
    after: Mapping[str, Facts],
    *,
    by: str,
    now_us: int,
) -> int:
    """Change homes (ids) of a place to ``after``, in this account's name; return how many changed.

    The audit log has the old and the new value of each. Outrun when a home is no longer as it was
    ``before``.
    """
    entries = []
    for home, facts in after.items():
        changed = changes(before[home], facts)
        if not changed:
            continue
        mine = (_h.id == home) & (_h.place == place) & _is(before[home])
        values = {**asdict(facts), "goes_out": facts.goes_out.value}
        if connection.execute(update(tables.homes).where(mine).values(values)).rowcount != 1:
            raise Outrun(home)
        entries.append(Entry(place, now_us, by, "facts", f"home:{home}", changed))
    if entries:
        audit.append_all(connection, place, entries)
        registry.bump(connection)
    return len(entries)


def _is(facts: Facts) -> ColumnElement[bool]:
    return and_(
        _h.residents == facts.residents,
        _h.has_pets == facts.has_pets,
        _h.goes_out == facts.goes_out.value,
        _h.risk_tier == facts.risk_tier,
        _h.sector == facts.sector,
    )
