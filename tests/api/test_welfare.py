"""Unwatched homes: since when, why, risk tier, and who is calling."""

from pathlib import Path

import numpy as np
import pytest

from config.roles import Role
from tests.api.life import A, B
from tests.api.visits import URL, Visit
from tests.api.world import World, account, make_world

HOME = f"{A}-home-3"
PAGE = f"/homes/{HOME}/welfare-calls"
REST = f"/api/v1{PAGE}"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def minutes_later(world: World, minutes: int) -> None:
    world.now = world.wall = world.now + np.timedelta64(minutes, "m")


def test_a_line_of_an_unwatched_home_says_since_when_why_and_who_is_calling(world: World) -> None:
    alice, bob = Visit(world.app, "alice"), Visit(world.app, "bob")
    for address in ("/alerts", "/alerts?show=unwatched", f"/homes/{HOME}"):
        page = bob.get(address).text
        assert "Nobody is calling" in page, address
        assert "I am calling" in page, address
    begun = alice.post(PAGE, {"version": "0"})
    assert (begun.status_code, begun.headers["location"]) == (303, PAGE)
    for address in ("/alerts", "/alerts?show=unwatched", f"/homes/{HOME}"):
        assert "Alice Example is calling, since 14:10; lapses at 14:25" in bob.get(address).text
        assert "You are calling, since 14:10" in alice.get(address).text
        assert ">I am calling<" not in bob.get(address).text


def test_the_second_sees_who_has_it_and_nothing_is_written(world: World) -> None:
    alice, bob = Visit(world.app, "alice"), Visit(world.app, "bob")
    alice.post(PAGE, {"version": "0"})
    second = bob.post(PAGE, {"version": "0"})
    assert second.status_code == 409
    assert "Alice Example is calling, since 14:10" in second.text
    assert len(bob.get(REST).json()["calls"]) == 1


def test_who_looked_before_a_call_ended_is_shown_what_came_of_it(world: World) -> None:
    alice, bob = Visit(world.app, "alice"), Visit(world.app, "bob")
    alice.post(PAGE, {"version": "0"})
    alice.post(f"{PAGE}/1/end", {"outcome": "spoken-to", "said": "Well."})
    late = bob.post(PAGE, {"version": "0"})
    assert late.status_code == 412
    assert "Spoken to: called by Alice Example, 14:10" in late.text
    assert bob.post(PAGE, {"version": "1-spoken-to"}).status_code == 303


def test_a_call_that_nobody_ended_lapses_and_says_so(world: World) -> None:
    Visit(world.app, "alice").post(PAGE, {"version": "0"})
    minutes_later(world, 15)
    bob = Visit(world.app, "bob")
    assert "Alice Example began 14:10 and did not say what came of it" in bob.get("/alerts").text
    assert bob.post(PAGE, {"version": "1-calling"}).status_code == 303


def test_given_back_means_that_nobody_is_calling(world: World) -> None:
    alice = Visit(world.app, "alice")
    alice.post(PAGE, {"version": "0"})
    assert alice.post(f"{PAGE}/1/end", {"outcome": "given-back"}).status_code == 303
    assert "Nobody is calling: you" not in alice.get(PAGE).text
    assert "Nobody is calling: Alice Example gave it back, 14:10" in alice.get(PAGE).text


def test_what_is_missing_is_said_and_what_was_typed_is_kept(world: World) -> None:
    alice = Visit(world.app, "alice")
    alice.post(PAGE, {"version": "0"})
    empty = alice.post(f"{PAGE}/1/end", {"said": "Half a sentence"})
    assert empty.status_code == 422
    assert "#outcome" in empty.text
    assert "Half a sentence" in empty.text
    assert alice.post(f"{PAGE}/1/end", {"outcome": "needs-help"}).status_code == 422
    long = alice.post(f"{PAGE}/1/end", {"outcome": "no-answer", "said": "x" * 2001})
    assert long.status_code == 422
    assert alice.get(REST).json()["calls"][0]["outcome"] is None


def test_rest_names_the_newest_call_and_refuses_what_it_did_not_see(world: World) -> None:
    alice, bob = Visit(world.app, "alice"), Visit(world.app, "bob")
    read = alice.get(REST)
    assert (read.json(), read.headers["etag"]) == ({"calls": []}, '"0"')
    headers = {"Origin": URL, "If-Match": read.headers["etag"]}
    made = alice.client.post(REST, headers=headers)
    assert made.status_code == 200
    assert made.json()["calls"][0]["is_calling"]
    clash = bob.client.post(REST, headers=headers)
    assert clash.status_code == 409
    assert clash.json()["actor"] == "account-alice"
    assert clash.json()["until"] == "2026-03-03T14:25:00+00:00"
    assert bob.send(f"{REST}/1/end", {"outcome": "no-answer"}).status_code == 404
    done = alice.send(f"{REST}/1/end", {"outcome": "no-answer"})
    assert done.headers["etag"] == '"1-no-answer"'
    outdated = bob.client.post(REST, headers=headers)
    assert outdated.status_code == 412
    assert outdated.json()["etag"] == '"1-no-answer"'


def test_the_list_of_a_place_tells_who_is_calling(world: World) -> None:
    alice = Visit(world.app, "alice")
    alice.send(REST)
    homes = alice.get(f"/api/v1/places/{A}/unwatched").json()["homes"]
    assert [home["home"] for home in homes] == [HOME]
    assert homes[0]["reason"] == "gateway"
    assert homes[0]["call"]["called_by"] == "account-alice"
    assert alice.get(f"/api/v1/places/{B}/unwatched").status_code == 404


def test_a_home_that_is_seen_needs_no_call(world: World) -> None:
    alice = Visit(world.app, "alice")
    refused = alice.post(f"/homes/{A}-home-1/welfare-calls", {"version": "0"})
    assert refused.status_code == 422
    assert "This home is seen again" in refused.text


def test_officers_read_and_do_not_call(world: World) -> None:
    account(world.database, "Olive", (A, Role.OFFICER))
    olive = Visit(world.app, "olive")
    assert olive.get(PAGE).status_code == 200
    assert "I am calling" not in olive.get("/alerts").text
    assert olive.post(PAGE, {"version": "0"}).status_code == 403
