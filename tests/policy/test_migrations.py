"""The migrations make exactly the tables that the code declares, on both databases."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, Table, insert, inspect, select

from alerts import (  # adds their tables to those of the ledger
    past_tables,  # noqa: F401
    rehearsal_tables,  # noqa: F401
)
from alerts import tables as ledger
from alerts.modes import DETECTORS, Mode
from alerts.switches import read_modes
from config import (  # adds their tables to those of the registry
    access_tables,  # noqa: F401
    gateway_tables,  # noqa: F401
    household_tables,  # noqa: F401
)
from config import tables as registry
from config.database import _config, connect, migrate, revision
from tests.make import enrolment
from tests.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'stillwell.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create(template="template0")
    yield server.url(name)
    server.drop([name])


@pytest.fixture
def connected() -> Iterator[Callable[[str], Engine]]:
    """Yield what connects to a URL until the test is over."""
    with ExitStack() as ending:

        def connect_(url: str) -> Engine:
            engine = connect(url)
            ending.callback(engine.dispose)
            return engine

        yield connect_


def test_a_migrated_database_has_the_tables_of_the_code(
    url: str, connected: Callable[[str], Engine]
) -> None:
    migrate(url)
    with connected(url).begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, _declared()) == []


def test_every_revision_can_be_undone_and_done_again(
    url: str, connected: Callable[[str], Engine]
) -> None:
    migrate(url)
    command.downgrade(_config(url), "base")
    database = connected(url)
    with database.connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    migrate(url)
    have, newest = revision(database)
    assert have == newest


def test_an_upgrade_leaves_live_what_was_and_starts_the_rest_in_shadow(
    url: str, connected: Callable[[str], Engine]
) -> None:
    command.upgrade(_config(url), "0002")
    homes = Table("homes", MetaData(), autoload_with=connected(url))  # as it was then
    with connected(url).begin() as connection:
        for home in enrolment(2).homes:
            values = {**asdict(home), "state": "active", "goes_out": "alone", "enrolled_us": 0}
            known = {name: values[name] for name in values if name in homes.c and name != "number"}
            connection.execute(insert(homes).values(known))
    migrate(url)
    with connected(url).connect() as connection:
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


def test_of_several_consents_that_stood_the_newest_is_left_standing(
    url: str, connected: Callable[[str], Engine]
) -> None:
    command.upgrade(_config(url), "0033")
    with connected(url).begin() as connection:
        first, other = 1, 2  # written as that revision had homes: today's code knows more of them
        home = {
            "place": "fenbridge", "state": "active", "goes_out": "alone", "residents": 1,
            "has_pets": False, "risk_tier": 2, "enrolled_us": 0,
        }  # fmt: skip
        connection.execute(
            insert(registry.homes),
            [{**home, "number": n, "id": f"home-00000{n}", "label": f"Home {n}"} for n in (1, 2)],
        )
        row = {
            "basis": "consent", "decided_by": "person", "decided_on": "2026-01-01",
            "review_on": "2026-06-01", "reference": "", "purpose": {}, "withdrawn_by": "",
            "why": "",
        }  # fmt: skip
        said = [(first, 1, "ann"), (other, 2, "ben"), (first, 3, "cy")]
        connection.execute(
            insert(registry.consents),
            [{**row, "home": home, "recorded_us": at, "recorded_by": by} for home, at, by in said],
        )
    migrate(url)
    c = registry.consents.c
    with connected(url).connect() as connection:
        query = select(c.recorded_by, c.withdrawn_us, c.withdrawn_by, c.why).order_by(c.number)
        assert [tuple(one) for one in connection.execute(query)] == [
            ("ann", 3, "cy", "replaced"),
            ("ben", None, "", ""),
            ("cy", None, "", ""),
        ]
