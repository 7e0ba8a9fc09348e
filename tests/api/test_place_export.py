"""Everything of a place is written as CSV and Parquet, and is the same place elsewhere."""

import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest
from sqlalchemy import Engine, insert, select, update

from alerts import tables as ledger_tables
from alerts.ledger import Ledger
from api import place_export, place_import, place_rows, wiring
from api.exits import CommandFailed
from config import audit, people, registry
from config import tables as registry_tables
from config.database import connect, migrate
from config.places import FOLDER
from config.problems import ConfigProblem
from config.roles import Role
from config.settings import Settings
from ingest.batch import build
from ingest.clock import SystemClock, instant, microseconds
from ingest.sink import Entry
from ingest.store.embedded import open_store, open_store_readonly
from tests.api.test_place_move import of
from tests.make import enrolment
from tests.postgres import Postgres

A, B = "fenbridge", "northmoor"
AT = microseconds(SystemClock().now()) - 3_600_000_000


def installation(folder: Path, *, url: str = "", places: tuple[str, ...] = (A, B)) -> Settings:
    """Return an empty installation whose places are these."""
    settings = Settings(data=folder / "data", places=folder / "places", database_url=url)
    settings.data.mkdir(parents=True)
    settings.places.mkdir()
    for key in places:
        text = (FOLDER / f"{key}.toml").read_text("utf-8")
        (settings.places / f"{key}.toml").write_text(text, "utf-8")
    migrate(settings.database)
    return settings


def fill(settings: Settings, place: str, first: int) -> None:
    """Enrol three homes with alerts, a person who watches, and readings."""
    database = connect(settings.database)
    with database.begin() as connection:
        made = registry.enrol(connection, enrolment(3, place=place, first=first), now_us=0)
        table = registry.load(connection)
        who = people.create_account(
            connection, email=f"{place}@x.org", name="=Ann", password="a-quiet-lamp-x", now_us=0
        )
        people.grant(connection, who.id, place, Role.OPERATOR)
        label = update(registry_tables.homes).where(registry_tables.homes.c.id == made.homes[0].id)
        connection.execute(label.values(label="=cmd|' /C calc'!A0"))
    ledger = Ledger(database)
    for home in made.homes:
        ledger.raise_findings([of(place, home.id)], instant(AT))
    ledger.acknowledge(of(place, made.homes[0].id).id, who.id, instant(AT + 1))
    database.dispose()
    sensors = [s.number for s in made.sensors]
    count = 500
    batch = build(
        [sensors[n % 21] for n in range(count)], [AT + n for n in range(count)],
        [n / 7 for n in range(count)], [AT + n + 5 for n in range(count)],
    )  # fmt: skip
    with closing(open_store(settings.data / "store.db")) as store:
        store.append([Entry(0, batch, ())], table.sensor_home)


