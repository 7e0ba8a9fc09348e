from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from api import checking, store_copy, stores, wiring
from api.cli import app
from api.exits import CommandFailed, Exit
from api.retention import Retention
from api.site import Site, create
from config.kinds import Kind
from config.sensor_table import SensorTable
from config.settings import Settings
from ingest.batch import Batch, build
from ingest.clock import SystemClock, instant
from ingest.message import Reject
from ingest.sink import Entry, Store
from ingest.store.pieces import NO_HOME
from tests.make import enrolment
from tests.servers import free_port
from tests.store_servers import influxdb, victoriametrics

SENSORS = range(1, 7)
"""Three in each of two homes."""

DAY_US = 86_400_000_000
NOW_US = int(SystemClock().now().astype(np.int64))
ALL = (instant(-(2**62) // 1000), instant(NOW_US * 2))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made, _ = create(
        tmp_path / "live",
        enrolment(2, kinds=((Kind.MOTION, "hall"), (Kind.TEMPERATURE, "hall"))),
        broker_port=free_port(),
        web_port=free_port(),
    )
    return made


@pytest.fixture
def settings(site: Site) -> Settings:
    return wiring.read_settings(site.settings)


@pytest.fixture
def table(settings: Settings) -> SensorTable:
    from api.store_work import roster

    return roster(settings)


def history(days_ago: list[int]) -> Batch:
    sensor = [s for s in SENSORS for _ in days_ago]
    time = [NOW_US - DAY_US * day - s for s in SENSORS for day in days_ago]
    return build(sensor, time, [20.5] * len(time), [us + 7 for us in time])


@pytest.fixture
def filled(settings: Settings, table: SensorTable) -> Iterator[Store]:
    store = stores.open_to_write(settings, lambda _: None)
    homeless = build([9_999], [NOW_US - DAY_US], [1.0], [NOW_US])
    store.append([Entry(1, history([1, 2, 3, 300]), ()), Entry(2, homeless, ())], table.sensor_home)
    yield store
    store.close()


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["store", *map(str, words)])
    return result.exit_code, result.output


def held(store: Store, home: int) -> int:
    return len(store.read(home, *ALL))


def test_a_home_is_erased_by_its_id_and_no_other(
    site: Site, filled: Store, table: SensorTable
) -> None:
    (first, home), (second, _) = list(table.homes.items())[:2]
    assert held(filled, first)
    kept = held(filled, second)
    code, said = run("erase", home.id, "--settings", site.settings)
    assert (code, "readings erased" in said) == (Exit.OK, True), said
    assert held(filled, first) == 0
    assert held(filled, second) == kept


def test_an_unknown_home_is_refused_by_name(site: Site, filled: Store) -> None:
    result = CliRunner().invoke(app, ["store", "erase", "nobody", "--settings", str(site.settings)])
    assert result.exit_code == Exit.WRONG_INPUT
    assert "there is no home 'nobody'" in result.stderr


def test_what_is_older_than_its_place_keeps_it_goes_once_a_day(
    settings: Settings, filled: Store, table: SensorTable
) -> None:
    places = wiring.places(settings)
    short = {key: place.model_copy(update={"retention_days": 30}) for key, place in places.items()}
    work = Retention(filled, short, lambda: table, wiring.open_database(settings))
    now = SystemClock().now()
    assert work.step(now) == 6
    assert work.step(now) == 0
    assert all(held(filled, home) == 9 for home in table.homes)
    filled.append([Entry(3, history([300]), ())], table.sensor_home)
    assert work.step(now) == 0
    assert work.step(now + np.timedelta64(1, "D")) == 6


def test_retention_and_packing_are_commands_too(site: Site, filled: Store) -> None:
    code, said = run("retention", "--settings", site.settings)
    assert (code, said.splitlines()) == (
        Exit.OK,
        [
            "0 readings were older than their place keeps them",
            "0 alerts, findings and changes were over longer than their place keeps them",
            "0 rows of homes that had ended for as long as their place keeps them",
            "0 rows of the audit log were older than their place keeps them",
        ],
    )
    code, said = run("compact", "--settings", site.settings)
    assert code == Exit.OK
    assert int(said.split()[0]) >= 4


