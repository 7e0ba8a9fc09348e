"""``stillwell keys``: shown, copied and rotated, with names readable before and after."""

from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from api.checking import answers
from api.cli import app
from config import audit, contacts, factors, keys
from config.access_tables import second_factors
from config.settings import Settings
from tests.api.life import A
from tests.api.visits import Visit
from tests.api.world import PASSWORD, World, make_world

NAME = "Ida Example"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def run(world: World, *words: str) -> tuple[int, str]:
    file = world.folder / "keys-test.toml"
    file.write_text(f'data = "{world.folder}"\n', "utf-8")
    found = CliRunner().invoke(app, ["keys", *words, "--settings", str(file)])
    return found.exit_code, found.output


def save(world: World, home: str) -> None:
    plan = contacts.read_plan(
        {"contact": [{"name": NAME, "phone": "01632 960 111", "kind": "contact"}]}, "x"
    )
    with world.database.begin() as connection:
        contacts.save(connection, world.resources.vault, home, plan, "account-bob", 0)


def name_of(world: World, home: str) -> list[str]:
    vault = keys.open_vault(Settings(data=world.folder), world.database)
    assert not vault.locked
    with world.database.connect() as connection:
        return [one.name for one in contacts.read(connection, vault, home)]


def test_keys_are_rotated_and_copied_and_names_stay_readable(world: World) -> None:
    home = world.homes[A][0].id
    save(world, home)
    before = (world.folder / "master.key").read_bytes()
    code, said = run(world, "show")
    assert code == 0
    assert A in said
    code, said = run(world, "rotate", "--by", "bob@example.org")
    assert code == 0, said
    assert (world.folder / "master.key").read_bytes() != before
    assert name_of(world, home) == [NAME]
    copy = world.folder / "copied-keys.db"
    code, said = run(world, "copy", str(copy))
    assert code == 0, said
    assert NAME.encode() not in copy.read_bytes()
    with world.database.connect() as connection:
        assert not list(audit.verify(connection))


def test_who_may_not_rotate_is_told(world: World) -> None:
    code, said = run(world, "rotate", "--by", "nobody@example.org")
    assert code != 0
    assert "nobody@example.org" in said


def test_only_governance_and_engineers_rotate_everything(world: World) -> None:
    before = (world.folder / "master.key").read_bytes()
    code, said = run(world, "rotate", "--by", "alice@example.org")
    assert code != 0
    assert "governance or engineer of no place" in said
    assert (world.folder / "master.key").read_bytes() == before


def check(world: World) -> str:
    """Return what ``stillwell check`` says of the keys."""
    (answer,) = [a for a in answers(Settings(data=world.folder)) if a.what == "keys"]
    return f"{answer.is_ready} {answer.found} {answer.advice}"


def test_check_tells_of_an_older_keyring_and_of_a_key_that_others_can_read(world: World) -> None:
    assert check(world).startswith("True")
    world.resources.vault.keyring.copy(world.folder / "older.db")
    save(world, world.homes[A][0].id)
    world.resources.vault.keyring.close()
    (world.folder / "older.db").replace(world.folder / "keys.db")
    assert "1 persons, households, contacts or second factors have no key" in check(world)
    (world.folder / "master.key").chmod(0o644)
    found = check(world)
    assert "can be read by others" in found
    assert f"chmod 600 {world.folder / 'master.key'}" in found
    assert (world.folder / "master.key").stat().st_mode & 0o777 == 0o644  # a look changes nothing


def test_check_tells_of_keys_that_a_crash_left_and_the_sweep_that_drops_them(world: World) -> None:
    world.resources.vault.keyring.ensure([("contact:gone-1", A)])
    found = check(world)
    assert found.startswith("True")
    assert "1 of them seal nothing any more: stillwell keys sweep" in found


def test_the_secret_of_a_factor_that_is_switched_off_can_be_read_in_no_backup(
    world: World,
) -> None:
    vault = world.resources.vault
    with world.database.begin() as connection:
        factors.begin(connection, vault, "account-bob")
        kept = connection.execute(select(second_factors.c.sealed)).scalar_one()
    assert vault.open_row("account:account-bob", "factor", kept)
    bob = Visit(world.app, "bob")
    assert bob.post("/me/factor/off", {"current": PASSWORD}).status_code == 303
    assert vault.open_row("account:account-bob", "factor", kept) is None
