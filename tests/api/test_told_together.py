"""The page of one alert that tells of many homes: which, and of whom nothing is known."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.alert import Unwatched
from alerts.place_findings import unwatched_together
from config.roles import Role
from ingest.clock import microseconds
from tests.api.life import SECRET, A
from tests.api.test_pages import main_of
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

HOUR_US = 3_600_000_000


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def told(world: World) -> str:
    now_us = microseconds(world.now)
    homes = [(home, now_us - 5 * HOUR_US, 2 * HOUR_US) for home in world.homes[A][:2]]
    finding = unwatched_together(
        A, ZoneInfo("Europe/London"), homes, reason="outage", outage_us=now_us - 4 * HOUR_US,
        found_us=now_us, sector="ZZ1 2",
    )  # fmt: skip
    world.ledger.raise_findings([finding], world.now)
    gone = [Unwatched(homes[0][0].id, A, now_us - 5 * HOUR_US, "outage")]
    world.ledger.set_unwatched(gone, world.now)
    return finding.id


def test_the_alert_names_each_home_with_its_tier_and_whether_it_is_seen_again(world: World) -> None:
    page = main_of(Visit(world.app, "alice").get(f"/alerts/{told(world)}"))
    assert "Homes that cannot be seen" in page
    assert "2 homes in ZZ1 2 cannot be seen because of an outage" in page
    assert page.index(f"{A}-home-2") < page.index(f"{A}-home-1"), "the highest risk first"
    assert "Not seen since" in page
    assert "Seen again" in page


def test_who_may_not_know_the_homes_sees_how_many_and_not_which(world: World) -> None:
    account(world.database, "Edda", (A, Role.ENGINEER))
    answer = Visit(world.app, "edda").get(f"/alerts/{told(world)}")
    assert SECRET[A] not in answer.text
    assert Visit(world.app, "charlie").get(f"/alerts/{told(world)}").status_code == 404


def test_the_care_team_finds_on_each_of_these_homes_pages_whom_to_call(world: World) -> None:
    alice = Visit(world.app, "alice")
    page = main_of(alice.get(f"/alerts/{told(world)}"))
    assert "Ring the people of the highest risk tier first" in page
    with_contacts = main_of(alice.get(f"/homes/{A}-home-1"))
    assert 'href="tel:' in with_contacts.split('id="calls"')[1]
    without = main_of(alice.get(f"/homes/{A}-home-2"))
    assert "Nobody is listed for this home" in without
    account(world.database, "Olga", (A, Role.OFFICER))
    assert 'id="calls"' not in Visit(world.app, "olga").get(f"/homes/{A}-home-1").text


def test_what_tells_of_many_homes_is_not_ended_by_one_tap(world: World) -> None:
    alice, alert = Visit(world.app, "alice"), told(world)
    one_tap = '<button class="govuk-button govuk-button--secondary stillwell-acts__button" name='
    assert one_tap not in main_of(alice.get(f"/alerts/{alert}"))
    alice.post(f"/alerts/{alert}/attend", {})
    mine = main_of(alice.get("/mine")).split('id="waiting-heading"')[0]
    assert "Homes that cannot be seen" in mine
    assert one_tap not in mine
