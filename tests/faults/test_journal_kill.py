"""kill -9 of a process that appends: what it said was committed is there, whole and in order."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.dead_letters import DeadLetters
from ingest.journal import Journal, JournalTail
from tests.contracts.store_contract import readings
from tests.ingest.test_journal import batch_of

APPEND = """
import sys, pathlib
from ingest.journal import Journal
from tests.ingest.test_journal import batch_of, reject, stray
journal = Journal.open(pathlib.Path(sys.argv[1]))
assert not journal.verify(), journal.verify()
while True:
    first = journal.last_seq()
    print(journal.append(batch_of(40, first=first), [stray()], [reject()]), flush=True)
"""


def append_until_killed(path: Path, out: Path, seconds: float) -> int:
    """Return the last seq that the killed process had printed."""
    with out.open("w") as lines:
        process = subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-c", APPEND, str(path)], stdout=lines, stderr=subprocess.STDOUT
        )
        deadline = time.monotonic() + 30
        while out.stat().st_size == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(seconds)
        process.kill()
        process.wait(10)
    words = out.read_text().rpartition("\n")[0].split()
    assert words, "it printed nothing"
    assert all(word.isdigit() for word in words), out.read_text()[-2000:]
    return int(words[-1])


@pytest.mark.slow
def test_nothing_that_append_returned_is_lost_by_kill_9(tmp_path: Path) -> None:
    path, rng = tmp_path / "journal.db", random.Random(5)  # noqa: S311 - when to kill
    for attempt in range(5):
        printed = append_until_killed(path, tmp_path / f"out-{attempt}", rng.uniform(0, 0.2))
        tail = JournalTail.open(path)
        entries = tail.read(0, 10**9)
        tail.close()
        assert len(entries) >= printed
        assert len(entries) <= printed + 1, "more rows than one in flight"
    for position, entry in enumerate(entries):
        assert entry.seq == position + 1
        assert readings(entry.batch) == readings(batch_of(40, first=position))
        assert len(entry.strays) == 1
    journal = Journal.open(path)
    assert list(journal.verify(10**6)) == []
    journal.close()
    assert DeadLetters.open(path).list().letters[0].count == len(entries)
