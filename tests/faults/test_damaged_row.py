"""A row of the journal that disk or memory has damaged costs itself and nothing after it."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from api.engine_tail import EngineTail
from ingest.journal import Journal, JournalDamaged, JournalTail, ProblemKind
from ingest.sink import Entry
from ingest.sqlite_file import Reader
from tests.ingest.test_journal import batch_of, stray
from tests.ingest.test_journal_damage import damage


def delete(path: Path, seq: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM rows WHERE seq = ?", (seq,))
    connection.commit()
    connection.close()


@pytest.mark.parametrize("harm", [damage, delete])
def test_signals_after_a_damaged_row_are_read(tmp_path: Path, harm: object) -> None:
    path = tmp_path / "journal.db"
    journal = Journal.open(path)
    for _ in range(4):
        journal.append(batch_of(3), [stray()])
    assert callable(harm)
    harm(path, 2)
    harm(path, 3)
    tail = EngineTail(JournalTail.open(path), journal)
    entries = tail.read(0, 1000)
    assert [entry.seq for entry in entries] == [1, 4]
    assert entries[-1].strays == [stray()]
    assert [p.kind for p in journal.verify()] == [ProblemKind.SET_ASIDE] * 2
    journal.close()


def test_a_file_that_cannot_be_read_at_all_is_left_as_it_is(tmp_path: Path) -> None:
    class Unreadable(JournalTail):
        def read(self, after: int, limit_readings: int) -> Sequence[Entry]:
            raise JournalDamaged(after + 1, f"of {limit_readings} is unreadable")

    journal = Journal.open(tmp_path / "journal.db")
    journal.append(batch_of(3))
    unreadable = Unreadable(Reader(tmp_path / "journal.db"))
    with pytest.raises(JournalDamaged):
        EngineTail(unreadable, journal).read(0, 1000)
    assert journal.verify() == []
    journal.close()
