"""Trying contacts and confirming them from the command line, as pages and REST do."""

from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from alerts.keeper import Keeper
from api.cli import app
from config import tables
from ingest.clock import instant, microseconds
from tests.api.life import DAY_US, A, B
from tests.api.test_contacts import silence
from tests.api.visits import Visit
from tests.api.world import World, make_world

BOB = ["--by", "bob@example.org"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def run(world: World, *words: str) -> Result:
    return CliRunner().invoke(app, ["contacts", *words], env={"STILLWELL_DATA": str(world.folder)})


def noted(world: World, what: str) -> list[str]:
    a = tables.audit.c
    query = select(a.actor).where(a.what == what, a.place == A).order_by(a.seq)
    with world.database.connect() as connection:
        return list(connection.execute(query).scalars())


def test_a_contact_is_tried_and_what_came_of_it_is_said(world: World) -> None:
    alert, contact = silence(world), f"contact-{A}-1"
    turn = run(world, "calls", alert)
    assert f"next: {contact} " in turn.output, turn.output
    begun = run(world, "try", alert, "--contact", contact, *BOB)
    assert begun.output.startswith("attempt 1: "), begun.output
    assert "going on" in run(world, "calls", alert).output
    done = run(world, "said", alert, "1", "--result", "answered", "--said", "All well.", *BOB)
    assert done.output == "attempt 1: answered\n"
    assert "answered: All well." in run(world, "calls", alert).output
    told = Visit(world.app, "alice").get(f"/api/v1/alerts/{alert}/attempts").json()
    assert (told["attempts"][0]["result"], told["attempts"][0]["said"]) == ("answered", "All well.")
    assert told["spoken"] is not None
    assert noted(world, "attempt") == noted(world, "attempt-ended") == ["account-bob"]


def test_a_contact_is_confirmed_by_name(world: World) -> None:
    contact = f"contact-{A}-1"
    assert contact in run(world, "stale", "--place", A).output
    done = run(world, "confirm", contact, *BOB)
    assert (done.exit_code, f"{contact} is confirmed by" in done.output) == (0, True), done.output
    assert contact not in run(world, "stale", "--place", A).output
    assert noted(world, "confirm-contact") == ["account-bob"]


def test_what_cannot_be_is_refused_with_what_to_do(world: World) -> None:
    alert, contact = silence(world), f"contact-{A}-1"
    begin = ("try", alert, "--contact", contact)
    assert run(world, *begin, *BOB).exit_code == 0
    said = ("said", alert, "1", "--result", "answered")
    for words, told in (
        ((*begin, *BOB), "being tried already"),
        (("try", alert, "--contact", f"contact-{B}-1", *BOB), "is no contact of this alert's home"),
        (("try", alert, "--contact", "nobody", *BOB), "stillwell contacts calls"),
        ((*begin, "--means", "pigeon", *BOB), "expected one of phone, unit, visit, other"),
        (("try", "no-such-alert", "--contact", contact, *BOB), "stillwell alert list"),
        ((*begin, "--by", "nobody@example.org"), "name one who is"),
        ((*said[:4], "shrugged", *BOB), "expected one of answered, no-answer"),
        ((*said[:4], "timed-out", *BOB), "expected one of answered, no-answer"),
        (("said", alert, "99", "--result", "answered", *BOB), "has no attempt 99"),
        ((*said, "--said", "x" * 2001, *BOB), "2000 characters or fewer"),
        ((*said, "--by", "nobody@example.org"), "name one who is"),
        (("confirm", "nobody", *BOB), "tell their ids"),
        (("confirm", contact, "--by", "nobody@example.org"), "name one who is"),
        (("calls", "no-such-alert"), "stillwell alert list"),
    ):
        done = run(world, *words)
        flat = " ".join(done.output.split())
        assert (done.exit_code != 0, told in flat) == (True, True), (words, done.output)
    assert len(noted(world, "attempt")) == 1
    assert noted(world, "attempt-ended") == []
    assert run(world, *said, *BOB).exit_code == 0
    again = run(world, *said, *BOB)
    assert "said before" in " ".join(again.output.split())


def test_a_call_that_nobody_ends_is_ended_by_the_system_and_noted(world: World) -> None:
    alert = silence(world)
    assert run(world, "try", alert, "--contact", f"contact-{A}-1", *BOB).exit_code == 0
    world.now = instant(microseconds(world.now) + 3650 * DAY_US)
    Keeper(world.database, world.ledger, {}, lambda: world.now, lambda: True).keep()
    assert noted(world, "attempt-ended") == ["system"]
