"""The contract of stores on real servers, and what only servers do."""

import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import urllib3

from ingest.clock import instant
from ingest.follower import Follower
from ingest.message import Reason, Reject
from ingest.sink import CannotDo, Entry, StoreDown
from ingest.store.bookmark import Bookmark
from ingest.store.influx import InfluxStore, Version
from ingest.store.server import Address, Server
from ingest.store.victoria import SETTLE_S, VictoriaStore
from tests.contracts.store_contract import (
    DAY_US,
    HOMES,
    MIDNIGHT_US,
    MakeStore,
    StoreContract,
    everything,
    one,
)
from tests.store_servers import StoreServer, influxdb, victoriametrics

pytestmark = pytest.mark.server

FLUSHED_S = 15.0
"""Until VictoriaMetrics has on disk what it acknowledged, its index of series last."""

_names = count()


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreServer]:
    with influxdb(tmp_path_factory.mktemp("influxdb")) as server:
        yield server


@pytest.fixture(scope="module")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreServer]:
    with victoriametrics(tmp_path_factory.mktemp("victoria")) as server:
        yield server


def influx_query(server: StoreServer, influxql: str, database: str = "") -> bytes:
    with urllib3.PoolManager(retries=False) as pool:
        found = pool.request("POST", f"{server.url}/query", fields={"q": influxql, "db": database})
        assert found.status == 200, found.data
        return found.data


def influx_store(
    server: StoreServer, folder: Path, refused: list[Reject], *, timeout_s: float = 10.0
) -> InfluxStore:
    name = f"home{next(_names)}"
    influx_query(server, f"CREATE DATABASE {name}")
    bookmark = Bookmark(folder / f"{name}.db", is_writer=True)
    address = Address(server.url, name, timeout_s=timeout_s)
    return InfluxStore(Server(address), bookmark, name, Version.ONE, refused.extend)


def victoria_store(
    server: StoreServer,
    folder: Path,
    refused: list[Reject],
    seconds: Sequence[float] = (),
    *,
    timeout_s: float = 10.0,
) -> VictoriaStore:
    name = f"home{next(_names)}"
    bookmark = Bookmark(folder / f"{name}.db", is_writer=True)
    store = Server(Address(server.url, name, timeout_s=timeout_s))
    if seconds:
        return VictoriaStore(store, bookmark, name, refused.extend, lambda: seconds[-1])
    return VictoriaStore(store, bookmark, name, refused.extend)


class TestInfluxStore(StoreContract):
    @pytest.fixture
    def make_store(self, influx: StoreServer, tmp_path: Path) -> MakeStore:
        return lambda: influx_store(influx, tmp_path, [])


class TestVictoriaStore(StoreContract):
    @pytest.fixture
    def make_store(self, victoria: StoreServer, tmp_path: Path) -> MakeStore:
        return lambda: victoria_store(victoria, tmp_path, [])


def rows(n: int, start_us: int = MIDNIGHT_US, sensor: int = 1) -> list[Entry]:
    """Entries of one reading each, a millisecond apart."""
    return [
        one(seq, (sensor, start_us + seq * 1000, float(seq % 7), start_us + seq * 1000 + 5))
        for seq in range(1, n + 1)
    ]


def test_a_poison_point_is_a_dead_letter_and_the_rest_is_stored(
    influx: StoreServer, tmp_path: Path
) -> None:
    refused: list[Reject] = []
    store = influx_store(influx, tmp_path, refused)
    name = store._database
    # In that week the field holds text, so that numbers cannot be added.
    other_week_us = MIDNIGHT_US - 60 * DAY_US
    with urllib3.PoolManager(retries=False) as pool:
        line = f'{name}_0,h=1,s=1 v="text" {other_week_us * 1000}'
        url = f"{influx.url}/api/v2/write?bucket={name}&precision=ns"
        assert pool.request("POST", url, body=line).status == 204
    good = rows(300)
    poison = [one(301 + i, (2, other_week_us + i, 1.0, MIDNIGHT_US)) for i in range(3)]
    odd = [one(304, (3, MIDNIGHT_US, float("nan"), 7), (3, MIDNIGHT_US, float("inf"), 7))]
    store.append([*good[:150], *poison, *good[150:], *odd], HOMES)
    assert store.position() == 304
    found = everything(store, 1)
    assert [row[0] for row in found] == [MIDNIGHT_US + seq * 1000 for seq in range(1, 301)]
    assert [reject.reason for reject in refused] == [Reason.REFUSED_BY_STORE] * 5
    assert sum("type conflict" in reject.detail for reject in refused) == 3
    assert {reject.topic for reject in refused} == {"store/sensor/2", "store/sensor/3"}


def test_a_server_that_refuses_everything_keeps_the_position(
    influx: StoreServer, tmp_path: Path
) -> None:
    store = influx_store(influx, tmp_path, [])
    influx_query(influx, f"DROP DATABASE {store._database}")
    with pytest.raises(StoreDown, match="404"):
        store.append(rows(3), HOMES)
    assert store.position() == 0
    influx_query(influx, f"CREATE DATABASE {store._database}")
    store.append(rows(3), HOMES)
    assert len(everything(store, 1)) == 3


