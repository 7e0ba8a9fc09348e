"""A council of two homes of which everything is kept that there is to keep, to erase one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, func, insert, select
from typer.testing import CliRunner

from alerts import past_tables, tick_log
from alerts.alert import PRIORITY, AlertKind, Finding, Outcome, Verdict, alert_id
from alerts.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from alerts.detect import state
from alerts.ledger import Ledger
from api import home_rows, stores, wiring
from api.cli import app
from api.home_rows import Subject
from api.store_copy import AFTER_ALL, BEFORE_ALL
from config import (
    audit,
    contacts,
    house_moves,
    household_rows,
    keys,
    registry,
    tables,
)
from config.database import connect, migrate
from config.households import Address, Household, Person
from config.roles import Role
from config.sensor_table import SensorTable
from config.settings import Settings
from config.vault import Vault
from ingest import journal_erasure
from ingest.batch import Batch, build, concat
from ingest.clock import SystemClock, instant, microseconds
from ingest.journal import Journal, JournalTail
from ingest.message import Reason, Reject, Stray
from ingest.sink import Entry
from tests.api.life import A
from tests.api.world import account
from tests.make import enrolment

GONE, STAYS = "home-000001", "home-000002"
NAME, PHONE, NOTE = "Perpetua Quillfeather", "01632 960 777", "the key is under the blue pot"
OLD_STREET, NEW_STREET = "12 Quagmire Steps", "9 Drydock Parade"
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


def live(connection: Connection, vault: Vault, home: str) -> None:
    """Let somebody live in this home who has moved there from elsewhere."""
    person = Person("Mx Larkspur Invented", None, "", "new in the country")
    old, new = (
        Household((person,), Address((street,), "Exampleton", "ZZ1 2AB"))
        for street in (OLD_STREET, NEW_STREET)
    )
    household_rows.save(connection, vault, home, old, revision=None, by="account-gwen", now_us=0)
    kept = household_rows.read(connection, vault, home)
    assert kept is not None
    day = date(2026, 3, 3)
    house_moves.move(connection, vault, kept, new, day, "stairs", from_on=day, by="account-gwen",
                     now_us=NOW_US)  # fmt: skip


def tell_of_people(council: Council, connection: Connection, both: Batch) -> None:
    vault = keys.open_vault(council.settings, council.database)
    plan = contacts.read_plan({"contact": [{"name": NAME, "phone": PHONE, "kind": "contact"}]}, "x")
    for home in (GONE, STAYS):
        contacts.save(connection, vault, home, plan, "account-gwen", 0)
        live(connection, vault, home)
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
