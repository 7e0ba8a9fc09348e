"""What is sealed stays so on both databases, in logs and backups, and old words lose their keys."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from api import backup, keeping_keys
from api.cli import app
from config import contacts, household_rows, keys, master_key, registry, tables
from config.database import connect, migrate
from config.households import read_household
from config.keyring import Keyring, Locked
from config.settings import Settings
from config.vault import Sealed, Vault, key_name
from tests.households import rows
from tests.make import enrolment
from tests.postgres import Postgres

HOME = "home-000001"
OLD, NEW = "01632 960 771", "01632 960 772"
NAME = "Perpetua Quillfeather"


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    if request.param == "sqlite":
        yield Settings(data=tmp_path)
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create(template="template0")
    yield Settings(data=tmp_path, database_url=server.url(name))
    server.drop([name])


@pytest.fixture
def database(settings: Settings) -> Iterator[Engine]:
    made = connect(settings.database)
    migrate(settings.database, keys.open_vault(settings, made))
    with made.begin() as connection:
        registry.enrol(connection, enrolment(2), now_us=1)
    yield made
    made.dispose()


@pytest.fixture
def vault(settings: Settings, database: Engine) -> Vault:
    return keys.open_vault(settings, database)


def save(database: Engine, vault: Vault, *people: dict[str, object]) -> list[str]:
    """Save these contacts; return the keys that may be dropped."""
    plan = contacts.read_plan({"contact": list(people)}, "x")
    with database.begin() as connection:
        return contacts.save(connection, vault, HOME, plan, "account-gwen", 5)[1]


def person(phone: str, id_: str | None = None) -> dict[str, object]:
    more = {} if id_ is None else {"id": id_}
    return {"name": NAME, "phone": phone, "kind": "contact", **more}


def held(database: Engine) -> tuple[str, str]:
    with database.connect() as connection:
        c = tables.contacts.c
        row = connection.execute(select(c.id, c.sealed)).one()
    return row.id, row.sealed


def raw(settings: Settings, request: pytest.FixtureRequest) -> bytes:
    """Return every byte of the database's files, its log too."""
    if settings.database_url:
        server: Postgres = request.getfixturevalue("postgres")
        files = (server.folder / "data").rglob("*")
    else:
        files = settings.data.rglob("*")
    return b"".join(path.read_bytes() for path in files if path.is_file())


def test_no_name_or_number_is_in_any_file_or_log(
    settings: Settings, database: Engine, vault: Vault, request: pytest.FixtureRequest
) -> None:
    save(database, vault, person(OLD))
    if not settings.database_url:
        assert (settings.data / "stillwell.db-wal").stat().st_size > 0
    found = raw(settings, request)
    assert HOME.encode() in found
    for word in (NAME, "Quillfeather", OLD, OLD.replace(" ", "")):
        assert word.encode() not in found


def test_no_word_of_a_household_is_in_any_file_or_log(
    settings: Settings, database: Engine, vault: Vault, request: pytest.FixtureRequest
) -> None:
    row = {**next(rows(1)), "notes": "Ring twice, Quillfeather is deaf.", "key_safe": "90417#"}
    one, wrong = read_household(row, date(2026, 3, 3))
    assert one is not None, wrong
    with database.begin() as connection:
        household_rows.save(connection, vault, HOME, one, revision=0, by="account-gwen", now_us=5)
    with database.begin() as connection:
        assert household_rows.search(connection, vault, ["fenbridge"], "numberedperson1") == {
            HOME: ["Mx Invented Numberedperson1"]
        }
        assert household_rows.key_safe(connection, vault, HOME, "account-gwen", 6) == "90417#"
    found = raw(settings, request)
    assert HOME.encode() in found
    for word in ("Numberedperson1", "1941-02-28", "9990000018", "Nowhere Lane", "Quillfeather",
                 "90417#"):  # fmt: skip
        assert word.encode() not in found, word


