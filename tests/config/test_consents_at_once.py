"""Two people decide about one home at once: one decision stands, and the home obeys it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import IntegrityError

from config import audit, consents, registry, tables
from config.database import connect, hold_writers, migrate
from config.homes import HomeState
from tests.make import enrolment
from tests.postgres import Postgres

TODAY = date(2026, 11, 20)
NOW_US = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()) * 1_000_000
ROUNDS = 20
LONG_S = 30.0


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database that several connections share, as several processes would."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'stillwell.db'}"
        migrate(url)
        engine = connect(url)
        yield engine
        engine.dispose()
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create()
    engine = connect(server.url(name))
    yield engine
    engine.dispose()
    server.drop([name])


@pytest.fixture
def home(database: Engine) -> str:
    with database.begin() as connection:
        made = registry.enrol(connection, enrolment(1), now_us=0)
    return made.homes[0].id


def decision(connection: Connection) -> consents.ConsentPlan:
    kinds = {sensor.kind.value for sensor in registry.sensors(connection)}
    values = {
        "basis": "consent",
        "decided_by": "person",
        "decided_on": TODAY,
        "review_on": TODAY + timedelta(days=180),
        "purpose": dict.fromkeys(kinds, "to see that somebody is up and about"),
    }
    return consents.read_plan(values, "a test")


def together(*acts: Callable[[], object]) -> None:
    """Run these at once, each in a thread of its own."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        gate.wait(LONG_S)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(run, act) for act in acts]:
            done.result(LONG_S)


def recording(database: Engine, home: str, by: str) -> Callable[[], None]:
    def act() -> None:
        with database.begin() as connection:
            consents.record(connection, home, decision(connection), by, NOW_US, TODAY)

    return act


def withdrawing(database: Engine, home: str) -> Callable[[], None]:
    def act() -> None:
        with database.begin() as connection:
            consents.withdraw(connection, home, "officer", "asked for it", NOW_US)

    return act


def standing(connection: Connection) -> int:
    c = tables.consents.c
    return len(connection.execute(select(c.number).where(c.withdrawn_us.is_(None))).all())


def test_of_two_that_are_recorded_at_once_one_stands_and_both_are_kept(
    database: Engine, home: str
) -> None:
    for number in range(ROUNDS):
        together(recording(database, home, "one"), recording(database, home, "two"))
        with database.connect() as connection:
            assert standing(connection) == 1
            assert len(consents.history(connection, home)) == 2 * (number + 1)
    with database.connect() as connection:
        assert audit.verify(connection) == []


def test_a_home_is_watched_after_both_exactly_when_a_decision_stands(
    database: Engine, home: str
) -> None:
    for _ in range(ROUNDS):
        recording(database, home, "one")()
        together(recording(database, home, "two"), withdrawing(database, home))
        with database.connect() as connection:
            state = next(one.state for one in registry.homes(connection) if one.id == home)
            assert (state is HomeState.ACTIVE) == bool(standing(connection))


def test_what_was_read_under_the_lock_is_still_so_when_it_is_written(database: Engine) -> None:
    """A counter that twenty threads read, add to and write loses no turn."""

    def turn() -> None:
        with database.begin() as connection:
            hold_writers(connection)
            seen = registry.revision(connection)
            connection.execute(tables.roster.update().values(revision=seen + 1))

    with database.connect() as connection:
        before = registry.revision(connection)
    together(*[turn] * 20)
    with database.connect() as connection:
        assert registry.revision(connection) == before + 20


def test_the_database_itself_holds_no_second_decision_that_stands(
    database: Engine, home: str
) -> None:
    recording(database, home, "one")()
    with database.connect() as connection:
        number = connection.execute(select(tables.homes.c.number)).scalar_one()
        row = consents.row_of(decision(connection), number, "two", NOW_US)
    with pytest.raises(IntegrityError), database.begin() as connection:
        connection.execute(insert(tables.consents).values(row))
