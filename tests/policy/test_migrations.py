"""The migrations make exactly the tables that the code declares."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from alerts import past_tables  # noqa: F401  # adds its tables to those of the ledger
from alerts import tables as ledger
from alerts.modes import DETECTORS, Mode
from alerts.switches import read_modes
from config import access_tables  # noqa: F401  # adds its tables to those of the registry
from config import tables as registry
from config.database import _config, connect, migrate
from config.registry import enrol
from tests.make import enrolment


def test_a_migrated_database_has_the_tables_of_the_code(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'stillwell.db'}"
    migrate(url)
    with connect(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, _declared()) == []


def test_an_upgrade_leaves_live_what_was_and_starts_the_rest_in_shadow(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'stillwell.db'}"
    command.upgrade(_config(url), "0002")
    with connect(url).begin() as connection:
        enrol(connection, enrolment(2), now_us=0)
    migrate(url)
    with connect(url).connect() as connection:
        modes = read_modes(connection)
    live = {d.key for d in DETECTORS if modes.of("fenbridge", d.key) is Mode.LIVE}
    assert live == {"inactivity", "cold"}
    assert {modes.of("northmoor", d.key) for d in DETECTORS} == {Mode.SHADOW}


def _declared() -> MetaData:
    whole = MetaData()
    for metadata in (registry.metadata, ledger.metadata):
        for table in metadata.sorted_tables:
            table.to_metadata(whole)
    return whole
