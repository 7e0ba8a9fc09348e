"""What homes say that teaches nothing: no alert, no warning, and no error.

That a reading of 2099 is refused with a counted reason holds ``tests/ingest/test_screen.py``.
"""

import warnings
from pathlib import Path

import numpy as np
import pytest

from config.homes import HomeState
from config.kinds import Kind
from tests.alerts.world import DAY, HOUR, MINUTE, START, Reading, World, in_order, quiet_life, warm

HOURS = 11
"""Below the cap, at which every home without a sign is told."""


def only(world: World, kinds: set[Kind]) -> World:
    world.sensors = [s for s in world.sensors if s.kind in kinds]
    world.revision += 1
    world.table = world._table()
    world.engine = world.new_engine()
    return world


def says(sensor: int, value: float, every_us: int = 10 * MINUTE) -> list[Reading]:
    return [(sensor, at, value) for at in range(START, START + HOURS * HOUR, every_us)]


@pytest.mark.parametrize("kind", [Kind.MOTION, Kind.TEMPERATURE])
def test_a_home_with_one_sensor_raises_nothing(kind: Kind) -> None:
    world = only(World(), {kind})
    world.sensors = world.sensors[:1]
    world.table = world._table()
    world.tail.put(says(world.sensors[0].number, 1.0 if kind is Kind.MOTION else 20.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        world.run(START + HOURS * HOUR)
    assert world.alerts() == []


def test_a_sensor_that_only_ever_says_one_and_a_profile_without_days_raise_nothing() -> None:
    world = World()
    motion = world.sensor(1, Kind.MOTION)
    world.tail.put(in_order([*says(motion, 1.0), *warm(world, 1, START, START + HOURS * HOUR)]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        world.run(START + HOURS * HOUR)
    state = world.engine._watch.state
    assert state is not None
    assert world.alerts() == []
    assert np.isfinite(state.rate[:, 1]).all()


def test_what_teaches_nothing_is_counted_by_reason(tmp_path: Path) -> None:
    world = World(homes=5)
    usual, stop = 1, START + DAY + HOUR
    lone, none, stuck = 2, 3, 4
    world.sensors = [
        s
        for s in world.sensors
        if not (s.home == lone and s.room != "hall")
        and not (s.home == lone and s.kind is Kind.CONTACT)
        and not (s.home == none and s.kind not in {Kind.TEMPERATURE, Kind.SMOKE})
    ]
    world.change_home(5, state=HomeState.PAUSED)
    world.engine = world.new_engine()
    readings = quiet_life(world, usual, START, stop)
    readings += says(world.sensor(lone, Kind.MOTION), 1.0)
    readings += says(world.sensor(lone, Kind.MOTION), 0.0, 11 * MINUTE)
    readings += says(world.sensor(stuck, Kind.MOTION), 1.0)
    world.tail.put(in_order(readings))
    world.run(stop, every_us=HOUR)
    assert world.engine.odd == {}
    assert world.engine.checkpoint(tmp_path / "engine.npz")
    assert world.engine.odd == {
        "home-without-learned-days": 2,
        "home-without-sensor-of-people": 1,
        "home-with-one-sensor": 1,
        "movement-that-never-clears": 1,
    }


def test_a_reading_of_2099_that_slipped_through_moves_no_clock() -> None:
    world = World()
    stop = START + HOURS * HOUR
    motion = world.sensor(1, Kind.MOTION)
    far = (motion, 4_070_908_800_000_000, 1.0)
    world.tail.put(in_order(quiet_life(world, 1, START, stop)))
    world.tail.put([far], received_us=START + HOUR)
    world.run(stop)
    state = world.engine._watch.state
    assert state is not None
    assert state.sign_us[1] <= stop
    assert world.alerts() == []


def test_what_is_filled_in_after_an_outage_raises_nothing_old_and_clears_nothing_live() -> None:
    world = World(homes=2)
    quiet, back = START + 9 * HOUR, START + DAY
    lost = back - 5 * HOUR
    filled = [r for r in quiet_life(world, 2, START, back) if r[1] > lost]
    world.tail.put(
        in_order(
            [
                *quiet_life(world, 1, START, quiet),
                *warm(world, 1, quiet, back + 2 * HOUR),
                *quiet_life(world, 2, START, lost),
            ]
        )
    )
    world.run(back)
    before = {a.id: (a.state, a.is_eased) for a in world.alerts()}
    silence = [a for a in world.alerts("no-sign-of-life") if a.home == "home-000001"]
    assert [a.state for a in silence] == ["open"]
    world.tail.put(in_order(filled), received_us=back)
    world.run(back + HOUR)
    after = {a.id: (a.state, a.is_eased) for a in world.alerts()}
    assert set(after) == set(before)
    assert after[silence[0].id] == before[silence[0].id]
