"""What is changed at the machine itself, without an account, leaves a row in the audit log."""

from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from api import console
from api.cli import app
from config import audit, tables
from tests.api.life import A
from tests.api.world import World, make_world

HOMES = f"""
[[home]]
place = "{A}"
label = "A new home"
[[home.sensor]]
dialect = "native"
address = "motion-1"
kind = "motion"
room = "hall"
"""
PLACE = """
key = "larchholt"
name = "Larchholt"
[contacts]
support = "nobody@larchholt.example"
phone = "01632 960 009"
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def said(world: World) -> set[tuple[str, str, str]]:
    """Return (place, what, how the subject begins) of all that was done at the machine."""
    a = tables.audit.c
    with world.database.connect() as connection:
        query = select(a.place, a.what, a.subject).where(a.actor == console.ACTOR)
        return {(r.place, r.what, r.subject.split(":")[0]) for r in connection.execute(query)}


def test_what_is_done_at_the_machine_is_noted(world: World, tmp_path: Path) -> None:
    homes, places = tmp_path / "homes.toml", tmp_path / "places"
    homes.write_text(HOMES, "utf-8")
    file = tmp_path / "site.toml"
    url = world.database.url.render_as_string(hide_password=False)
    file.write_text(f'data = "{tmp_path}"\ndatabase_url = "{url}"\n', "utf-8")
    own = tmp_path / "own.toml"
    own.write_text(f'{file.read_text("utf-8")}places = "{places}"\n', "utf-8")
    new = tmp_path / "larchholt.toml"
    new.write_text(PLACE, "utf-8")
    home, installed = world.homes[A][0].id, audit.INSTALLATION
    for words, wanted in (
        (["enrol", str(homes)], (A, "enrol", "home")),
        (["canary"], (A, "enrol", "home")),
        (["store", "erase", home], (A, "erase-readings", "home")),
        (["store", "retention"], (installed, "retention", "store")),
        (["place", "add", str(new)], (installed, "setting", "place")),
        (
            [
                *("account", "new@example.org", "--name", "Noor Example"),
                *("--place", A, "--role", "officer"),
            ],
            (A, "role-given", "account-new"),
        ),
    ):
        before = said(world)
        settings = own if words[0] == "place" else file
        done = CliRunner().invoke(app, [*words, "--settings", str(settings)])
        assert done.exit_code == 0, (words, done.output)
        if words[0] == "account":
            assert {(A, "role-given"), (installed, "account")} <= {r[:2] for r in said(world)}
            continue
        assert wanted in said(world) - (before if words[0] != "canary" else set()), words


def test_what_was_refused_is_not_noted_as_done(world: World, tmp_path: Path) -> None:
    before = said(world)
    done = CliRunner().invoke(
        app, ["store", "erase", "no-such-home-1"], env={"STILLWELL_DATA": str(tmp_path)}
    )
    assert done.exit_code != 0
    assert said(world) == before
