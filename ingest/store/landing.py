"""Where appends land in the embedded store: one row each, sorted into pieces later, many at once.

The caller holds the transaction. A row that is damaged is not lost: the journal has it still.
"""

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch, concat, unpack
from ingest.store.pieces import StoreDamaged

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS landing (
  id INTEGER PRIMARY KEY AUTOINCREMENT, seq INTEGER NOT NULL, count INTEGER NOT NULL,
  checksum INTEGER NOT NULL, columns BLOB NOT NULL);
"""

SELECT_LANDED: Final = "SELECT id, seq, count, checksum, columns FROM landing ORDER BY id"

LandedRow = tuple[int, int, int, int, bytes]
"""Id, first journal seq it holds, readings, checksum, columns."""

_HOME_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Landed:
    """Readings and the home of each, int32[n]."""

    batch: Batch
    home: NDArray[np.int32]

    def take(self, rows: NDArray[np.bool_]) -> "Landed":
        """Return the readings that the mask picks."""
        return Landed(self.batch.take(rows), self.home[rows])


def opened(row: LandedRow) -> Landed:
    """Return what a row holds; StoreDamaged when it is not as it was written."""
    _, seq, count, checksum, columns = row
    if checksum != _checksum(seq, count, columns):
        raise StoreDamaged(
            f"store: what it took from journal row {seq} on does not match its checksum; the"
            " worker takes it from the journal again within a few minutes"
        )
    split = count * _HOME_BYTES
    return Landed(unpack(columns[split:], count), np.frombuffer(columns[:split], "<i4"))


def of_home(rows: Iterable[LandedRow], home: int) -> Batch:
    """Return this home's readings among the rows."""
    every = [opened(row) for row in rows]
    return concat([landed.batch.take(np.flatnonzero(landed.home == home)) for landed in every])


def joined(parts: Sequence[Landed]) -> Landed:
    """Return the readings of all parts, in order."""
    if not parts:
        return Landed(concat([]), np.zeros(0, np.int32))
    return Landed(concat([p.batch for p in parts]), np.concatenate([p.home for p in parts]))


def add(connection: sqlite3.Connection, seq: int, landed: Landed) -> None:
    """Insert one row; ``seq`` is the first of the journal that it holds something of."""
    columns = landed.home.astype("<i4", copy=False).tobytes() + landed.batch.pack()
    connection.execute(
        "INSERT INTO landing (seq, count, checksum, columns) VALUES (?, ?, ?, ?)",
        (seq, len(landed.home), _checksum(seq, len(landed.home), columns), columns),
    )


def keep(connection: sqlite3.Connection, is_kept: Callable[[Landed], NDArray[np.bool_]]) -> int:
    """Rewrite the rows so that only readings picked by the rule stay; return how many went."""
    gone = 0
    for row in connection.execute(SELECT_LANDED).fetchall():
        landed = opened(row)
        stay = is_kept(landed)
        if not stay.all():
            gone += int((~stay).sum())
            remove(connection, [row[0]])
            add(connection, row[1], landed.take(stay))
    return gone


def remove(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Delete these rows."""
    connection.executemany("DELETE FROM landing WHERE id = ?", [(id_,) for id_ in ids])


def waiting(connection: sqlite3.Connection) -> int:
    """Return how many readings have landed and are not sorted yet."""
    (count,) = connection.execute("SELECT coalesce(sum(count), 0) FROM landing").fetchone()
    return int(count)


def _checksum(seq: int, count: int, columns: bytes) -> int:
    return zlib.crc32(columns, zlib.crc32(f"{seq}.{count}".encode()))
