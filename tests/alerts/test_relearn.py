"""What was learned comes back from stored readings, and nothing is raised by it."""

from pathlib import Path

import numpy as np
import pytest

from alerts.checkpoint import Checkpoint, learned_beside, write_checkpoint
from alerts.detect.state import State, as_arrays, copied, empty
from alerts.past_readings import of_homes
from alerts.relearn import OF_HOMES, OF_SENSORS, relearn, take_up
from alerts.watch import Memory
from config.kinds import Kind
from ingest import batch
from ingest.clock import instant
from ingest.store.embedded import open_store
from tests.alerts.world import DAY, HOUR, MINUTE, START, World, in_order, quiet_life, warm

DAYS = 14
STOP = START + DAYS * DAY
FALL = STOP + 9 * HOUR


def state_of(world: World) -> State:
    state = world.engine._watch.state
    assert state is not None
    return state


def lives(world: World) -> None:
    world.tail.put(in_order(quiet_life(world, 1, START, STOP)))


def falls(world: World) -> None:
    """Let the home live until nine the next morning, and nothing move from then on."""
    world.tail.put(in_order(quiet_life(world, 1, STOP, FALL)))
    world.tail.put(warm(world, 1, FALL, FALL + 6 * HOUR))


@pytest.fixture(scope="module")
def plain() -> tuple[State, World]:
    """Return what an engine with its memory knew after the fortnight, and its world."""
    world = World()
    lives(world)
    world.run(STOP)
    state = copied(state_of(world))
    falls(world)
    world.run(FALL + 6 * HOUR)
    return state, world


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Memory:
    """Return what the stored fortnight teaches."""
    world, shares = World(), list[float]()
    lives(world)
    store = open_store(tmp_path_factory.mktemp("stored") / "store.db")
    store.append(world.tail.entries, world.table.sensor_home)
    memory = relearn(
        of_homes(store, [1]),
        world.table,
        world.places,
        start_us=START,
        stop_us=STOP - 2 * MINUTE,  # as far as an engine is at STOP
        tick_s=60,
        on_progress=shares.append,
    )
    store.close()
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return memory


def test_stored_days_teach_what_living_through_them_taught(
    plain: tuple[State, World], learned: Memory
) -> None:
    assert learned.state.peak_count[1] >= DAYS - 2
    for name in (*OF_HOMES, *OF_SENSORS):
        was, new = getattr(plain[0], name), getattr(learned.state, name)
        assert np.array_equal(was, new, equal_nan=True), name


def forgetful(learned: Memory, folder: Path) -> World:
    """Return a world whose engine knows one day, restarted beside what was learned again."""
    world, path = World(), folder / "engine.npz"
    readings = [r for r in in_order(quiet_life(world, 1, START, STOP)) if r[1] > STOP - DAY]
    world.clock.advance(instant(STOP - DAY))
    world.tail.put(readings)
    world.run(STOP)
    assert state_of(world).peak_count[1] < 2
    assert world.engine.checkpoint(path)
    again = Checkpoint(0, learned.folded_us, learned.places, learned.state, batch.empty())
    write_checkpoint(learned_beside(path), again)
    world.engine = world.new_engine()
    assert world.engine.restore(path)
    return world


def test_a_silence_is_found_as_early_as_by_an_engine_that_forgot_nothing(
    plain: tuple[State, World], learned: Memory, tmp_path: Path
) -> None:
    world = forgetful(learned, tmp_path)
    assert world.alerts() == []
    falls(world)
    world.run(FALL + 6 * HOUR)
    (alert,), (same,) = world.alerts(), plain[1].alerts()
    assert alert.id == same.id
    assert abs(alert.raised_us - same.raised_us) <= 10 * MINUTE


def test_it_is_taken_up_once_and_its_file_goes_with_the_next_checkpoint(
    learned: Memory, tmp_path: Path
) -> None:
    world, path = forgetful(learned, tmp_path), tmp_path / "engine.npz"
    assert learned_beside(path).exists()  # a crash before the next checkpoint loses nothing
    world.run(STOP + HOUR)
    assert world.engine.checkpoint(path)
    assert not learned_beside(path).exists()
    world.engine = world.new_engine()
    assert world.engine.restore(path)
    assert state_of(world).peak_count[1] >= DAYS - 2


def test_a_running_engine_takes_it_up_and_hears_signals_all_the_while(
    plain: tuple[State, World], learned: Memory, tmp_path: Path
) -> None:
    world, path = World(), tmp_path / "engine.npz"
    readings = [r for r in in_order(quiet_life(world, 1, START, STOP)) if r[1] > STOP - DAY]
    world.clock.advance(instant(STOP - DAY))
    world.tail.put(readings)
    world.run(STOP)
    assert world.engine.checkpoint(path)
    assert not world.engine.take_up_learned()
    again = Checkpoint(0, learned.folded_us, learned.places, learned.state, batch.empty())
    write_checkpoint(learned_beside(path), again)
    before = as_arrays(copied(state_of(world)))
    assert world.engine.take_up_learned()
    assert not world.engine.take_up_learned()  # once, until the next checkpoint holds it
    for name, column in as_arrays(state_of(world)).items():
        of = before if name not in {*OF_HOMES, *OF_SENSORS, "limit"} else as_arrays(learned.state)
        assert np.array_equal(column, of[name], equal_nan=column.dtype.kind == "f"), name
    world.tail.put([(world.sensor(1, Kind.PENDANT), STOP + MINUTE, 1.0)])
    world.run(STOP + MINUTE)
    assert [alert.kind for alert in world.alerts()] == ["pendant"]
    assert world.engine.checkpoint(path)
    assert not learned_beside(path).exists()
    falls(world)
    world.run(FALL + 6 * HOUR)
    (same,) = plain[1].alerts()
    assert same.id in {alert.id for alert in world.alerts("no-sign-of-life")}


def test_clocks_and_what_stands_are_not_touched(learned: Memory) -> None:
    state = empty(
        {"home": 2, "sensor": len(learned.state.value), "gateway": 2, "place": 1, "sector": 0}
    )
    before = as_arrays(copied(state))
    assert take_up(state, learned.state) == 1
    for name, column in as_arrays(state).items():
        if name not in {*OF_HOMES, *OF_SENSORS}:
            assert np.array_equal(column, before[name], equal_nan=column.dtype.kind == "f"), name


def test_a_home_of_which_more_is_known_keeps_what_it_knows(learned: Memory) -> None:
    state = copied(learned.state)
    state.peak_count[1] = 40
    state.rate[:, 1] = 0.5
    assert take_up(state, learned.state) == 0
    assert (state.rate[:, 1] == np.float32(0.5)).all()


def test_what_cannot_be_read_is_set_aside_and_the_engine_goes_on(
    learned: Memory, tmp_path: Path
) -> None:
    world, path = World(), tmp_path / "engine.npz"
    world.run(START + HOUR)
    world.engine.checkpoint(path)
    learned_beside(path).write_bytes(b"half a file")
    world.engine = world.new_engine()
    assert world.engine.restore(path)
    assert not learned_beside(path).exists()
