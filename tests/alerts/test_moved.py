"""A home at another address: the engine forgets the house, and never what is owed to the person."""

from pathlib import Path

import numpy as np
import pytest

from alerts.checkpoint import Checkpoint, learned_beside, write_checkpoint
from alerts.detect.state import as_arrays
from alerts.past_readings import of_homes
from alerts.relearn import OF_HOMES, OF_SENSORS, relearn
from config.kinds import Kind
from ingest import batch
from ingest.clock import instant
from ingest.store.embedded import open_store
from tests.alerts.rehearsing import deliver, differing, faulty, rehearsed
from tests.alerts.test_engine_order import batch_of
from tests.alerts.test_rehearse import STRIDES
from tests.alerts.world import DAY, HOUR, MINUTE, START, World, in_order, quiet_life, warm

DAYS = 6
MOVED = START + DAYS * DAY + 14 * HOUR
"""When the move is entered, in the afternoon of a Sunday."""

LEARNED = ("active_days", "watched_days", "peak_count", "peak_total", "visit_seen", "long_min")


def lived(world: World, start_us: int, stop_us: int, seed: int = 0) -> None:
    world.tail.put(in_order(quiet_life(world, 1, start_us, stop_us, seed)))


def move(world: World, *, is_untested: bool = True) -> None:
    """Enter the move now."""
    now_us = int(world.clock.now().astype(np.int64))
    world.change_home(1, since_us=now_us, is_untested=is_untested, sector="ZZ9 9")


def settled() -> World:
    """Return a world whose home lived for some days at its first address."""
    world = World()
    lived(world, START, MOVED)
    world.run(MOVED, every_us=HOUR)
    return world


def known(world: World, names: tuple[str, ...] = LEARNED) -> dict[str, np.ndarray]:
    state = world.engine._watch.state
    assert state is not None
    return {name: getattr(state, name)[..., 1].copy() for name in names}


def unwatched_of(world: World) -> list[tuple[str, str]]:
    return [(one.priority, one.state) for one in world.alerts("unwatched-home")]


def test_what_was_learned_of_the_old_house_is_forgotten_with_the_move() -> None:
    world = settled()
    assert known(world)["peak_count"] >= DAYS - 2
    move(world)
    world.run(MOVED + 5 * MINUTE)
    for name, column in known(world).items():
        assert not column.any(), name
    state = world.engine._watch.state
    assert state is not None
    for kind in (Kind.MOTION, Kind.TEMPERATURE):
        sensor = world.sensor(1, kind)
        assert np.isnan(state.celsius[sensor])
        assert not state.busy_hours[:, sensor].any()


def test_until_the_walk_test_is_passed_the_home_is_unwatched_and_then_a_p2() -> None:
    world = settled()
    move(world)
    world.tail.put(warm(world, 1, MOVED, MOVED + 3 * DAY))
    world.run(MOVED + 10 * MINUTE)
    assert set(world.unwatched().values()) == {"moved"}
    assert unwatched_of(world) == []
    world.run(MOVED + 2 * DAY, every_us=HOUR)
    (told,) = world.alerts("unwatched-home")
    assert (told.priority, told.onset_us) == ("P2", MOVED)
    assert told.verdict == "unknown"
    assert "because it moved house and no walk test has been passed there" in told.sentence
    assert world.alerts("no-sign-of-life") == [], "nobody tested that anybody would be seen"


def test_once_it_is_passed_the_home_is_watched_and_a_silence_is_found_by_the_floor() -> None:
    world = settled()
    move(world)
    passed = MOVED + 3 * HOUR
    lived(world, MOVED + MINUTE, passed, seed=5)
    world.run(passed, every_us=10 * MINUTE)
    world.change_home(1, is_untested=False)
    world.tail.put(warm(world, 1, passed, passed + 16 * HOUR))
    world.run(passed + 10 * MINUTE)
    assert world.unwatched() == {}
    assert [one[1] for one in unwatched_of(world)] in ([], ["open"])  # eased, for a person to end
    world.run(passed + 15 * HOUR, every_us=10 * MINUTE)
    (silence,) = world.alerts("no-sign-of-life")
    assert silence.raised_us - silence.onset_us <= 12 * HOUR + 10 * MINUTE


