"""Everything that is done, set or read leaves a row, and the command finds what was changed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, event, select
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner, Result

from api.cli import app as command
from config import tables
from tests.api.life import A, B
from tests.api.test_contacts import LIST
from tests.api.visits import Visit
from tests.api.world import World, engines_closed, world_on

_a = tables.audit.c


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from world_on(request, tmp_path)


def noted(world: World, actor: str, place: str = A) -> list[tuple[str, str]]:
    query = select(_a.what, _a.subject).where(_a.actor == f"account-{actor}", _a.place == place)
    with world.database.connect() as connection:
        return [(row.what, row.subject) for row in connection.execute(query.order_by(_a.seq))]


def test_signing_in_reading_doing_and_setting_are_noted(world: World) -> None:
    bob, home, alert = Visit(world.app, "bob"), world.homes[A][0].id, world.alerts_of(A)[-1]
    bob.get(f"/api/v1/homes/{home}/sensors")
    bob.send(f"/api/v1/alerts/{alert}/acknowledge")
    bob.send(f"/api/v1/homes/{home}/contacts", {"contact": LIST})
    told = noted(world, "bob")
    assert told[0] == ("sign-in", "")
    for row in (
        ("read", f"home:{home}"),
        ("acknowledge", f"alert:{alert}"),
        ("contacts", f"home:{home}"),
    ):
        assert row in told, row


@pytest.mark.parametrize(
    "address",
    [
        "/homes", "/homes/{home}", "/alerts", "/alerts/{alert}", "/api/v1/alerts",
        "/api/v1/alerts/{alert}", "/api/v1/alerts/{alert}/attempts", "/api/v1/homes/{home}",
        "/api/v1/homes/{home}/contacts", "/api/v1/homes/{home}/sensors",
        "/api/v1/homes/{home}/readings?from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z",
        f"/api/v1/places/{A}/homes", f"/api/v1/places/{A}/stale-contacts",
    ],
)  # fmt: skip
def test_every_reading_of_people_is_noted_and_a_foreign_one_reads_nothing(
    world: World, address: str
) -> None:
    alice = Visit(world.app, "alice")
    before = len(noted(world, "alice"))
    alert = next(
        a["id"] for a in alice.get("/api/v1/alerts").json()["alerts"] if a["home"] is not None
    )
    reads = len(noted(world, "alice"))
    assert reads == before + 1
    path = address.format(home=world.homes[A][0].id, alert=alert)
    assert alice.get(path).status_code == 200
    assert len(noted(world, "alice")) == reads + 1
    assert noted(world, "alice")[-1][0] == "read"
    foreign = address.format(home=world.homes[B][0].id, alert=world.alerts_of(B)[0])
    alice.get(foreign.replace(A, B))
    assert noted(world, "alice", B) == []


def test_a_fragment_that_a_page_fetches_again_is_the_same_reading(world: World) -> None:
    alice = Visit(world.app, "alice")
    before = noted(world, "alice")
    alice.get("/alerts?fragment=1")
    assert noted(world, "alice") == before


def test_who_helps_sees_the_page_also_when_it_cannot_be_noted(world: World) -> None:
    alice = Visit(world.app, "alice")

    def fail(*told: object) -> None:
        if "audit" in str(told[2]):
            raise OperationalError("disk full", None, Exception())

    event.listen(world.database, "before_cursor_execute", fail)
    assert alice.get("/alerts").status_code == 200


def test_the_command_says_whole_and_finds_a_deleted_row_and_a_broken_anchor(
    world: World, tmp_path: Path
) -> None:
    url = world.database.url.render_as_string(hide_password=False)
    environment = {"STILLWELL_DATA": str(tmp_path), "STILLWELL_DATABASE_URL": url}

    def run(*words: str) -> Result:
        with engines_closed():
            return CliRunner().invoke(command, ["audit", *words], env=environment)

    Visit(world.app, "bob").get("/homes")
    heads = str(tmp_path / "heads.jsonl")
    assert run("anchor", heads).exit_code == 0
    check = ("verify", "--anchors", heads)
    whole = run(*check)
    assert (whole.exit_code, "are whole; 2 anchors hold" in whole.output) == (0, True), whole.output
    shown = run("show", "--place", A).output
    assert "account-bob read list" in shown
    with world.database.begin() as connection:
        connection.execute(delete(tables.audit).where(_a.place == A, _a.seq == 2))
    broken = run(*check)
    assert broken.exit_code == 1
    assert f"{A}, row 2: rows 2 to 2 are missing" in broken.output
