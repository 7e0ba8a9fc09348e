"""Emergency access and the check of the audit log, by REST."""

from pathlib import Path

import pytest
from sqlalchemy import delete

from config import tables
from config.roles import Role
from tests.api.life import A, B
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

REASON = "The daughter rang, nobody answers the door"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = make_world(tmp_path)
    account(world.database, "olga", (A, Role.ENGINEER))
    account(world.database, "gwen", (A, Role.GOVERNANCE))
    account(world.database, "glyn", (B, Role.GOVERNANCE))
    return world


def test_emergency_access_is_opened_noticed_and_ended(world: World) -> None:
    olga, gwen = Visit(world.app, "olga"), Visit(world.app, "gwen")
    home = world.homes[A][0].id
    assert olga.get(f"/api/v1/alerts/{world.alerts_of(A)[0]}").status_code == 404
    asked = {"reason": REASON, "hours": 1}
    opened = olga.send(f"/api/v1/places/{A}/emergency-access", asked)
    assert opened.status_code == 201
    (mine,) = opened.json()
    assert (mine["place"], mine["reason"], mine["noticed_at"]) == (A, REASON, None)
    assert olga.get(f"/api/v1/homes/{home}").status_code == 200
    assert [one["id"] for one in olga.get("/api/v1/emergency-access").json()] == [mine["id"]]
    listed = gwen.get(f"/api/v1/places/{A}/emergency-access").json()
    assert [one["id"] for one in listed] == [mine["id"]]
    assert gwen.send(f"/api/v1/emergency-access/{mine['id']}/notice").status_code == 204
    (listed,) = gwen.get(f"/api/v1/places/{A}/emergency-access").json()
    assert listed["noticed_by"] == "account-gwen"
    assert olga.send(f"/api/v1/emergency-access/{mine['id']}/end").status_code == 204
    assert olga.get("/api/v1/emergency-access").status_code == 401, "signed out everywhere"
    assert Visit(world.app, "olga").get("/api/v1/emergency-access").json() == []


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"reason": "short", "hours": 1}, "expected 10 to 1000"),
        ({"reason": REASON, "hours": 9}, "expected 1..4"),
        ({"reason": REASON, "hours": 0}, "expected 1..4"),
        ({"reason": "a bell \x07 and more", "hours": 1}, "control characters"),
        ({"hours": 1}, "reason"),
        ({"reason": REASON, "hours": 1, "who": "me"}, "who"),
    ],
)
def test_a_wrong_wish_is_refused_and_opens_nothing(
    world: World, asked: dict[str, object], told: str
) -> None:
    olga = Visit(world.app, "olga")
    refused = olga.send(f"/api/v1/places/{A}/emergency-access", asked)
    assert refused.status_code == 422
    assert told in refused.text
    assert olga.get("/api/v1/emergency-access").json() == []


def test_another_place_is_neither_opened_nor_listed_nor_noticed(world: World) -> None:
    olga, glyn = Visit(world.app, "olga"), Visit(world.app, "glyn")
    asked = {"reason": REASON, "hours": 1}
    assert olga.send(f"/api/v1/places/{B}/emergency-access", asked).status_code == 404
    (mine,) = olga.send(f"/api/v1/places/{A}/emergency-access", asked).json()
    assert glyn.get(f"/api/v1/places/{A}/emergency-access").status_code == 404
    assert glyn.send(f"/api/v1/emergency-access/{mine['id']}/notice").status_code == 404
    assert glyn.send(f"/api/v1/emergency-access/{mine['id']}/end").status_code == 404
    assert glyn.get(f"/api/v1/places/{A}/audit/verification").status_code == 404


def test_the_log_is_whole_until_a_row_of_it_is_deleted(world: World) -> None:
    gwen = Visit(world.app, "gwen")
    whole = gwen.get(f"/api/v1/places/{A}/audit/verification").json()
    assert (whole["place"], whole["is_whole"], whole["faults"]) == (A, True, [])
    assert whole["rows"] > 0
    assert len(whole["hash"]) == 64
    row = tables.audit.c
    with world.database.begin() as connection:
        connection.execute(delete(tables.audit).where(row.place == A, row.seq == 1))
    broken = gwen.get(f"/api/v1/places/{A}/audit/verification").json()
    assert broken["is_whole"] is False
    assert broken["faults"][0] == {"seq": 1, "what": "rows 1 to 1 are missing"}


def test_a_log_that_lost_its_head_is_not_called_whole(world: World) -> None:
    gwen, heads = Visit(world.app, "gwen"), tables.audit_heads
    with world.database.begin() as connection:
        connection.execute(delete(heads).where(heads.c.place == A))
    assert gwen.get(f"/api/v1/places/{A}/audit/verification").json()["is_whole"] is False
