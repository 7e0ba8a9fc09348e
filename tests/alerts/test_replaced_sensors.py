"""Another device speaks for a sensor: the engine begins anew with it, once, on whatever way."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alerts.detect.columns import MINUTE_US, NEVER
from alerts.detect.state import State, as_arrays
from alerts.past_readings import of_homes
from alerts.relearn import relearn
from config.kinds import Kind
from ingest.clock import instant
from ingest.store.embedded import open_store
from tests.alerts.rehearsing import differing, rehearsed
from tests.alerts.world import DAY, HOUR, MINUTE, START, Reading, World, in_order, quiet_life

DEAD = START + DAY
SWAP = DEAD + 20 * HOUR
END = SWAP + 10 * HOUR


def thermometer(world: World) -> int:
    return world.sensor(1, Kind.TEMPERATURE)


def state_of(world: World) -> State:
    state = world.engine._watch.state
    assert state is not None
    return state


def told(world: World, start: int, stop: int) -> list[Reading]:
    """Return what the thermometer says from here to there: the home has no other pace."""
    return [(thermometer(world), at, 20.0) for at in range(start, stop, 10 * MINUTE)]


def life(world: World, start: int, stop: int) -> list[Reading]:
    """Return an ordinary life in which no thermometer speaks."""
    mine = thermometer(world)
    return [r for r in quiet_life(world, 1, START, END) if r[0] != mine and start <= r[1] < stop]


def died(folder: Path | None = None) -> World:
    """Return a world whose thermometer died twenty hours ago, which is told."""
    world = World()
    world.tail.put(in_order([*life(world, START, DEAD), *told(world, START, DEAD)]))
    world.run(DEAD, every_us=HOUR)
    world.tail.put(life(world, DEAD, SWAP))
    world.run(SWAP, every_us=HOUR)
    (alert,) = world.alerts("sensor-silent")
    assert (alert.state, alert.sensor) == ("open", f"sens-{thermometer(world):06d}")
    assert folder is None or world.engine.checkpoint(folder / "engine.npz")
    return world


def swap(world: World, at_us: int = SWAP, address: str = "new-0") -> None:
    world.put_device(thermometer(world), address, at_us)


def go_on(world: World, first: int, until: int = END) -> None:
    """Let the new thermometer speak from this moment on."""
    now = int(world.clock.now().astype(np.int64))
    world.tail.put(in_order([*life(world, now, until), *told(world, first, until)]))
    world.run(until)


def test_a_fault_that_stands_ends_when_the_new_one_is_heard_and_not_before() -> None:
    world = died()
    swap(world)
    world.tail.put(life(world, SWAP, SWAP + 20 * MINUTE))
    world.run(SWAP + 20 * MINUTE)
    assert world.alerts("sensor-silent")[0].state == "open"
    go_on(world, SWAP + 20 * MINUTE)
    (alert,) = world.alerts("sensor-silent")
    assert alert.state == "closed"
    assert [a.kind for a in world.alerts()] == ["sensor-silent"]


def test_a_new_one_that_never_speaks_is_told_though_the_old_one_worked() -> None:
    world = World()
    world.tail.put(in_order([*life(world, START, DEAD), *told(world, START, DEAD)]))
    world.run(DEAD, every_us=HOUR)
    swap(world, DEAD)
    world.tail.put(life(world, DEAD, SWAP))
    world.run(SWAP, every_us=HOUR)
    (alert,) = world.alerts("sensor-silent")
    assert alert.onset_us == DEAD
    assert alert.sentence == (
        "The temperature sensor in the living room has not been heard at all since another was "
        "put in its place at 00:00 on Tuesday 3 November."
    )
    swap(world, SWAP, "newer-0")  # which is broken too
    world.tail.put(life(world, SWAP, END))
    world.run(END, every_us=HOUR)
    assert [(a.id, a.state) for a in world.alerts("sensor-silent")] == [(alert.id, "open")]


def test_one_that_was_never_heard_is_told_again_after_another_was_put_there() -> None:
    world = World()
    for at in (DEAD, SWAP):
        world.tail.put(life(world, int(world.clock.now().astype(np.int64)), at))
        world.run(at, every_us=HOUR)
        (first,) = world.alerts("sensor-silent")
    swap(world)
    go_on(world, SWAP + MINUTE, SWAP + HOUR)
    assert world.alerts("sensor-silent")[0].state == "closed"
    swap(world, SWAP + HOUR, "newer-0")
    world.tail.put(life(world, SWAP + HOUR, END))
    world.run(END, every_us=HOUR)
    old, new = world.alerts("sensor-silent")
    assert (old.id, new.state, new.onset_us) == (first.id, "open", SWAP + HOUR)


def test_a_home_that_nothing_sees_stays_unwatched_until_the_new_one_speaks() -> None:
    world = World()
    hall = world.sensor(1, Kind.MOTION, "hall")
    keep = {hall, world.sensor(1, Kind.GATEWAY_STATUS)}
    world.sensors = [
        replace(s, address="hall-and-battery") if s.number == hall else s
        for s in world.sensors
        if s.number in keep
    ]
    battery = replace(
        next(s for s in world.sensors if s.number == hall),
        number=hall + 20, id="sens-battery", kind=Kind.BATTERY,
    )  # fmt: skip
    world.sensors.append(battery)
    world.revision += 1
    world.table = world._table()
    world.engine = world.new_engine()
    alive = [(battery.number, at, 90.0) for at in range(START, DEAD, HOUR)]
    seen = [(hall, at, float(i % 2 == 0)) for i, at in enumerate(range(START, DEAD, 30 * MINUTE))]
    status = world.sensor(1, Kind.GATEWAY_STATUS)
    works = [(status, at, 1.0) for at in range(START, END + DAY, 20 * MINUTE)]
    world.tail.put(in_order([*alive, *seen, *(r for r in works if r[1] < DEAD)]))
    world.run(DEAD, every_us=HOUR)
    dead = DEAD + 3 * DAY
    later = [(status, at, 1.0) for at in range(DEAD, dead + DAY, 20 * MINUTE)]
    world.tail.put([r for r in later if r[1] < dead])
    world.run(dead, every_us=HOUR)
    assert world.unwatched() == {"home-000001": "sensor"}
    world.sensors = [
        s if s.kind is Kind.GATEWAY_STATUS else replace(s, address="new-0", replaced_us=dead)
        for s in world.sensors
    ]
    world.revision += 1
    world.table = world._table()
    world.tail.put([r for r in later if dead <= r[1] < dead + HOUR])
    world.run(dead + HOUR)
    assert world.unwatched() == {"home-000001": "sensor"}
    again = [r for r in later if r[1] >= dead + HOUR]
    world.tail.put(in_order([(hall, dead + HOUR, 1.0), *again]))
    world.run(dead + 2 * HOUR)
    assert world.unwatched() == {}


def test_all_that_was_known_of_the_old_one_is_forgotten_and_nothing_of_the_person() -> None:
    world = died()
    before = as_arrays(state_of(world))
    known = {name: column.copy() for name, column in before.items()}
    row = thermometer(world)
    swap(world)
    world.run(SWAP + 5 * MINUTE)
    state = state_of(world)
    assert state.sensor_known_min[row] == SWAP // MINUTE_US
    for name in ("heard_us", "celsius_us", "value_us"):
        assert getattr(state, name)[row] == NEVER, name
    assert np.isnan(state.celsius[row])
    for name in ("rate", "active_days", "peak_count", "long_min"):
        np.testing.assert_array_equal(getattr(state, name), known[name], name)


@pytest.mark.parametrize("is_remembered", [True, False])
def test_a_worker_that_was_killed_comes_to_the_same(tmp_path: Path, is_remembered: bool) -> None:
    runs = died(tmp_path)
    swap(runs)
    go_on(runs, SWAP + 20 * MINUTE)
    killed = died(tmp_path)
    swap(killed)
    killed.tail.put(life(killed, SWAP, SWAP + 20 * MINUTE))
    killed.run(SWAP + 20 * MINUTE)
    killed.engine = killed.new_engine()
    if is_remembered:
        assert killed.engine.restore(tmp_path / "engine.npz")
    go_on(killed, SWAP + 20 * MINUTE)
    mine, other = as_arrays(state_of(runs)), as_arrays(state_of(killed))
    row = thermometer(runs)
    for name in mine if is_remembered else ("heard_us", "sensor_known_min", "missed", "celsius"):
        np.testing.assert_array_equal(mine[name][..., row:], other[name][..., row:], name)
    (alert,) = killed.alerts("sensor-silent")
    assert alert.state == "closed"


def test_many_ticks_at_once_come_to_the_same_as_one_by_one() -> None:
    slow, quick = died(), died()
    for world in (slow, quick):
        swap(world)
    now = SWAP
    readings = in_order([*life(slow, now, END), *told(slow, SWAP + 20 * MINUTE, END)])
    slow.tail.put(readings)
    quick.tail.put(readings)
    slow.run(END, every_us=MINUTE)
    quick.run(END, every_us=END - SWAP)
    mine, other = as_arrays(state_of(slow)), as_arrays(state_of(quick))
    for name, column in mine.items():
        np.testing.assert_array_equal(column, other[name], name)


def test_a_replacement_is_rehearsed_as_it_was(tmp_path: Path) -> None:
    world = died(tmp_path)
    swap(world)
    go_on(world, SWAP + 20 * MINUTE)
    (again,) = rehearsed(world, tmp_path)
    assert differing(world, again) == []
    assert again.gaps == []


def test_a_memory_that_is_learned_again_knows_the_new_one_only(tmp_path: Path) -> None:
    world = died()
    swap(world)
    go_on(world, SWAP + 20 * MINUTE)
    store = open_store(tmp_path / "store.db")
    store.append(world.tail.entries, world.table.sensor_home)
    store.finish_days(instant(END + DAY), limit=1_000)
    memory = relearn(
        of_homes(store, [1]), world.table, world.places, start_us=START, stop_us=END, tick_s=60
    )
    row = thermometer(world)
    assert memory.state.sensor_known_min[row] == SWAP // MINUTE_US
    assert memory.state.heard_us[row] > SWAP


def test_what_the_old_one_said_in_time_and_came_in_late_hurts_nothing() -> None:
    world = died()
    swap(world)
    late = [(thermometer(world), DEAD + at, 20.0) for at in range(0, 2 * HOUR, 10 * MINUTE)]
    world.tail.put(late, received_us=SWAP + 3 * MINUTE)
    world.run(SWAP + 10 * MINUTE)
    go_on(world, SWAP + 20 * MINUTE)
    assert {a.state for a in world.alerts("sensor-silent")} == {"closed"}
    assert [a.kind for a in world.alerts()] == ["sensor-silent"]
