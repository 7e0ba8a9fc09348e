"""Ends alerts and findings that a place keeps no longer, with everything that hangs on them.

Only what is over goes: an alert that stands stays however old it is. Some at a time, so that no
transaction is long.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, func, select, true

from alerts import tables
from alerts.alert import State
from alerts.shadow_rows import ShadowState
from config import gone_subjects

AT_ONCE: Final = 500
"""Alerts, findings or changes that one call deletes at most of each."""

_OVER: Final = (State.RESOLVED.value, State.CLOSED.value)
_AUDITED: Final = {"alerts": "alert", "shadow_findings": "finding"}
"""How the audit log calls rows of these tables; it names no change."""

_STANDING: Final = (ShadowState.STANDING.value, ShadowState.HELD.value)


def expire(
    connection: Connection, place: str, before_us: int, held: Sequence[str], now_us: int
) -> dict[str, int]:
    """Delete some of what ended before this moment; return how many of each, {} when none is due.

    Homes (ids) in ``held`` keep everything; so does what is of no home while any is held, as
    nobody can say whose it is. Of which home one was stays known as long as the audit log tells
    of it.
    """
    found = {}
    for table, is_due in _due(place, before_us, held).items():
        key = table.c.id
        query = select(key, table.c.home).where(is_due).order_by(key).limit(AT_ONCE)
        if home_of := dict(connection.execute(query).all()):
            ids = list(home_of)
            if start := _AUDITED.get(table.name):
                gone = [(f"{start}:{id_}", home) for id_, home in home_of.items() if home]
                gone_subjects.keep(connection, place, gone, now_us)
            for column in _columns_to(table):
                connection.execute(delete(column.table).where(column.in_(ids)))
            connection.execute(delete(table).where(key.in_(ids)))
            found[table.name] = len(ids)
    return found


def due(connection: Connection, place: str, before_us: int, held: Sequence[str]) -> dict[str, int]:
    """Return how many of each ``expire`` would delete in the end, none deleted."""
    found = {}
    for table, is_due in _due(place, before_us, held).items():
        count = connection.execute(select(func.count(table.c.id)).where(is_due)).scalar_one()
        if count:
            found[table.name] = int(count)
    return found


def _due(place: str, before_us: int, held: Sequence[str]) -> dict[Table, ColumnElement[bool]]:
    a, f, c = tables.alerts.c, tables.shadow_findings.c, tables.changes.c
    w = tables.welfare_calls.c
    when = {
        tables.alerts: a.state.in_(_OVER) & (a.updated_us < before_us),
        tables.shadow_findings: f.state.not_in(_STANDING)
        & (func.coalesce(f.ended_us, f.found_us) < before_us),
        tables.changes: c.at_us < before_us,
        tables.unwatched_times: tables.unwatched_times.c.until_us < before_us,
        tables.welfare_calls: func.coalesce(w.ended_us, w.until_us) < before_us,
    }
    return {
        table: (table.c.place == place) & old & _is_free(table, held) for table, old in when.items()
    }


def _is_free(table: Table, held: Sequence[str]) -> ColumnElement[bool]:
    """Return the clause of rows that no hold keeps; SQL takes no home for none of them."""
    return table.c.home.not_in(held) if held else true()


def _columns_to(table: Table) -> list[Column[Any]]:
    """Return the columns of the ledger that refer to rows of this table."""
    return [
        key.parent
        for one in tables.metadata.sorted_tables
        for key in one.foreign_keys
        if key.column.table is table
    ]
