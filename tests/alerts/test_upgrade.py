"""A memory of an older layout is carried over: nothing that was learned is lost by an upgrade."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from alerts.checkpoint import CheckpointDamaged, read_checkpoint
from alerts.detect.columns import NEVER
from alerts.detect.state import VERSION, State, as_arrays, copied, empty, from_arrays, upgraded
from tests.alerts.world import DAY, HOUR, MINUTE, START, World, in_order, quiet_life, warm

LAYOUT_5 = Path(__file__).with_name("checkpoint-5.npz.gz")
"""Written by the code of layout 5, of one home after 14 ordinary days, as one journal entry."""

DAYS = 14
SIZES = {"home": 3, "sensor": 5, "gateway": 2, "place": 1, "sector": 2}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "engine.npz"
    path.write_bytes(gzip.decompress(LAYOUT_5.read_bytes()))
    return path


def told() -> World:
    """Return a world whose journal holds the fortnight, not yet read."""
    world = World()
    world.tail.put(in_order(quiet_life(world, 1, START, START + DAYS * DAY)))
    return world


def state_of(world: World) -> State:
    state = world.engine._watch.state
    assert state is not None
    return state


def fall(world: World) -> None:
    """Let the home live until nine the next morning, and nothing move from then on."""
    stop = START + DAYS * DAY + 9 * HOUR
    world.tail.put(in_order(quiet_life(world, 1, START + DAYS * DAY, stop)))
    world.tail.put(warm(world, 1, stop, stop + 6 * HOUR))
    world.run(stop + 6 * HOUR)


@pytest.fixture(scope="module")
def plain() -> tuple[State, World]:
    """Return what an engine that was never stopped knew after the fortnight, and its world."""
    world = told()
    world.run(START + DAYS * DAY)
    state = copied(state_of(world))
    fall(world)
    return state, world


def test_what_was_learned_before_an_upgrade_is_known_after_it(
    saved: Path, plain: tuple[State, World]
) -> None:
    old, world = plain[0], told()
    assert world.engine.restore(saved)
    new = state_of(world)
    assert new.peak_count[1] == DAYS - 1
    for name in ("active_days", "watched_days", "sign_us"):
        assert np.array_equal(getattr(new, name), getattr(old, name)), name
    for name in ("rate", "peak_total", "peak_squares", "limit"):  # code of then rounds otherwise
        assert np.allclose(getattr(new, name), getattr(old, name), rtol=1e-6, atol=0), name


def test_a_silence_after_an_upgrade_is_found_when_it_would_have_been(
    saved: Path, plain: tuple[State, World]
) -> None:
    world = told()
    assert world.engine.restore(saved)
    fall(world)
    (alert,), (same,) = world.alerts(), plain[1].alerts()
    assert (alert.id, alert.raised_us) == (same.id, same.raised_us)
    assert alert.raised_us - alert.onset_us < 5 * HOUR  # less than the cap: it was learned


def test_the_next_memory_is_of_this_layout(saved: Path, tmp_path: Path) -> None:
    world = told()
    assert world.engine.restore(saved)
    world.run(START + DAYS * DAY + HOUR)
    assert world.engine.checkpoint(tmp_path / "new.npz")
    new = read_checkpoint(tmp_path / "new.npz")
    assert new is not None
    assert new.layout == VERSION


def test_a_column_that_is_new_begins_as_for_a_new_home() -> None:
    blank = empty(SIZES)
    columns = as_arrays(blank)
    del columns["again_us"]
    columns["gone"] = np.zeros(3)
    assert np.array_equal(upgraded(columns).again_us, blank.again_us)


def test_a_column_of_wider_floats_is_converted() -> None:
    columns = as_arrays(empty(SIZES))
    columns["rate"] = np.full(columns["rate"].shape, 0.25, np.float64)
    rate = upgraded(columns).rate
    assert rate.dtype == np.float32
    assert (rate == np.float32(0.25)).all()


@pytest.mark.parametrize("name", ["visits", "long_min"])
def test_a_column_of_another_type_or_shape_is_not_taken_for_what_it_was(name: str) -> None:
    blank = empty(SIZES)
    columns = as_arrays(blank)
    columns[name] = np.full((7, SIZES["home"]), 9, np.int64)
    assert np.array_equal(getattr(upgraded(columns), name), getattr(blank, name))


def test_columns_that_disagree_about_the_homes_are_refused() -> None:
    columns = as_arrays(empty(SIZES))
    columns["limit"] = np.zeros(SIZES["home"] + 1)
    with pytest.raises(ValueError, match="rows"):
        upgraded(columns)


def test_this_layout_itself_is_held_to_its_types() -> None:
    columns = as_arrays(empty(SIZES))
    del columns["again_us"]
    with pytest.raises(ValueError, match="again_us"):
        from_arrays(columns)


def test_a_memory_of_a_newer_layout_is_kept_aside_and_not_written_over(tmp_path: Path) -> None:
    world, path = told(), tmp_path / "engine.npz"
    world.run(START + HOUR)
    assert world.engine.checkpoint(path)
    newer = path.read_bytes().replace(b" %d " % VERSION, b" %d " % (VERSION + 1), 1)
    path.write_bytes(newer)
    with pytest.raises(CheckpointDamaged, match="another version"):
        read_checkpoint(path)
    assert not world.new_engine().restore(path)
    assert world.engine.checkpoint(path)
    assert path.with_name("engine.npz.refused").read_bytes() == newer


def test_since_when_sensors_are_enrolled_is_kept_from_a_layout_in_microseconds() -> None:
    old = dict(as_arrays(empty(SIZES)))
    del old["sensor_known_min"]
    old["sensor_known_us"] = np.array([START, START + 59_000_000, NEVER, START, NEVER])
    known = upgraded(old).sensor_known_min
    assert known.tolist() == [START // MINUTE, START // MINUTE, 0, START // MINUTE, 0]


def test_how_often_devices_spoke_is_not_taken_for_how_often_they_saw() -> None:
    old = dict(as_arrays(empty(SIZES)))
    del old["saw_hours"], old["busy_hours"]
    old["spoke"] = old["chances"] = np.full((4, SIZES["sensor"]), 50, np.float32)
    new = upgraded(old)
    assert not new.saw_hours.any()
    assert not new.busy_hours.any()
