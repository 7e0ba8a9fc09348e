"""The limits of a place file are those by which its own homes are judged."""

import pytest

from config.kinds import Kind
from tests.alerts.test_engine_plant import MORNING, lived
from tests.alerts.world import HOUR, MINUTE, START, World, in_order, quiet_life, warm


@pytest.mark.parametrize(("limit_min", "is_told"), [(45.0, True), (240.0, False)])
def test_a_gateway_is_silent_after_the_minutes_of_its_place(
    limit_min: float, is_told: bool
) -> None:
    world = World(gateway_silent_min=limit_min)
    lived(world, 1)
    world.run(MORNING + 3 * HOUR)
    assert bool(world.alerts("gateway-silent")) is is_told
    world.run(MORNING + 6 * HOUR)
    assert world.alerts("gateway-silent")


@pytest.mark.parametrize("hours", [2.0, 6.0])
def test_an_unwatched_home_is_a_person_at_risk_after_the_hours_of_its_place(hours: float) -> None:
    by_tier = {"1": hours, "2": hours, "3": hours}
    world = World(unwatched_h=by_tier)  # type: ignore[arg-type]  # the one limit that is a table
    lived(world, 1)
    world.run(MORNING + 14 * HOUR)
    (home,) = world.alerts("unwatched-home")
    assert hours * HOUR <= home.raised_us - home.onset_us <= hours * HOUR + 10 * MINUTE


@pytest.mark.parametrize(("danger_c", "kinds"), [(14.0, set()), (15.0, {"very-cold-home"})])
def test_a_home_is_dangerously_cold_below_the_degrees_of_its_place(
    danger_c: float, kinds: set[str]
) -> None:
    world = World(cold_danger_c=danger_c)
    stop, until = START + 10 * HOUR, START + 12 * HOUR
    thermometer = world.sensor(1, Kind.TEMPERATURE)
    kept = [r for r in quiet_life(world, 1, START, until) if r[0] != thermometer]
    kept += warm(world, 1, START, stop)
    kept += warm(world, 1, stop, until, 14.5)
    world.tail.put(in_order(kept))
    world.run(until)
    assert {alert.kind for alert in world.alerts()} == kinds
