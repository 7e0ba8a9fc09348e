"""Measures the embedded store beside DuckDB, Parquet and SQLite: append, read, size, erasure.

Sixty homes of 13 sensors, 28 days, 3,600 readings a home-day (100,800 a home), as native gateways
send them: times in ms, each received 5-80 ms later, in the order of the hub. They are appended as a
follower moves them, 50,000 at once, and in smaller steps beside. The time of an append holds all
that follows from it: sorting, merging and packing the days that are over.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from ingest.batch import Batch
from ingest.clock import instant
from ingest.follower import LIMIT_READINGS
from ingest.sink import Entry, HomeColumn
from ingest.store.embedded import open_store
from ingest.store.pieces import DAY_US
from tests.bench.rows import Row, at_least, at_most

HOMES: Final = 60
SENSORS: Final = 13
DAYS: Final = 28
A_DAY: Final = 3600
FIRST_DAY_US: Final = 20_730 * DAY_US
APPEND_BAR, READ_BAR_MS, BYTES_BAR, ERASE_BAR_MS = 1.5e6, 10.0, 7.0, 20.0


def home_of_sensor() -> HomeColumn:
    """Return the home of each sensor: 13 after one another each."""
    return np.repeat(np.arange(HOMES, dtype=np.int32), SENSORS)


def day_of_readings(day: int, homes: int = HOMES) -> Batch:
    """Return what these homes measure on one day, in the order of the hub."""
    rng = np.random.default_rng(day)
    n = homes * A_DAY
    ms = np.sort(rng.integers(0, DAY_US // 1000, n)) + (FIRST_DAY_US + day * DAY_US) // 1000
    sensor = rng.integers(0, homes * SENSORS, n).astype(np.int32)
    is_event = sensor % SENSORS < SENSORS // 2
    degrees = np.round(20 + rng.normal(0, 1, n), 1)
    value = np.where(is_event, rng.integers(0, 2, n), degrees)
    received = ms * 1000 + rng.integers(5_000, 80_000, n)
    return Batch(sensor, (ms * 1000).view("datetime64[us]"), value, received.view("datetime64[us]"))


def _entries(batch: Batch, seq: int, size: int) -> Iterator[Entry]:
    for start in range(0, len(batch), size):
        seq += 1
        yield Entry(seq, batch.slice(start, start + size), [])


def _best_ms(work: Callable[[], object], times: int = 7) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return float(np.median(taken))


def _grow(path: Path, size: int, days: int) -> tuple[float, float]:
    """Fill a store; return readings a second by the wall and by process CPU time."""
    homes, store, seq, wall, cpu = home_of_sensor(), open_store(path), 0, 0.0, 0.0
    for day in range(days):
        entries = list(_entries(day_of_readings(day), seq, size))
        seq = entries[-1].seq
        began, began_cpu = time.perf_counter(), time.process_time()
        for entry in entries:
            store.append([entry], homes)
        is_last = day == days - 1
        if is_last:
            store.fold()
        while store.finish_days(instant(FIRST_DAY_US + (day + is_last) * DAY_US)):
            continue
        wall, cpu = (
            wall + time.perf_counter() - began,
            cpu + time.process_time() - began_cpu,
        )
    store.close()
    n = HOMES * A_DAY * days
    return n / wall, n / cpu


def measure(folder: Path) -> Iterator[Row]:
    """Yield the rows of the embedded store."""
    path = folder / "store.db"
    per_s, per_cpu_s = _grow(path, LIMIT_READINGS, DAYS)
    yield at_least("store.embedded.append_per_s", per_s, "readings/s", APPEND_BAR)
    yield Row("store.embedded.append_per_cpu_s", per_cpu_s, "readings/s")
    for size in (10_000, 1_000):
        small, _ = _grow(folder / f"{size}.db", size, 4)
        yield Row(f"store.embedded.append_{size // 1000}k_per_s", small, "readings/s")
    store = open_store(path)
    start, stop = instant(FIRST_DAY_US), instant(FIRST_DAY_US + DAYS * DAY_US)
    # So much waits to be sorted, at most, while readings come in.
    waiting = day_of_readings(DAYS).slice(0, 30_000)
    for entry in _entries(waiting, 10**6, 10_000):
        store.append([entry], home_of_sensor())
    read_ms = _best_ms(lambda: store.read(7, start, stop), 15)
    yield at_most("store.embedded.read28d_ms", read_ms, "ms", READ_BAR_MS)
    yield Row("store.embedded.read28d_readings", len(store.read(7, start, stop)), "readings")
    held = store._reader.rows("SELECT sum(length(columns)), sum(count) FROM pieces")[0]
    yield at_most("store.embedded.bytes_per_reading", held[0] / held[1], "bytes", BYTES_BAR)
    yield Row("store.embedded.file_bytes_per_reading", _used(store._reader.rows) / held[1], "bytes")
    homes = iter(range(HOMES))
    erase_ms = _best_ms(lambda: store.erase(next(homes)), 9)
    yield at_most("store.embedded.erase_ms", erase_ms, "ms", ERASE_BAR_MS)
    store.close()


def _used(rows: Callable[[str], Sequence[Sequence[int]]]) -> int:
    """Return the bytes of pages in use; free ones take the next readings."""
    pages, free, size = (
        rows(f"PRAGMA {name}")[0][0] for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size
