"""Two processes write at once: the change feed misses nothing, and audit chains do not fork."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Row, func, insert, select

from alerts import record, tables
from alerts.alert import AlertKind, alert_id
from alerts.ledger import Ledger
from alerts.notify.outbox import Outbox
from config import audit
from config.audit import Entry
from config.database import connect, migrate
from ingest.clock import VirtualClock, instant
from tests.alerts.test_ledger import at, finding
from tests.alerts.test_outbox import FakeChannel
from tests.alerts.world import MINUTE, START
from tests.databases import new_database

pytestmark = pytest.mark.usefixtures("each_database")
WRITERS = 3
ROUNDS = 4
WAIT_S = 60


@pytest.fixture
def database(each_database: str, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Return a database that several threads may write to."""
    if each_database == "postgresql":
        return new_database()
    url = f"sqlite:///{tmp_path_factory.mktemp('writers') / 'stillwell.db'}"
    migrate(url)
    return connect(url)


def together(*works: Callable[[], None]) -> None:
    problems: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as problem:  # noqa: BLE001  # told by the test
            problems.append(problem)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    assert problems == []


def test_a_change_that_commits_later_is_never_numbered_lower(database: Engine) -> None:
    # A sequence alone would number the first writer's row 1, and show 2 to readers before it.
    has_written, may_commit = threading.Event(), threading.Event()

    def first() -> None:
        with database.begin() as connection:
            connection.execute(insert(tables.changes).values(at_us=1, place="a", what="raise"))
            has_written.set()
            may_commit.wait(0.3)  # the other has all the time to overtake

    def second() -> None:
        has_written.wait(WAIT_S)
        with database.begin() as connection:
            connection.execute(insert(tables.changes).values(at_us=2, place="b", what="raise"))
        with database.connect() as connection:
            seen.extend(connection.execute(select(tables.changes.c.id)).scalars())
        may_commit.set()

    seen: list[int] = []
    together(first, second)
    assert sorted(seen) == [1, 2]


def test_a_reader_of_the_feed_sees_every_change_of_many_writers_once(database: Engine) -> None:
    ledgers = [Ledger(database) for _ in range(WRITERS)]
    is_over = threading.Event()
    seen: list[int] = []

    def write(number: int) -> None:
        for turn in range(ROUNDS):
            home = f"home-{number}-{turn}"
            # Places in the opposite order, so that two writers would wait for each other.
            places = ["fenbridge", "northmoor"][:: 1 if number % 2 else -1]
            found = [
                replace(finding(home=home), id=alert_id(home + p, AlertKind.COLD_HOME, 1), place=p)
                for p in places
            ]
            ledgers[number].raise_findings(found, at(turn * MINUTE))

    def read() -> None:
        while True:
            was_over = is_over.is_set()
            c = tables.changes.c
            query = select(c.id).where(c.id > (seen[-1] if seen else 0)).order_by(c.id)
            with database.connect() as connection:
                new = list(connection.execute(query).scalars())
            seen.extend(new)
            if was_over and not new:
                return

    def write_all() -> None:
        together(*(lambda n=n: write(n) for n in range(WRITERS)))
        is_over.set()

    together(write_all, read)
    with database.connect() as connection:
        written = connection.execute(select(func.count()).select_from(tables.changes)).scalar_one()
        assert audit.verify(connection) == []
    assert written == WRITERS * ROUNDS * 2
    assert len(seen) == written


def test_two_writers_begin_one_audit_chain(database: Engine) -> None:
    def note(number: int) -> None:
        for turn in range(ROUNDS):
            with database.begin() as connection:
                audit.append(connection, Entry("fenbridge", turn, f"w{number}", "read", "x", {}))

    together(lambda: note(1), lambda: note(2))
    with database.connect() as connection:
        assert [head.seq for head in audit.heads(connection)] == [2 * ROUNDS]
        assert audit.verify(connection) == []


def test_two_senders_send_each_message_once(database: Engine) -> None:
    found = [finding(home=f"home-{n}") for n in range(ROUNDS)]
    Ledger(database).raise_findings(found, at(0))
    channel, clock = FakeChannel(), VirtualClock(instant(START))
    senders = [Outbox(database, {"console": channel}, clock) for _ in range(WRITERS)]
    together(*(lambda s=s: s.send_due() for s in senders))
    assert len(channel.sent) == len({message.key for message in channel.sent}) == ROUNDS


def test_two_processes_that_raise_the_same_at_once_raise_it_once_and_neither_fails(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = finding(AlertKind.NO_SIGN_OF_LIFE, START - MINUTE)
    both_looked, find = threading.Barrier(2), record.find
    has_met = threading.local()

    def found(connection: Connection, alert: str) -> Row[Any] | None:
        row = find(connection, alert)
        if not getattr(has_met, "is_so", False):
            has_met.is_so = True
            with suppress(threading.BrokenBarrierError):  # where one writer waits for the other
                both_looked.wait(2)
        return row

    monkeypatch.setattr(record, "find", found)
    raised: list[str] = []
    works = [lambda: raised.extend(Ledger(database).raise_findings([same], at(0)))] * 2
    together(*works)
    assert raised == [same.id]
    with database.connect() as connection:
        events = connection.execute(select(tables.history.c.event)).scalars().all()
        assert events == ["raise"]
        assert audit.verify(connection) == []
