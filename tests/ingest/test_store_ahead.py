"""A process that reads the embedded store ahead gives what the store itself gives."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from ingest.batch import build
from ingest.clock import instant
from ingest.sink import Entry
from ingest.store.ahead import Ahead
from ingest.store.embedded import open_store
from ingest.store.pieces import DAY_US, StoreDamaged

HOMES = np.array([-1, 1, 2], np.int32)
FIRST_US = 20_000 * DAY_US
DAYS = 3


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "store.db"
    times = [FIRST_US + n * 3_600_000_000 for n in range(24 * DAYS)]
    with closing(open_store(path)) as store:
        for sensor in (1, 2):
            batch = build([sensor] * len(times), times, [1.5] * len(times), times)
            store.append([Entry(sensor, batch, [])], HOMES)
        store.fold()
    return path


@pytest.fixture
def ahead(file: Path) -> Iterator[Ahead]:
    made = Ahead(file, (1, 2))
    yield made
    made.close()


def test_days_come_as_the_store_has_them_and_another_one_may_be_asked_for(
    file: Path, ahead: Ahead
) -> None:
    with closing(open_store(file)) as store:
        for day in (0, 1, 0, 2, 3):  # the second 0 is not what it expects
            start_us = FIRST_US + day * DAY_US
            found = ahead(start_us, start_us + DAY_US)
            expected = store.read_many((1, 2), instant(start_us), instant(start_us + DAY_US))
            assert found.pack() == expected.pack()
            assert len(found) == (48 if day < DAYS else 0)


def test_a_damaged_piece_is_told_by_the_day_that_has_it(file: Path, ahead: Ahead) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE pieces SET checksum = 1 WHERE home = 2 AND day = 20001")
    assert len(ahead(FIRST_US, FIRST_US + DAY_US)) == 48
    with pytest.raises(StoreDamaged, match="home 2"):
        ahead(FIRST_US + DAY_US, FIRST_US + 2 * DAY_US)