@pytest.mark.server
@pytest.mark.parametrize("kind", ["embedded", "influxdb1", "victoriametrics"])
def test_history_moves_to_another_store_and_goes_on_where_it_was_stopped(
    kind: str,
    tmp_path: Path,
    settings: Settings,
    filled: Store,
    table: SensorTable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve = {"influxdb1": influxdb, "victoriametrics": victoriametrics}.get(kind)
    if serve is None:
        move_and_resume(settings, target_of(settings, tmp_path, kind), filled, table, monkeypatch)
        return
    with serve(tmp_path / "server") as server:
        target = target_of(settings, tmp_path, kind, server.url)
        if kind == "influxdb1":
            import urllib3

            with urllib3.PoolManager() as pool:
                pool.request("POST", f"{server.url}/query", fields={"q": "CREATE DATABASE moved"})
        move_and_resume(settings, target, filled, table, monkeypatch)


def target_of(settings: Settings, folder: Path, kind: str, url: str = "") -> Settings:
    store = {"kind": kind, "database": "moved", **({"url": url} if url else {})}
    return Settings.model_validate(
        {**settings.model_dump(), "data": folder / "moved", "store": store}
    )


def move_and_resume(
    source: Settings,
    target: Settings,
    filled: Store,
    table: SensorTable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    moved: list[int] = []
    move = store_copy._move

    def stopped_at_the_second(source: Store, target: Store, home: int, *more: object) -> int:
        if len(moved) == 1:
            raise KeyboardInterrupt
        moved.append(home)
        return move(source, target, home, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(store_copy, "_move", stopped_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        store_copy.run(source, target, tell=told.append)
    monkeypatch.setattr(store_copy, "_move", move)
    store_copy.run(source, target, tell=told.append)
    assert sum(f"home {moved[0]}," in line for line in told) == 1
    assert told[-1].startswith(f"copied {len(table.homes)} homes")
    copied = stores.open_to_read(target)
    for home in (*table.homes, NO_HOME):
        a, b = filled.read(home, *ALL), copied.read(home, *ALL)
        assert a.pack() == b.pack()
    assert list(copied.latest(SENSORS)) == list(filled.latest(SENSORS))
    if target.store.kind != "victoriametrics":  # it keeps its position once it has settled
        assert copied.position() == 2
    copied.close()
    assert not (target.data / "store-copy.json").exists()


def test_a_copy_that_differs_is_told_and_not_marked_as_done(
    settings: Settings, tmp_path: Path, filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = target_of(settings, tmp_path, "embedded")
    monkeypatch.setattr(store_copy, "_is_same", lambda *_: False)
    with pytest.raises(CommandFailed, match="came back"):
        store_copy.run(settings, target, tell=lambda _: None)
    copied = stores.open_to_read(target)
    assert copied.position() == 0
    copied.close()


def test_check_says_what_the_chosen_store_cannot_do_and_that_nobody_answers(
    settings: Settings, tmp_path: Path
) -> None:
    chosen = target_of(settings, tmp_path, "influxdb3", f"http://127.0.0.1:{free_port()}")
    told = [(one.is_ready, one.found) for one in checking._store(chosen)]
    assert told[0][0] is False
    assert "nobody answers" in told[0][1]
    assert any("cannot erase a home" in found for _, found in told)


def test_refused_points_of_a_store_are_dead_letters_of_the_journal(tmp_path: Path) -> None:
    from ingest.dead_letters import DeadLetters
    from ingest.journal import Journal
    from ingest.message import Reason

    journal = Journal.open(tmp_path / "journal.db")
    journal.refuse([Reject(Reason.REFUSED_BY_STORE, "store/sensor/1", b"nan", "no", NOW_US)])
    letters = DeadLetters.open(tmp_path / "journal.db")
    assert letters.counts() == {Reason.REFUSED_BY_STORE: 1}
    letters.close()
    journal.close()
