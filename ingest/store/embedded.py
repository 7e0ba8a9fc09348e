"""The embedded store: one SQLite file of pieces (home, UTC day), needing no server.

Each append adds one small piece to every (home, day) it touches, and the journal's position,
in one transaction; sixteen pieces become one of the next level, so that live operation rewrites
a reading a few times only; ``finish_days`` makes one piece of a day that is over. Should the
file lose its newest transactions, its position goes back with them and the journal fills it.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final

import numpy as np

from ingest.batch import Batch, concat, empty, ordered
from ingest.clock import Instant, microseconds
from ingest.sink import Entry, HomeColumn, Latest
from ingest.sqlite_file import Reader, open_writer, transaction
from ingest.store import newest, piece_table
from ingest.store.piece_table import SELECT_PIECES, PieceTable
from ingest.store.pieces import DAY_US, Piece, StoreDamaged, cut, homes_of, readings

SCHEMA: Final = f"""{newest.SCHEMA}{piece_table.SCHEMA}
CREATE TABLE IF NOT EXISTS position (only INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
"""


def open_store(path: Path) -> "EmbeddedStore":
    """Open or make the store in this file, to read and write; one process may write."""
    return EmbeddedStore(Reader(path), open_writer(path, SCHEMA))


def open_store_readonly(path: Path) -> "EmbeddedStore":
    """Open the store that another process writes; it reads as empty until that one made it."""
    return EmbeddedStore(Reader(path), None)


class EmbeddedStore:
    """The ``Store`` port on SQLite. Reads do not wait for writes; any thread may call.

    ``append`` and ``finish_days`` raise sqlite3.Error when the file cannot be written: then
    nothing has changed, and they may be called again.
    """

    def __init__(self, reader: Reader, writer: sqlite3.Connection | None) -> None:
        self._reader = reader
        self._writer = writer
        self._table = PieceTable(writer) if writer else None
        self._lock = threading.Lock()

    def append(self, entries: Sequence[Entry], home_of_sensor: HomeColumn) -> None:
        """Take these entries and their position durably, in one transaction, or not at all.

        Readings of a sensor without a home go to home -1. What is taken twice reads back once.
        """
        if not entries:
            return
        batch = concat([entry.batch for entry in entries])
        pieces = list(cut(batch, homes_of(batch.sensor, home_of_sensor)))
        with self._writing() as (connection, table):
            table.add(pieces)
            newest.keep_newest(connection, batch)
            connection.execute(
                "INSERT INTO position VALUES (1, ?)"
                " ON CONFLICT (only) DO UPDATE SET seq = max(seq, excluded.seq)",
                (max(entry.seq for entry in entries),),
            )

    def position(self) -> int:
        """Return the seq up to which everything has been taken."""
        rows = self._reader.rows("SELECT seq FROM position")
        return int(rows[0][0]) if rows else 0

    def read(self, home: int, start: Instant, stop: Instant) -> Batch:
        """Return a home's readings with start <= time < stop, ordered, each once.

        StoreDamaged when a piece of those days is not as it was written.
        """
        first, last = microseconds(start), microseconds(stop) - 1
        if last < first:
            return empty()
        days = groupby(self._pieces(home, first // DAY_US, last // DAY_US), attrgetter("day"))
        batch = concat([_whole_day(list(pieces)) for _, pieces in days])
        from_, to = np.searchsorted(batch.time.view(np.int64), [first, last + 1])
        return batch.slice(int(from_), int(to))

    def latest(self, sensors: Sequence[int]) -> Sequence[Latest]:
        """Return the newest reading of each of these sensors that has one, by sensor number."""
        return newest.read_newest(self._reader, sensors)

    def finish_days(self, before: Instant, limit: int = 20) -> int:
        """Make one piece of up to ``limit`` (home, day) that ended by ``before``; return how many.

        Late data may reopen a day. Called while there is nothing to append.
        """
        with self._writing() as (_, table):
            return table.finish(microseconds(before) // DAY_US, limit)

    def close(self) -> None:
        """Release files and connections."""
        self._reader.close()
        with self._lock:
            if self._writer is not None:
                self._writer.close()

    @contextmanager
    def _writing(self) -> Iterator[tuple[sqlite3.Connection, PieceTable]]:
        if self._writer is None or self._table is None:
            raise RuntimeError("store: it was opened to read only")
        with self._lock:
            try:
                with transaction(self._writer):
                    yield self._writer, self._table
            except BaseException:
                self._table.forget()
                raise

    def _pieces(self, home: int, first_day: int, last_day: int) -> list[Piece]:
        try:
            rows = self._reader.rows(
                f"{SELECT_PIECES} WHERE home = ? AND day BETWEEN ? AND ? ORDER BY day, id",
                (home, first_day, last_day),
            )
        except sqlite3.OperationalError:
            raise  # locked or unreadable for now
        except sqlite3.DatabaseError as error:
            raise StoreDamaged(
                f"store: home {home} cannot be read ({error}); restore the store from a backup, or"
                " let it fill again from the journal"
            ) from error
        return [Piece(*row) for row in rows]


def _whole_day(pieces: Sequence[Piece]) -> Batch:
    if len(pieces) == 1 and pieces[0].level > 0:
        return readings(pieces[0])  # it was ordered when it was merged
    return ordered(concat([readings(piece) for piece in pieces]))
