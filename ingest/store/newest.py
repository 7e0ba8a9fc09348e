"""The newest reading of every sensor, never going back when late data comes in."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

import numpy as np

from ingest.batch import Batch
from ingest.sink import Latest
from ingest.sqlite_file import Reader

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS latest (
  sensor INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, value REAL NOT NULL,
  received_us INTEGER NOT NULL);
"""

_UPSERT: Final = """
INSERT INTO latest VALUES (?, ?, ?, ?) ON CONFLICT (sensor) DO UPDATE SET
  time_us = excluded.time_us, value = excluded.value, received_us = excluded.received_us
WHERE (excluded.time_us, excluded.received_us, excluded.value)
    > (latest.time_us, latest.received_us, latest.value)
"""


def newest(batch: Batch) -> Batch:
    """Return one reading a sensor: the last by event time, then receipt, then value.

    The rule does not depend on the order or grouping in which readings come. NaN is no value.
    """
    batch = batch.take(~np.isnan(batch.value))
    sorted_ = batch.take(np.lexsort((batch.value, batch.received, batch.time, batch.sensor)))
    is_last = np.ones(len(sorted_), np.bool_)
    is_last[:-1] = sorted_.sensor[1:] != sorted_.sensor[:-1]
    return sorted_.take(is_last)


def keep_newest(connection: sqlite3.Connection, batch: Batch) -> None:
    """Take these readings into the table, in the caller's transaction."""
    last = newest(batch)
    connection.executemany(
        _UPSERT,
        zip(
            last.sensor.tolist(),
            last.time.view(np.int64).tolist(),
            last.value.tolist(),
            last.received.view(np.int64).tolist(),
            strict=True,
        ),
    )


def read_newest(reader: Reader, sensors: Sequence[int]) -> Sequence[Latest]:
    """Return the newest reading of each of these sensors that has one, by sensor number."""
    rows = reader.rows(
        "SELECT sensor, time_us, value, received_us FROM latest"
        " WHERE sensor IN (SELECT value FROM json_each(?)) ORDER BY sensor",
        (json.dumps([int(sensor) for sensor in sensors]),),
    )
    return [Latest(*row) for row in rows]
