"""Order, repetition and restarts: the same alerts, with the same ids at the same times."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from alerts import night_door
from alerts.detect.state import VERSION
from alerts.engine import Engine
from alerts.scene import Scene
from config.kinds import Kind
from ingest.batch import Batch, build, concat
from ingest.clock import instant
from tests.alerts.houses import moved, used, visit
from tests.alerts.world import (
    DAY,
    HOUR,
    MINUTE,
    START,
    Reading,
    World,
    in_order,
    quiet_life,
    warm,
)

STOP = START + 2 * DAY


def town() -> World:
    """Return four homes: carers come to 1 and 3, one does not come to 2."""
    world = World(homes=4)
    world.book(
        visit(8, 9), visit(8.5, 9), visit(10, 10.5, home=3), visit(17, 17.5, home=2, weekdays=2)
    )
    return world


def visited(world: World) -> list[Reading]:
    """Carers who come to two homes on both days, move about and leave."""
    readings: list[Reading] = []
    for home, at in ((1, 8 * HOUR), (3, 10 * HOUR)):
        door, hall = world.sensor(home, Kind.CONTACT), world.sensor(home, Kind.MOTION, "hall")
        for comes in (START + at, START + DAY + at):
            readings += used(door, comes) + moved(hall, comes + 5 * MINUTE)
            readings += moved(hall, comes + 20 * MINUTE) + used(door, comes + 25 * MINUTE)
    return readings


def story(world: World) -> list[Reading]:
    """Two ordinary homes, one that falls silent, one whose hub dies, and a cold afternoon.

    And carers, where visits are booked.
    """
    collapse, death = START + DAY + 9 * HOUR, START + DAY + 8 * HOUR
    readings = [r for h in (1, 2) for r in quiet_life(world, h, START, STOP)]
    readings += quiet_life(world, 3, START, collapse) + warm(world, 3, collapse, STOP)
    readings += quiet_life(world, 4, START, death)
    if world.visits:
        shut = [(world.sensor(h, Kind.CONTACT), START + h * 1_000_000, 0.0) for h in (1, 2, 3)]
        readings += shut + visited(world)
    cold = world.sensor(2, Kind.TEMPERATURE)
    readings = [
        (s, t, 16.0 if s == cold and 12 * HOUR < t - START < 18 * HOUR else v)
        for s, t, v in readings
    ]
    return in_order(readings)


def batch_of(readings: list[Reading], received_us: list[int] | None = None) -> Batch:
    times = [t for _, t, _ in readings]
    return build(
        [s for s, _, _ in readings], times, [v for _, _, v in readings], received_us or times
    )


def told(world: World) -> list[tuple[object, ...]]:
    return [
        (a.id, a.kind, a.state, a.is_eased, a.onset_us, a.raised_us, a.sentence)
        for a in world.alerts()
    ]


@cache
def plain() -> list[tuple[object, ...]]:
    world = town()
    world.tail.put_batch(batch_of(story(world)))
    world.run(STOP)
    return told(world)


def test_the_story_has_something_to_tell() -> None:
    kinds = {row[1] for row in plain()}
    assert kinds == {
        "no-sign-of-life",
        "gateway-silent",
        "unwatched-home",
        "cold-home",
        "visit-not-seen",
    }


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 90))
def test_order_repetition_and_splits_within_two_minutes_change_nothing(
    seed: int, stride_min: int
) -> None:
    rng = np.random.default_rng(seed)
    world = town()
    readings = batch_of(story(world))
    time_us = readings.time.view(np.int64)
    delay = rng.integers(0, 119 * 1_000_000, len(readings))
    arrival = Batch(
        readings.sensor, readings.time, readings.value, (time_us + delay).view("datetime64[us]")
    )
    repeated = arrival.take(rng.random(len(arrival)) < 0.2)
    everything = concat([arrival, repeated])
    everything = everything.take(np.argsort(everything.received, kind="stable"))
    received = everything.received.view(np.int64)
    start = 0
    stride = stride_min * MINUTE
    for at in [*range(START + stride, STOP, stride), STOP + 2 * MINUTE]:
        stop = int(np.searchsorted(received, at, side="right"))
        if stop > start:
            world.tail.put_batch(everything.slice(start, stop))
        start = stop
        world.clock.advance(instant(min(at, STOP)))
        while world.engine.step().is_behind:
            pass
    assert told(world) == plain()


def feed(world: World, start_us: int, stop_us: int) -> None:
    world.tail.put_batch(batch_of([r for r in story(world) if start_us < r[1] <= stop_us]))
    world.run(stop_us)


@pytest.mark.parametrize("hours", [1, 13, 20, 34, 37, 47])
def test_a_restart_from_a_checkpoint_changes_nothing(tmp_path: Path, hours: int) -> None:
    world, path = town(), tmp_path / "engine.checkpoint"
    feed(world, 0, START + hours * HOUR)
    assert world.engine.checkpoint(path)
    assert world.engine.saved_position == 1
    world.engine = world.new_engine()
    assert world.engine.restore(path)
    feed(world, START + hours * HOUR, STOP)
    assert told(world) == plain()


@pytest.mark.parametrize("damage", ["missing", "truncated", "flipped", "old"])
def test_a_restart_without_a_good_checkpoint_reads_the_journal_and_doubles_nothing(
    tmp_path: Path, damage: str
) -> None:
    world, path = town(), tmp_path / "engine.checkpoint"
    feed(world, 0, START + 37 * HOUR)
    world.engine.checkpoint(path)
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        path.write_bytes(content[:5000] + bytes([content[5000] ^ 1]) + content[5001:])
    else:
        path.write_bytes(content.replace(b" %d " % VERSION, b" 0 ", 1))
    world.engine = world.new_engine()
    assert not world.engine.restore(path)
    feed(world, START + 37 * HOUR, STOP)
    assert told(world) == plain()
    assert all(world.history(str(row[0])).count("raise") == 1 for row in plain())


@pytest.mark.parametrize("is_saved", [True, False])
def test_a_tick_that_fails_half_way_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_saved: bool
) -> None:
    world, path = town(), tmp_path / "engine.checkpoint"
    feed(world, 0, START + 13 * HOUR)
    if is_saved:
        world.engine.checkpoint(path)
    failures = [MemoryError()]

    def fail(scene: Scene, decide: Callable[..., None] = night_door.decide) -> None:
        scene.state.sign_us[:], scene.state.limit[:] = 1, 0
        if failures:
            raise failures.pop()
        decide(scene)

    world.tail.put_batch(
        batch_of([r for r in story(world) if START + 13 * HOUR < r[1] <= START + 20 * HOUR])
    )
    world.clock.advance(instant(START + 20 * HOUR))
    with monkeypatch.context() as patch:
        patch.setattr(night_door, "decide", fail)
        with pytest.raises(MemoryError):
            world.engine.step()
        assert not world.engine.checkpoint(path)
    world.run(START + 20 * HOUR)
    feed(world, START + 20 * HOUR, STOP)
    assert told(world) == plain()


def test_a_checkpoint_of_another_journal_is_not_used(tmp_path: Path) -> None:
    world, path = town(), tmp_path / "engine.checkpoint"
    feed(world, 0, START + HOUR)
    world.engine.checkpoint(path)
    world.tail.entries.clear()
    assert not world.new_engine().restore(path)


def test_a_ledger_that_fails_loses_nothing(tmp_path: Path) -> None:
    world = town()
    is_broken = True

    def fail(*args: object) -> None:
        if is_broken and "INSERT INTO alerts" in str(args[2]):
            raise OperationalError("disk full", None, Exception())

    event.listen(world.database, "before_cursor_execute", fail)
    world.tail.put_batch(batch_of(story(world)))
    world.clock.advance(instant(START + MINUTE))
    failures = 0
    for hour in range(1, 49):
        world.clock.advance(instant(START + hour * HOUR))
        try:
            while world.engine.step().is_behind:
                pass
        except OperationalError:
            failures += 1
            assert not world.engine.checkpoint(tmp_path / "engine.checkpoint")
        is_broken = hour < 40
    assert failures > 5
    assert told(world) == plain()


def test_a_backlog_too_large_to_hold_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.engine._HELD", 400)
    monkeypatch.setattr("alerts.engine._READ", 100)
    world, readings = town(), batch_of(story(town()))
    for start in range(0, len(readings), 50):
        world.tail.put_batch(readings.slice(start, min(start + 50, len(readings))))
    world.clock.advance(instant(START + MINUTE))
    world.engine.step()
    assert world.engine.progress.position < world.tail.last_seq()
    world.run(STOP, every_us=DAY)
    assert told(world) == plain()


def test_a_restart_does_not_empty_the_list_of_unwatched_homes() -> None:
    world = town()
    world.tail.put_batch(batch_of(story(world)))
    world.run(STOP)
    assert list(world.unwatched()) == ["home-000004"]
    world.engine = world.new_engine()
    world.engine.step()
    assert list(world.unwatched()) == ["home-000004"]


def test_homes_join_a_running_engine_and_keep_their_numbers() -> None:
    world, bigger = World(homes=3), town()
    readings = story(bigger)
    world.tail.put_batch(batch_of([r for r in readings if r[1] <= START + 6 * HOUR]))
    small = world.table
    world.run(START + 5 * HOUR)
    world.homes, world.gateways, world.sensors = bigger.homes, bigger.gateways, bigger.sensors
    world.visits = bigger.visits
    world.revision += 1
    world.table = world._table()
    assert len(world.table.home_place) > len(small.home_place)
    feed(world, START + 6 * HOUR, STOP)
    assert [row[0] for row in told(world)] == [row[0] for row in plain()]


def test_a_reading_of_an_unknown_sensor_is_no_harm() -> None:
    world = town()
    readings = batch_of([*story(world), (9999, STOP - HOUR, 1.0)])
    world.tail.put_batch(readings)
    world.run(STOP)
    assert told(world) == plain()


def test_an_engine_without_homes_runs() -> None:
    world = World(homes=1)
    world.homes, world.gateways, world.sensors = [], [], []
    world.table = world._table()
    world.engine = world.new_engine()
    world.run(START + HOUR)
    assert isinstance(world.engine, Engine)
    assert world.engine.progress.folded_us == START + HOUR - 2 * MINUTE
