"""The past of a council as a live worker would have left it: its store, and its tick log.

Both are written directly, since living through a month takes the worker longer than a benchmark
may: every reading arrives a second or two after its moment, and the engine decides every minute.
"""

import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, repeat
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert

from alerts import past_tables
from alerts.settings_version import Version
from alerts.tick_log import TickLog, TickRow, What
from api import wiring
from api.site import create
from config.sensor_table import SensorTable, build_sensor_table
from ingest.batch import Batch
from ingest.clock import instant
from ingest.store.embedded import open_store
from ingest.store.pieces import DAY_US, FINISHED, seal
from sensors_sim.fleet import Fleet
from sensors_sim.kit import SLOTS
from sensors_sim.scenario import Scenario, Tenancy
from tests.bench.simulate_speed import SHARES
from tests.servers import free_port

PLACE: Final = "fenbridge"
END_US: Final = 20_780 * DAY_US
"""Midnight UTC, in winter."""

TICK_US: Final = 60_000_000
REORDER_US: Final = 120_000_000
_REVISION: Final = 1_000_000
_INSERT: Final = (
    "INSERT INTO pieces (home, day, level, count, codec, checksum, columns)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class CouncilPast:
    """Where it is, its settings file, its span in microseconds, and its readings."""

    settings: Path
    start_us: int
    end_us: int
    readings: int


def write(folder: Path, homes: int, days: int) -> CouncilPast:
    """Write the past of one place into this folder."""
    few = _fleet(20, days).enrolment  # the registry is not what is rehearsed
    site, _ = create(folder, few, broker_port=free_port(), web_port=free_port())
    readings = _write_store(site.data / "store.db", homes, days)
    start_us = END_US - days * DAY_US
    _write_log(site.settings, _fleet(homes, days), start_us)
    return CouncilPast(site.settings, start_us, END_US, readings)


@lru_cache(1)
def _fleet(homes: int, days: int) -> Fleet:
    """Return the homes of the simulator's own benchmark, one place of them."""
    scenario = Scenario(
        seed=1,
        days=days,
        places=(PLACE,),
        homes_per_place=homes,
        residents=tuple(Tenancy(name=name, share=share) for name, share in SHARES.items()),
    )
    return Fleet(scenario, END_US)


def _write_store(path: Path, homes: int, days: int) -> int:
    open_store(path).close()
    last = END_US // DAY_US
    count = 0
    # As each process has the days one after another, it makes a day that two share only once.
    with sqlite3.connect(path) as connection, ProcessPoolExecutor(os.cpu_count()) as pool:
        jobs = (repeat(homes), repeat(days), range(last - days, last))
        for rows in pool.map(_pieces, *jobs, chunksize=max(days // 8, 1)):
            count += sum(row[3] for row in rows)
            connection.executemany(_INSERT, rows)
            connection.commit()
        connection.execute("INSERT INTO position VALUES (1, 1)")
    connection.close()
    return count


_Row = tuple[int, int, int, int, int, int, bytes]


def _pieces(homes: int, days: int, day: int) -> list[_Row]:
    """Return the sealed pieces of every home for one UTC day."""
    made = _fleet(homes, days).between(day * DAY_US, (day + 1) * DAY_US)
    home = made.sensor // SLOTS + 1
    order = np.argsort(home, kind="stable")
    time_us, delay_ms = made.time_us[order], 300 + (made.time_us[order] // 1000) % 1700
    batch = Batch(
        made.sensor[order] + np.int32(1),
        time_us.view("datetime64[us]"),
        made.value[order],
        (time_us + delay_ms * 1000).view("datetime64[us]"),
    )
    return list(_sealed(batch, home[order], day))


def _sealed(batch: Batch, home: NDArray[np.int32], day: int) -> Iterator[_Row]:
    cuts = [0, *(np.flatnonzero(home[1:] != home[:-1]) + 1).tolist(), len(home)]
    for start, stop in pairwise(cuts):
        piece = seal(int(home[start]), day, FINISHED, batch.slice(start, stop))
        yield (
            *(piece.home, piece.day, piece.level, piece.count),
            *(piece.codec, piece.checksum, piece.columns),
        )


def _write_log(settings_file: Path, fleet: Fleet, start_us: int) -> None:
    settings = wiring.read_settings(settings_file)
    version = Version(60, 120, PLACE, wiring.places(settings), wiring.code())
    roster = _roster(fleet)
    log, database = TickLog(version), wiring.open_database(settings)
    log.follow(roster)
    begun = TickRow(What.START, start_us, 0, 0, roster.revision)
    log.add(begun)
    log.add(replace(begun, what=What.BEGIN, before_us=start_us, folded_us=start_us))
    rows = [
        {
            "what": What.TICKS.value,
            "now_us": folded_us + REORDER_US,
            "told_us": folded_us + REORDER_US,
            "history": 0,
            "position": 1,
            "received_us": folded_us + REORDER_US,
            "revision": roster.revision,
            "settings": version.hash,
            "modes": -1,
            "before_us": folded_us - TICK_US,
            "folded_us": folded_us,
            "since_us": 0,
            "origin": 0,
            "is_caught_up": True,
            "count": 0,
        }
        for folded_us in range(start_us + TICK_US, END_US + 1, TICK_US)
    ]
    with database.begin() as connection:
        log.write(connection, instant(start_us))
        connection.execute(insert(past_tables.ticks), rows)
    database.dispose()


def _roster(fleet: Fleet) -> SensorTable:
    made = fleet.enrolment
    return build_sensor_table(made.homes, made.gateways, made.sensors, revision=_REVISION)
