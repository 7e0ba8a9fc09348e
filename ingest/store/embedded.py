"""The embedded store: one SQLite file of pieces (home, UTC day), needing no server.

Each append lands as one row beside the journal's position, in one transaction. Every so many
readings the rows that landed are sorted into pieces; sixteen pieces become one of the next level,
so that live operation rewrites a reading a few times only; ``tend`` makes one piece of a day that
is over. Should the file lose its newest transactions, its position goes back with them and the
journal fills it.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import numpy as np
import structlog
from numpy.typing import NDArray

from ingest.batch import Batch, concat, empty, merged, ordered
from ingest.clock import Instant, microseconds
from ingest.sink import Entry, HomeColumn, Latest, StoreBusy
from ingest.sqlite_file import Reader, open_writer, transaction
from ingest.store import landing, newest, piece_table
from ingest.store.landing import SELECT_LANDED, Landed
from ingest.store.piece_table import SELECT_PIECES, PieceTable
from ingest.store.pieces import DAY_US, Piece, StoreDamaged, cut, homes_of, readings

FOLD_READINGS: Final = 32_768
"""Readings that land before they are sorted into pieces, at least: a read looks at all of them."""

FOLD_AT_MOST: Final = 524_288
"""Readings that land at most, also where they come from a hundred thousand homes."""

FOLD_A_HOME: Final = 16
"""Readings a home that are worth a piece."""

CACHE_KIB: Final = 32_768
WAL_PAGES: Final = 8_000
"""Of 4 KiB: how far the write-ahead log grows before it goes into the file."""

READ_HOMES: Final = 500
"""Homes whose pieces are in memory at once while many are read."""

FOLD_AFTER_S: Final = 60.0
"""Longest that readings stay where they landed while the store is tended."""

_OF_HOMES: Final = (
    f"{SELECT_PIECES} WHERE home IN (SELECT value FROM json_each(?))"  # noqa: S608 - constants
    " AND day BETWEEN ? AND ? ORDER BY home, day, id"
)

SCHEMA: Final = f"""{newest.SCHEMA}{piece_table.SCHEMA}{landing.SCHEMA}
CREATE TABLE IF NOT EXISTS position (only INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
"""

_log = structlog.get_logger(__name__)


def open_store(path: Path) -> "EmbeddedStore":
    """Open or make the store in this file, to read and write; one process may write."""
    writer = open_writer(path, SCHEMA)
    # Pieces are rewritten soon after they were written: keep them in memory till then.
    writer.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    writer.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
    return EmbeddedStore(Reader(path), writer)


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
        self._waiting = landing.waiting(writer) if writer else 0
        self._homes = 1  # in what was sorted last
        self._folded_at = time.monotonic()

    def append(self, entries: Sequence[Entry], home_of_sensor: HomeColumn) -> None:
        """Take these entries and their position durably, in one transaction, or not at all.

        Readings of a sensor without a home go to home -1. What is taken twice reads back once.
        """
        if not entries:
            return
        batch = concat([entry.batch for entry in entries])
        landed = Landed(batch, homes_of(batch.sensor, home_of_sensor))
        with self._writing() as (connection, table):
            is_many = len(batch) >= self._enough()
            if is_many:
                self._sort(connection, table, landed)
            elif len(batch):
                landing.add(connection, min(entry.seq for entry in entries), landed)
                self._waiting += len(batch)
            connection.execute(
                "INSERT INTO position VALUES (1, ?)"
                " ON CONFLICT (only) DO UPDATE SET seq = max(seq, excluded.seq)",
                (max(entry.seq for entry in entries),),
            )
            if self._waiting >= self._enough():
                self._fold(connection, table)

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
        # What landed first: folded in between, it is found twice, which does no harm.
        own = landing.of_home(self._rows(SELECT_LANDED, ()), home)
        pieces = groupby(self._pieces(home, first // DAY_US, last // DAY_US), attrgetter("day"))
        days = {day: _whole_day(list(of_day)) for day, of_day in pieces}
        day_of_own = own.time.view(np.int64) // DAY_US
        for day in np.unique(day_of_own).tolist():
            more = own.take(day_of_own == day)
            days[day] = ordered(concat([days.get(day, empty()), more]))
        batch = concat([days[day] for day in sorted(days)])
        from_, to = np.searchsorted(batch.time.view(np.int64), [first, last + 1])
        return batch.slice(int(from_), int(to))

    def read_many(self, homes: Sequence[int], start: Instant, stop: Instant) -> Batch:
        """Return the readings of several homes, by time, those of each home ordered and once.

        StoreDamaged when a piece of those days is not as it was written.
        """
        first, last = microseconds(start), microseconds(stop) - 1
        if last < first:
            return empty()
        # What landed first, as in ``read``.
        landed = landing.joined([landing.opened(row) for row in self._rows(SELECT_LANDED, ())])
        found = []
        for some in _groups(homes):
            rows = self._rows(
                _OF_HOMES,
                (json.dumps([int(home) for home in some]), first // DAY_US, last // DAY_US),
            )
            pieces = groupby((Piece(*row) for row in rows), attrgetter("home"))
            of_home = {home: list(of) for home, of in pieces}
            fresh = _by_home(landed, some)
            found += [_of_home(of_home.get(home, []), fresh.get(home)) for home in some]
        batch = merged(found)
        from_, to = np.searchsorted(batch.time.view(np.int64), [first, last + 1])
        return batch.slice(int(from_), int(to))

    def latest(self, sensors: Sequence[int]) -> Sequence[Latest]:
        """Return the newest reading of each of these sensors that has one, by sensor number."""
        landed = []
        for row in self._rows(SELECT_LANDED, ()):
            # A damaged row has nothing to say here: every value is shown with its age.
            with suppress(StoreDamaged):
                landed.append(landing.opened(row))
        newest_landed = newest.among(landing.joined(landed).batch, sensors)
        return newest.later(newest.read_newest(self._reader, sensors), newest_landed)

    def fold(self) -> None:
        """Sort what has landed into pieces."""
        with self._writing() as (connection, table):
            self._fold(connection, table)

    def tend(self, before: Instant) -> None:
        """Look after the file: sort what landed a while ago, finish days that ended by ``before``.

        Called while there is nothing to append.
        """
        if time.monotonic() - self._folded_at >= FOLD_AFTER_S:
            self.fold()
        self.finish_days(before)

    def finish_days(self, before: Instant, limit: int = 20) -> int:
        """Make one piece of up to ``limit`` (home, day) that ended by ``before``; return how many.

        Late data may reopen a day.
        """
        with self._writing() as (_, table):
            return table.finish(microseconds(before) // DAY_US, limit)

    def erase(self, home: int) -> int:
        """Delete all that was stored for this home, leaving no residue; return how many readings.

        StoreBusy when another process still reads the old state: then the readings are deleted,
        and their bytes go once that reader has finished and this is called again.
        """
        with self._writing() as (connection, table):
            gone = landing.keep(connection, lambda landed: landed.home != home)
            gone += table.erase(home)
            newest.forget_home(connection, home)
            self._waiting = landing.waiting(connection)
        self._reader.close()
        self._truncate()
        return gone

    def expire(self, homes: Sequence[int], before: Instant) -> int:
        """Delete some of what these homes measured on days that ended by ``before``.

        Returns how many readings went; call again until it is 0.
        """
        before_day = microseconds(before) // DAY_US
        cut_us = before_day * DAY_US

        def stays(landed: Landed) -> NDArray[np.bool_]:
            return (landed.batch.time.view(np.int64) >= cut_us) | ~np.isin(landed.home, homes)

        with self._writing() as (connection, table):
            gone = landing.keep(connection, stays) + table.expire(homes, before_day)
            newest.forget_before(connection, homes, cut_us)
            self._waiting = landing.waiting(connection)
        return gone

    def problem(self) -> str:
        """Return why it cannot be used now: a file always can, or raises when it is asked."""
        return ""

    def limits(self) -> Sequence[str]:
        """Return what this store cannot do: nothing."""
        return ()

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
                self._waiting = landing.waiting(self._writer)
                raise

    def _fold(self, connection: sqlite3.Connection, table: PieceTable) -> None:
        """Sort the landed rows into pieces; what a damaged one held is asked for again."""
        rows = connection.execute(SELECT_LANDED).fetchall()
        whole = []
        for row in rows:
            try:
                whole.append(landing.opened(row))
            except StoreDamaged as error:
                _log.error("store_landing_damaged", seq=row[1], error=str(error))
                connection.execute("UPDATE position SET seq = min(seq, ?)", (max(row[1] - 1, 0),))
        self._sort(connection, table, landing.joined(whole))
        landing.remove(connection, [row[0] for row in rows])
        self._waiting, self._folded_at = 0, time.monotonic()

    def _sort(self, connection: sqlite3.Connection, table: PieceTable, landed: Landed) -> None:
        table.add(cut(landed.batch, landed.home))
        newest.keep_newest(connection, landed.batch, landed.home)
        self._homes = len(np.unique(landed.home))

    def _enough(self) -> int:
        return min(max(FOLD_READINGS, FOLD_A_HOME * self._homes), FOLD_AT_MOST)

    def _truncate(self) -> None:
        """Write the deletion over the old pages, and empty the write-ahead log."""
        assert self._writer is not None  # noqa: S101 - _writing said so
        with self._lock:
            busy, _, _ = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreBusy(
                "store: the readings are deleted, but another process still reads the old state;"
                " run the same again once it has finished, so that their bytes go too"
            )

    def _pieces(self, home: int, first_day: int, last_day: int) -> list[Piece]:
        rows = self._rows(
            f"{SELECT_PIECES} WHERE home = ? AND day BETWEEN ? AND ? ORDER BY day, id",
            (home, first_day, last_day),
        )
        return [Piece(*row) for row in rows]

    def _rows(self, sql: str, parameters: Sequence[object]) -> list[Any]:
        try:
            return self._reader.rows(sql, parameters)
        except sqlite3.OperationalError:
            raise  # locked or unreadable for now
        except sqlite3.DatabaseError as error:
            raise StoreDamaged(
                f"store: its file cannot be read ({error}); restore the store from a backup, or"
                " let it fill again from the journal"
            ) from error


def _groups(homes: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(homes), READ_HOMES):
        yield homes[start : start + READ_HOMES]


def _by_home(landed: Landed, homes: Sequence[int]) -> dict[int, Batch]:
    mine = np.flatnonzero(np.isin(landed.home, homes))
    of = landed.home[mine]
    return {int(home): landed.batch.take(mine[of == home]) for home in np.unique(of)}


def _of_home(pieces: Sequence[Piece], fresh: Batch | None) -> Batch:
    """Return a home's readings of some days, ordered; ``fresh`` has landed and is in no order."""
    days = [_whole_day(list(of_day)) for _, of_day in groupby(pieces, attrgetter("day"))]
    return concat(days) if fresh is None else ordered(concat([*days, fresh]))


def _whole_day(pieces: Sequence[Piece]) -> Batch:
    if len(pieces) == 1:
        return readings(pieces[0])  # it was ordered when it was sealed
    return ordered(concat([readings(piece) for piece in pieces]))