@pytest.mark.parametrize("kind", [Kind.SMOKE, Kind.PENDANT])
@pytest.mark.parametrize("after", [-MINUTE, 3 * MINUTE, HOUR])
def test_a_call_for_help_is_raised_before_and_after_the_move(kind: Kind, after: int) -> None:
    world = settled()
    move(world)
    world.tail.put([(world.sensor(1, kind), MOVED + after, 1.0)], received_us=MOVED + 2 * HOUR)
    world.run(MOVED + 2 * HOUR)
    (alert,) = world.alerts(kind.value)
    assert (alert.priority, alert.home, alert.is_test) == ("P1", world.homes[0].id, False)


def test_an_alert_of_the_old_address_stays_open_whatever_moves_at_the_new_one() -> None:
    world = settled()
    quiet = MOVED + 14 * HOUR
    world.tail.put(warm(world, 1, MOVED, quiet))
    world.run(quiet, every_us=30 * MINUTE)
    (silence,) = world.alerts("no-sign-of-life")
    world.change_home(1, since_us=quiet, is_untested=False)
    lived(world, quiet + MINUTE, quiet + DAY)
    world.run(quiet + DAY, every_us=HOUR)
    again = world.alerts("no-sign-of-life")[0]
    assert (again.id, again.state, again.is_eased) == (silence.id, "open", silence.is_eased)
    assert "come-back" not in world.history(silence.id)


def test_one_that_could_not_be_seen_before_goes_on_being_one_alert() -> None:
    """The box was unplugged for the move before anybody entered it."""
    world = settled()
    world.run(MOVED + 20 * HOUR, every_us=30 * MINUTE)
    (first,) = world.alerts("unwatched-home")
    move(world)
    now = int(world.clock.now().astype(np.int64))
    world.tail.put(warm(world, 1, now, now + DAY))
    world.run(now + DAY, every_us=HOUR)
    (same,) = world.alerts("unwatched-home")
    assert (same.id, same.state, same.is_eased) == (first.id, "open", False)
    (gateway,) = world.alerts("gateway-silent")
    assert gateway.state == "closed", "a fault of the box ends when the box is heard"


def test_late_words_of_the_old_house_teach_nothing_of_the_new_one() -> None:
    world, other = settled(), settled()
    for one in (world, other):
        move(one, is_untested=False)
        one.run(MOVED + 10 * MINUTE)
    old = [r for r in quiet_life(world, 1, MOVED - 5 * HOUR, MOVED) if r[1] <= MOVED]
    world.tail.put(in_order(old), received_us=MOVED + 11 * MINUTE)
    for one in (world, other):
        lived(one, MOVED + 12 * MINUTE, MOVED + 2 * DAY, seed=3)
        one.run(MOVED + 2 * DAY, every_us=HOUR)
    for name, column in known(world).items():
        assert np.array_equal(column, known(other)[name]), name


@pytest.mark.parametrize("saved_after", [-HOUR, 30 * MINUTE])
def test_a_worker_that_resumes_knows_what_one_that_ran_through_knows(
    tmp_path: Path, saved_after: int
) -> None:
    path = tmp_path / "engine.npz"

    def told(*, stops: bool) -> tuple[dict[str, np.ndarray], list[str]]:
        world = World()
        lived(world, START, MOVED)
        world.run(MOVED - HOUR, every_us=HOUR)
        if stops and saved_after < 0:
            assert world.engine.checkpoint(path)
        world.run(MOVED, every_us=10 * MINUTE)
        move(world)
        lived(world, MOVED + MINUTE, MOVED + 3 * DAY, seed=4)
        if stops and saved_after > 0:
            world.run(MOVED + saved_after)
            assert world.engine.checkpoint(path)
        if stops:
            world.engine = world.new_engine()
            assert world.engine.restore(path)
        world.run(MOVED + HOUR)
        world.change_home(1, is_untested=False)
        world.run(MOVED + 3 * DAY, every_us=10 * MINUTE)
        state = world.engine._watch.state
        assert state is not None
        return known(world, (*OF_HOMES,)), [row.id for row in world.alerts()]

    plain, resumed = told(stops=False), told(stops=True)
    assert resumed[1] == plain[1]
    for name, column in plain[0].items():
        assert np.array_equal(resumed[0][name], column, equal_nan=True), name


