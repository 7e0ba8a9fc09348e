"""``stillwell keys``: shown, copied and rotated, with names readable before and after."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from config import audit, contacts, keys
from config.settings import Settings
from tests.api.life import A
from tests.api.world import World, make_world

NAME = "Ida Example"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def run(world: World, *words: str) -> tuple[int, str]:
    file = world.folder / "keys-test.toml"
    file.write_text(f'data = "{world.folder}"\n', "utf-8")
    found = CliRunner().invoke(app, ["keys", *words, "--settings", str(file)])
    return found.exit_code, found.output


def name_of(world: World, home: str) -> list[str]:
    vault = keys.open_vault(Settings(data=world.folder), world.database)
    assert not vault.locked
    with world.database.connect() as connection:
        return [one.name for one in contacts.read(connection, vault, home)]


def test_keys_are_rotated_and_copied_and_names_stay_readable(world: World) -> None:
    home = world.homes[A][0].id
    plan = contacts.read_plan(
        {"contact": [{"name": NAME, "phone": "01632 960 111", "kind": "contact"}]}, "x"
    )
    with world.database.begin() as connection:
        contacts.save(connection, world.resources.vault, home, plan, "account-bob", 0)
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
