"""A past in which a budget moved the threshold of a place is rehearsed as it was."""

from collections.abc import Mapping

import pytest

from alerts.engine import Engine
from alerts.rehearse import Rehearsal, as_it_was
from alerts.thresholds import FEWEST_DAYS, FEWEST_HOMES
from config.places import Place
from tests.alerts.houses import Houses
from tests.alerts.rehearsing import deliver, differing, rehearsed, told
from tests.alerts.test_engine_order import batch_of
from tests.alerts.test_thresholds import council, lived
from tests.alerts.world import DAY, HOUR, PLACE, START, World

DAYS = FEWEST_DAYS + 4
TICK_S = 900
"""Coarse, or three weeks of fifty homes would take a minute."""


class Council(World):
    """Enough homes for a budget to be applied."""

    def new_engine(self) -> Engine:
        return Engine(
            self.tail,
            lambda: self.table,
            self.places,
            self.ledger,
            self.clock,
            is_linked=lambda: self.is_linked,
            tick_s=TICK_S,
            code="tested",
        )


@pytest.fixture(scope="module")
def world() -> Council:
    made, houses = Council(), Houses(FEWEST_HOMES)
    made.homes, made.gateways, made.sensors = houses.homes, houses.gateways, houses.sensors
    made.revision += 1
    made.table = made._table()
    made.places = {PLACE: council(60.0)}
    made.engine = made.new_engine()
    readings = batch_of(lived(houses, FEWEST_HOMES, DAYS))
    deliver(made, readings, START + DAYS * DAY, (HOUR,))
    return made


def own_threshold(places: Mapping[str, Place]) -> Mapping[str, Place]:
    return {**places, PLACE: council(60.0, silence_z=4.0)}


@pytest.fixture(scope="module")
def again(world: Council, tmp_path_factory: pytest.TempPathFactory) -> list[Rehearsal]:
    return rehearsed(world, tmp_path_factory.mktemp("past"), as_it_was, own_threshold)


def test_a_threshold_that_followed_the_budget_is_rehearsed_as_it_was(
    world: Council, again: list[Rehearsal]
) -> None:
    state = world.engine._watch.state
    assert state is not None
    assert state.place_z[0] < world.engine._watch.roster.tuning.by_place["silence_z"][0]
    since = START + FEWEST_DAYS * DAY
    assert any(alert.raised_us > since for alert in world.alerts("no-sign-of-life"))
    assert differing(world, again[0]) == []
    assert again[0].gaps == []


def test_with_a_threshold_of_its_own_the_same_past_alerts_otherwise(
    world: Council, again: list[Rehearsal]
) -> None:
    assert len(told(again[1])) < len(told(world))
