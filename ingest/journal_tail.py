"""Reads the journal in order, from any thread or process."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest import positions_table
from ingest.journal_rows import SELECT_ROWS, JournalDamaged, entry
from ingest.positions import Key
from ingest.sink import Entry
from ingest.sqlite_file import Reader
from ingest.tracks import Track

_LOOK_AHEAD_ROWS = 4096


class JournalTail:
    """The journal as its readers see it (port ``Tail``): every row verified before it is given."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    @classmethod
    def open(cls, path: Path) -> "JournalTail":
        """Return the tail of the journal in this file, which may not exist yet."""
        return cls(Reader(path))

    def read(self, after: int, limit_readings: int) -> Sequence[Entry]:
        """Return entries with seq > ``after``, at least one if any, about ``limit_readings``.

        A reader at 0 starts at the oldest row kept. JournalDamaged when a row is not as it was
        written, or when rows are missing that are not known to be lost.
        """
        stop = self._stop(after, limit_readings)
        if stop is None:
            return []
        rows = self._rows(after, f"{SELECT_ROWS} WHERE seq > ? AND seq <= ?", (after, stop))
        entries = [entry(row) for row in rows]
        self._expect_no_gaps(after, [e.seq for e in entries])
        return entries

    def last_seq(self) -> int:
        """Return the newest committed seq, 0 when the journal is empty."""
        rows = self._rows(
            0,
            "SELECT max(coalesce((SELECT max(seq) FROM rows), 0),"
            " coalesce((SELECT max(last) FROM gaps), 0))",
            (),
        )
        return int(rows[0][0]) if rows else 0

    def positions(self) -> dict[Key, Track]:
        """Return how far the gateways' outboxes are settled; nothing in a journal of long ago."""
        try:
            return positions_table.tracks(self._reader.rows(positions_table.SELECT, ()))
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return {}
            raise

    def close(self) -> None:
        """Release the file."""
        self._reader.close()

    def _stop(self, after: int, limit_readings: int) -> int | None:
        counts: list[tuple[int, int]] = self._rows(
            after,
            "SELECT seq, count FROM rows WHERE seq > ? ORDER BY seq LIMIT ?",
            (after, _LOOK_AHEAD_ROWS),
        )
        stop, readings = None, 0
        for seq, count in counts:
            if stop is not None and readings + count > limit_readings:
                break
            stop, readings = seq, readings + count
        return stop

    def _rows(self, after: int, sql: str, parameters: Sequence[object]) -> list[Any]:
        try:
            return self._reader.rows(sql, parameters)
        except sqlite3.OperationalError:
            raise  # locked or unreadable for now: not a damaged row
        except sqlite3.DatabaseError as error:
            raise JournalDamaged(after + 1, f"or one after it is unreadable ({error})") from error

    def _expect_no_gaps(self, after: int, seqs: Sequence[int]) -> None:
        if not seqs or seqs[-1] - after == len(seqs):
            return
        expected = after + 1 if after else seqs[0]
        for seq in seqs:
            while expected < seq:
                known = self._rows(
                    after,
                    "SELECT last FROM gaps WHERE first <= ?1 AND last >= ?1",
                    (expected,),
                )
                if not known:
                    raise JournalDamaged(expected, "is missing", is_one_row=True)
                expected = known[0][0] + 1
            expected = seq + 1
