"""Alerts that are over go daily, by place; the command tells before and after."""

import json
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from alerts import tables as ledger
from api import wiring
from api.alert_retention import AlertRetention
from api.cli import app
from config import audit, holds, registry, tables
from config.database import connect, migrate
from config.settings import Settings
from ingest.clock import SystemClock, microseconds
from tests.alerts.test_expiry import alert, kept
from tests.api.life import A, B
from tests.make import enrolment

DAY_US = 86_400_000_000
NOW = SystemClock().now()
NOW_US = microseconds(NOW)
HELD, FREE = "home-000001", "home-000002"
OLD_US = NOW_US - 2930 * DAY_US


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


@pytest.fixture
def database(settings: Settings) -> Engine:
    migrate(settings.database)
    made = connect(settings.database)
    with made.begin() as connection:
        registry.enrol(connection, enrolment(2), now_us=NOW_US)
        holds.place(connection, HELD, "Inquiry 2026/17", "account-gwen", NOW_US)
        alert(connection, "a-held", at_us=OLD_US, place=A, home=HELD)
        alert(connection, "b-free", at_us=OLD_US, place=A, home=FREE)
        alert(connection, "c-young", at_us=NOW_US - 2900 * DAY_US, place=A, home=FREE)
        alert(connection, "d-stands", at_us=OLD_US, place=A, home=FREE, state="open")
    return made


def left(database: Engine) -> list[str]:
    with database.connect() as connection:
        return kept(connection, ledger.alerts)


def told(database: Engine) -> list[tuple[str, dict[str, int]]]:
    """Return the place and numbers of each retention of a place in the audit log."""
    a = tables.audit.c
    query = select(a.place, a.detail).where(a.what == "retention", a.subject == "place")
    with database.connect() as connection:
        assert audit.verify(connection) == []
        return [(row.place, json.loads(row.detail)) for row in connection.execute(query)]


def test_what_went_is_audited_by_place_in_numbers_and_once_a_day(
    settings: Settings, database: Engine
) -> None:
    work = AlertRetention(wiring.places(settings), database)
    assert work.would_go(NOW)[A] == {"alerts": 1}
    assert work.would_go(NOW)[B] == {}
    while work.step(NOW):
        pass
    assert left(database) == ["a-held", "c-young", "d-stands"]
    assert told(database) == [(A, {"alerts": 1})]
    with database.begin() as connection:
        alert(connection, "e-later", at_us=OLD_US, place=A, home=FREE)
    assert work.step(NOW) == 0
    assert work.step(NOW + np.timedelta64(1, "D")) == 1


def test_the_command_tells_what_would_go_and_lets_it_go(
    settings: Settings, database: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "site.toml"
    file.write_text(f'data = "{tmp_path}"\n', "utf-8")
    words = ["store", "retention", "--settings", str(file)]
    dry = CliRunner().invoke(app, [*words, "--dry-run"])
    assert dry.exit_code == 0, dry.output
    assert f"{A}: 1 alerts over for 2922 days would go" in dry.output
    assert "b-free" in left(database)
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "1 alerts, findings and changes were over longer" in done.output
    assert left(database) == ["a-held", "c-young", "d-stands"]
