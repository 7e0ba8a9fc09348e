"""The incident file: what was known when, whole inside and without third parties outside."""

import numpy as np
import pytest
from sqlalchemy import select

from alerts import welfare_calls
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


@pytest.fixture(scope="module")
def unseen(world: World) -> str:
    """An alert of a home that cannot be seen, about which Alice called twice without an answer."""
    home = f"{A}-home-3"
    alice = Visit(world.app, "alice")
    for said in (NOTE, ""):
        assert alice.post(f"/homes/{home}/welfare-calls").status_code == 303
        number = 1 if said else 2
        ended = {"outcome": "no-answer", "said": said}
        if said:
            path = f"/homes/{home}/welfare-calls/{number}/end"
            assert alice.post(path, ended).status_code == 303
    found = alice.get("/api/v1/alerts?state=open&limit=200").json()["alerts"]
    return str(next(a["id"] for a in found if a["home"] == home))


def test_what_was_tried_about_a_home_that_could_not_be_seen_stands_in_the_file(
    world: World, unseen: str
) -> None:
    home = f"{A}-home-3"
    told = Visit(world.app, "alice").get(f"/api/v1/alerts/{unseen}/incident").json()
    said = [(line["what"], line["who"], line["said"]) for line in told["lines"]]
    began = (f"Began to call about home {home}, which could not be seen", "Alice Example", "")
    assert (f"Home {home} could not be seen from now on", "the system", "") in said
    assert said.count(began) == 2
    assert (f"Call about home {home}: no answer", "Alice Example", NOTE) in said
    lapsed = f"Call about home {home}: nobody said what came of it"
    assert lapsed not in [what for what, _, _ in said]
    world.wall += np.timedelta64(welfare_calls.LAPSES_US + 1, "us")
    told = Visit(world.app, "alice").get(f"/api/v1/alerts/{unseen}/incident").json()
    assert lapsed in [line["what"] for line in told["lines"]]
    moments = [line["at"] for line in told["lines"]]
    assert moments == sorted(moments)


def test_a_released_file_tells_of_the_calls_without_who_called_or_what_was_said(
    world: World, unseen: str
) -> None:
    told = Visit(world.app, "sam").send(f"/api/v1/alerts/{unseen}/incident/release")
    assert "could not be seen" in told.text
    assert ": no answer" in told.text
    assert "Alice" not in told.text
    assert "Zelda" not in told.text


def test_calls_about_the_home_of_a_silent_gateway_stand_in_its_file(
    world: World, unseen: str, alert: str
) -> None:
    alice = Visit(world.app, "alice")
    found = alice.get("/api/v1/alerts?state=open&limit=200").json()["alerts"]
    silent = next(a["id"] for a in found if a["gateway"] == f"{A}-gateway-3")
    whole = alice.get(f"/alerts/{silent}/incident").text
    assert f"Call about home {A}-home-3: no answer" in whole
    assert "Began to call" not in alice.get(f"/alerts/{alert}/incident").text


def test_the_calls_of_the_file_are_told_in_welsh(world: World, unseen: str) -> None:
    alice = Visit(world.app, "alice")
    alice.post("/language", {"language": "cy", "next": "/"})
    whole = alice.get(f"/alerts/{unseen}/incident").text
    assert "Began to call" not in whole
    assert "could not be seen" not in whole
    assert "Call about" not in whole
    assert ": no answer" not in whole


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
