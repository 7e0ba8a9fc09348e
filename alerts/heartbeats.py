"""The last beat of each process: that it lives, by which clock, and what it reports."""

from collections.abc import Mapping

from sqlalchemy import Connection, insert, update

from alerts import tables


def write(connection: Connection, process: str, values: Mapping[str, object]) -> None:
    """Replace the last beat of this process."""
    table = tables.heartbeats
    statement = update(table).where(table.c.process == process).values(**values)
    if connection.execute(statement).rowcount == 0:
        connection.execute(insert(table).values(process=process, **values))
