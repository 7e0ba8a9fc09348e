"""Measures other ways to keep the same readings: DuckDB, Parquet, a row a reading in SQLite.

The readings, steps of 10,000 and the questions of ``store_embedded``, from a quarter of the homes.
Every append is durable when it returns, as the embedded store's are.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Final, Protocol

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ingest.batch import Batch
from tests.bench.rows import Row
from tests.bench.store_embedded import DAYS, SENSORS, day_of_readings

PEER_HOMES: Final = 15
STEP: Final = 10_000
_NAMES: Final = ("home", "sensor", "time", "value", "received")


class Peer(Protocol):
    """One way to keep readings."""

    def append(self, columns: list[NDArray[np.generic]]) -> None:
        """Keep these columns durably."""
        ...

    def read(self, home: int) -> int:
        """Read all of one home, in order; return how many readings."""
        ...

    def erase(self, home: int) -> None:
        """Delete one home."""
        ...


class SqliteRows:
    """A row a reading, with an index by home and time."""

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "rows.db", isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA secure_delete=ON")
        self._db.execute(
            "CREATE TABLE readings (home INT, sensor INT, time INT, value REAL, received INT,"
            " PRIMARY KEY (home, time, sensor, value)) WITHOUT ROWID"
        )

    def append(self, columns: list[NDArray[np.generic]]) -> None:
        """Insert in one transaction."""
        rows = zip(*(column.tolist() for column in columns), strict=True)
        self._db.execute("BEGIN")
        self._db.executemany("INSERT OR IGNORE INTO readings VALUES (?, ?, ?, ?, ?)", rows)
        self._db.execute("COMMIT")

    def read(self, home: int) -> int:
        """Read into columns."""
        found = self._db.execute(
            "SELECT sensor, time, value, received FROM readings WHERE home = ? ORDER BY time",
            (home,),
        ).fetchall()
        return len(np.array(found))

    def erase(self, home: int) -> None:
        """Delete the rows and empty the log."""
        self._db.execute("DELETE FROM readings WHERE home = ?", (home,))
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class Duck:
    """One table of DuckDB, filled from arrow."""

    def __init__(self, folder: Path) -> None:
        self._db = duckdb.connect(str(folder / "duck.db"))
        self._db.execute(
            "CREATE TABLE readings"
            " (home INT, sensor INT, time BIGINT, value DOUBLE, received BIGINT)"
        )

    def append(self, columns: list[NDArray[np.generic]]) -> None:
        """Insert one arrow table."""
        self._db.register("batch", pa.table(dict(zip(_NAMES, columns, strict=True))))
        self._db.execute("INSERT INTO readings SELECT * FROM batch")

    def read(self, home: int) -> int:
        """Read into columns."""
        found = self._db.execute(
            "SELECT sensor, time, value, received FROM readings WHERE home = ? ORDER BY time",
            [home],
        ).fetchnumpy()
        return len(found["time"])

    def erase(self, home: int) -> None:
        """Delete the rows and write the file."""
        self._db.execute("DELETE FROM readings WHERE home = ?", [home])
        self._db.execute("CHECKPOINT")


class Parquet:
    """One file an append; erasing rewrites every file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "parquet"
        self._folder.mkdir()
        self._count = 0

    def append(self, columns: list[NDArray[np.generic]]) -> None:
        """Write one file and sync it."""
        self._count += 1
        self._write(f"{self._count:08}", pa.table(dict(zip(_NAMES, columns, strict=True))))

    def read(self, home: int) -> int:
        """Read every file with a filter."""
        found = pq.read_table(self._folder, filters=[("home", "=", home)]).sort_by("time")
        return len(found["time"].to_numpy())

    def erase(self, home: int) -> None:
        """Rewrite every file without the home."""
        for path in sorted(self._folder.glob("*.parquet")):
            table = pq.read_table(path)
            self._write(path.stem, table.filter(pc.not_equal(table["home"], home)))

    def _write(self, name: str, table: pa.Table) -> None:
        path = self._folder / f"{name}.parquet"
        with path.open("wb") as file:
            pq.write_table(table, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())


def _columns(batch: Batch) -> list[NDArray[np.generic]]:
    home = (batch.sensor // SENSORS).astype(np.int32)
    return [
        *(home, batch.sensor, batch.time.view(np.int64), batch.value),
        batch.received.view(np.int64),
    ]


def _ms(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return (perf_counter() - began) * 1000


def _measure(name: str, peer: Peer, folder: Path) -> Iterator[Row]:
    seconds, count = 0.0, 0
    for day in range(DAYS):
        columns = _columns(day_of_readings(day, PEER_HOMES))
        began = perf_counter()
        for start in range(0, len(columns[0]), STEP):
            peer.append([column[start : start + STEP] for column in columns])
        seconds += perf_counter() - began
        count += len(columns[0])
    held = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    read_ms = sorted(_ms(lambda: peer.read(7)) for _ in range(5))[2]
    yield Row(f"peer.store.{name}.append_per_s", count / seconds, "readings/s")
    yield Row(f"peer.store.{name}.read28d_ms", read_ms, "ms")
    yield Row(f"peer.store.{name}.bytes_per_reading", held / count, "bytes")
    yield Row(f"peer.store.{name}.erase_ms", _ms(lambda: peer.erase(3)), "ms")


def measure(folder: Path) -> Iterator[Row]:
    """Yield the rows of every peer."""
    for name, make in (("sqlite_rows", SqliteRows), ("duckdb", Duck), ("parquet", Parquet)):
        own = folder / name
        own.mkdir()
        yield from _measure(name, make(own), own)
