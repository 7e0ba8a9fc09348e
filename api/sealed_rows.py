"""Rows with sealed texts when they leave an installation, enter one, or change their place."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, select

from config import tables
from config.vault import Clear, Sealed, Vault, key_name

SEALED: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "contacts": ("contact", {"sealed": "contact"}),
    "households": (
        "household",
        {"sealed": "household", "key_safe": "key-safe", "barred": "barred"},
    ),
    "persons": ("person", {"sealed": "person"}),
    "former_addresses": ("former", {"sealed": "former-address"}),
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
    """Return the names of the keys that hang on these homes (numbers)."""
    found: list[str] = []
    for name, (start, columns) in SEALED.items():
        table = tables.metadata.tables[name]
        wanted = [table.c.id, *(table.c[column] for column in columns)]
        for at in range(0, len(homes), 500):
            query = select(*wanted).where(table.c.home.in_(homes[at : at + 500]))
            for id_, *texts in connection.execute(query):
                found += sorted({key_name(f"{start}:{id_}", text) for text in texts if text})
    return found
