"""The newest reading of every sensor, never going back when late data comes in."""

import json
import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch, time_order
from ingest.sink import Latest
from ingest.sqlite_file import Reader

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS newest (
  sensor INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, value REAL NOT NULL,
  received_us INTEGER NOT NULL, home INTEGER NOT NULL);
"""

_UPSERT: Final = """
INSERT INTO newest VALUES (?, ?, ?, ?, ?) ON CONFLICT (sensor) DO UPDATE SET
  time_us = excluded.time_us, value = excluded.value, received_us = excluded.received_us,
  home = excluded.home
WHERE (excluded.time_us, excluded.received_us, excluded.value)
    > (newest.time_us, newest.received_us, newest.value)
"""


def newest(batch: Batch) -> NDArray[np.intp]:
    """Return the row of one reading a sensor: the last by event time, then receipt, then value.

    The rule does not depend on the order or grouping in which readings come. NaN is no value.
    """
    real = np.flatnonzero(~np.isnan(batch.value))
    own = batch.take(real)
    rows = time_order(own, own.value, own.received)
    _, from_end = np.unique(own.sensor[rows][::-1], return_index=True)
    return real[rows[len(rows) - 1 - from_end]]


def keep_newest(connection: sqlite3.Connection, batch: Batch, home: NDArray[np.int32]) -> None:
    """Take these readings, and the home of each, into the table, in the caller's transaction."""
    rows = newest(batch)
    last = batch.take(rows)
    connection.executemany(
        _UPSERT,
        zip(
            last.sensor.tolist(),
            last.time.view(np.int64).tolist(),
            last.value.tolist(),
            last.received.view(np.int64).tolist(),
            home[rows].tolist(),
            strict=True,
        ),
    )


def among(batch: Batch, sensors: Sequence[int]) -> Sequence[Latest]:
    """Return the newest reading of each of these sensors that has one in this batch."""
    own = batch.take(np.isin(batch.sensor, np.asarray(sensors, np.int64)))
    last = own.take(newest(own))
    columns = (last.sensor, last.time.view(np.int64), last.value, last.received.view(np.int64))
    return [Latest(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def later(*found: Sequence[Latest]) -> Sequence[Latest]:
    """Return of each sensor the newest of what was found in several places, by sensor number."""
    last: dict[int, Latest] = {}
    for one in chain.from_iterable(found):
        known = last.get(one.sensor)
        if known is None or _age(one) > _age(known):
            last[one.sensor] = one
    return [last[sensor] for sensor in sorted(last)]


def _age(one: Latest) -> tuple[int, int, float]:
    return one.time_us, one.received_us, one.value


def forget_home(connection: sqlite3.Connection, home: int) -> None:
    """Delete what this home's sensors said last, in the caller's transaction."""
    connection.execute("DELETE FROM newest WHERE home = ?", (home,))


def forget_before(connection: sqlite3.Connection, homes: Sequence[int], before_us: int) -> None:
    """Delete what these homes' sensors said last, where that was before this time."""
    connection.execute(
        "DELETE FROM newest WHERE time_us < ? AND home IN (SELECT value FROM json_each(?))",
        (before_us, json.dumps([int(home) for home in homes])),
    )


def read_newest(reader: Reader, sensors: Sequence[int]) -> Sequence[Latest]:
    """Return the newest reading of each of these sensors that has one, by sensor number."""
    rows = reader.rows(
        "SELECT sensor, time_us, value, received_us FROM newest"
        " WHERE sensor IN (SELECT value FROM json_each(?)) ORDER BY sensor",
        (json.dumps([int(sensor) for sensor in sensors]),),
    )
    return [Latest(*row) for row in rows]
