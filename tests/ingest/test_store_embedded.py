import sqlite3
import subprocess
import sys
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.batch import Batch, build, ordered
from ingest.clock import instant
from ingest.sink import Entry
from ingest.store import columns
from ingest.store.embedded import FOLD_READINGS, EmbeddedStore, open_store, open_store_readonly
from ingest.store.piece_table import MERGE_AT
from ingest.store.pieces import FINISHED, StoreDamaged, seal
from ingest.store.pieces import readings as readings_of
from tests.contracts.store_contract import (
    DAY_US,
    HOMES,
    MIDNIGHT_US,
    MakeStore,
    StoreContract,
    everything,
    one,
    readings,
)
from tests.naive.store import NaiveStore


class TestEmbeddedStore(StoreContract):
    @pytest.fixture
    def make_store(self, tmp_path: Path) -> MakeStore:
        names = count()
        return lambda: open_store(tmp_path / f"store-{next(names)}.db")


class TestNaiveStore(StoreContract):
    @pytest.fixture
    def make_store(self) -> MakeStore:
        return NaiveStore


def drip(store: EmbeddedStore | NaiveStore, n: int, first: int = 1) -> None:
    """Append n entries of one reading each, a second apart, out of order."""
    for seq in range(first, first + n):
        at_us = MIDNIGHT_US + (seq * 7919 % n) * 1_000_000
        store.append([one(seq, (1 + seq % 2, at_us, float(seq % 5), at_us + 500))], HOMES)
        if isinstance(store, EmbeddedStore):
            store.fold()


def pieces(path: Path) -> list[tuple[int, int, int, int]]:
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT home, day, level, count FROM pieces").fetchall()
    connection.close()
    return found


def test_many_small_appends_are_merged_and_read_back_unchanged(tmp_path: Path) -> None:
    store, naive = open_store(tmp_path / "store.db"), NaiveStore()
    drip(store, 700)
    drip(naive, 700)
    assert everything(store, 1) == everything(naive, 1)
    found = pieces(tmp_path / "store.db")
    assert len(found) < 3 * MERGE_AT
    assert max(level for _, _, level, _ in found) == 2


def test_a_finished_day_is_one_piece_with_the_same_content(tmp_path: Path) -> None:
    store, naive = open_store(tmp_path / "store.db"), NaiveStore()
    drip(store, 300)
    drip(naive, 300)
    assert store.finish_days(instant(MIDNIGHT_US + DAY_US - 1)) == 0
    assert store.finish_days(instant(MIDNIGHT_US + DAY_US)) == 1
    assert store.finish_days(instant(MIDNIGHT_US + DAY_US)) == 0
    assert len(pieces(tmp_path / "store.db")) == 1
    assert everything(store, 1) == everything(naive, 1)


