"""Copies every row of the database into another, also from PostgreSQL to SQLite and back."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, MetaData, Table, func, select, text

from alerts import (  # adds their tables to those of the ledger
    past_tables,  # noqa: F401
    rehearsal_tables,  # noqa: F401
)
from alerts import tables as ledger
from config import (  # adds their tables to those of the registry
    access_tables,  # noqa: F401
    gateway_tables,  # noqa: F401
    household_tables,  # noqa: F401
)
from config import tables as registry

AT_ONCE: Final = 1_000


def every_table() -> Sequence[Table]:
    """Return every table of this version; what a table refers to comes before it."""
    whole = MetaData()
    for metadata in (registry.metadata, ledger.metadata):
        for table in metadata.sorted_tables:
            table.to_metadata(whole)
    return whole.sorted_tables


def counts(connection: Connection) -> Mapping[str, int]:
    """Return how many rows each table has."""
    return {
        table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for table in every_table()
    }


def copy_rows(source: Connection, target: Connection) -> None:
    """Put every row of the source into the target, whose tables this empties first."""
    for table in reversed(every_table()):
        target.execute(table.delete())
    for table in every_table():
        order = list(table.primary_key.columns)
        rows = source.execution_options(yield_per=AT_ONCE).execute(select(table).order_by(*order))
        for part in rows.mappings().partitions(AT_ONCE):
            target.execute(table.insert(), [dict(row) for row in part])
    set_sequences(target)


def set_sequences(connection: Connection) -> None:
    """Let PostgreSQL number new rows after those that were put there with their numbers."""
    if connection.dialect.name != "postgresql":
        return
    for table in every_table():
        column = table.autoincrement_column
        if column is None:
            continue
        connection.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), "  # noqa: S608  # names of ours
                f"GREATEST((SELECT COALESCE(MAX({column.name}), 0) FROM {table.name}), 1), "
                f"(SELECT COUNT(*) > 0 FROM {table.name}))"
            )
        )
