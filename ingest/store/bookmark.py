"""What a store on a server needs kept here: its position, and what every sensor said last.

The server takes readings; this file says up to which row of the journal it has taken them, so
that the worker starts and pages show current values while the server is down. It is written after
the server has answered: what was sent in between is sent again, and is stored once.
"""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ingest.batch import Batch
from ingest.clock import Instant, microseconds
from ingest.sink import HomeColumn, Latest
from ingest.sqlite_file import Reader, open_writer, transaction
from ingest.store import newest

SCHEMA: Final = f"""{newest.SCHEMA}
CREATE TABLE IF NOT EXISTS position (only INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
"""


class Bookmark:
    """One file beside the journal; any thread may call. One process may write."""

    def __init__(self, path: Path, *, is_writer: bool) -> None:
        self._reader = Reader(path)
        self._writer: sqlite3.Connection | None = open_writer(path, SCHEMA) if is_writer else None
        self._lock = threading.Lock()

    def position(self) -> int:
        """Return the seq up to which the server has everything."""
        rows = self._reader.rows("SELECT seq FROM position")
        return int(rows[0][0]) if rows else 0

    def latest(self, sensors: Sequence[int]) -> Sequence[Latest]:
        """Return the newest reading of each of these sensors that has one, by sensor number."""
        return newest.read_newest(self._reader, sensors)

    def move(self, seq: int) -> None:
        """Say that the server has everything up to ``seq``; it never goes back."""
        with self._lock, transaction(self._writing()):
            self._writing().execute(
                "INSERT INTO position VALUES (1, ?)"
                " ON CONFLICT (only) DO UPDATE SET seq = max(seq, excluded.seq)",
                (seq,),
            )

    def keep(self, batch: Batch, home: HomeColumn) -> None:
        """Take the newest of these readings, with the home of each."""
        if len(batch):
            with self._lock, transaction(self._writing()):
                newest.keep_newest(self._writing(), batch, home)

    def erase(self, home: int) -> None:
        """Forget what this home's sensors said last, leaving no residue."""
        with self._lock:
            with transaction(self._writing()):
                newest.forget_home(self._writing(), home)
            self._reader.close()
            self._writing().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def expire(self, homes: Sequence[int], before: Instant) -> None:
        """Forget what these homes' sensors said last, where that was before."""
        with self._lock, transaction(self._writing()):
            newest.forget_before(self._writing(), homes, microseconds(before))

    def close(self) -> None:
        """Release the files."""
        self._reader.close()
        with self._lock:
            if self._writer is not None:
                self._writer.close()

    def _writing(self) -> sqlite3.Connection:
        if self._writer is None:
            raise RuntimeError("store: it was opened to read only")
        return self._writer