def test_late_data_reopens_a_finished_day(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.db")
    drip(store, 40)
    store.finish_days(instant(MIDNIGHT_US + DAY_US))
    store.append([one(41, (1, MIDNIGHT_US + 5, 9.0, MIDNIGHT_US + DAY_US))], HOMES)
    assert len(everything(store, 1)) == 41
    store.fold()
    assert store.finish_days(instant(MIDNIGHT_US + DAY_US)) == 1
    assert len(everything(store, 1)) == 41


def test_everything_survives_closing_and_opening(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.db")
    drip(store, 50)
    before, latest = everything(store, 1), list(store.latest([1, 2]))
    store.close()
    store = open_store(tmp_path / "store.db")
    assert store.position() == 50
    assert everything(store, 1) == before
    assert list(store.latest([1, 2])) == latest
    drip(store, 50, first=51)
    assert store.position() == 100


def test_readings_of_sensors_without_a_home_are_kept_apart(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.db")
    rows = [(sensor, MIDNIGHT_US, 1.0, MIDNIGHT_US) for sensor in (0, 5, 99, -4)]
    store.append([one(1, *rows)], HOMES)
    assert [row[1] for row in everything(store, -1)] == [-4, 0, 5, 99]


def test_nan_is_stored_once_and_is_nobodys_latest_value(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.db")
    for seq in range(1, 3):
        store.append(
            [
                one(
                    seq,
                    (1, MIDNIGHT_US, float("nan"), MIDNIGHT_US),
                    (1, MIDNIGHT_US - 1, float("inf"), MIDNIGHT_US),
                )
            ],
            HOMES,
        )
    values = [row[2] for row in everything(store, 1)]
    assert len(values) == 2
    assert np.isnan(values[1])
    assert [latest.value for latest in store.latest([1])] == [float("inf")]


@pytest.mark.parametrize("year", [1, 1969, 1970, 2099, 9999])
def test_any_year_reads_back(tmp_path: Path, year: int) -> None:
    store = open_store(tmp_path / "store.db")
    moment = np.datetime64(f"{year:04d}-06-01T00:00:00.000001", "us")
    at_us = int(moment.astype(np.int64))
    store.append([one(1, (1, at_us, 1.0, MIDNIGHT_US))], HOMES)
    found = store.read(1, moment, moment + np.timedelta64(1, "us"))
    assert found.time.tolist() == [moment.item()]


def test_a_reader_in_another_process_sees_new_commits(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    reader = open_store_readonly(path)
    assert reader.position() == 0
    assert everything(reader, 1) == []
    code = (
        "import sys, pathlib\n"
        "from tests.ingest.test_store_embedded import drip, open_store\n"
        "store = open_store(pathlib.Path(sys.argv[1])); drip(store, 40); store.close()\n"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=60)  # noqa: S603 - our own code
        assert reader.position() == 40
        assert len(everything(reader, 1)) == 40
        assert [latest.sensor for latest in reader.latest([1, 2, 3])] == [1, 2]


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    open_store(tmp_path / "store.db").close()
    reader = open_store_readonly(tmp_path / "store.db")
    with pytest.raises(RuntimeError, match="read only"):
        reader.append([one(1, (1, MIDNIGHT_US, 1.0, MIDNIGHT_US))], HOMES)


def test_an_append_that_fails_changes_nothing_and_may_be_repeated(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.db")
    drip(store, MERGE_AT - 1)
    assert store._writer is not None
    store._writer.execute("PRAGMA query_only=ON")
    entry = one(MERGE_AT, (1, MIDNIGHT_US + 99, 1.0, MIDNIGHT_US))
    with pytest.raises(sqlite3.OperationalError):
        store.append([entry], HOMES)
    assert store.position() == MERGE_AT - 1
    store._writer.execute("PRAGMA query_only=OFF")
    store.append([entry], HOMES)
    store.fold()
    assert store.position() == MERGE_AT
    assert len(everything(store, 1)) == MERGE_AT
    assert len(pieces(tmp_path / "store.db")) == 1


def flip_a_byte(path: Path, table: str) -> None:
    connection = sqlite3.connect(path)
    rowid, blob = connection.execute(f"SELECT id, columns FROM {table}").fetchone()  # noqa: S608 - ours
    blob = bytearray(blob)
    blob[len(blob) // 2] ^= 1
    connection.execute(f"UPDATE {table} SET columns = ? WHERE id = ?", (bytes(blob), rowid))  # noqa: S608
    connection.commit()
    connection.close()


def test_a_damaged_piece_is_never_served_and_stops_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = open_store(path)
    store.append([one(1, (1, MIDNIGHT_US, 1.0, MIDNIGHT_US))], HOMES)
    store.fold()
    flip_a_byte(path, "pieces")
    for seq in range(2, 3 * MERGE_AT):
        at_us = MIDNIGHT_US + seq
        store.append([one(seq, (1, at_us, 1.0, at_us), (3, at_us, 1.0, at_us))], HOMES)
        store.fold()
    with pytest.raises(StoreDamaged, match="home 1, day 2026-11-03"):
        everything(store, 1)
    assert store.finish_days(instant(MIDNIGHT_US + DAY_US)) == 1
    assert store.finish_days(instant(MIDNIGHT_US + DAY_US)) == 0
    assert len(everything(store, 2)) == 3 * MERGE_AT - 2
    next_day = store.read(1, instant(MIDNIGHT_US + DAY_US), instant(MIDNIGHT_US + 2 * DAY_US))
    assert len(next_day) == 0


def test_a_damaged_file_raises_instead_of_reading_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = open_store(path)
    drip(store, 200)
    store.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreDamaged):
        everything(open_store_readonly(path), 1)


def long_batch(n: int, seed: int) -> Batch:
    rng = np.random.default_rng(seed)
    time_us = MIDNIGHT_US + rng.integers(0, DAY_US, n)
    return build(
        rng.integers(1, 3, n).tolist(),
        time_us.tolist(),
        rng.normal(20, 2, n).tolist(),
        (time_us + rng.integers(0, 10**6, n)).tolist(),
    )


@pytest.mark.parametrize("level", [0, FINISHED])
@pytest.mark.parametrize("n", [1, 2, 2047, 2048, 5000])
def test_a_piece_of_any_size_holds_its_readings_exactly(n: int, level: int) -> None:
    batch = long_batch(n, seed=n)
    assert readings(readings_of(seal(1, 2, level, batch))) == readings(batch)


@settings(deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(-(2**31), 2**31 - 1),
            st.integers(-(2**63), 2**63 - 1),
            st.one_of(st.floats(allow_nan=False), st.integers(-9999, 9999).map(lambda n: n / 100)),
            st.integers(-(2**63), 2**63 - 1),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_packing_a_piece_loses_no_bit_of_any_number(
    rows: list[tuple[int, int, float, int]],
) -> None:
    batch = build(*zip(*rows, strict=True))
    for found in (
        columns.unpack(columns.pack(batch), len(batch)),
        readings_of(seal(-1, -5, FINISHED, batch)),
    ):
        assert readings(found) == readings(batch)
        assert found.value.tobytes() == batch.value.tobytes()


def test_what_landed_is_read_before_and_after_it_is_sorted(tmp_path: Path) -> None:
    store, naive = open_store(tmp_path / "store.db"), NaiveStore()
    for seq in range(1, 9):
        rows = [(s, MIDNIGHT_US + seq * 7 % 5, float(seq), MIDNIGHT_US + seq) for s in (1, 3)]
        store.append([one(seq, *rows)], HOMES)
        naive.append([one(seq, *rows)], HOMES)
        if seq == 4:
            store.fold()
    assert pieces(tmp_path / "store.db")
    assert everything(store, 1) == everything(naive, 1)
    assert list(store.latest([1, 3])) == list(naive.latest([1, 3]))


def test_many_readings_are_sorted_into_pieces_without_being_asked(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.db")
    batch = long_batch(FOLD_READINGS // 2, seed=1)
    store.append([Entry(1, batch, [])], HOMES)
    assert pieces(tmp_path / "store.db") == []
    store.append([Entry(2, batch, [])], HOMES)
    assert len(pieces(tmp_path / "store.db")) == 1
    assert everything(store, 1) == readings(ordered(batch))


def test_a_damaged_landing_row_is_taken_from_the_journal_again(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = open_store(path)
    entries = [one(seq, (1, MIDNIGHT_US + seq, 1.0, MIDNIGHT_US)) for seq in range(1, 5)]
    store.append(entries[:2], HOMES)
    store.append(entries[2:], HOMES)
    flip_a_byte(path, "landing")
    with pytest.raises(StoreDamaged, match="from journal row 1 on"):
        everything(store, 1)
    store.fold()
    assert store.position() == 0
    store.append(entries, HOMES)
    assert [row[0] for row in everything(store, 1)] == [MIDNIGHT_US + seq for seq in range(1, 5)]
