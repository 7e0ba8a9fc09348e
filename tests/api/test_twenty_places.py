"""An operator of a hub has one queue over twenty places, and none of a place that is not theirs."""

import re
from dataclasses import replace

import pytest

from alerts.alert import AlertKind
from config import registry
from config.homes import Home
from config.registry import enrol
from config.roles import Role
from ingest.clock import microseconds
from tests.api.life import A
from tests.api.visits import Visit
from tests.api.world import World, account, make_world
from tests.make import enrolment

OWN = [f"council-{number:02d}" for number in range(20)]
FOREIGN = "council-99"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Twenty-one councils of a home each, in which somebody fell; an operator of twenty."""
    world = make_world(tmp_path_factory.mktemp("twenty"))
    like = world.resources.places[A]
    places = dict(world.resources.places)
    fallen: dict[str, Home] = {}
    for number, key in enumerate([*OWN, FOREIGN]):
        places[key] = like.model_copy(update={"key": key, "name": f"Council {number}"})
        with world.database.begin() as connection:
            made = enrol(
                connection,
                enrolment(1, place=key, first=number + 1),
                now_us=microseconds(world.now),
            )
        fallen[key] = made.homes[0]
    with world.database.connect() as connection:
        table = registry.load(connection)
    world.resources = replace(world.resources, places=places, table=lambda: table)
    for number, (key, home) in enumerate(fallen.items()):
        world.raise_alert(AlertKind.FALL, home, f"A fall at {key}.", ago_min=3 + number)
    account(world.database, "Olga", *((place, Role.OPERATOR) for place in OWN))
    return world


def seen(page: str) -> list[str]:
    """Return the places whose falls the page shows, from its top, each once."""
    return list(dict.fromkeys(re.findall(r"A fall at (council-\d\d)\.", page)))


def test_one_queue_shows_all_twenty_by_age_and_no_other(world: World) -> None:
    page = Visit(world.app, "olga").get("/alerts").text
    assert seen(page) == OWN[::-1]  # of one priority: the oldest first
    assert FOREIGN not in page


def test_one_council_of_the_twenty_can_be_chosen(world: World) -> None:
    olga = Visit(world.app, "olga")
    assert seen(olga.get(f"/alerts?place={OWN[7]}").text) == [OWN[7]]
    assert seen(olga.get(f"/alerts?place={FOREIGN}").text) != [FOREIGN]


def test_rest_lists_the_same_twenty(world: World) -> None:
    answer = Visit(world.app, "olga").get("/api/v1/alerts?state=open&priority=P1").json()
    assert sorted(one["place"] for one in answer["alerts"]) == OWN


def test_an_alert_of_any_of_them_is_taken_and_of_another_is_not_there(world: World) -> None:
    olga = Visit(world.app, "olga")
    for place, status in ((OWN[0], 200), (OWN[19], 200), (FOREIGN, 404)):
        (alert,) = world.alerts_of(place)
        assert olga.send(f"/api/v1/alerts/{alert}/acknowledge", {}).status_code == status