def test_a_move_that_is_taken_back_leaves_a_memory_of_before_it_as_it_was(tmp_path: Path) -> None:
    world, path = settled(), tmp_path / "engine.npz"
    assert world.engine.checkpoint(path)
    before = known(world)
    move(world)
    world.change_home(1, since_us=0, is_untested=False)
    world.engine = world.new_engine()
    assert world.engine.restore(path)
    for name, column in known(world).items():
        assert np.array_equal(column, before[name]), name


def test_stored_days_of_the_old_house_are_not_learned_again(tmp_path: Path) -> None:
    world = settled()
    move(world, is_untested=False)
    stop = MOVED + 4 * DAY
    lived(world, MOVED + 5 * MINUTE, stop, seed=6)
    world.run(stop, every_us=HOUR)
    store = open_store(tmp_path / "store.db")
    store.append(world.tail.entries, world.table.sensor_home)
    memory = relearn(
        of_homes(store, [1]), world.table, world.places,
        start_us=START, stop_us=stop - 2 * MINUTE, tick_s=60,
    )  # fmt: skip
    store.close()
    lived_through = world.engine._watch.state
    assert lived_through is not None
    assert memory.state.peak_count[1] == lived_through.peak_count[1] >= 3
    for name in (*OF_HOMES, *OF_SENSORS):
        was, new = getattr(lived_through, name), getattr(memory.state, name)
        assert np.array_equal(was, new, equal_nan=True), name
    assert memory.since == {1: MOVED}


def test_what_was_learned_before_a_move_is_not_taken_up_after_it(tmp_path: Path) -> None:
    world, path = settled(), tmp_path / "engine.npz"
    memory = world.engine._watch.remember()
    assert memory is not None
    write_checkpoint(
        learned_beside(path),
        Checkpoint(0, memory.folded_us, memory.places, memory.state, batch.empty()),
    )
    move(world)
    world.run(MOVED + 10 * MINUTE)
    assert world.engine.checkpoint(path)
    assert world.engine.take_up_learned()
    for name, column in known(world).items():
        assert not column.any(), name


def test_a_rehearsal_over_both_sides_of_a_move_does_as_the_engine_did(tmp_path: Path) -> None:
    world = World()
    rng = np.random.default_rng(8)
    readings = [*quiet_life(world, 1, START, START + DAY + 9 * HOUR)]
    readings += quiet_life(world, 1, START + DAY + 12 * HOUR, START + 3 * DAY, seed=2)
    everything = faulty(batch_of(readings), rng)
    at = START + DAY + 11 * HOUR
    deliver(world, everything, at, STRIDES)
    move(world)
    deliver(world, everything, at + 3 * HOUR, STRIDES)
    world.change_home(1, is_untested=False)
    deliver(world, everything, START + 3 * DAY, STRIDES)
    (again,) = rehearsed(world, tmp_path)
    assert differing(world, again) == []
    assert again.gaps == []


def test_ticks_in_one_run_and_one_by_one_decide_the_same_around_a_move() -> None:
    def told(every_us: int) -> tuple[list[str], dict[str, np.ndarray]]:
        world = World()
        world.change_home(1, since_us=START + DAY + 7 * MINUTE + 11, is_untested=False)
        lived(world, START, START + 2 * DAY)
        world.tail.put(warm(world, 1, START + 2 * DAY, START + 3 * DAY))
        world.run(START + HOUR)
        if every_us > DAY:
            world.clock.advance(instant(START + 3 * DAY))
            while world.engine.step().is_behind:
                pass
        else:
            world.run(START + 3 * DAY, every_us=every_us)
        state = world.engine._watch.state
        assert state is not None
        return [row.id for row in world.alerts()], as_arrays(state)

    whole, single = told(9 * DAY), told(10 * MINUTE)
    assert whole[0] == single[0]
    assert whole[0], "the silence after it is found"
    for name, column in whole[1].items():
        is_float = column.dtype.kind == "f"
        assert np.array_equal(column, single[1][name], equal_nan=is_float), name
