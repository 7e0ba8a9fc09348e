import threading
from collections.abc import Sequence

import pytest

from ingest.follower import Follower, JournalBehind
from ingest.sink import Entry, HomeColumn
from tests.contracts.store_contract import HOMES, MIDNIGHT_US, everything, one
from tests.naive.store import NaiveStore


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


def test_a_store_ahead_of_its_journal_is_an_error_not_a_wait() -> None:
    store = NaiveStore()
    store.append(small_entries(9), HOMES)
    follower = Follower(FakeTail(small_entries(4)), store, lambda: HOMES)
    with pytest.raises(JournalBehind, match="up to 9"):
        follower.step()
