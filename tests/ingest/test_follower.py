import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ingest.follower import Follower, JournalBehind
from ingest.sink import Entry, HomeColumn, Store
from ingest.store.bookmark import Bookmark
from ingest.store.embedded import open_store
from ingest.store.influx import InfluxStore, Version
from ingest.store.server import Address, Server
from ingest.store.victoria import VictoriaStore
from tests.contracts.store_contract import HOMES, MIDNIGHT_US, everything, one
from tests.naive.store import NaiveStore
from tests.servers import free_port


class FakeTail:
    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries

    def read(self, after: int, limit_readings: int) -> list[Entry]:
        return [entry for entry in self.entries if entry.seq > after][: max(limit_readings, 1)]

    def last_seq(self) -> int:
        return self.entries[-1].seq if self.entries else 0


class FailingStore(NaiveStore):
    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    def append(self, entries: Sequence[Entry], home_of_sensor: HomeColumn) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the store is down")
        super().append(entries, home_of_sensor)


def small_entries(n: int) -> list[Entry]:
    return [one(seq, (1, MIDNIGHT_US + seq, 1.0, MIDNIGHT_US)) for seq in range(1, n + 1)]


def test_a_follower_moves_everything_once_in_steps() -> None:
    store = NaiveStore()
    follower = Follower(FakeTail(small_entries(5)), store, lambda: HOMES, limit_readings=2)
    assert [follower.step() for _ in range(4)] == [2, 2, 1, 0]
    assert store.position() == 5
    assert len(everything(store, 1)) == 5


def test_a_store_that_fails_gets_the_same_entries_again() -> None:
    store = FailingStore(failures=2)
    follower = Follower(FakeTail(small_entries(3)), store, lambda: HOMES)
    stop = threading.Event()
    thread = threading.Thread(target=follower.run, args=(stop,))
    thread.start()
    for _ in range(200):
        if store.position() == 3:
            break
        stop.wait(0.02)
    stop.set()
    thread.join(5)
    assert store.position() == 3
    assert len(everything(store, 1)) == 3
    assert follower.state.failures == 0


def test_a_store_that_stays_down_is_asked_ever_more_rarely_and_keeps_its_place() -> None:
    store = FailingStore(failures=10)
    follower = Follower(FakeTail(small_entries(3)), store, lambda: HOMES)
    stop = Waits(stop_after=12)
    follower.run(stop)
    assert stop.waits[:10] == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert len(everything(store, 1)) == 3


@pytest.mark.parametrize("kind", ["embedded", "influx", "victoria"])
def test_each_store_that_is_down_is_tried_again_with_longer_pauses(
    kind: str, tmp_path: Path
) -> None:
    with down(kind, tmp_path) as store:
        follower = Follower(FakeTail(small_entries(3)), store, lambda: HOMES)
        stop = Waits(stop_after=4)
        follower.run(stop)
        assert stop.waits == [0.25, 0.5, 1.0, 2.0]
        assert (follower.state.position, follower.state.failures) == (0, 4)
        assert follower.state.error
        store.close()


class Waits(threading.Event):
    """A wish to stop that comes after so many pauses, which take no time and are noted."""

    def __init__(self, stop_after: int) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._stop_after = stop_after

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waits.append(timeout)
        if len(self.waits) >= self._stop_after:
            self.set()
        return self.is_set()


@contextmanager
def down(kind: str, folder: Path) -> Iterator[Store]:
    """Yield a store that nobody answers for, or whose file another process holds."""
    if kind == "embedded":
        store = open_store(folder / "store.db")
        assert store._writer is not None
        store._writer.execute("PRAGMA busy_timeout=10")
        with closing(sqlite3.connect(folder / "store.db", isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            yield store
        return
    server = Server(Address(f"http://127.0.0.1:{free_port()}", "stillwell", timeout_s=0.5))
    bookmark = Bookmark(folder / "bookmark.db", is_writer=True)
    if kind == "influx":
        yield InfluxStore(server, bookmark, "stillwell", Version.ONE, lambda _: None)
    else:
        yield VictoriaStore(server, bookmark, "stillwell", lambda _: None)


def test_a_store_ahead_of_its_journal_is_an_error_not_a_wait() -> None:
    store = NaiveStore()
    store.append(small_entries(9), HOMES)
    follower = Follower(FakeTail(small_entries(4)), store, lambda: HOMES)
    with pytest.raises(JournalBehind, match="up to 9"):
        follower.step()