def counted(database: Engine, place: str) -> dict[str, int]:
    with database.connect() as connection:
        return {
            table.name: len(connection.execute(select(table).where(mine)).all())
            for table, mine in place_rows.rows_of(place)
        }


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_an_imported_place_is_the_one_that_was_exported(
    target: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    old = installation(tmp_path / "old")
    fill(old, B, 1)
    fill(old, A, 4)
    out = tmp_path / "out"
    place_export.export(old, A, out, tell=lambda _: None)

    server: Postgres | None = None
    url = ""
    if target == "postgresql":
        server = request.getfixturevalue("postgres")
        assert server is not None
        url = server.url(name := server.create(template="template0"))
    new = installation(tmp_path / "new", url=url)
    fill(new, B, 7)  # so that every number differs
    told: list[str] = []
    place_import.import_place(new, out, tell=told.append)

    before, after = wiring.open_database(old), wiring.open_database(new)
    assert counted(before, A) == counted(after, A)
    assert counted(after, A)["homes"] == 3
    assert counted(after, A)["alert_history"] == 4
    assert counted(after, B)["homes"] == 3
    with before.connect() as one, after.connect() as two:
        assert audit.verify(two) == []
        heads = audit.heads(one, [A])
        assert heads == audit.heads(two, [A])
        then = {h.id: h for h in registry.homes(one) if h.place == A}
        now = {h.id: h for h in registry.homes(two) if h.place == A}
        assert {i: h.label for i, h in then.items()} == {i: h.label for i, h in now.items()}
        stores = [open_store_readonly(s.data / "store.db") for s in (old, new)]
        span = (np.datetime64("2000-01-01", "us"), np.datetime64("2100-01-01", "us"))
        for home, was in then.items():
            first = stores[0].read(was.number, *span)
            second = stores[1].read(now[home].number, *span)
            assert len(first) == len(second) > 0
            assert np.array_equal(first.time, second.time)
            assert np.array_equal(first.value, second.value)
            tables = [registry.load(connection) for connection in (one, two)]
            ids = [[t.sensors[n].id for n in b.sensor] for t, b in zip(tables, (first, second), strict=True)]  # fmt: skip  # noqa: E501
            assert ids[0] == ids[1]
        for store in stores:
            store.close()
    place_import.import_place(new, out, tell=told.append)  # again is no harm
    assert counted(before, A) == counted(after, A)
    before.dispose()
    after.dispose()
    if server is not None:
        server.drop([name])


def test_csv_says_what_parquet_says_and_no_spreadsheet_runs_it(tmp_path: Path) -> None:
    settings = installation(tmp_path / "old")
    fill(settings, A, 1)
    place_export.export(settings, A, tmp_path / "out", tell=lambda _: None)
    options = pyarrow.csv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False)
    for file in sorted((tmp_path / "out" / "tables").glob("*.parquet")):
        table = pyarrow.parquet.read_table(file)
        lines = pyarrow.csv.read_csv(file.with_suffix(".csv"), convert_options=options)
        assert lines.column_names == table.column_names
        assert lines.num_rows == table.num_rows, file.name
    homes = (tmp_path / "out" / "tables" / "homes.csv").read_text("utf-8")
    assert "\"'=cmd|' /C calc'!A0\"" in homes
    said = json.loads((tmp_path / "out" / "export.json").read_text("utf-8"))
    readings = pyarrow.csv.read_csv(tmp_path / "out" / "readings.csv")
    assert readings.num_rows == said["readings"] == 500
    accounts = (tmp_path / "out" / "tables" / "accounts.csv").read_text("utf-8")
    assert "argon2" not in accounts


def test_nothing_is_saved_of_an_export_that_was_changed_or_meets_its_own_ids(
    tmp_path: Path,
) -> None:
    old = installation(tmp_path / "old")
    fill(old, A, 1)
    out = tmp_path / "out"
    place_export.export(old, A, out, tell=lambda _: None)
    clash = installation(tmp_path / "clash")
    fill(clash, B, 1)  # the same ids at another place
    with pytest.raises(ConfigProblem, match="an id of it is in use here already"):
        place_import.import_place(clash, out, tell=lambda _: None)
    database = wiring.open_database(clash)
    assert not any(counted(database, A).values())
    database.dispose()

    (out / "tables" / "homes.parquet").write_bytes(b"PAR1")
    with pytest.raises(CommandFailed, match=r"homes\.parquet is not what was exported"):
        place_import.import_place(installation(tmp_path / "new"), out, tell=lambda _: None)


def test_a_place_without_its_file_is_not_imported(tmp_path: Path) -> None:
    old = installation(tmp_path / "old")
    fill(old, A, 1)
    place_export.export(old, A, tmp_path / "out", tell=lambda _: None)
    with pytest.raises(ConfigProblem, match="there is no place 'fenbridge'"):
        place_import.import_place(
            installation(tmp_path / "new", places=(B,)), tmp_path / "out", tell=lambda _: None
        )


def test_every_row_that_names_the_place_is_exported_but_secrets() -> None:
    exported = {table.name for table in place_rows.tables_of_a_place()}
    assert {
        "homes",
        "sensors",
        "contacts",
        "alerts",
        "alert_history",
        "audit",
        "grants",
    } <= exported
    assert not exported & {"sessions", "second_factors", "api_tokens", "invitations", "webhooks"}


def test_the_webhooks_secret_stays(tmp_path: Path) -> None:
    settings = installation(tmp_path / "old")
    fill(settings, A, 1)
    database = connect(settings.database)
    with database.begin() as connection:
        row = {"place": A, "url": "https://x.example", "account": "a", "since_us": 1}
        connection.execute(insert(registry_tables.webhooks).values(**row, secret="s3cr3t-of-hook"))
        assert connection.execute(select(ledger_tables.alerts.c.id)).first()
    database.dispose()
    place_export.export(settings, A, tmp_path / "out", tell=lambda _: None)
    for path in (tmp_path / "out").rglob("*"):
        assert path.is_dir() or b"s3cr3t-of-hook" not in path.read_bytes()
