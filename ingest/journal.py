"""The journal: every reading, stray and dead letter, durable and in order, before any PUBACK.

One row, one transaction, one sync a chunk. Readers (``JournalTail``) keep their own positions.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from ingest import dead_letters, positions_table
from ingest.batch import Batch
from ingest.journal_check import JournalProblem, ProblemKind, check, lost_witness
from ingest.journal_head import JournalHead
from ingest.journal_rows import (
    SCHEMA,
    SELECT_ROWS,
    JournalDamaged,
    JournalFull,
    JournalInUse,
    is_intact,
    seal,
)
from ingest.journal_tail import JournalTail
from ingest.message import Reject, Stray
from ingest.positions import Key, Moved
from ingest.redelivery import TAIL_MESSAGES, Keys, no_keys
from ingest.sqlite_file import is_full, open_writer, transaction
from ingest.tracks import Track

__all__ = [
    "Journal",
    "JournalDamaged",
    "JournalFull",
    "JournalInUse",
    "JournalProblem",
    "JournalTail",
    "ProblemKind",
]

KEEP_ROWS: Final = 256
"""Rows that trimming leaves in any case: the last chunks may be delivered again."""

TRIM_READINGS: Final = 200_000
"""Readings that one call of ``trim`` deletes, about: overwriting them holds up appends."""

_TRIM_ROWS: Final = 5_000


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if not is_full(error):
            raise
        raise JournalFull(
            f"journal: nothing was committed, there is no room ({error}); free some space on its"
            " disk, the readings wait at the broker"
        ) from error


def _received_us(
    batch: Batch, strays: Sequence[Stray], rejects: Sequence[Reject], floor: int
) -> int:
    newest = [r.received_us for r in rejects] + [s.received_us for s in strays]
    if len(batch):
        newest.append(int(batch.received.view(np.int64).max()))
    return max(newest, default=floor)


class Journal:
    """The one writer. Methods may be called from several threads; each is one transaction."""

    def __init__(self, connection: sqlite3.Connection, head: JournalHead, read_up_to: int) -> None:
        self._connection = connection
        self._head = head
        self._lock = threading.Lock()
        self._grown = threading.Condition()
        witness = head.read()
        last, self._last_received_us = self._last_row()
        self._has_lost_witness = witness is None and last > 0
        self._last = max(last, witness or 0, read_up_to)
        if self._last > last:
            # Its numbers may have been read: they are never given to other readings.
            with transaction(connection):
                self._note_gap(last + 1, self._last, ProblemKind.LOST)
        self._head.write(self._last)

    @classmethod
    def open(cls, path: Path, *, read_up_to: int = 0) -> "Journal":
        """Open or make the journal; ``read_up_to`` is the highest position of any reader.

        JournalInUse when another process writes it, JournalDamaged when the file is not a
        journal any more, JournalFull when there is no room to make it. Rows that were committed
        and are gone become a gap that ``verify`` reports.
        """
        head = JournalHead(path)
        try:
            with _room():
                connection = open_writer(
                    path, SCHEMA + dead_letters.SCHEMA + positions_table.SCHEMA
                )
                return cls(connection, head, read_up_to)
        except sqlite3.OperationalError:
            head.close()
            raise
        except sqlite3.DatabaseError as error:
            head.close()
            raise JournalDamaged(1, f"or one after it is unreadable ({error})") from error
        except BaseException:
            head.close()
            raise

    def append(
        self,
        batch: Batch,
        strays: Sequence[Stray] = (),
        rejects: Sequence[Reject] = (),
        receipts: Keys | None = None,
        moved: Moved | None = None,
    ) -> int:
        """Commit a chunk durably and return its seq, the last one plus 1.

        ``receipts`` are the keys of its messages (``message_keys``), ``moved`` what they change in
        the gateways' positions. JournalFull when there is
        no room: nothing was written, and the next append may work.
        """
        keys = no_keys() if receipts is None else receipts
        packed_keys = keys.astype("<u8", copy=False).tobytes()
        with self._lock:
            seq = self._last + 1
            received_us = _received_us(batch, strays, rejects, self._last_received_us)
            row = seal(seq, received_us, batch, strays, packed_keys)
            with _room(), transaction(self._connection):
                self._connection.execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)", row)
                if rejects:
                    dead_letters.record(self._connection, rejects)
                if moved:
                    positions_table.write(self._connection, moved)
            self._head.write(seq)
            self._last, self._last_received_us = seq, received_us
        with self._grown:
            self._grown.notify_all()
        return seq

    def refuse(self, rejects: Sequence[Reject]) -> None:
        """Record dead letters of what a store refused later; JournalFull when there is no room."""
        with self._lock, _room(), transaction(self._connection):
            dead_letters.record(self._connection, rejects)

    def last_seq(self) -> int:
        """Return the newest committed seq, 0 when there is none."""
        return self._last

    @property
    def last_received_us(self) -> int:
        """When the newest row was received (microseconds since 1970 UTC), 0 before the first."""
        return self._last_received_us

    def wait(self, after: int, timeout_s: float) -> int:
        """Wait until a seq beyond ``after`` is committed or time is up; return the newest seq.

        For readers in this process; others look again after a while.
        """
        with self._grown:
            self._grown.wait_for(lambda: self._last > after, timeout_s)
        return self._last

    def recent_keys(self, messages: int = TAIL_MESSAGES) -> Sequence[Keys]:
        """Return the message keys of the last rows, oldest row first, about ``messages`` of them.

        The keys of a damaged row are left out: its messages are then stored again.
        """
        found: list[Keys] = []
        count = 0
        with self._lock:
            for row in self._connection.execute(
                f"{SELECT_ROWS} ORDER BY seq DESC LIMIT ?", (messages,)
            ):
                if is_intact(row):
                    found.append(np.frombuffer(row[6], "<u8").astype(np.uint64))
                    count += len(found[-1])
                if count >= messages:
                    break
        return found[::-1]

    def positions(self) -> dict[Key, Track]:
        """Return how far the outbox of each gateway was settled when it was last heard."""
        with self._lock:
            return positions_table.tracks(self._connection.execute(positions_table.SELECT))

    def trim(self, before_us: int, up_to_seq: int) -> int:
        """Delete the oldest rows that all readers have passed and that were received before.

        ``up_to_seq`` is the lowest position of any reader. Returns how many rows went, a limited
        number a call, so that no append waits for long; 0 when there is nothing left to do.
        """
        with self._lock:
            stop = min(up_to_seq, self._last - KEEP_ROWS)
            last = readings = 0
            for seq, received_us, count in self._connection.execute(
                "SELECT seq, received_us, count FROM rows WHERE seq <= ? ORDER BY seq LIMIT ?",
                (stop, _TRIM_ROWS),
            ):
                if received_us >= before_us or readings >= TRIM_READINGS:
                    break
                last, readings = seq, readings + count
            run = self._connection.execute
            with _room(), transaction(self._connection):
                run("DELETE FROM gaps WHERE last <= ?", (last,))
                run("DELETE FROM rows_set_aside WHERE received_us < ?", (before_us,))
                return run("DELETE FROM rows WHERE seq <= ?", (last,)).rowcount

    def expire_dead_letters(self, before_us: int, held: Sequence[str] = ()) -> int:
        """Delete dead letters last seen before this time; return how many.

        Those of gateways (ids) that are ``held`` stay.
        """
        with self._lock, _room(), transaction(self._connection):
            return dead_letters.expire(self._connection, before_us, held)

    def set_aside(self, seq: int) -> None:
        """Take a damaged row out of the readers' way; its bytes are kept, its seq is a gap."""
        with self._lock, _room(), transaction(self._connection):
            self._connection.execute(
                f"INSERT OR REPLACE INTO rows_set_aside {SELECT_ROWS} WHERE seq = ?", (seq,)
            )
            self._connection.execute("DELETE FROM rows WHERE seq = ?", (seq,))
            self._note_gap(seq, seq, ProblemKind.SET_ASIDE)

    def verify(self, rows: int = 1_000) -> Sequence[JournalProblem]:
        """Return what is wrong: gaps, missing rows, and damage in the last ``rows`` rows."""
        with self._lock:
            problems = check(self._connection, rows)
        return [lost_witness(self._last), *problems] if self._has_lost_witness else problems

    def close(self) -> None:
        """Release the files."""
        with self._lock:
            self._connection.close()
            self._head.close()

    def _last_row(self) -> tuple[int, int]:
        row = self._connection.execute(
            "SELECT seq, received_us FROM rows ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        seq, received_us = row or (0, 0)
        gap = self._connection.execute("SELECT coalesce(max(last), 0) FROM gaps").fetchone()
        return max(seq, gap[0]), received_us

    def _note_gap(self, first: int, last: int, reason: ProblemKind) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO gaps VALUES (?, ?, ?)", (first, last, reason.value)
        )
