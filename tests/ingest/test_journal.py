import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.batch import Batch, build, empty
from ingest.dead_letters import DeadLetters
from ingest.journal import (
    Journal,
    JournalFull,
    JournalInUse,
    JournalTail,
)
from ingest.journal_rows import pack_strays
from ingest.message import Reason, Reject, Stray
from tests.contracts.store_contract import readings

T_US = 1_795_000_000_000_000


def batch_of(n: int, first: int = 0) -> Batch:
    """Return n readings that tell which they are."""
    times = [T_US + 1000 * (first + i) for i in range(n)]
    return build([i % 7 for i in range(n)], times, [float(first + i) for i in range(n)], times)


def stray(**changes: object) -> Stray:
    fields: dict[str, object] = {
        "place": "fenbridge",
        "gateway": "gate-000001",
        "home": -1,
        "sensor": -1,
        "address": "smoke-4",
        "kind": "smoke",
        "reason": "unknown-sensor",
        "key": "k",
        "claimed_us": T_US,
        "received_us": T_US,
    }
    return Stray(**(fields | changes))  # type: ignore[arg-type]


def reject(topic: str = "stillwell/v1/fenbridge/gate-000001/native/r") -> Reject:
    return Reject(Reason.NOT_JSON, topic, b"{", "expected JSON", T_US)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = Journal.open(path)
    yield journal
    journal.close()


def test_rows_come_back_in_order_with_everything_in_them(journal: Journal, path: Path) -> None:
    tail = JournalTail.open(path)
    assert tail.last_seq() == 0
    assert list(tail.read(0, 10)) == []
    batches = [batch_of(3), empty(), batch_of(5, first=3)]
    assert [journal.append(batch, [stray()]) for batch in batches] == [1, 2, 3]
    entries = tail.read(0, 1000)
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert [readings(entry.batch) for entry in entries] == [readings(batch) for batch in batches]
    assert all(list(entry.strays) == [stray()] for entry in entries)
    assert tail.last_seq() == journal.last_seq() == 3


def test_a_reader_gets_about_as_many_readings_as_it_asks_for(journal: Journal, path: Path) -> None:
    for _ in range(5):
        journal.append(batch_of(10))
    tail = JournalTail.open(path)
    assert [entry.seq for entry in tail.read(0, 1)] == [1]
    assert [entry.seq for entry in tail.read(1, 25)] == [2, 3]
    assert [entry.seq for entry in tail.read(3, 1000)] == [4, 5]
    assert list(tail.read(5, 1000)) == []


def test_a_reader_may_start_before_there_is_a_journal(path: Path) -> None:
    tail, letters = JournalTail.open(path), DeadLetters.open(path)
    assert (tail.last_seq(), list(tail.read(0, 10))) == (0, [])
    assert list(letters.list().letters) == []
    journal = Journal.open(path)
    journal.append(batch_of(1), [], [reject()])
    assert tail.last_seq() == 1
    assert len(letters.list().letters) == 1
    journal.close()


def test_a_reader_in_another_process_sees_rows_as_they_are_committed(
    journal: Journal, path: Path
) -> None:
    code = (
        "import sys, pathlib; from ingest.journal import JournalTail\n"
        "tail = JournalTail.open(pathlib.Path(sys.argv[1]))\n"
        "for line in sys.stdin: print(tail.last_seq(), len(tail.read(0, 10**6)), flush=True)\n"
    )
    reader = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdin is not None
    assert reader.stdout is not None
    with reader, reader.stdin:
        for seq in range(1, 4):
            journal.append(batch_of(2))
            print("?", file=reader.stdin, flush=True)
            assert reader.stdout.readline() == f"{seq} {seq}\n"


def test_numbering_goes_on_after_closing_and_after_trimming(path: Path) -> None:
    journal = Journal.open(path)
    for _ in range(300):
        journal.append(batch_of(1))
    assert journal.trim(before_us=2 * T_US, up_to_seq=300) == 300 - 256
    assert journal.trim(before_us=2 * T_US, up_to_seq=300) == 0
    journal.close()
    journal = Journal.open(path)
    assert list(journal.verify()) == []
    assert journal.append(batch_of(1)) == 301
    assert next(iter(JournalTail.open(path).read(0, 1))).seq == 45
    journal.close()


