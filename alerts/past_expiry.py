"""Ends rosters and settings of the past that no step of the engine's log names any more."""

from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, func, select

from alerts import past_tables, tables

_log, _r, _s = past_tables.ticks.c, past_tables.rosters, past_tables.settings


def expire(connection: Connection) -> dict[str, int]:
    """Delete them; return how many of each table, {} when there was nothing.

    What a device or a home was stays as long as the log is kept: of each thing the newest row
    that the oldest step knew, and all that came later. An empty log says nothing.
    """
    gone = {}
    for name, clause in _due(connection).items():
        statement = delete(tables.metadata.tables[name]).where(clause)
        if count := connection.execute(statement).rowcount:
            gone[name] = count
    return gone


def due(connection: Connection) -> dict[str, int]:
    """Return how many rows of each table ``expire`` would delete, none deleted."""
    found = {}
    for name, clause in _due(connection).items():
        query = select(func.count()).select_from(tables.metadata.tables[name]).where(clause)
        if count := int(connection.execute(query).scalar_one()):
            found[name] = count
    return found


def _due(connection: Connection) -> dict[str, ColumnElement[bool]]:
    oldest = connection.execute(select(func.min(_log.revision))).scalar()
    if oldest is None:
        return {}
    is_old = _r.c.revision <= oldest
    held = select(func.max(_r.c.id)).where(is_old).group_by(_r.c.subject, _r.c.number)
    return {
        _r.name: is_old & (_r.c.id.not_in(held) | (_r.c.fields == _GONE)),
        _s.name: _s.c.hash.not_in(select(_log.settings).distinct()),
    }


_GONE: Final = ""
"""What the history holds of a thing that was there and is not."""
