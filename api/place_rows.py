"""Which rows of which table are a place's own: followed from its homes and its key."""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import ColumnElement, Table, and_, select

from api.table_copy import every_table

ACCOUNTS: Final = "accounts"
GRANTS: Final = "grants"
HOMES: Final = "homes"
LEFT_OUT: Final = frozenset({"webhooks"})
"""Named by place and not exported: its secret signs, and belongs to one installation."""


def tables_of_a_place() -> Sequence[Table]:
    """Return the tables that are exported; what a table refers to comes before it."""
    return [table for table, _ in _rules("")]


def rows_of(place: str) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Yield each table with the clause that picks the place's rows."""
    yield from _rules(place)


def _rules(place: str) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    found: dict[str, tuple[Table, ColumnElement[bool]]] = {}
    for table in every_table():
        if table.name in LEFT_OUT or (table.name != GRANTS and _is_of_an_account(table)):
            continue
        if "place" in table.c and table.name != "gateway_topics":
            found[table.name] = table, table.c.place == place
            continue
        keys = sorted(table.foreign_keys, key=lambda key: key.parent.name)
        keys = [key for key in keys if key.column.table.name in found]
        ends = [key for key in keys if key.column.table.name == HOMES]
        # Of a row between two homes both are the place's, or a copy would name a stranger.
        clauses = [
            key.parent.in_(select(key.column).where(found[key.column.table.name][1]))
            for key in (ends if len(ends) > 1 else keys[:1])
        ]
        if clauses:
            found[table.name] = table, and_(*clauses)
    yield from found.values()


def _is_of_an_account(table: Table) -> bool:
    return any(key.column.table.name == ACCOUNTS for key in table.foreign_keys)
