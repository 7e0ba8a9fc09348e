"""A walk test: the tested home's P1 is a test and goes to who tests; every other one is real."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Row, select

from alerts import tables
from config.kinds import Kind
from tests.alerts.world import HOUR, MINUTE, START, World

pytestmark = pytest.mark.usefixtures("each_database")
FROM = START + HOUR
LIFE_SAFETY = [Kind.SMOKE, Kind.PENDANT]


def world_in_test() -> World:
    world = World(homes=2)
    world.run(FROM)
    world.walk_test(1, FROM)
    return world


@pytest.mark.parametrize("kind", LIFE_SAFETY)
def test_a_p1_of_the_tested_home_is_marked_as_a_test_stands_nowhere_and_calls_nobody(
    kind: Kind,
) -> None:
    world = world_in_test()
    world.tail.put([(world.sensor(1, kind), FROM + MINUTE, 1.0)])
    world.run(FROM + 2 * MINUTE, every_us=MINUTE)
    (alert,) = world.alerts(kind.value)
    assert alert.priority == "P1"
    assert alert.is_test
    assert alert.sentence.startswith("TEST: ")
    assert "A walk test is under way" in alert.sentence
    assert alert.state == "closed"
    world.run(FROM + HOUR, every_us=10 * MINUTE)
    channels = {row.channel for row in outbox(world, alert.id)}
    assert channels <= {"proof", "sms", "email", "apprise"}
    assert all(row.recipient == "ivy" for row in outbox(world, alert.id) if row.channel != "proof")
    assert all(row.text.startswith("TEST") for row in outbox(world, alert.id))


def outbox(world: World, alert: str) -> Sequence[Row[Any]]:
    query = select(tables.outbox).where(tables.outbox.c.alert == alert)
    with world.database.connect() as connection:
        return connection.execute(query).all()


@pytest.mark.parametrize("kind", LIFE_SAFETY)
def test_a_p1_of_another_home_is_real_while_one_is_tested(kind: Kind) -> None:
    world = world_in_test()
    at = FROM + MINUTE
    world.tail.put([(world.sensor(1, kind), at, 1.0), (world.sensor(2, kind), at, 1.0)])
    world.run(FROM + 2 * MINUTE, every_us=MINUTE)
    by_home = {row.home: row for row in world.alerts(kind.value)}
    assert len(by_home) == 2
    real = by_home["home-000002"]
    assert (real.is_test, real.state) == (False, "open")
    assert "TEST" not in real.sentence


@pytest.mark.parametrize("kind", LIFE_SAFETY)
@pytest.mark.parametrize("after", [HOUR, HOUR + MINUTE])
def test_the_same_home_is_real_again_by_itself_after_sixty_minutes(kind: Kind, after: int) -> None:
    world = world_in_test()
    world.run(FROM + HOUR - MINUTE)
    world.tail.put([(world.sensor(1, kind), FROM + after, 1.0)])
    world.run(FROM + after + MINUTE, every_us=MINUTE)
    (alert,) = world.alerts(kind.value)
    assert (alert.is_test, alert.state) == (False, "open")


def test_a_call_for_help_that_began_before_the_test_is_real() -> None:
    world = world_in_test()
    world.tail.put([(world.sensor(1, Kind.PENDANT), FROM - MINUTE, 1.0)])
    world.run(FROM + 2 * MINUTE, every_us=MINUTE)
    (alert,) = world.alerts(Kind.PENDANT.value)
    assert (alert.is_test, alert.state) == (False, "open")


def test_a_test_that_is_ended_early_is_over_at_once() -> None:
    world = world_in_test()
    world.run(FROM + 5 * MINUTE)
    world.walk_test(1, FROM, ended_us=FROM + 5 * MINUTE)
    world.tail.put([(world.sensor(1, Kind.SMOKE), FROM + 6 * MINUTE, 1.0)])
    world.run(FROM + 7 * MINUTE, every_us=MINUTE)
    (alert,) = world.alerts(Kind.SMOKE.value)
    assert (alert.is_test, alert.state) == (False, "open")
