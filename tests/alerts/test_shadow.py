"""Shadow first (safety rule 8): what a detector finds is sent only once somebody switched it."""

from pathlib import Path

import pytest

from alerts.modes import Mode
from config.kinds import Kind
from tests.alerts.shadow_world import ShadowWorld, fallen, move, week
from tests.alerts.world import DAY, HOUR, MINUTE, START, World, in_order, quiet_life, warm


def test_a_detector_that_nobody_switched_records_and_sends_nothing() -> None:
    world, stop = fallen()
    (found,) = world.found()
    assert (found.kind, found.state, found.home) == ("no-sign-of-life", "standing", "home-000001")
    assert found.onset_us <= stop < found.found_us
    assert found.sentence.startswith("No sign of movement since ")
    assert found.evidence["expected_missed"] > found.evidence["limit"]
    assert world.alerts() == []
    assert world.count("outbox") == world.count("changes") == world.count("alert_history") == 0


def test_a_shadow_finding_is_the_alert_that_a_live_detector_raises() -> None:
    shadow, _ = fallen()
    live, _ = fallen(Mode.LIVE)
    (found,), (alert,) = shadow.found(), live.alerts()
    same = ("id", "kind", "home", "place", "onset_us", "sentence", "evidence", "priority")
    for name in same:
        assert getattr(found, name) == getattr(alert, name), name
    assert found.found_us == alert.raised_us
    assert live.found() == []


def test_life_safety_is_raised_whatever_the_modes() -> None:
    for mode in Mode:
        world = ShadowWorld()
        for detector in ("inactivity", "cold"):
            world.switch(mode, detector)
        world.tail.put([(world.sensor(1, Kind.SMOKE), START + MINUTE, 1.0)])
        world.run(START + 2 * MINUTE)
        assert [alert.kind for alert in world.alerts()] == ["smoke"], mode


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.OFF])
def test_a_home_that_cannot_be_seen_is_told_whatever_the_modes(mode: Mode) -> None:
    world = ShadowWorld()
    if mode is Mode.OFF:
        world.switch(mode)
    stop = START + 2 * DAY
    world.tail.put(in_order(quiet_life(world, 1, START, stop)))
    world.run(stop, every_us=12 * HOUR)
    world.run(stop + 9 * HOUR)
    assert {alert.kind for alert in world.alerts()} == {"gateway-silent", "unwatched-home"}
    assert world.unwatched() == {"home-000001": "gateway"}
    assert world.found() == []


def test_movement_ends_a_shadow_finding_and_makes_no_alert() -> None:
    world, stop = fallen()
    move(world, stop + 5 * HOUR)
    world.run(stop + 6 * HOUR)
    (found,) = world.found()
    assert (found.state, found.note) == ("over", "moving again, please confirm")
    assert found.ended_us is not None
    assert world.alerts() == []


def test_late_data_contradicts_a_shadow_finding() -> None:
    world, stop = fallen()
    hall = world.sensor(1, Kind.MOTION)
    late = [(hall, stop + HOUR + i * MINUTE, float(i % 2)) for i in range(6)]
    world.tail.put(late, received_us=stop + 5 * HOUR + MINUTE)
    world.run(stop + 5 * HOUR + 10 * MINUTE)
    (found, *_) = world.found()
    assert (found.state, found.note) == ("contradicted", "late data shows a sign since")
    assert world.alerts() == []


def test_a_detector_that_is_off_leaves_no_trace_of_what_is_over() -> None:
    world, stop = fallen(Mode.OFF)
    assert world.shadow.dropped == 1
    assert [found.state for found in world.found()] == ["held"]
    move(world, stop + 5 * HOUR)
    world.run(stop + 6 * HOUR)
    assert world.found() == world.alerts() == []


@pytest.mark.parametrize(
    ("then", "has_checkpoint"),
    [(Mode.SHADOW, True), (Mode.LIVE, True), (Mode.LIVE, False), (Mode.OFF, True)],
)
def test_reading_the_journal_again_records_and_raises_nothing_twice(
    tmp_path: Path, then: Mode, has_checkpoint: bool
) -> None:
    """Under the modes of today, what was over in shadow is never raised as new."""
    world, stop = fallen()
    world.engine.checkpoint(tmp_path / "engine.npz")
    move(world, stop + 5 * HOUR)
    world.run(stop + 6 * HOUR)
    before = world.found()
    if then is not Mode.SHADOW:
        world.switch(then)
    world.engine = world.new_engine()
    name = "engine.npz" if has_checkpoint else "none.npz"
    assert world.engine.restore(tmp_path / name) is has_checkpoint
    world.run(stop + 7 * HOUR)
    assert world.found() == before
    assert world.alerts() == []


@pytest.mark.parametrize("then", [Mode.SHADOW, Mode.OFF])
def test_an_alert_of_live_days_is_no_shadow_finding_when_it_is_decided_again(
    tmp_path: Path, then: Mode
) -> None:
    world, stop = fallen(Mode.LIVE)
    before = world.alerts()
    world.switch(then)
    (tmp_path / "engine.npz").write_bytes(week()[1])
    world.engine = world.new_engine()
    assert world.engine.restore(tmp_path / "engine.npz")
    world.run(stop + 6 * HOUR)
    assert world.alerts() == before
    assert world.found() == []


def test_an_engine_without_a_shadow_is_live_throughout() -> None:
    world = World()
    world.tail.put(warm(world, 1, START, START + 13 * HOUR))
    world.run(START + 13 * HOUR, every_us=HOUR)
    assert len(world.alerts()) == 1
