"""Rows with sealed texts when they leave an installation, enter one, or change their place."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, select

from config import tables
from config.vault import Clear, Sealed, Vault

SEALED: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "contacts": ("contact", {"sealed": "contact"}),
    "households": (
        "household",
        {"sealed": "household", "key_safe": "key-safe", "barred": "barred"},
    ),
    "persons": ("person", {"sealed": "person"}),
}
"""By table: how the subject of a row begins (its ``id`` follows), and what each column is about."""


def opened(vault: Vault, table: str, rows: Sequence[RowMapping]) -> list[dict[str, Any]]:
    """Return these rows with their sealed columns in the clear; what was erased is empty."""
    found: list[dict[str, Any]] = [{**row} for row in rows]
    if table not in SEALED:
        return found
    start, columns = SEALED[table]
    for column, about in columns.items():
        held = [row for row in found if row[column]]
        texts = vault.open([Sealed(f"{start}:{r['id']}", about, r[column]) for r in held])
        for row, text in zip(held, texts, strict=True):
            row[column] = text or ""
    return found


def sealed(
    vault: Vault, place: str, table: str, rows: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return these rows as this installation keeps them: ``opened`` the other way round."""
    found = [dict(row) for row in rows]
    if table not in SEALED:
        return found
    start, columns = SEALED[table]
    for column, about in columns.items():
        held = [row for row in found if row[column]]
        texts = vault.seal([Clear(f"{start}:{r['id']}", place, about, r[column]) for r in held])
        for row, text in zip(held, texts, strict=True):
            row[column] = text
    return found


def subjects_of(connection: Connection, homes: Sequence[int]) -> list[str]:
    """Return whose keys hang on these homes (numbers)."""
    found: list[str] = []
    for name, (start, _) in SEALED.items():
        table = tables.metadata.tables[name]
        for at in range(0, len(homes), 500):
            query = select(table.c.id).where(table.c.home.in_(homes[at : at + 500]))
            found += [f"{start}:{id_}" for id_ in connection.execute(query).scalars()]
    return found
