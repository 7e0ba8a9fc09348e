import shutil
import sqlite3
from pathlib import Path

import pytest

from ingest.journal import Journal, JournalDamaged, JournalTail, ProblemKind
from ingest.journal_head import head_path
from tests.ingest.test_journal import batch_of, journal, path

__all__ = ["journal", "path"]


def damage(path: Path, seq: int) -> None:
    connection = sqlite3.connect(path)
    (columns,) = connection.execute("SELECT columns FROM rows WHERE seq = ?", (seq,)).fetchone()
    flipped = bytes([columns[0] ^ 1]) + columns[1:]
    connection.execute("UPDATE rows SET columns = ? WHERE seq = ?", (flipped, seq))
    connection.commit()
    connection.close()


def test_a_flipped_bit_is_noticed_and_the_row_can_be_set_aside(
    journal: Journal, path: Path
) -> None:
    for _ in range(3):
        journal.append(batch_of(4))
    damage(path, 2)
    tail = JournalTail.open(path)
    with pytest.raises(JournalDamaged, match=r"row 2 does not match.*set row 2 aside") as raised:
        tail.read(0, 1000)
    assert raised.value.seq == 2
    assert [(p.kind, p.first) for p in journal.verify()] == [(ProblemKind.DAMAGED, 2)]
    journal.set_aside(2)
    assert [entry.seq for entry in tail.read(0, 1000)] == [1, 3]
    assert [entry.seq for entry in tail.read(1, 1000)] == [3]
    assert [(p.kind, p.first, p.last) for p in journal.verify()] == [(ProblemKind.SET_ASIDE, 2, 2)]


def test_a_row_that_vanished_is_noticed(journal: Journal, path: Path) -> None:
    for _ in range(4):
        journal.append(batch_of(1))
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM rows WHERE seq = 3")
    connection.commit()
    connection.close()
    with pytest.raises(JournalDamaged, match="row 3 is missing"):
        JournalTail.open(path).read(1, 1000)
    assert [p.kind for p in journal.verify()] == [ProblemKind.LOST]


def test_rows_that_a_damaged_log_swallowed_are_reported_and_never_renumbered(path: Path) -> None:
    journal = Journal.open(path)
    for _ in range(20):
        journal.append(batch_of(50))
    # A crash leaves the log; one flipped byte in it, and SQLite drops the rest without a word.
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    shutil.copy(head_path(path), head_path(copy))
    log = bytearray(path.with_name("journal.db-wal").read_bytes())
    log[len(log) * 2 // 3] ^= 1
    copy.with_name("copy.db-wal").write_bytes(log)
    journal.close()

    journal = Journal.open(copy)
    (problem,) = journal.verify()
    assert problem.kind is ProblemKind.LOST
    assert problem.last == 20
    assert 1 < problem.first < 20
    assert journal.append(batch_of(1)) == 21
    tail = JournalTail.open(copy)
    assert [e.seq for e in tail.read(0, 10**6)] == [*range(1, problem.first), 21]
    assert [e.seq for e in tail.read(20, 10**6)] == [21]
    journal.close()
    journal = Journal.open(copy)
    assert len(journal.verify()) == 1
    journal.close()


def test_a_new_journal_goes_on_where_its_readers_are(path: Path) -> None:
    journal = Journal.open(path, read_up_to=500)
    assert journal.append(batch_of(1)) == 501
    assert [e.seq for e in JournalTail.open(path).read(500, 10)] == [501]
    assert [(p.kind, p.first, p.last) for p in journal.verify()] == [(ProblemKind.LOST, 1, 500)]
    journal.close()


def test_a_missing_witness_is_reported(path: Path) -> None:
    journal = Journal.open(path)
    journal.append(batch_of(1))
    journal.close()
    head_path(path).write_bytes(b"nonsense")
    journal = Journal.open(path)
    assert [p.kind for p in journal.verify()] == [ProblemKind.NO_WITNESS]
    journal.close()


def test_a_file_that_is_no_journal_is_refused_by_name(path: Path) -> None:
    path.write_bytes(b"this is not a database, it is a shopping list" * 200)
    with pytest.raises(JournalDamaged, match="unreadable"):
        Journal.open(path)