def test_what_an_edited_contact_said_before_can_be_read_in_no_backup(
    database: Engine, vault: Vault
) -> None:
    save(database, vault, person(OLD))
    id_, before = held(database)
    gone = save(database, vault, person(NEW, id_))
    _, after = held(database)
    subject = contacts.subject(id_)
    assert gone == [key_name(subject, before)]
    vault.drop(gone)
    assert vault.open([Sealed(subject, "contact", before)]) == [None]
    with database.connect() as connection:
        assert [c.phone for c in contacts.read(connection, vault, HOME)] == [NEW]
        assert keys.unreadable(connection, vault) == 0
    again = save(database, vault, person(OLD, id_))
    vault.drop(again)
    assert again == [key_name(subject, after)]
    with database.connect() as connection:
        assert [c.phone for c in contacts.read(connection, vault, HOME)] == [OLD]
    assert vault.open([Sealed(subject, "contact", after)]) == [None]


def test_a_contact_that_is_saved_as_it_was_keeps_its_key(database: Engine, vault: Vault) -> None:
    save(database, vault, person(OLD))
    id_, before = held(database)
    assert save(database, vault, person(OLD, id_)) == []
    assert key_name("x", held(database)[1]) == key_name("x", before)


def test_a_save_that_is_undone_leaves_the_old_words_readable(
    database: Engine, vault: Vault
) -> None:
    save(database, vault, person(OLD))
    id_, _ = held(database)
    plan = contacts.read_plan({"contact": [person(NEW, id_)]}, "x")
    with database.connect() as connection:
        contacts.save(connection, vault, HOME, plan, "account-gwen", 5)
        connection.rollback()
    with database.connect() as connection:
        assert [c.phone for c in contacts.read(connection, vault, HOME)] == [OLD]


def test_a_key_that_a_crash_left_is_swept_and_no_other(
    settings: Settings, database: Engine, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(database, vault, person(OLD))
    gone = save(database, vault, person(NEW, held(database)[0]))  # and then the power fails
    vault.keyring.ensure([("later:kind", "fenbridge")])
    before = set(vault.keyring.subjects())
    monkeypatch.setattr(keeping_keys, "SETTLE_S", 0.0)
    file = settings.data / "site.toml"
    url = f'database_url = "{settings.database_url}"\n' if settings.database_url else ""
    file.write_text(f'data = "{settings.data}"\n{url}', "utf-8")
    done = CliRunner().invoke(app, ["keys", "sweep", "--settings", str(file)])
    assert (done.exit_code, "1 keys dropped" in done.output) == (0, True), done.output
    assert before - set(vault.keyring.subjects()) == set(gone)
    with database.connect() as connection:
        assert [c.phone for c in contacts.read(connection, vault, HOME)] == [NEW]


def test_a_backup_holds_no_word_and_no_key(
    settings: Settings, database: Engine, vault: Vault, tmp_path: Path
) -> None:
    save(database, vault, person(OLD))
    folder = tmp_path / "backup"
    backup.back_up(settings, folder, tell=lambda _: None)
    found = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    id_, sealed = held(database)
    assert sealed.encode() in found
    for word in (NAME.encode(), OLD.encode(), vault.keyring.find([contacts.subject(id_)])
                 [contacts.subject(id_)]):  # fmt: skip
        assert word not in found
    assert not {"keys.db", "master.key"} & {path.name for path in folder.rglob("*")}


def test_a_locked_vault_shows_no_word_and_says_what_to_do(
    settings: Settings, database: Engine, vault: Vault
) -> None:
    save(database, vault, person(OLD))
    master_key.file_of(settings).write_text(f"{master_key.make()}\n", "ascii")
    locked = keys.open_vault(settings, database)
    assert "master key" in locked.locked
    with database.connect() as connection, pytest.raises(Locked, match="put that one back"):
        contacts.read(connection, locked, HOME)


def test_a_keyring_survives_being_opened_by_two_at_once(tmp_path: Path) -> None:
    one, two = (Keyring(tmp_path / "keys.db", [bytes(32)]) for _ in range(2))
    one.ensure([("contact:a", "fenbridge")])
    assert two.find(["contact:a"]) == one.find(["contact:a"])
    two.drop(["contact:a"])
    assert one.find(["contact:a"]) == {}
