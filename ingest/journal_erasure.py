"""Takes the readings of erased homes out of the journal, beside the worker that writes it.

A row keeps its number, its receipts and the readings of all others: whoever read it before or
reads it after misses nothing else. A few rows a transaction, so that no append waits for long.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest import dead_letters, positions_table
from ingest.batch import Batch
from ingest.journal_rows import SCHEMA, SELECT_ROWS, Row, entry, is_intact, seal
from ingest.sqlite_file import open_writer, transaction

_ROWS: Final = 200
"""Rows of one transaction."""

_MARK_ROWS: Final = 2_000
"""Times of the home that are looked for afterwards, at most."""


class JournalHeld(Exception):
    """Somebody still reads the old rows; the same may be asked again."""


@dataclass(frozen=True, slots=True)
class Own:
    """What is of the erased home: numbers of sensors and gateways, and the gateways' ids."""

    sensor: Sequence[int]
    gateway: Sequence[int]
    gateway_id: Sequence[str]


@dataclass(frozen=True, slots=True)
class Found:
    """How much the journal holds of a home; ``aside`` are damaged rows that nobody can read."""

    rows: int = 0
    readings: int = 0
    strays: int = 0
    letters: int = 0
    positions: int = 0
    aside: int = 0

    @property
    def is_none(self) -> bool:
        """Return whether nothing of the home is there."""
        return not any((self.readings, self.strays, self.letters, self.positions, self.aside))


def count(path: Path, own: Own) -> Found:
    """Return what the journal in this file holds of a home; nothing where there is no file."""
    if not path.exists():
        return Found()
    connection = _reading(path)
    try:
        rows = readings = strays = 0
        for row in _rows(connection):
            mine, others = _parts(row, own)
            lost = len(mine) + others
            rows, readings, strays = rows + bool(lost), readings + len(mine), strays + others
        letters = sum(has_bytes for _, has_bytes in _letters(connection, own))
        (positions,) = connection.execute(
            f"SELECT count(*) FROM positions WHERE gateway IN ({_marks(own.gateway)})",  # noqa: S608
            list(own.gateway),
        ).fetchone()
        (aside,) = connection.execute("SELECT count(*) FROM rows_set_aside").fetchone()
        return Found(rows, readings, strays, letters, positions, aside)
    finally:
        connection.close()


def marks(path: Path, own: Own) -> list[bytes]:
    """Return times that only readings of this home bear, as the file holds them: to look for."""
    if not path.exists():
        return []
    connection = _reading(path)
    try:
        mine: NDArray[np.int64] = np.zeros(0, np.int64)
        for row in _rows(connection):
            mine = np.union1d(mine, _parts(row, own)[0].time.view(np.int64))[:_MARK_ROWS]
        for row in _rows(connection):
            batch = entry(row).batch
            other = batch.take(~np.isin(batch.sensor, own.sensor))
            for column in (other.time, other.received):
                mine = mine[~np.isin(mine, column.view(np.int64))]
        return [time.tobytes() for time in mine.astype("<i8")]
    finally:
        connection.close()


def erase(path: Path, own: Own) -> Found:
    """Take a home out of this journal, and empty its log; return what went.

    Damaged rows that were set aside go whole: nobody can tell what they hold. JournalHeld when a
    reader keeps the old bytes.
    """
    gone = count(path, own)
    if not path.exists():
        return gone
    connection = open_writer(path, SCHEMA + dead_letters.SCHEMA + positions_table.SCHEMA)
    try:
        for seqs in _in_parts([row[0] for row in _rows(connection) if _has(row, own)]):
            with transaction(connection):
                for seq in seqs:
                    _rewrite(connection, seq, own)
        with transaction(connection):
            connection.executemany(
                "DELETE FROM dead_letters WHERE id = ?",
                [(id_,) for id_, _ in _letters(connection, own)],
            )
            connection.executemany(
                "DELETE FROM positions WHERE gateway = ?", [(g,) for g in own.gateway]
            )
            connection.execute("DELETE FROM rows_set_aside")
        _empty_log(connection)
    finally:
        connection.close()
    return gone


def _empty_log(connection: sqlite3.Connection) -> None:
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise JournalHeld(
            "journal: the readings are taken out, but another process still reads the old rows; "
            "run the same again in a minute"
        )


def _reading(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    connection.execute("PRAGMA busy_timeout=10000")
    return connection


def _rows(connection: sqlite3.Connection) -> Iterator[Row]:
    """Yield every whole row, a few at a time; a damaged one is the worker's to set aside."""
    after = 0
    while True:
        rows = connection.execute(
            f"{SELECT_ROWS} WHERE seq > ? ORDER BY seq LIMIT ?", (after, _ROWS)
        ).fetchall()
        if not rows:
            return
        yield from (row for row in rows if is_intact(row))
        after = rows[-1][0]


def _parts(row: Row, own: Own) -> tuple[Batch, int]:
    """Return the readings of a row that are of the home, and how many of its strays are."""
    held = entry(row)
    mine = held.batch.take(np.isin(held.batch.sensor, own.sensor))
    strays = sum(s.gateway in own.gateway_id or s.sensor in own.sensor for s in held.strays)
    return mine, strays


def _has(row: Row, own: Own) -> bool:
    mine, strays = _parts(row, own)
    return len(mine) + strays > 0


def _rewrite(connection: sqlite3.Connection, seq: int, own: Own) -> None:
    row = connection.execute(f"{SELECT_ROWS} WHERE seq = ?", (seq,)).fetchone()
    if row is None or not is_intact(row):
        return
    held = entry(row)
    batch = held.batch.take(~np.isin(held.batch.sensor, own.sensor))
    strays = [s for s in held.strays
              if s.gateway not in own.gateway_id and s.sensor not in own.sensor]  # fmt: skip
    new = seal(seq, row[1], batch, strays, row[6])
    connection.execute(
        "UPDATE rows SET count = ?, checksum = ?, columns = ?, strays = ? WHERE seq = ?",
        (*new[2:6], seq),
    )


def _letters(connection: sqlite3.Connection, own: Own) -> list[tuple[int, bool]]:
    """Return the dead letters whose topic names one of these gateways, and if they hold bytes.

    Those without tell that a gateway of this name still publishes, and nothing that it said.
    """
    rows = connection.execute("SELECT id, topic, length(first_bytes) FROM dead_letters").fetchall()
    mine = set(own.gateway_id)
    return [(id_, length > 0) for id_, topic, length in rows if set(topic.split("/")) & mine]


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _in_parts(seqs: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(seqs), _ROWS):
        yield seqs[start : start + _ROWS]
