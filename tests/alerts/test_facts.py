"""What a home says of itself changes while the engine runs: the next ticks judge by it."""

from pathlib import Path

import pytest

from config.homes import GoesOut
from config.kinds import Kind
from tests.alerts.test_engine_person import leave, lived
from tests.alerts.world import DAY, HOUR, START, World, in_order, quiet_life, warm


def left_at_nine(world: World) -> int:
    """Let the person leave by the door after a week of ordinary days; return when."""
    at = lived(world, 1, 7) + 9 * HOUR
    world.tail.put([(world.sensor(1, Kind.CONTACT), START, 0.0)])
    world.tail.put(in_order(quiet_life(world, 1, at - 9 * HOUR, at)))
    leave(world, at)
    world.tail.put(warm(world, 1, at, at + 14 * HOUR))
    return at


@pytest.mark.parametrize("goes_out", [GoesOut.NEVER, GoesOut.ACCOMPANIED])
def test_whoever_was_taken_to_be_out_and_never_is_is_told_as_a_silence_within_hours(
    goes_out: GoesOut,
) -> None:
    world = World()
    at = left_at_nine(world)
    world.run(at + 2 * HOUR)
    world.change_home(1, goes_out=goes_out)
    world.run(at + 6 * HOUR)
    (alert,) = world.alerts()
    assert alert.kind == "no-sign-of-life"
    assert alert.raised_us - alert.onset_us <= 5 * HOUR


def test_whoever_goes_out_alone_from_now_on_is_out_after_the_next_door() -> None:
    world = World()
    world.change_home(1, goes_out=GoesOut.NEVER)
    at = left_at_nine(world)
    world.run(at - HOUR)
    world.change_home(1, goes_out=GoesOut.ALONE)
    world.run(at + 10 * HOUR)
    assert world.alerts() == []


def test_a_higher_risk_brings_the_limit_of_an_unwatched_home_forward() -> None:
    world = World(homes=2)
    world.change_home(1, risk_tier=3)
    at = START + DAY
    world.tail.put(in_order(quiet_life(world, 1, START, at)))
    world.tail.put(in_order(quiet_life(world, 2, START, at + 9 * HOUR)))
    world.run(at + 4 * HOUR)
    assert world.alerts("unwatched-home") == []
    world.change_home(1, risk_tier=1)
    world.run(at + 5 * HOUR)
    assert [alert.home for alert in world.alerts("unwatched-home")] == ["home-000001"]


def test_a_restart_after_a_change_judges_as_if_there_had_been_none(tmp_path: Path) -> None:
    found = []
    for is_restarted in (False, True):
        world, path = World(), tmp_path / f"engine-{is_restarted}.npz"
        at = left_at_nine(world)
        world.run(at + 2 * HOUR)
        assert world.engine.checkpoint(path)
        world.change_home(1, goes_out=GoesOut.NEVER)
        if is_restarted:
            world.engine = world.new_engine()
            assert world.engine.restore(path)
        world.run(at + 6 * HOUR)
        found.append([(a.id, a.kind, a.raised_us) for a in world.alerts()])
    assert found[0]
    assert found[0] == found[1]
