import sqlite3
from pathlib import Path

import numpy as np
import pytest

from ingest.batch import Batch
from ingest.clock import instant
from ingest.sink import Entry, StoreBusy
from ingest.store import columns, landing
from ingest.store.embedded import EmbeddedStore, open_store, open_store_readonly
from ingest.store.pieces import Piece, readings
from tests.contracts.store_contract import DAY_US, HOMES, MIDNIGHT_US, everything

SECRET = 4711.5
"""A value that only the erased home measured."""


def batch_of(sensor: int, value: float, n: int, start_us: int = MIDNIGHT_US) -> Batch:
    rng = np.random.default_rng(sensor)
    time_us = start_us + np.arange(n) * 1_000_003 + sensor
    received_us = time_us + rng.integers(0, 10**6, n)
    value_column = np.full(n, value)
    return Batch(
        np.full(n, sensor, np.int32),
        time_us.astype("datetime64[us]"),
        value_column,
        received_us.astype("datetime64[us]"),
    )


def filled(path: Path) -> EmbeddedStore:
    """Home 1 and home 2 in finished, tight, small and landed form."""
    store = open_store(path)
    seq = 0
    for day, n, is_folded in ((0, 500, True), (3, 2200, True), (4, 20, True), (5, 30, False)):
        for sensor, value in ((1, SECRET), (3, 20.25)):
            seq += 1
            batch = batch_of(sensor, value, n, MIDNIGHT_US + day * DAY_US)
            store.append([Entry(seq, batch, [])], HOMES)
        if is_folded:
            store.fold()
    assert store.finish_days(instant(MIDNIGHT_US + DAY_US)) == 2
    return store


def bytes_of(path: Path) -> bytes:
    files = [path, Path(f"{path}-wal")]
    return b"".join(file.read_bytes() for file in files if file.exists())


def is_anywhere(path: Path, needles: list[bytes]) -> bool:
    found = bytes_of(path)
    return any(needle in found for needle in needles)


def needles_of(path: Path, home: int) -> list[bytes]:
    """What lies in the file for this home: parts of each sealed block, and of its plain columns."""
    with sqlite3.connect(path) as connection:
        held = connection.execute(
            "SELECT home, day, level, count, codec, checksum, columns FROM pieces WHERE home = ?",
            (home,),
        ).fetchall()
        rows = connection.execute(landing.SELECT_LANDED).fetchall()
    connection.close()
    needles = [piece[6][-24:] for piece in held]
    for row in rows:
        landed = landing.opened(row)
        own = landed.take(landed.home == home).batch
        if len(own):
            needles += [own.time.tobytes()[:64], own.value.tobytes()[:64]]
    assert all(np.isin(readings(Piece(*piece)).value, [SECRET, 20.25]).all() for piece in held)
    return needles


def test_an_erased_home_leaves_no_byte_in_the_file_or_its_log(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = filled(path)
    needles, others = needles_of(path, 1), needles_of(path, 2)
    assert len(needles) >= 5
    assert all(needle in bytes_of(path) for needle in needles)
    kept = everything(store, 2)

    assert store.erase(1) == 2750

    assert not is_anywhere(path, needles)
    assert Path(f"{path}-wal").stat().st_size == 0
    assert everything(store, 1) == []
    assert everything(store, 2) == kept
    assert any(needle in bytes_of(path) for needle in others)
    assert [latest.sensor for latest in store.latest([1, 3])] == [3]


def test_no_value_of_an_erased_home_is_found_when_all_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = filled(path)
    store.erase(1)
    store.close()
    with sqlite3.connect(path) as connection:
        held = connection.execute(
            "SELECT home, day, level, count, codec, checksum, columns FROM pieces"
        ).fetchall()
        landed = [landing.opened(row) for row in connection.execute(landing.SELECT_LANDED)]
        said = connection.execute("SELECT value FROM newest").fetchall()
    connection.close()
    values = [readings(Piece(*piece)).value for piece in held] + [row.batch.value for row in landed]
    assert SECRET not in np.concatenate(values)
    assert (SECRET,) not in said
    assert np.array([SECRET]).tobytes() not in path.read_bytes()
    assert (
        columns.pack(batch_of(1, SECRET, 2200, MIDNIGHT_US + 3 * DAY_US)) not in path.read_bytes()
    )


def test_an_open_reader_is_told_of_and_asking_again_removes_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = filled(path)
    needles = needles_of(path, 1)
    assert store._writer is not None
    store._writer.execute("PRAGMA busy_timeout=50")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM pieces").fetchone()
    with pytest.raises(StoreBusy, match="another process"):
        store.erase(1)
    assert everything(store, 1) == []
    other.close()
    assert store.erase(1) == 0
    assert not is_anywhere(path, needles)


def test_a_reader_in_another_place_goes_on_after_an_erasure(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store, reader = filled(path), open_store_readonly(path)
    assert len(everything(reader, 1)) == 2750
    store.erase(1)
    assert everything(reader, 1) == []
    assert len(everything(reader, 2)) == 2750


def test_retention_ends_days_of_the_named_homes_only(tmp_path: Path) -> None:
    store = filled(tmp_path / "store.db")
    before = instant(MIDNIGHT_US + 5 * DAY_US + 7)
    assert store.expire([1, 9], before) == 2720
    assert store.expire([1, 9], before) == 0
    assert len(everything(store, 1)) == 30
    assert len(everything(store, 2)) == 2750
    assert store.expire([1], instant(MIDNIGHT_US + 6 * DAY_US)) == 30
    assert [latest.sensor for latest in store.latest([1, 3])] == [3]
