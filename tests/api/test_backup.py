"""What was backed up is what is restored, on both databases and from one to the other."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from alerts import tables as ledger_tables
from alerts.ledger import Ledger
from api import backup, table_copy
from api.exits import CommandFailed
from config import audit, registry
from config.database import connect, migrate
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.batch import build
from ingest.clock import instant
from ingest.journal import Journal, JournalTail
from ingest.message import Reason, Reject
from ingest.sink import Entry
from ingest.store.embedded import open_store, open_store_readonly
from tests.alerts.test_ledger import finding
from tests.make import enrolment
from tests.postgres import Postgres

AT = 1_793_577_600_000_000


def installation(folder: Path, url: str = "") -> Settings:
    """Return settings over an installation with homes, alerts, readings and a dead letter."""
    settings = Settings(data=folder / "data", database_url=url)
    settings.data.mkdir(parents=True)
    migrate(settings.database)
    database = connect(settings.database)
    with database.begin() as connection:
        made = registry.enrol(connection, enrolment(3), now_us=0)
        table = registry.load(connection)
    Ledger(database).raise_findings([finding(home=home.id) for home in made.homes], instant(AT))
    database.dispose()
    sensor = made.sensors[1].number
    batch = build([sensor] * 5, [AT + n for n in range(5)], [1.0] * 5, [AT] * 5)
    journal = Journal.open(settings.data / "journal.db")
    journal.append(batch, (), [Reject(Reason.NOT_JSON, "stillwell/v1/x", b"?", "odd", AT)])
    journal.close()
    with closing(open_store(settings.data / "store.db")) as store:
        store.append([Entry(1, batch, ())], table.sensor_home)
    (settings.data / "engine.npz").write_bytes(b"a checkpoint")
    return settings


@pytest.fixture
def urls(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Yield two database URLs, each PostgreSQL or (empty) SQLite in the data folder."""
    kinds: tuple[str, str] = request.param
    made, names = list[str](), list[str]()
    for kind in kinds:
        if kind == "sqlite":
            made.append("")
            continue
        server: Postgres = request.getfixturevalue("postgres")
        names.append(server.create(template="template0"))
        made.append(server.url(names[-1]))
    yield made
    if names:
        server.drop(names)


BOTH = [(a, b) for a in ("sqlite", "postgresql") for b in ("sqlite", "postgresql")]


@pytest.mark.parametrize("urls", BOTH, indirect=True, ids="-to-".join)
def test_a_restored_installation_is_the_one_that_was_backed_up(
    urls: list[str], tmp_path: Path
) -> None:
    settings = installation(tmp_path / "old", urls[0])
    made = backup.back_up(settings, tmp_path / "backup", tell=lambda _: None)
    new = Settings(data=tmp_path / "new", database_url=urls[1], places=tmp_path / "places")
    told: list[str] = []
    backup.restore(tmp_path / "backup", new, tell=told.append)

    assert any("equal to the backup's" in line for line in told)
    assert made.rows["homes"] == made.rows["alerts"] == 3
    database = connect(new.database)
    with database.begin() as connection:
        assert table_copy.counts(connection) == made.rows
        assert audit.verify(connection, [audit.Head(*head) for head in made.heads]) == []
        # New rows are numbered after the old ones, and chains go on.
        more = registry.enrol(connection, enrolment(1, first=9), now_us=0)
        assert more.homes[0].number == 4
        connection.execute(
            insert(ledger_tables.changes).values(at_us=1, place="fenbridge", what="raise")
        )
        ids = connection.execute(select(ledger_tables.changes.c.id)).scalars().all()
        assert ids == sorted(set(ids))
        audit.append(connection, audit.Entry("fenbridge", 1, "bob", "read", "x", {}))
        assert audit.verify(connection) == []
    database.dispose()
    with closing(JournalTail.open(new.data / "journal.db")) as tail:
        assert sum(len(entry.batch) for entry in tail.read(0, 10**6)) == 5
    journal = Journal.open(new.data / "journal.db")
    assert journal.last_seq() == made.journal_seq == 1
    assert journal.verify() == []
    journal.close()
    store = open_store_readonly(new.data / "store.db")
    assert store.position() == 1
    store.close()
    assert (new.data / "engine.npz").read_bytes() == b"a checkpoint"
    assert {file.stem for file in new.places.glob("*.toml")} >= {"fenbridge"}


def test_nothing_is_put_over_an_installation_that_holds_something(tmp_path: Path) -> None:
    settings = installation(tmp_path / "old")
    backup.back_up(settings, tmp_path / "backup", tell=lambda _: None)
    with pytest.raises(ConfigProblem, match=r"holds journal\.db"):
        backup.restore(tmp_path / "backup", settings, tell=lambda _: None)
    with pytest.raises(ConfigProblem, match="is not empty"):
        backup.back_up(settings, tmp_path / "backup", tell=lambda _: None)
    with pytest.raises(ConfigProblem, match=r"no readable backup\.json"):
        backup.restore(tmp_path / "old", Settings(data=tmp_path / "new"), tell=lambda _: None)


@pytest.mark.parametrize("name", ["stillwell.db", "journal.db", "engine.npz"])
def test_a_copy_that_was_damaged_is_not_restored(name: str, tmp_path: Path) -> None:
    settings = installation(tmp_path / "old")
    backup.back_up(settings, tmp_path / "backup", tell=lambda _: None)
    file = tmp_path / "backup" / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    with pytest.raises(CommandFailed, match=f"{name} is not what was backed up"):
        backup.restore(tmp_path / "backup", Settings(data=tmp_path / "new"), tell=lambda _: None)
    assert not (tmp_path / "new" / "stillwell.db").exists()


def test_a_backup_is_for_its_owner_only(tmp_path: Path) -> None:
    backup.back_up(installation(tmp_path / "old"), tmp_path / "backup", tell=lambda _: None)
    for path in (tmp_path / "backup", *(tmp_path / "backup").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path.name
