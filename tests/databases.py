"""Both databases: a test of registry, ledger, outbox or audit runs on SQLite and on PostgreSQL.

A module that says ``pytestmark = pytest.mark.usefixtures("each_database")`` runs twice, and gets
its empty databases from ``new_database()``.
"""

import os
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

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
from config.database import connect
from tests.postgres import Postgres


class _Kind:
    """Which database the tests that run now use."""

    def __init__(self) -> None:
        self.make: Callable[[], Engine] = _in_memory


def _in_memory() -> Engine:
    engine = connect("sqlite://")
    registry.metadata.create_all(engine)
    ledger.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(registry.roster.insert().values(only=1, revision=0))
    return engine


_kind = _Kind()


def new_database() -> Engine:
    """Return an empty database with every table, of the kind that is being tested."""
    return _kind.make()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def each_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the module's tests on this database; yields its name."""
    if request.param == "sqlite":
        yield request.param
        return
    databases = _OnServer(request.getfixturevalue("postgres"))
    _kind.make = databases.make
    try:
        yield request.param
    finally:
        _kind.make = _in_memory
        databases.drop()


class _OnServer:
    """Databases of one module on PostgreSQL: those of an earlier test are emptied and used again.

    Making one takes fifty times as long as emptying it.
    """

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._idle: list[str] = []
        self._used: list[tuple[str, Engine]] = []
        self._test = ""

    def make(self) -> Engine:
        test = os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0]
        if test != self._test:
            self._test = test
            self._put_back()
        if self._idle:
            name = self._idle.pop()
            self._server.empty(name)
        else:
            name = self._server.create()
        engine = connect(self._server.url(name))
        self._used.append((name, engine))
        return engine

    def drop(self) -> None:
        self._put_back()
        self._server.drop(self._idle)

    def _put_back(self) -> None:
        for name, engine in self._used:
            engine.dispose()
            self._idle.append(name)
        self._used.clear()
