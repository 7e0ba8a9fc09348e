"""The worker's daily turn ends readings, alerts, what ended homes leave, and old audit rows."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, select

from alerts import tables as ledger
from api import wiring, worker_parts
from api.site import create
from api.worker_parts import Parts
from config import audit, contacts, keys, registry, tables
from config.audit import Entry
from config.homes import HomeState
from config.settings import Settings
from ingest.batch import build
from ingest.clock import SystemClock, microseconds
from tests.alerts.test_expiry import alert
from tests.make import enrolment
from tests.servers import free_port

DAY_US = 86_400_000_000
NOW = SystemClock().now()
NOW_US = microseconds(NOW)
PLACE, HOME = "fenbridge", "home-000001"
PATIENCE_S = 90.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    site, _ = create(tmp_path, enrolment(2), broker_port=free_port(), web_port=free_port())
    return wiring.read_settings(site.settings)


@pytest.fixture
def parts(settings: Settings) -> Iterator[Parts]:
    made = worker_parts.build(settings)
    yield made
    made.pipeline.close()
    made.store.close()
    made.journal.close()


def write_old(database: Engine, settings: Settings) -> None:
    """Write what is past its period: an alert, rows of the log, and a home that ended long ago."""
    ended_us = NOW_US - 450 * DAY_US
    vault = keys.open_vault(settings, database)
    with database.begin() as connection:
        alert(connection, "a-old", at_us=NOW_US - 3000 * DAY_US, place=PLACE, home="home-000002")
        for days in (5000, 4999):
            entry = Entry(PLACE, NOW_US - days * DAY_US, "olga", "read", f"home:{HOME}", {})
            audit.append(connection, entry)
        plan = contacts.read_plan({"contact": [CONTACT]}, "a test")
        contacts.save(connection, vault, HOME, plan, "olga", NOW_US)
        values = {"home": 1, "reason": "died", "ended_on": str(NOW - np.timedelta64(450, "D"))[:10],
                  "was_state": "active", "ended_us": ended_us, "ended_by": "olga",
                  "until_us": ended_us + 14 * DAY_US, "taken_back_by": "", "why": ""}  # fmt: skip
        connection.execute(tables.endings.insert().values(values))
        registry.set_home_state(connection, [HOME], HomeState.ENDED)
    vault.keyring.close()


CONTACT = {"kind": "contact", "name": "Mx Sam Example", "phone": "01632 960 002"}


def left(connection: Connection) -> set[str]:
    """Return what of it is still there."""
    a, s, c = tables.audit.c, tables.sensors.c, tables.contacts.c
    queries = {
        "alert": select(ledger.alerts.c.id).where(ledger.alerts.c.id == "a-old"),
        "log": select(a.seq).where(a.place == PLACE, a.at_us < NOW_US - 4000 * DAY_US),
        "contacts": select(c.number),
        "sensors": select(s.number).where(s.home == 1),
    }
    return {name for name, query in queries.items() if connection.execute(query).first()}


def test_everything_that_is_due_goes_while_the_worker_has_nothing_to_store(
    settings: Settings, parts: Parts
) -> None:
    write_old(parts.database, settings)
    times = [NOW_US - 500 * DAY_US, NOW_US - DAY_US]
    parts.journal.append(build([9, 9], times, [1.0, 1.0], times))
    with parts.database.connect() as connection:
        names = keys.open_vault(settings, parts.database).keyring.subjects()
        assert left(connection) == {"alert", "log", "contacts", "sensors"}
    assert any(name.startswith("contact:") for name in names)
    stop = threading.Event()
    thread = threading.Thread(target=parts.follower.run, args=(stop,))
    thread.start()
    try:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with parts.database.connect() as connection:
                rest = left(connection)
                noted = said(connection)
            if not rest and len(readings(parts)) == 1 and len(noted) == 3:
                break
            time.sleep(0.2)
        assert rest == set()
        assert len(readings(parts)) == 1
    finally:
        stop.set()
        thread.join(30)
    keyring = keys.open_vault(settings, parts.database).keyring
    assert not any(name.startswith("contact:") for name in keyring.subjects())
    with parts.database.connect() as connection:
        assert audit.verify(connection) == []
        assert said(connection) == {
            ("place", "retention"), ("homes", "retention"), ("audit", audit.CUT)
        }  # fmt: skip


def said(connection: Connection) -> set[tuple[str, str]]:
    """Return what the audit log says of what went."""
    a = tables.audit.c
    query = select(a.subject, a.what).where(a.place == PLACE)
    rows = connection.execute(query.where(a.what.in_(["retention", audit.CUT])))
    return {(row.subject, row.what) for row in rows}


def readings(parts: Parts) -> np.ndarray:
    first = np.datetime64("2000-01-01", "us")
    return np.asarray(parts.store.read(2, first, NOW + np.timedelta64(1, "D")).time)
