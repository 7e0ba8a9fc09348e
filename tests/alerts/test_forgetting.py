"""An erased home leaves nothing in the engine's memory on disk, and others keep all of theirs."""

import io
import threading
from pathlib import Path

import numpy as np
import pytest

from alerts import engine_loop, forgetting
from alerts.checkpoint import learned_beside, read_checkpoint, refused_beside
from alerts.detect.columns import NEVER
from alerts.detect.state import _COLUMNS, State, as_arrays, copied
from alerts.forgetting import Erased
from config.kinds import Kind
from tests.alerts.world import DAY, HOUR, MINUTE, START, World, in_order, quiet_life

STOP = START + 3 * DAY
ERASED = 1


def lived(path: Path) -> World:
    world = World(homes=2)
    for home in (1, 2):
        world.tail.put(in_order(quiet_life(world, home, START, STOP)))
    world.run(STOP)
    assert world.engine.checkpoint(path)
    return world


def erased(world: World) -> Erased:
    return Erased(
        [ERASED],
        [s.number for s in world.sensors if s.home == ERASED],
        [g.number for g in world.gateways if g.home == ERASED],
    )


def state_of(world: World) -> State:
    assert world.engine._watch.state is not None
    return world.engine._watch.state


def unpacked(path: Path) -> bytes:
    """Return every byte that the file holds, decompressed."""
    with np.load(io.BytesIO(path.read_bytes().partition(b"\n")[2])) as arrays:
        return b"".join(arrays[name].tobytes() for name in arrays)


def traces(world: World) -> list[bytes]:
    """Return what only the erased home left: times of its signs and sensors."""
    state, home = state_of(world), erased(world)
    times = [state.sign_us[ERASED], *state.heard_us[list(home.sensor)]]
    times += [*state.value_us[list(home.sensor)], *state.gateway_heard_us[list(home.gateway)]]
    return [np.int64(t).tobytes() for t in sorted({int(t) for t in times if t != NEVER})]


def blank(path: Path, of: Erased) -> list[str]:
    """Return the columns that still know something of the erased home."""
    saved = read_checkpoint(path)
    assert saved is not None
    assert not np.isin(saved.waiting.sensor, of.sensor).any()
    wrong = []
    for name, column in as_arrays(saved.state).items():
        rows = getattr(of, _COLUMNS[name].axis, [])
        fill = np.full(1, _COLUMNS[name].fill).astype(column.dtype)[0]
        if not np.array_equal(
            column[..., rows], np.full_like(column[..., rows], fill), equal_nan=fill != fill
        ):
            wrong.append(name)
    return wrong


@pytest.mark.parametrize("is_running", [True, False])
def test_no_byte_of_an_erased_home_stays_in_the_checkpoint(
    tmp_path: Path, is_running: bool
) -> None:
    path = tmp_path / "engine.npz"
    world = lived(path)
    of, marks, before = erased(world), traces(world), copied(state_of(world))
    assert len(marks) > 3
    assert all(mark in unpacked(path) for mark in marks)
    for copy in (learned_beside(path), refused_beside(path), refused_beside(learned_beside(path))):
        copy.write_bytes(path.read_bytes())
    forgetting.wish(path, of)
    if is_running:
        assert world.engine.forget_erased()
    else:
        forgetting.forget(path)
    assert not any(mark in unpacked(path) for mark in marks)
    assert blank(path, of) == []
    assert [file.name for file in tmp_path.iterdir()] == ["engine.npz"]
    saved = read_checkpoint(path)
    assert saved is not None
    for name, column in as_arrays(saved.state).items():
        if _COLUMNS[name].axis == "home":
            was = as_arrays(before)[name][..., 2]
            assert np.array_equal(column[..., 2], was, equal_nan=was.dtype.kind == "f"), name


def test_a_running_engine_begins_with_the_home_anew_and_raises_nothing(tmp_path: Path) -> None:
    path = tmp_path / "engine.npz"
    world = lived(path)
    forgetting.wish(path, erased(world))
    assert world.engine.forget_erased()
    assert state_of(world).peak_count[ERASED] == 0
    assert state_of(world).peak_count[2] > 0
    for home in (1, 2):
        world.tail.put(in_order(quiet_life(world, home, STOP, STOP + 6 * HOUR)))
    world.tail.put([(world.sensor(ERASED, Kind.PENDANT), STOP + 5 * HOUR, 1.0)])
    world.run(STOP + 6 * HOUR)
    assert [alert.kind for alert in world.alerts()] == ["pendant"]
    assert state_of(world).sign_us[ERASED] > STOP


def test_a_worker_that_was_down_forgets_when_it_starts(tmp_path: Path) -> None:
    path = tmp_path / "engine.npz"
    world = lived(path)
    of = erased(world)
    forgetting.wish(path, Erased([], [], []))
    forgetting.wish(path, of)
    world.engine = world.new_engine()
    assert world.engine.restore(path)
    assert blank(path, of) == []
    assert not forgetting.is_wished(path)
    world.run(STOP + MINUTE)
    assert world.alerts() == []


def test_a_checkpoint_that_cannot_be_read_goes_whole(tmp_path: Path) -> None:
    path = tmp_path / "engine.npz"
    world = lived(path)
    path.write_bytes(path.read_bytes()[:-9])
    forgetting.wish(path, erased(world))
    forgetting.forget(path)
    assert list(tmp_path.iterdir()) == []


def test_a_running_engine_does_not_let_an_erasure_wait_for_its_next_checkpoint(
    tmp_path: Path,
) -> None:
    path, stop = tmp_path / "engine.npz", threading.Event()
    world = lived(path)
    marks = traces(world)
    forgetting.wish(path, erased(world))
    waited = list[bool]()

    def wait(_position: int, _seconds: float) -> None:
        waited.append(forgetting.is_wished(path))
        if not waited[-1] or len(waited) == 3:
            stop.set()

    engine_loop.run(world.engine, stop, wait, checkpoint=path, checkpoint_s=float("inf"))
    assert waited == [False]
    assert not any(mark in unpacked(path) for mark in marks)


def test_an_engine_that_knows_nothing_yet_does_not_let_an_erasure_wait_either(
    tmp_path: Path,
) -> None:
    path, stop = tmp_path / "engine.npz", threading.Event()
    world = World(homes=2)
    for home in (1, 2):
        world.tail.put(in_order(quiet_life(world, home, START, START + HOUR)))
    gone = erased(world)
    forgetting.wish(path, gone)
    waited = list[bool]()

    def wait(_position: int, _seconds: float) -> None:
        waited.append(forgetting.is_wished(path))
        if not waited[-1] or len(waited) == 3:
            stop.set()

    engine_loop.run(world.engine, stop, wait, checkpoint=path, checkpoint_s=float("inf"))
    assert world.engine._watch.memory is None
    assert waited == [False]
    waiting = world.engine._waiting.all().sensor
    assert len(waiting) > 0
    assert not np.isin(waiting, gone.sensor).any()
