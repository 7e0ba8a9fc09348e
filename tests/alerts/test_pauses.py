"""A paused home: P1 only, nothing learned, asked about when it shows life, its end announced."""

from dataclasses import replace

import numpy as np
import pytest

from config.kinds import Kind
from config.pauses import DAY_US, Pause, PauseReason, check
from config.problems import ConfigProblem
from ingest.clock import instant
from tests.alerts.world import DAY, HOUR, MINUTE, START, World, in_order, quiet_life, warm


def lived(world: World, home: int, days: int) -> int:
    """Live quietly for some days; return when they end."""
    stop = START + days * DAY
    world.tail.put(in_order(quiet_life(world, home, START, stop)))
    world.run(stop, every_us=HOUR)
    return stop


def test_a_paused_home_has_no_person_alert_and_is_watched_again_by_itself() -> None:
    world = World()
    stop = lived(world, 1, 3)
    world.pause(1, stop + MINUTE, stop + 2 * DAY)
    world.tail.put(warm(world, 1, stop, stop + 4 * DAY))
    world.run(stop + 2 * DAY + 3 * HOUR, every_us=HOUR)
    assert {alert.kind for alert in world.alerts()} == {"pause-ends"}
    world.run(stop + 2 * DAY + 13 * HOUR)
    (alert,) = world.alerts("no-sign-of-life")
    assert alert.onset_us >= stop + 2 * DAY - 5 * MINUTE


@pytest.mark.parametrize("kind", [Kind.SMOKE, Kind.PENDANT])
def test_a_paused_home_raises_life_safety_at_once_and_says_that_it_is_paused(kind: Kind) -> None:
    world = World()
    stop = lived(world, 1, 1)
    world.pause(1, stop, stop + 2 * DAY)
    world.tail.put([(world.sensor(1, kind), stop + HOUR, 1.0)])
    world.run(stop + HOUR + MINUTE)
    (alert,) = world.alerts(kind.value)
    assert alert.priority == "P1"
    assert alert.sentence.endswith("The home is paused.")


def test_life_in_a_paused_home_asks_within_fifteen_minutes_whether_somebody_is_back() -> None:
    world = World()
    stop = lived(world, 1, 2)
    world.pause(1, stop, stop + 6 * DAY)
    hall, at = world.sensor(1, Kind.MOTION), stop + 30 * HOUR
    world.tail.put([(hall, at, 1.0), (hall, at + MINUTE, 0.0), (hall, at + 9 * MINUTE, 1.0)])
    world.run(at + 15 * MINUTE, every_us=MINUTE)
    (alert,) = world.alerts("home-again")
    assert alert.raised_us - at <= 15 * MINUTE
    assert alert.onset_us == at
    assert "Is the person home again?" in alert.sentence
    world.tail.put([(hall, at + h * HOUR, v) for h in (1, 13) for v in (1.0, 0.0)])
    world.run(at + 14 * HOUR, every_us=HOUR)
    assert len(world.alerts("home-again")) == 1, "one question stands until it is answered"


def test_the_end_of_a_pause_is_told_a_day_before_and_when_it_comes() -> None:
    world = World()
    stop = lived(world, 1, 1)
    pause = world.pause(1, stop, stop + 3 * DAY)
    world.run(stop + 2 * DAY - 10 * MINUTE, every_us=HOUR)
    assert world.alerts("pause-ends") == []
    world.run(stop + 2 * DAY + 10 * MINUTE)
    (ahead,) = world.alerts("pause-ends")
    assert (ahead.onset_us, ahead.state, ahead.priority) == (pause.until_us, "open", "P3")
    world.run(stop + 3 * DAY + 10 * MINUTE, every_us=HOUR)
    first, over = world.alerts("pause-ends")
    assert (first.id, first.state) == (ahead.id, "closed")
    assert over.state == "open"
    assert "it is watched again" in over.sentence


