"""The incident file: what was known when, whole inside and without third parties outside."""

import pytest
from sqlalchemy import select

from config import audit, tables
from config.roles import Role
from tests.api.life import A, B
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

NOTE = "her niece Zelda Quince says that she is at the sea"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = make_world(tmp_path_factory.mktemp("incident"))
    account(made.database, "Sam", (A, Role.SUPERVISOR))
    return made


@pytest.fixture(scope="module")
def alert(world: World) -> str:
    """An alert about a person, taken on, talked about and resolved with a note."""
    alice = Visit(world.app, "alice")
    found = alice.get("/api/v1/alerts?state=open&limit=200").json()["alerts"]
    one = next(a["id"] for a in found if a["home"] and a["priority"] != "T")
    alice.send(f"/api/v1/alerts/{one}/acknowledge")
    home = next(a["home"] for a in found if a["id"] == one)
    for contact in alice.get(f"/api/v1/homes/{home}/contacts").json()["contacts"]:
        body = {"contact": contact["id"], "means": "phone", "result": "answered", "said": NOTE}
        alice.send(f"/api/v1/alerts/{one}/attempts", body)
    body = {"outcome": "spoken-to", "note": NOTE}
    assert alice.send(f"/api/v1/alerts/{one}/resolve", body).status_code == 200
    return str(one)


def test_the_file_tells_everything_in_order_of_time(world: World, alert: str) -> None:
    told = Visit(world.app, "alice").get(f"/api/v1/alerts/{alert}/incident").json()
    moments = [line["at"] for line in told["lines"]]
    assert moments == sorted(moments)
    said = [line["what"] for line in told["lines"]]
    assert said[0] == "Raised"
    assert "Taken on" in said
    assert "Resolved" in said
    assert NOTE in str(told["lines"])
    assert told["evidence"] is not None
    assert told["is_redacted"] is False


def test_a_released_file_names_no_third_party_and_the_release_is_noted(
    world: World, alert: str
) -> None:
    sam = Visit(world.app, "sam")
    path = f"/api/v1/alerts/{alert}/incident/release"
    told = sam.send(path)
    assert told.status_code == 200, told.text
    for word in ("Zelda", "Quince", "Alice"):
        assert word not in told.text
    assert "withheld" in told.text
    assert "Member of staff 1" in told.text
    a = tables.audit.c
    with world.database.connect() as connection:
        row = connection.execute(
            select(a.actor, a.subject).where(a.what == "release").order_by(a.seq.desc())
        ).first()
        assert row is not None
        assert row.subject == f"alert:{alert}"
        assert audit.verify(connection) == []
    assert Visit(world.app, "alice").send(path).status_code == 403


def test_a_foreign_alert_has_no_file(world: World) -> None:
    foreign = world.alerts_of(B)[0]
    sam = Visit(world.app, "sam")
    assert sam.get(f"/api/v1/alerts/{foreign}/incident").status_code == 404
    assert sam.send(f"/api/v1/alerts/{foreign}/incident/release").status_code == 404
    assert sam.get(f"/alerts/{foreign}/incident").status_code == 404


def test_the_page_prints_the_file_and_makes_one_for_release(world: World, alert: str) -> None:
    sam = Visit(world.app, "sam")
    whole = sam.get(f"/alerts/{alert}/incident").text
    assert "What was known and done, in order" in whole
    assert "Zelda Quince" in whole
    released = sam.post(f"/alerts/{alert}/incident/release").text
    assert "for release" in released
    assert "Zelda" not in released
