"""Whom to call, who was tried, and what came of it."""

from pathlib import Path
from typing import Any

import pytest

from alerts.keeper import Keeper
from ingest.clock import instant, microseconds
from tests.api.life import DAY_US, MINUTE_US, A, B
from tests.api.visits import Visit
from tests.api.world import World, make_world

LIST: list[dict[str, Any]] = [
    {"kind": "person", "name": "Mx Larkspur", "phone": "01632 960 001", "wait_min": 2},
    {"kind": "contact", "name": "Their sister", "phone": "01632 960 002", "relation": "sister"},
    {"kind": "responder", "name": "Key team", "phone": "01632 960 003", "has_key": True},
]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def silence(world: World) -> str:
    """Return the standing silence of the home that has contacts."""
    visit = Visit(world.app, "alice")
    found = visit.get("/api/v1/alerts?state=open&priority=P2").json()["alerts"]
    return str(next(one["id"] for one in found if one["home"] == world.homes[A][0].id))


def test_contacts_are_called_in_order_and_a_timer_moves_on(world: World) -> None:
    bob, home, alert = Visit(world.app, "bob"), world.homes[A][0].id, silence(world)
    saved = bob.send(f"/api/v1/homes/{home}/contacts", {"contact": LIST}).json()["contacts"]
    assert [c["name"] for c in saved] == [c["name"] for c in LIST]
    path = f"/api/v1/alerts/{alert}/attempts"
    assert bob.get(path).json()["next"]["name"] == "Mx Larkspur"
    begun = bob.send(path, {"contact": saved[0]["id"]}).json()
    assert (begun["next"], begun["attempts"][0]["result"]) == (None, None)
    world.now = instant(microseconds(world.now) + 2 * MINUTE_US)
    Keeper(world.database, world.ledger, {}, lambda: world.now, lambda: True).keep()
    after = bob.get(path).json()
    assert after["attempts"][0]["result"] == "timed-out"
    assert after["next"]["name"] == "Their sister"
    done = {"contact": saved[1]["id"], "result": "answered", "said": "She is at the hospital."}
    told = bob.send(path, done).json()
    assert told["attempts"][1]["said"] == "She is at the hospital."
    assert (told["next"]["name"], told["spoken"]) == ("Key team", None)


def test_the_time_to_the_person_spoken_to_is_kept(world: World) -> None:
    alice, alert = Visit(world.app, "alice"), silence(world)
    path = f"/api/v1/alerts/{alert}/attempts"
    first = alice.send(path, {"contact": f"contact-{A}-1"}).json()["attempts"][0]
    world.now = instant(microseconds(world.now) + MINUTE_US)
    told = alice.send(f"{path}/{first['id']}", {"result": "answered", "said": "All well."}).json()
    assert (told["spoken"], told["next"]) == ("2026-03-03T14:11:00Z", None)
    again = alice.send(f"{path}/{first['id']}", {"result": "no-answer"})
    assert (again.status_code, "said before" in again.json()["detail"]) == (422, True)


def test_a_contact_who_is_being_tried_is_not_tried_by_a_second_person(world: World) -> None:
    path = f"/api/v1/alerts/{silence(world)}/attempts"
    body = {"contact": f"contact-{A}-1"}
    assert Visit(world.app, "alice").send(path, body).status_code == 200
    second = Visit(world.app, "bob").send(path, body)
    assert (second.status_code, "already" in second.json()["detail"]) == (422, True)


def test_contacts_unconfirmed_for_half_a_year_are_listed_until_somebody_vouches(
    world: World,
) -> None:
    bob = Visit(world.app, "bob")
    path = f"/api/v1/places/{A}/stale-contacts"
    assert [c["id"] for c in bob.get(path).json()["contacts"]] == [f"contact-{A}-1"]
    assert bob.send(f"/api/v1/contacts/contact-{A}-1/confirm").json()["is_stale"] is False
    assert bob.get(path).json()["contacts"] == []
    world.now = instant(microseconds(world.now) + 180 * DAY_US)
    assert len(bob.get(path).json()["contacts"]) == 1


def test_saving_again_keeps_who_confirmed_what_did_not_change(world: World) -> None:
    bob, home = Visit(world.app, "bob"), world.homes[A][0].id
    path = f"/api/v1/homes/{home}/contacts"
    (old,) = bob.get(path).json()["contacts"]
    same = {k: old[k] for k in ("id", "kind", "name", "relation", "phone", "language", "has_key")}
    saved = bob.send(path, {"contact": [LIST[1], same]}).json()["contacts"]
    assert saved[1]["confirmed"] == old["confirmed"]
    assert saved[0]["confirmed"] > old["confirmed"]
    changed = bob.send(path, {"contact": [{**same, "phone": "01632 960 009"}]}).json()["contacts"]
    assert changed[0]["confirmed"] > old["confirmed"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"contact": [{**LIST[0], "phone": "ring twice"}]}, "phone"),
        ({"contact": [{**LIST[0], "kind": "cat"}]}, "kind is 'cat': expected"),
        ({"contact": [{**LIST[0], "id": "not-of-this-home"}]}, "is not a contact of this home"),
        ({"contact": LIST * 7}, "at most 20"),
        ({"contact": [{**LIST[0], "name": "a\r\nBcc: x"}]}, "name"),
    ],
)
def test_bad_contacts_are_refused_with_the_key(world: World, body: object, says: str) -> None:
    path = f"/api/v1/homes/{world.homes[A][0].id}/contacts"
    answer = Visit(world.app, "bob").send(path, body)
    assert (answer.status_code, says in answer.json()["detail"]) == (422, True), answer.text


def test_only_supervisors_and_officers_change_contacts(world: World) -> None:
    path = f"/api/v1/homes/{world.homes[A][0].id}/contacts"
    assert Visit(world.app, "alice").send(path, {"contact": LIST}).status_code == 403
    assert Visit(world.app, "charlie").send(path, {"contact": LIST}).status_code == 404


def test_the_page_shows_whom_to_call_and_takes_what_came_of_it(world: World) -> None:
    alice, alert = Visit(world.app, "alice"), silence(world)
    page = alice.get(f"/alerts/{alert}").text
    assert 'href="tel:01632960001"' in page
    assert "last confirmed 200 days ago" in page
    form = {"contact": f"contact-{A}-1", "result": "no-answer"}
    assert alice.post(f"/alerts/{alert}/attempts", form).status_code == 303
    assert "14:10 no answer" in alice.get(f"/alerts/{alert}").text
    foreign = {"contact": f"contact-{B}-1", "result": "answered"}
    assert alice.post(f"/alerts/{alert}/attempts", foreign).status_code == 404


def test_an_alert_of_a_home_without_contacts_says_what_to_do_instead(world: World) -> None:
    told, alice, home = "Nobody is listed", Visit(world.app, "alice"), world.homes[A][1].id
    found = alice.get("/api/v1/alerts?state=open&priority=P1").json()["alerts"]
    alert = next(one["id"] for one in found if one["home"] == home)
    assert told in alice.get(f"/alerts/{alert}").text
    Visit(world.app, "bob").send(f"/api/v1/homes/{home}/contacts", {"contact": LIST})
    assert told not in alice.get(f"/alerts/{alert}").text