@pytest.mark.parametrize("kind", ["influx", "victoria"])
def test_a_frozen_server_is_given_up_in_time_and_drained_once_it_goes_on(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server: StoreServer = request.getfixturevalue(kind)
    make = influx_store if kind == "influx" else victoria_store
    store = make(server, tmp_path, [], timeout_s=0.5)
    entries = rows(200)
    store.append(entries[:100], HOMES)
    server.freeze()
    try:
        with pytest.raises(StoreDown, match="nobody answers"):
            store.append(entries[100:], HOMES)
        assert "nobody answers" in store.problem()
        assert store.position() <= 100
    finally:
        server.thaw()
    position = store.position()
    store.append([entry for entry in entries if entry.seq > position], HOMES)
    assert store.position() == 200
    assert len(everything(store, 1)) == 200
    assert store.problem() == ""


@pytest.mark.slow
def test_what_a_killed_victoriametrics_lost_is_sent_again(tmp_path: Path) -> None:
    seconds = [0.0]
    with victoriametrics(tmp_path / "own") as server:
        store = victoria_store(server, tmp_path, [], seconds)
        tail = ScriptedTail(rows(600))
        follower = Follower(tail, store, lambda: HOMES, limit_readings=100)
        tail.visible = 300
        while follower.step():
            continue
        time.sleep(FLUSHED_S)
        seconds.append(SETTLE_S)
        store.tend(instant(0))
        assert (store.settled(), store.position()) == (300, 300)
        tail.visible = 500
        while follower.step():
            continue
        assert store.position() == 500
        server.kill()
        tail.visible = 600
        with pytest.raises(StoreDown):
            follower.step()
        assert store.position() == 300
        server.start()
        while follower.step():
            continue
        assert store.position() == 600
        assert len(everything(store, 1)) == 600


def test_a_victoriametrics_that_was_started_again_unseen_is_noticed(tmp_path: Path) -> None:
    with victoriametrics(tmp_path / "own") as server:
        store = victoria_store(server, tmp_path, [], [0.0])
        entries = rows(30)
        store.append(entries[:20], HOMES)
        server.kill()
        time.sleep(1.1)  # it tells its start in whole seconds
        server.start()
        with pytest.raises(StoreDown, match="started again"):
            store.append(entries[20:], HOMES)
        assert store.position() == 0
        store.append(entries, HOMES)
        assert len(everything(store, 1)) == 30


@pytest.mark.parametrize("kind", ["influx", "victoria"])
def test_no_query_finds_anything_of_an_erased_home(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server: StoreServer = request.getfixturevalue(kind)
    make = influx_store if kind == "influx" else victoria_store
    store = make(server, tmp_path, [])
    store.append([*rows(50), one(51, (3, MIDNIGHT_US, 4711.5, MIDNIGHT_US))], HOMES)
    assert len(everything(store, 1)) == 50
    store.erase(1)
    assert everything(store, 1) == []
    if kind == "influx":
        name = store._database if isinstance(store, InfluxStore) else ""
        said = influx_query(server, f'SELECT * FROM "{name}_0"', name)  # noqa: S608 - ours
        assert b"4711.5" in said
        assert b'"1"' not in said
    else:
        name = store._name if isinstance(store, VictoriaStore) else ""
        wanted = f'/api/v1/export?match[]={{__name__=~"{name}_.*"}}'
        with urllib3.PoolManager(retries=False) as pool:
            exported = pool.request("GET", f"{server.url}{wanted}").data
        assert b"4711.5" in exported
        assert b'"h":"1"' not in exported


def test_numbers_come_back_as_they_went(
    influx: StoreServer, victoria: StoreServer, tmp_path: Path
) -> None:
    values = [0.1, -0.0, 20.53, 123456.789, -273.15, 3.0e-5, 1.0, 2050.0]
    wide = [*values, 1e-7, 1e15, 1.7976931348623157e308, 5e-324]
    for store, said in (
        (influx_store(influx, tmp_path, []), wide),
        (victoria_store(victoria, tmp_path, []), values),
    ):
        one_ms = [(1, MIDNIGHT_US + i, v, MIDNIGHT_US + 9) for i, v in enumerate(said)]
        apart = [(2, MIDNIGHT_US + i * 1000, v, MIDNIGHT_US + 9) for i, v in enumerate(said)]
        store.append([one(1, *one_ms, *apart)], HOMES)
        found = everything(store, 1)
        assert [row[2] for row in found if row[1] == 1] == said
        assert [row[2] for row in found if row[1] == 2] == said


def test_a_value_of_more_digits_than_victoriametrics_keeps_is_not_lost(
    victoria: StoreServer, tmp_path: Path
) -> None:
    store = victoria_store(victoria, tmp_path, [])
    said = [1e-7, 1e15, 20.5]
    rows_ = [(1, MIDNIGHT_US + i, v, MIDNIGHT_US + 9) for i, v in enumerate(said)]
    store.append([one(1, *rows_)], HOMES)
    assert len(everything(store, 1)) == len(said)


def test_a_moment_that_influxdb_cannot_name_is_a_dead_letter(
    influx: StoreServer, tmp_path: Path
) -> None:
    refused: list[Reject] = []
    store = influx_store(influx, tmp_path, refused)
    year_9999 = int(np.datetime64("9999-06-01", "us").astype(np.int64))
    store.append([one(1, (1, year_9999, 1.0, 5), (1, MIDNIGHT_US, 1.0, 5))], HOMES)
    assert len(refused) == 1
    assert len(everything(store, 1)) == 1


def test_influxdb_3_says_that_it_cannot_erase(tmp_path: Path) -> None:
    bookmark = Bookmark(tmp_path / "bookmark.db", is_writer=True)
    server = Server(Address("http://127.0.0.1:9", "stillwell"))
    store = InfluxStore(server, bookmark, "stillwell", Version.THREE, lambda _: None)
    assert any("cannot erase a home" in sentence for sentence in store.limits())
    with pytest.raises(CannotDo, match="deletes no rows"):
        store.erase(1)
    store.close()


class ScriptedTail:
    """A journal of which only the first rows are there yet."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self.visible = len(entries)

    def read(self, after: int, limit_readings: int) -> Sequence[Entry]:
        return [e for e in self._entries if after < e.seq <= self.visible][:limit_readings]

    def last_seq(self) -> int:
        return self.visible
