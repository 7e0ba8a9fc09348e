"""One home is erased from everything that is kept, and what proves it would find what is left."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import urllib3
from sqlalchemy import Connection, Engine, func, insert, select, update
from typer.testing import CliRunner

from alerts import past_tables, tick_log
from alerts.alert import PRIORITY, AlertKind, Finding, Outcome, Verdict, alert_id
from alerts.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from alerts.detect import state
from alerts.ledger import Ledger
from api import erasing, erasure_proof, erasure_record, home_rows, stores, wiring
from api.cli import app
from api.exits import CommandFailed
from api.home_rows import Subject
from api.store_copy import AFTER_ALL, BEFORE_ALL
from config import audit, contacts, holds, keys, registry, tables
from config.database import connect, migrate
from config.homes import HomeState
from config.roles import Role
from config.sensor_table import SensorTable
from config.settings import Settings
from ingest import journal_erasure
from ingest.batch import Batch, build, concat
from ingest.clock import SystemClock, instant, microseconds
from ingest.journal import Journal, JournalTail
from ingest.message import Reason, Reject, Stray
from ingest.sink import Entry
from tests.api.life import A
from tests.api.world import account
from tests.make import enrolment
from tests.postgres import Postgres
from tests.store_servers import influxdb, victoriametrics

GONE, STAYS = "home-000001", "home-000002"
NAME, PHONE, NOTE = "Perpetua Quillfeather", "01632 960 777", "the key is under the blue pot"
Make = Callable[..., "Council"]
DAY_US, HOUR_US = 86_400_000_000, 3_600_000_000
NOW_US = microseconds(SystemClock().now())


@dataclass
class Council:
    """An installation with two homes, of which everything is kept that there is to keep."""

    settings: Settings
    file: Path
    database: Engine
    readings: dict[int, Batch]

    def run(self, *words: str, home: str = GONE) -> tuple[int, str]:
        by = ["--by", "gwen@example.org", "--settings", str(self.file)]
        done = CliRunner().invoke(app, ["subject", "erase", home, *by, *words])
        return done.exit_code, done.output

    def roster(self) -> SensorTable:
        with self.database.connect() as connection:
            return registry.load(connection)

    def stored(self, home: int) -> Batch:
        store = stores.open_to_read(self.settings)
        try:
            return store.read(home, BEFORE_ALL, AFTER_ALL)
        finally:
            store.close()

    def rows(self, home: Subject) -> dict[str, int]:
        with self.database.connect() as connection:
            return {
                table.name: connection.execute(
                    select(func.count()).select_from(table).where(mine)
                ).scalar_one()
                for table, mine in home_rows.rules(home)
            }

    def audited(self) -> list[str]:
        a = tables.audit.c
        with self.database.connect() as connection:
            assert not audit.verify(connection)
            return list(connection.execute(select(a.what).where(a.subject == f"home:{GONE}")
                                           .order_by(a.seq)).scalars())  # fmt: skip


def measured(table: SensorTable, home: int) -> Batch:
    """Return readings of a home over six days, at times that no other home shares."""
    sensors = [n for n, s in table.sensors.items() if s.home == home]
    rng = np.random.default_rng(home)
    parts = []
    for sensor in sensors:
        times = np.unique(NOW_US - rng.integers(2 * HOUR_US, 6 * DAY_US, 300))
        values = rng.normal(20, 3, len(times)).tolist()
        received = (times + 7).tolist()
        parts.append(build([sensor] * len(times), times.tolist(), values, received))
    return concat(parts)


def settle(council: Council) -> None:
    """Keep something of both homes in every place that keeps anything."""
    settings, table = council.settings, council.roster()
    files = wiring.files(settings)
    council.readings = {home: measured(table, home) for home in (1, 2)}
    both = concat(list(council.readings.values()))
    both = both.take(np.argsort(both.time.view(np.int64)))
    journal = Journal.open(files.journal)
    parts = [both.take(np.arange(start, min(start + 100, len(both))))
             for start in range(0, len(both), 100)]  # fmt: skip
    for number, part in enumerate(parts):
        strays = [Stray(A, f"gate-00000{h}", -1, -1, "x", "smoke", "unknown", f"k{number}", None,
                        NOW_US) for h in (1, 2)]  # fmt: skip
        letters = [Reject(Reason.NOT_JSON, f"stillwell/v1/{A}/gate-00000{h}/r", NOTE.encode(), "",
                          NOW_US) for h in (1, 2)]  # fmt: skip
        journal.append(part, strays if number == 3 else [], letters)
    journal.close()
    store = stores.open_to_write(settings, lambda _: None)
    store.append([Entry(n, part, ()) for n, part in enumerate(parts, 1)], table.sensor_home)
    store.close()
    sizes = {column.axis: 30 for column in state._COLUMNS.values()}
    known = state.empty(sizes)
    known.sign_us[1:3] = (NOW_US - 5, NOW_US - 6)
    waiting = both.take(np.arange(len(both) - 50, len(both)))
    write_checkpoint(files.checkpoint, Checkpoint(1, 0, (), known, waiting))
    with council.database.begin() as connection:
        tell_of_people(council, connection, both)


def tell_of_people(council: Council, connection: Connection, both: Batch) -> None:
    vault = keys.open_vault(council.settings, council.database)
    plan = contacts.read_plan({"contact": [{"name": NAME, "phone": PHONE, "kind": "contact"}]}, "x")
    for home in (GONE, STAYS):
        contacts.save(connection, vault, home, plan, "account-gwen", 0)
    row = {"what": "ticks", "now_us": NOW_US, "told_us": NOW_US, "history": 0, "position": 1,
           "received_us": 0, "revision": 1, "settings": "x", "modes": 0, "before_us": 0,
           "folded_us": 0, "since_us": 0, "origin": 0, "is_caught_up": True}  # fmt: skip
    packed = tick_log.packed(both, [])
    connection.execute(insert(past_tables.ticks).values({**row, **packed}))
    rosters = [
        {"revision": 1, "subject": "home", "number": n, "fields": f"[{NOTE}]"} for n in (1, 2)
    ]
    connection.execute(insert(past_tables.rosters), rosters)


def raise_alerts(council: Council) -> None:
    ledger_ = Ledger(council.database)
    for home in (GONE, STAYS):
        at = NOW_US - HOUR_US
        finding = Finding(
            id=alert_id(home, AlertKind.NO_SIGN_OF_LIFE, at), kind=AlertKind.NO_SIGN_OF_LIFE,
            priority=PRIORITY[AlertKind.NO_SIGN_OF_LIFE], verdict=Verdict.PERSON, place=A,
            home=home, gateway="", sensor="", onset_us=at, found_us=at,
            sentence="No sign of movement since 07:12.", evidence={"event": "1"},
        )  # fmt: skip
        ledger_.raise_findings([finding], instant(NOW_US))
        ledger_.resolve(finding.id, "account-gwen", Outcome.SEEN_WELL, f"{NOTE} {home}",
                        instant(NOW_US))  # fmt: skip


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Council] = []

    def build_council(url: str = "", store: dict[str, str] | None = None) -> Council:
        data = tmp_path / "data"
        data.mkdir()
        url = url or f"sqlite:///{data / 'stillwell.db'}"
        lines = [f'data = "{data}"', f'database_url = "{url}"']
        lines += ["[store]", *(f'{k} = "{v}"' for k, v in (store or {}).items())]
        file = tmp_path / "site.toml"
        file.write_text("\n".join(lines), "utf-8")
        settings = wiring.read_settings(file)
        database = connect(url)
        migrate(url, keys.open_vault(settings, database))
        with database.begin() as connection:
            registry.enrol(connection, enrolment(2), now_us=NOW_US - 6 * DAY_US)
        account(database, "Gwen", (A, Role.GOVERNANCE))
        account(database, "Alice", (A, Role.CARE_WORKER))
        council = Council(settings, file, database, {})
        settle(council)
        raise_alerts(council)
        made.append(council)
        return council

    yield build_council
    for council in made:
        council.database.dispose()


def expect_gone(council: Council, before: dict[str, int], kept: dict[str, int]) -> None:
    """Nothing of the one home is anywhere, and all of the other is."""
    one, other = Subject(1, GONE, A), Subject(2, STAYS, A)
    assert before["alert_history"]
    assert before["contacts"]
    assert {n for n, count in council.rows(one).items() if count} <= {"audit"}
    after = council.rows(other)
    assert {n: c for n, c in after.items() if n != "audit"} == {
        n: c for n, c in kept.items() if n != "audit"
    }
    assert len(council.stored(1)) == 0
    assert len(council.stored(2)) == len(council.readings[2])
    files = wiring.files(council.settings)
    own = journal_erasure.Own(council.readings[1].sensor.tolist(), [1], ["gate-000001"])
    assert journal_erasure.count(files.journal, own).is_none
    saved = read_checkpoint(files.checkpoint)
    assert saved is not None
    assert saved.state.sign_us[2] == NOW_US - 6
    assert saved.state.sign_us[1] != NOW_US - 5
    assert NAME.encode() not in b"".join(
        path.read_bytes() for path in council.settings.data.rglob("*") if path.is_file()
    )


def journal_of(council: Council) -> Batch:
    tail = JournalTail.open(wiring.files(council.settings).journal)
    entries = tail.read(0, 10**9)
    tail.close()
    assert entries
    return concat([entry.batch for entry in entries])


def test_a_dry_run_tells_what_would_go_and_changes_nothing(make: Make) -> None:
    council = make()
    before = council.rows(Subject(1, GONE, A))
    code, told = council.run()
    assert code == 0, told
    assert f"{len(council.readings[1]):>10,} readings in embedded" in told
    assert f"{len(council.readings[1]):>10,} readings in the journal" in told
    assert "rows of alert_history" in told
    assert "nothing was erased" in told
    assert council.rows(Subject(1, GONE, A)) == before
    assert not (council.settings.data / "erasing").exists()


def test_a_home_is_gone_from_everything_and_another_has_lost_nothing(make: Make) -> None:
    council = make()
    before, kept = council.rows(Subject(1, GONE, A)), council.rows(Subject(2, STAYS, A))
    code, told = council.run("--sure")
    assert code == 0, told
    assert "proven: embedded: no value of the home can be read" in told
    expect_gone(council, before, kept)
    left = journal_of(council)
    assert len(left) == len(council.readings[2])
    assert set(left.sensor.tolist()) == set(council.readings[2].sensor.tolist())
    assert council.audited()[-1] == "erased"
    assert not (council.settings.data / "erasing").exists()


def test_no_byte_of_it_is_in_any_file(make: Make) -> None:
    """Searched without any of the code that erases: by what was there before, as files hold it."""
    council = make()
    data = council.settings.data
    with sqlite3.connect(data / "store.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    held = council.readings[1].time.view(np.int64)
    marks = [int(t).to_bytes(8, "little") for t in held.tolist()[::7]]
    marks += [f"{NOTE} {GONE}".encode(), b"gate-000001/r"]
    marks += [b"sens-000001", b"sens-000003"]
    before = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert sum(mark in before for mark in marks) > len(marks) - 5
    council.database.dispose()
    assert council.run("--sure")[0] == 0
    after = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert [mark for mark in marks if mark in after] == []


def test_on_postgresql_too(make: Make, postgres: Postgres) -> None:
    name = postgres.create(template="template0")
    council = make(postgres.url(name))
    before, kept = council.rows(Subject(1, GONE, A)), council.rows(Subject(2, STAYS, A))
    code, told = council.run("--sure")
    assert code == 0, told
    expect_gone(council, before, kept)
    with council.database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CHECKPOINT")
    base = b"".join(p.read_bytes() for p in (postgres.folder / "data/base").rglob("*")
                    if p.is_file())  # fmt: skip
    assert f"{NOTE} {STAYS}".encode() in base
    assert f"{NOTE} {GONE}".encode() not in base
    council.database.dispose()
    postgres.drop([name])


@pytest.mark.server
@pytest.mark.parametrize("kind", ["influxdb1", "victoriametrics"])
def test_on_a_store_server_no_value_can_be_read_and_the_id_leads_to_nobody(
    kind: str, make: Make, tmp_path: Path
) -> None:
    serve = {"influxdb1": influxdb, "victoriametrics": victoriametrics}[kind]
    with serve(tmp_path / "server") as server, urllib3.PoolManager() as pool:
        if kind == "influxdb1":
            pool.request("POST", f"{server.url}/query", fields={"q": "CREATE DATABASE homes"})
        council = make(store={"kind": kind, "url": server.url, "database": "homes"})
        end = time.monotonic() + 60  # VictoriaMetrics shows what it took a little later
        while len(council.stored(1)) < len(council.readings[1]) and time.monotonic() < end:
            time.sleep(0.1)
        assert len(council.stored(1)) == len(council.readings[1])
        code, told = council.run("--sure")
        assert code == 0, told
        assert f"proven: {kind}: no value of the home can be read" in told
        assert len(council.stored(1)) == 0
        assert len(council.stored(2)) == len(council.readings[2])
        assert {n for n, c in council.rows(Subject(1, GONE, A)).items() if c} <= {"audit"}
        if kind == "influxdb1":
            query = {"db": "homes", "q": "SHOW SERIES WHERE h = '1'"}
            asked = pool.request("POST", f"{server.url}/query", fields=query)
            assert "series" not in json.loads(asked.data)["results"][0]
        else:
            query = {"match[]": '{h="1"}', "start": "0"}
            asked = pool.request("GET", f"{server.url}/api/v1/export", fields=query)
            assert asked.data == b""


@pytest.mark.parametrize("step", ["shut", "journal", "store", "engine", "tables", "keys", "tidy"])
def test_what_broke_in_the_middle_goes_on(
    step: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    council = make()
    before, kept = council.rows(Subject(1, GONE, A)), council.rows(Subject(2, STAYS, A))
    whole = getattr(erasing, f"_{step}")

    def broken(*given: object) -> str:
        whole(*given)
        raise CommandFailed("subject: the power failed")

    with monkeypatch.context() as patch:
        patch.setattr(erasing, f"_{step}", broken)
        code, told = council.run("--sure")
        assert (code, "the power failed" in told) == (1, True)
    assert council.audited()[-1] == "erase-begin"
    assert (council.settings.data / "erasing" / f"{GONE}.json").stat().st_mode & 0o777 == 0o600
    code, told = council.run("--sure")
    assert code == 0, told
    expect_gone(council, before, kept)
    assert council.audited().count("erase-begin") == 1


def test_what_is_left_somewhere_is_found_and_named(make: Make, tmp_path: Path) -> None:
    council = make()
    (council.settings.data / "notes.txt").write_text(f"{NAME} asked for it", "utf-8")
    code, told = council.run("--sure")
    assert code == 1
    assert "notes.txt holds 1 of" in told
    assert council.audited()[-1] == "erase-begin"
    (council.settings.data / "notes.txt").unlink()
    backup = tmp_path / "backup"
    backup.mkdir()
    np.savez_compressed(backup / "old.npz", times=council.readings[1].time.view(np.int64))
    code, told = council.run("--sure", "--also", str(backup))
    assert (code, "old.npz holds" in told) == (1, True), told
    (backup / "old.npz").unlink()
    code, told = council.run("--sure", "--also", str(backup))
    assert code == 0, told
    assert council.audited()[-1] == "erased"


def test_a_legal_hold_forbids_it_at_any_step(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    council = make()
    whole = erasing._settle

    def held(here: erasing.Here, record: erasure_record.Record) -> str:
        with council.database.begin() as connection:
            holds.place(connection, GONE, "Inquiry 2026/17", "account-gwen", NOW_US)
        return whole(here, record)

    monkeypatch.setattr(erasing, "_settle", held)
    code, told = council.run("--sure")
    assert (code, "a legal hold stands on this home" in told) == (2, True), told
    assert len(council.stored(1)) == len(council.readings[1])
    assert council.rows(Subject(1, GONE, A))["alerts"] == 1
    code, told = council.run()
    assert (code, "a legal hold stands" in told) == (2, True)


def test_the_audit_log_keeps_who_did_it_and_nothing_of_anybody(make: Make) -> None:
    council = make()
    assert council.run("--sure")[0] == 0
    a = tables.audit.c
    with council.database.connect() as connection:
        row = connection.execute(select(tables.audit).where(a.what == "erased")).one()
    assert row.actor == "account-gwen"
    detail = json.loads(row.detail)
    assert set(detail) == {"files", "bytes", "asked", "rows"}
    assert detail["bytes"] > 10_000
    for word in (NAME, NOTE, PHONE, "sens-"):
        assert word not in row.detail


@pytest.mark.parametrize(
    ("home", "by", "said"),
    [("nobody00", "gwen", "there is no home 'nobody00'"), (GONE, "alice", "is no governance of")],
)
def test_who_may_not_is_told_so(make: Make, home: str, by: str, said: str) -> None:
    council = make()
    words = ["subject", "erase", home, "--by", f"{by}@example.org", "--sure"]
    done = CliRunner().invoke(app, [*words, "--settings", str(council.file)])
    assert (done.exit_code, said in done.output) == (2, True), done.output
    assert len(council.stored(1)) == len(council.readings[1])


def test_a_sensor_of_another_home_on_its_gateway_is_told_before_anything_goes(make: Make) -> None:
    council = make()
    with council.database.begin() as connection:
        s = tables.sensors
        connection.execute(update(s).where(s.c.id == "sens-000003").values(home=2))
    code, told = council.run("--sure")
    assert (code, "hangs on a gateway of home" in told) == (2, True), told
    with council.database.connect() as connection:
        states = {home.id: home.state for home in registry.homes(connection)}
    assert states[GONE] is HomeState.ACTIVE


def test_the_record_is_overwritten_before_it_is_removed(make: Make) -> None:
    council = make()
    with council.database.connect() as connection:
        home = home_rows.find(connection, GONE)
        from config import people

        gwen = people.find_account(connection, "gwen@example.org")
    assert home is not None
    assert gwen is not None
    here = erasing.Here(council.settings, council.database,
                        keys.open_vault(council.settings, council.database))  # fmt: skip
    record = erasing.begin(here, home, gwen)
    file = erasure_record.file_of(council.settings.data, GONE)
    with file.open("rb") as held:
        assert NAME in held.read().decode()
        erasure_record.remove(council.settings.data, GONE)
        held.seek(0)
        assert set(held.read()) == {0}
    assert erasure_proof.prove(here, record).found