def test_trimming_waits_for_the_slowest_reader_and_for_the_keep_window(journal: Journal) -> None:
    for i in range(300):
        journal.append(batch_of(1, first=i))
    assert journal.trim(before_us=2 * T_US, up_to_seq=10) == 10
    assert journal.trim(before_us=T_US + 20_000, up_to_seq=300) == 10
    assert list(journal.verify()) == []


def test_trimming_goes_in_steps(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.journal.TRIM_READINGS", 25)
    for _ in range(260):
        journal.append(batch_of(10))
    assert [journal.trim(2 * T_US, 260) for _ in range(3)] == [3, 1, 0]


def test_waiting_ends_as_soon_as_a_row_is_committed(journal: Journal) -> None:
    seen: list[int] = []
    reader = threading.Thread(target=lambda: seen.append(journal.wait(0, 30)))
    reader.start()
    journal.append(batch_of(1))
    reader.join(10)
    assert seen == [1]
    assert journal.wait(1, 0.01) == 1


def test_a_second_writer_is_refused(journal: Journal, path: Path) -> None:
    with pytest.raises(JournalInUse, match="another worker"):
        Journal.open(path)
    journal.append(batch_of(1))


def append_without_end(journal: Journal) -> None:
    for _ in range(100):
        journal.append(batch_of(200), [stray()], [reject()])


def test_a_full_journal_takes_nothing_and_goes_on_when_there_is_room(
    journal: Journal, path: Path
) -> None:
    (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
    journal._connection.execute(f"PRAGMA max_page_count={pages + 20}")
    with pytest.raises(JournalFull, match="free some space"):
        append_without_end(journal)
    committed = journal.last_seq()
    assert committed > 1
    assert DeadLetters.open(path).list().letters[0].count == committed
    with pytest.raises(JournalFull):
        journal.append(batch_of(200), [], [reject()])
    journal._connection.execute("PRAGMA max_page_count=1000000")
    assert journal.append(batch_of(200), [], [reject()]) == committed + 1
    entries = JournalTail.open(path).read(0, 10**6)
    assert [entry.seq for entry in entries] == [*range(1, committed + 2)]
    assert DeadLetters.open(path).list().letters[0].count == committed + 1


FILL = """
import resource, sys, pathlib
from ingest.journal import Journal, JournalFull
from tests.ingest.test_journal import batch_of
journal = Journal.open(pathlib.Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
for _ in range(100):
    try:
        committed = journal.append(batch_of(500))
    except JournalFull:
        break
else:
    sys.exit("it was never full")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(committed, journal.append(batch_of(500)))
"""


def test_a_file_size_limit_is_a_full_journal_too(path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", FILL, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    committed, after = (int(word) for word in done.stdout.split())
    assert after == committed + 1
    assert [e.seq for e in JournalTail.open(path).read(0, 10**6)] == [*range(1, after + 1)]


def test_recent_keys_are_those_of_the_last_rows(path: Path) -> None:
    journal = Journal.open(path)
    for i in range(5):
        journal.append(batch_of(1), receipts=np.array([2 * i, 2**64 - 1 - i], np.uint64))
    journal.close()
    journal = Journal.open(path)
    recent = [keys.tolist() for keys in journal.recent_keys(4)]
    assert recent == [[6, 2**64 - 4], [8, 2**64 - 5]]
    journal.close()


@given(
    address=st.text(st.characters(codec=None), max_size=20),
    claimed=st.none() | st.integers(-(10**25), 10**25),
)
def test_a_stray_with_any_text_and_any_time_can_be_written(
    address: str, claimed: int | None
) -> None:
    odd = stray(address=address, claimed_us=claimed)
    assert pack_strays([stray(), odd]).count(b"fenbridge") == 2