def test_a_pause_that_a_person_ends_early_is_told_no_more() -> None:
    world = World()
    stop = lived(world, 1, 1)
    pause = world.pause(1, stop, stop + 3 * DAY)
    world.tail.put(warm(world, 1, stop, stop + 4 * DAY))
    world.run(stop + 2 * DAY + 10 * MINUTE, every_us=HOUR)
    ended = stop + 2 * DAY + HOUR
    world.clock.advance(instant(ended))
    world.put_pause(replace(pause, ended_us=ended, ended_by="sam"))
    world.run(ended + 13 * HOUR, every_us=HOUR)
    (told,) = world.alerts("pause-ends")
    assert told.state == "closed"
    assert world.alerts("no-sign-of-life"), "12 hours after it was watched again"


def state_of(world: World) -> dict[str, np.ndarray]:
    memory = world.engine._watch.memory
    assert memory is not None
    names = ("active_days", "watched_days", "rate", "peak_count", "peak_total", "visit_seen")
    return {name: getattr(memory.state, name).copy() for name in names}


def test_nothing_is_learned_from_a_pause() -> None:
    world, other = World(), World()
    stop = lived(world, 1, 3)
    lived(other, 1, 3)
    for one in (world, other):
        one.pause(1, stop, stop + 5 * DAY)
    # Builders, or a visitor who waters the plants: only one of the two homes sees them.
    world.tail.put(in_order(quiet_life(world, 1, stop + MINUTE, stop + 5 * DAY, seed=7)))
    other.tail.put(warm(other, 1, stop + MINUTE, stop + 5 * DAY))
    for one in (world, other):
        one.run(stop + 4 * DAY, every_us=HOUR)
    learned, empty = state_of(world), state_of(other)
    for name, column in learned.items():
        assert np.array_equal(column, empty[name]), name


def test_reading_the_journal_again_uses_the_pauses_of_the_time() -> None:
    world = World()
    stop = lived(world, 1, 2)
    pause = world.pause(1, stop + MINUTE, stop + 3 * DAY)
    world.tail.put(warm(world, 1, stop, stop + 5 * DAY))
    world.run(stop + 2 * DAY, every_us=HOUR)
    ended = int(world.clock.now().astype(np.int64))
    world.put_pause(replace(pause, ended_us=ended, ended_by="sam"))
    hall = world.sensor(1, Kind.MOTION)
    signs = [(hall, ended + h * HOUR, v) for h in range(1, 50) for v in (1.0, 0.0)]
    world.tail.put(in_order(signs))
    world.run(ended + 2 * DAY, every_us=HOUR)
    before = [(a.id, a.state) for a in world.alerts()]
    world.engine = world.new_engine()
    world.run(ended + 2 * DAY + MINUTE)
    assert [(a.id, a.state) for a in world.alerts()] == before


def test_ticks_in_one_run_and_one_by_one_decide_the_same_around_a_pause() -> None:
    def told(every_us: int) -> list[tuple[str, int]]:
        world = World()
        world.pause(1, START + DAY + 7 * MINUTE, START + 2 * DAY + 11 * MINUTE)
        world.tail.put(in_order(quiet_life(world, 1, START, START + 2 * DAY + HOUR)))
        world.tail.put(warm(world, 1, START + 2 * DAY + HOUR, START + 3 * DAY))
        world.run(START + 3 * DAY, every_us=every_us)
        return [(alert.id, alert.raised_us) for alert in world.alerts()]

    assert told(3 * HOUR) == told(5 * MINUTE)


def a_pause(**values: object) -> Pause:
    made = Pause(0, 1, PauseReason.WORKS, START, START + DAY, "sam", START)
    return replace(made, **values)  # type: ignore[arg-type]  # as replace()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"until_us": START}, "ends before it begins; say an end after"),
        ({"until_us": START + 93 * DAY_US}, "longer than 92 days; say an earlier end"),
        ({"from_us": START - 1}, "begins in the past"),
        ({"account": ""}, "expected the person who pauses"),
    ],
)
def test_a_pause_that_could_not_be_meant_is_refused(values: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigProblem, match=told):
        check(a_pause(**values))


def test_no_pause_is_without_an_end() -> None:
    """Hazard H9: every silence expires."""
    check(a_pause(until_us=START + 92 * DAY_US))
    assert a_pause().covers(START)
    assert not a_pause().covers(START + DAY)
