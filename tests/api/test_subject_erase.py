"""One home is erased from everything that is kept, and what proves it would find what is left."""

import json
import shutil
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest
import urllib3
from sqlalchemy import func, select, update
from typer.testing import CliRunner

from api import backup, erasing, erasure_proof, erasure_record, home_rows
from api.cli import app
from api.exits import CommandFailed
from api.home_rows import Subject
from config import contacts, holds, keys, master_key, registry, tables
from config.database import connect
from config.homes import HomeState
from config.settings import Settings
from tests.api.erasures import (
    GONE,
    NAME,
    NOTE,
    NOW_US,
    PHONE,
    STAYS,
    Make,
    expect_gone,
    journal_of,
    make,
)
from tests.api.life import A
from tests.postgres import Postgres
from tests.store_servers import influxdb, victoriametrics

__all__ = ["make"]


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


def test_a_backup_of_before_says_of_nobody_who_they_were(make: Make, tmp_path: Path) -> None:
    council = make()
    copy, new = tmp_path / "backup", Settings(data=tmp_path / "new", places=tmp_path / "places")
    backup.back_up(council.settings, copy, tell=lambda _: None)
    council.database.dispose()
    assert council.run("--sure")[0] == 0
    backup.restore(copy, new, tell=lambda _: None)
    for of in (keys.file_of, master_key.file_of):
        for file in of(council.settings).parent.glob(f"{of(council.settings).name}*"):
            shutil.copy(file, of(new).parent / file.name)
    database = connect(new.database)
    vault = keys.open_vault(new, database)
    with database.connect() as connection:
        count = select(func.count()).select_from(tables.contacts)
        assert connection.execute(count).scalar_one() == 2  # the backup is the one of before
        assert [one.name for one in contacts.read(connection, vault, STAYS)] == [NAME]
        assert not [one for one in contacts.read(connection, vault, GONE) if one.name == NAME]
    database.dispose()


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
