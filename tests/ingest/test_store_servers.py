"""The contract of stores on real servers, and what only servers do."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest
import urllib3

from ingest.message import Reject
from ingest.store.bookmark import Bookmark
from ingest.store.influx import InfluxStore, Version
from ingest.store.server import Address, Server
from ingest.store.victoria import VictoriaStore
from tests.contracts.store_contract import (
    MakeStore,
    StoreContract,
)
from tests.store_servers import StoreServer, influxdb, victoriametrics

pytestmark = pytest.mark.server

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
