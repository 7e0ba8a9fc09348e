"""One SQLite file with one durable writer and any number of readers, also in other processes."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BUSY_MS = 10_000
"""How long a statement waits for another connection's lock."""

_FULL_CODES = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def open_writer(path: Path, schema: str) -> sqlite3.Connection:
    """Return a connection whose every commit is on disk when it returns; makes file and tables.

    Deleted content is overwritten with zeros, so that erased readings leave no residue.
    The connection may be used from several threads, one at a time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        # One transaction: a reader sees all tables or none.
        connection.executescript(f"BEGIN IMMEDIATE; {schema} COMMIT;")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block did, or undo all of it when the block or the commit fails."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has already rolled back after some errors (disk full, I/O).
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def is_full(error: sqlite3.Error) -> bool:
    """Tell whether this error says that the disk, or our share of it, has no room.

    SQLite reports a full disk as FULL or as IOERR, depending on which write met it.
    """
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _FULL_CODES


class Reader:
    """Reads a file that another connection or process writes; sees every commit at once.

    Usable from several threads. A file or table that is not there yet reads as no rows, so
    that processes may start in any order.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._is_ready = False

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """Return all rows of this query; sqlite3.DatabaseError when the file is damaged."""
        with self._lock:
            if not self._has_tables():
                return []
            assert self._connection is not None  # noqa: S101 - _has_tables opened it
            return self._connection.execute(sql, parameters).fetchall()

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection, self._is_ready = None, False

    def _has_tables(self) -> bool:
        if self._is_ready:
            return True
        if self._connection is None:
            if not self._path.exists():
                return False
            address = f"{self._path.absolute().as_uri()}?mode=ro"
            self._connection = sqlite3.connect(address, uri=True, check_same_thread=False)
            self._connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        found = self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        self._is_ready = found[0] > 0
        return self._is_ready
