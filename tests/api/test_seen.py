"""Nobody acts on an alert that is no longer what they saw."""

from pathlib import Path

import pytest

from alerts.alert import AlertKind
from tests.api.life import A
from tests.api.visits import Visit
from tests.api.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def test_a_program_acts_with_the_etag_that_it_read(world: World) -> None:
    app, alert = world.app, world.alerts_of(A)[-1]
    alice, bob = Visit(app, "alice"), Visit(app, "bob")
    address = f"/api/v1/alerts/{alert}"
    seen = alice.get(address).headers["etag"]
    taken = bob.client.post(f"{address}/attend", headers={"Origin": "http://testserver"})
    assert taken.headers["etag"] != seen
    stale = {"Origin": "http://testserver", "If-Match": seen}
    body = {"outcome": "seen-well", "note": ""}
    refused = alice.client.post(f"{address}/resolve", headers=stale, json=body)
    assert refused.status_code == 412
    assert "has changed since you read it" in refused.json()["detail"]
    fresh = {**stale, "If-Match": refused.json()["etag"]}
    assert alice.client.post(f"{address}/resolve", headers=fresh, json=body).status_code == 200
    again = alice.client.post(f"{address}/resolve", headers=fresh, json=body)
    assert again.status_code == 200, "the answer was lost, and the same was sent again"


def test_a_signal_that_came_again_must_be_seen_before_it_is_resolved(world: World) -> None:
    alice, home = Visit(world.app, "alice"), world.homes[A][0]
    alert = world.raise_alert(AlertKind.PENDANT, home, "Help button pressed.", ago_min=0)
    page = alice.get(f"/alerts/{alert}").text
    version = page.split('name="version" value="')[1].split('"')[0]
    world.now = world.now + 60_000_000  # a minute
    world.raise_alert(AlertKind.PENDANT, home, "Help button pressed.", ago_min=0)
    form = {"outcome": "seen-well", "note": "At the door.", "version": version}
    answer = alice.post(f"/alerts/{alert}/resolve", form)
    assert answer.status_code == 412
    assert "has changed since you saw it" in answer.text
    assert "Signalled 2 times" in answer.text
    assert ">At the door.</textarea>" in answer.text


@pytest.mark.parametrize(
    ("said", "is_told"),
    [("2026-03-03T14:02:00+00:00", True), ("2026-03-01T14:02:00+00:00", False),
     ("2026-03-03T15:02:00+00:00", False), ("14:02", False), ("<b>", False), ("", False)],
)  # fmt: skip
def test_a_step_that_a_phone_kept_says_when_it_was_done(
    world: World, said: str, *, is_told: bool
) -> None:
    alice, alert = Visit(world.app, "alice"), world.alerts_of(A)[-1]
    alice.post(f"/alerts/{alert}/attend", {"kept_at": said})
    page = alice.get(f"/alerts/{alert}").text
    assert ("Done at 14:02 by the phone" in page) is is_told


def test_an_action_leads_back_to_our_own_pages_only(world: World) -> None:
    alice, alert = Visit(world.app, "alice"), world.alerts_of(A)[-1]
    for back, leads in (("/mine", "/mine"), ("//elsewhere.example", "/"), ("", f"/alerts/{alert}")):
        answer = alice.post(f"/alerts/{alert}/attend", {"back": back})
        assert answer.headers["location"] == leads


def test_signing_out_tells_the_browser_to_forget(world: World) -> None:
    alice = Visit(world.app, "alice")
    assert alice.post("/sign-out").headers["clear-site-data"] == '"storage"'
    alice = Visit(world.app, "alice")
    everywhere = alice.post("/me/sign-out-everywhere")
    assert everywhere.headers["clear-site-data"] == '"storage"'


def test_only_a_care_workers_own_pages_may_be_kept(world: World) -> None:
    app, alert = world.app, world.alerts_of(A)[-1]
    alice, charlie = Visit(app, "alice"), Visit(app, "charlie")
    for path in ("/mine", f"/alerts/{alert}"):
        assert "stillwell-keep-until" in alice.get(path).headers
    for path in ("/alerts", "/homes", f"/homes/{A}-home-1", "/handover", "/me"):
        assert "stillwell-keep-until" not in alice.get(path).headers
    assert "stillwell-keep-until" not in charlie.get(f"/alerts/{alert}").headers
