"""The migrations make exactly the tables that the code declares."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from alerts import past_tables  # noqa: F401  # adds its tables to those of the ledger
from alerts import tables as ledger
from config import tables as registry
from config.database import connect, migrate


def test_a_migrated_database_has_the_tables_of_the_code(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'stillwell.db'}"
    migrate(url)
    with connect(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, _declared()) == []


def _declared() -> MetaData:
    whole = MetaData()
    for metadata in (registry.metadata, ledger.metadata):
        for table in metadata.sorted_tables:
            table.to_metadata(whole)
    return whole
