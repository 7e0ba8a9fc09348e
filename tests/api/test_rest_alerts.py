from pathlib import Path

import pytest

from config.roles import Role
from tests.api.life import A, B
from tests.api.visits import Visit
from tests.api.world import World, account, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def test_the_list_pages_through_every_alert_once(world: World) -> None:
    visit = Visit(world.app, "alice")
    seen: list[str] = []
    cursor = ""
    for _ in range(9):
        page = visit.get(f"/api/v1/alerts?limit=2&cursor={cursor}").json()
        seen += [alert["id"] for alert in page["alerts"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert sorted(seen) == sorted(world.alerts_of(A))
    assert seen == list(reversed(world.alerts_of(A)))


def test_the_list_is_narrowed_by_state_priority_and_place(world: World) -> None:
    visit = Visit(world.app, "bob")
    standing = visit.get("/api/v1/alerts?state=open&state=acknowledged").json()["alerts"]
    assert {alert["state"] for alert in standing} == {"open"}
    urgent = visit.get("/api/v1/alerts?priority=P1&priority=P2&state=open").json()["alerts"]
    assert sorted(alert["priority"] for alert in urgent) == ["P1", "P2"]
    assert visit.get(f"/api/v1/alerts?place={A}").json()["alerts"]
    assert visit.get(f"/api/v1/alerts?place={B}").status_code == 404


def test_an_alert_is_taken_on_and_resolved_and_its_history_tells(world: World) -> None:
    visit = Visit(world.app, "alice")
    alert = f"/api/v1/alerts/{world.alerts_of(A)[-1]}"
    taken = visit.send(f"{alert}/acknowledge").json()
    assert (taken["state"], taken["acknowledged_by"]) == ("acknowledged", "account-alice")
    done = visit.send(f"{alert}/resolve", {"outcome": "spoken-to", "note": " By phone.\n"}).json()
    assert (done["state"], done["outcome"], done["note"]) == ("resolved", "spoken-to", "By phone.")
    assert [step["event"] for step in done["history"]] == ["raise", "acknowledge", "resolve"]
    assert visit.get(alert).json() == done


def test_the_second_person_is_told_who_has_it(world: World) -> None:
    app = world.app
    alice, bob = Visit(app, "alice"), Visit(app, "bob")
    alert = f"/api/v1/alerts/{world.alerts_of(A)[-1]}"
    assert alice.send(f"{alert}/acknowledge").status_code == 200
    assert alice.send(f"{alert}/acknowledge").status_code == 200
    clash = bob.send(f"{alert}/acknowledge")
    assert clash.status_code == 409
    assert clash.json()["detail"] == "Alice Example has had this alert since 14:10."
    assert clash.json()["actor"] == "account-alice"
    assert bob.send(f"{alert}/resolve", {"outcome": "seen-well"}).status_code == 200
    again = alice.send(f"{alert}/resolve", {"outcome": "needs-help"})
    assert (again.status_code, again.json()["state"]) == (409, "resolved")


def test_who_is_on_the_way_is_told_to_the_next(world: World) -> None:
    app = world.app
    alice, bob = Visit(app, "alice"), Visit(app, "bob")
    alert = world.alerts_of(A)[-1]
    going = bob.send(f"/api/v1/alerts/{alert}/attend").json()
    assert (going["state"], going["attending_by"]) == ("attending", "account-bob")
    assert going["acknowledged_by"] == "account-bob"
    clash = alice.send(f"/api/v1/alerts/{alert}/attend")
    assert clash.status_code == 409
    assert clash.json()["detail"] == "Bob Example has been on the way since 14:10."
    page = alice.get(f"/alerts/{alert}").text
    assert "Bob Example is on the way, since 14:10" in page
    assert "What did you find?" in page
    assert "I&#39;m going" not in page


def test_an_engineer_sees_faults_only_and_no_name_of_a_home(world: World) -> None:
    account(world.database, "Edda", (A, Role.ENGINEER))
    visit = Visit(world.app, "edda")
    answer = visit.get("/api/v1/alerts")
    assert {alert["priority"] for alert in answer.json()["alerts"]} == {"T"}
    assert "Larkspur" not in answer.text
    person = next(
        alert["id"]
        for alert in Visit(world.app, "alice").get("/api/v1/alerts").json()["alerts"]
        if alert["priority"] == "P2"
    )
    assert visit.get(f"/api/v1/alerts/{person}").status_code == 404
    assert visit.send(f"/api/v1/alerts/{person}/acknowledge").status_code == 404


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"outcome": "all-well"}, "outcome is 'all-well': expected"),
        ({}, "outcome is missing"),
        ({"outcome": "other"}, "needs a note"),
        ({"outcome": "test", "note": "x" * 2001}, "at most 2000 characters"),
        ({"outcome": "test", "note": "a\0b"}, "control characters"),
        ({"outcome": "test", "colour": "red"}, "colour is not a known field"),
        (["outcome"], "the body"),
        (None, "the body is missing"),
    ],
)
def test_a_wrong_resolution_is_told_what_to_send(world: World, body: object, says: str) -> None:
    visit = Visit(world.app, "alice")
    alert = world.alerts_of(A)[-1]
    answer = visit.send(f"/api/v1/alerts/{alert}/resolve", body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
    assert visit.get(f"/api/v1/alerts/{alert}").json()["state"] == "open"


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/alerts?cursor=nonsense", 422, "leave it out to start again"),
        ("/alerts?cursor=WyJhIiwgMV0", 422, "leave it out to start again"),
        ("/alerts?cursor=%FF%FE", 422, "leave it out to start again"),
        (f"/alerts?cursor={'9' * 401}", 422, "at most 400"),
        ("/alerts?limit=0", 422, "greater than or equal to 1"),
        ("/alerts?limit=many", 422, "integer"),
        ("/alerts?state=asleep", 422, "state"),
        ("/alerts?priority=P9", 422, "priority"),
        ("/alerts/short", 422, "match pattern"),
        ("/alerts/%00%00%00%00%00%00%00%00", 422, "match pattern"),
        ("/alerts/UPPERCASE-ID", 422, "match pattern"),
        (f"/alerts/{'a' * 41}", 422, "at most 40"),
        (f"/alerts/{'a' * 32}", 404, "belongs to a place that is not yours"),
    ],
)
def test_bad_addresses_are_told_in_a_sentence(
    world: World, path: str, status: int, says: str
) -> None:
    answer = Visit(world.app, "alice").get(f"/api/v1{path}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
    assert len(answer.text) < 1500


def test_a_huge_or_broken_body_is_refused_before_it_is_read(world: World) -> None:
    visit = Visit(world.app, "alice")
    path = f"/api/v1/alerts/{world.alerts_of(A)[-1]}/resolve"
    huge = visit.send(path, {"outcome": "test", "note": "x" * 100_000})
    assert huge.status_code == 413
    assert "64 KiB" in huge.json()["detail"]
    piece = b"x" * 10_000
    unannounced = visit.client.post(
        path, content=iter([piece] * 20), headers={"Origin": "http://testserver"}
    )
    assert unannounced.status_code in (400, 413)
    assert unannounced.headers["content-type"] == "application/problem+json"
    headers = {"Origin": "http://testserver", "Content-Type": "application/json"}
    for body in (b"\xff\xfe{", b"{", b"[" * 50_000, b"\x00"):
        answer = visit.client.post(path, content=body, headers=headers)
        assert answer.status_code in (400, 422), (body[:5], answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
