"""Shadow first (safety rule 8): what a detector finds is sent only once somebody switched it."""

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event

from alerts.alert import AlertKind, Outcome
from alerts.deliver import deliver
from alerts.modes import Mode
from alerts.shadow import Shadow
from config.homes import GoesOut, HomeState
from config.kinds import Kind
from ingest.clock import instant
from ingest.sink import Entry
from tests.alerts.shadow_world import ShadowWorld, finding
from tests.alerts.world import DAY, HOUR, MINUTE, START, World, in_order, quiet_life, warm


def move(world: World, at_us: int, home: int = 1) -> None:
    """Let somebody move for a few minutes."""
    hall = world.sensor(home, Kind.MOTION)
    world.tail.put([(hall, at_us + i * MINUTE, float(i % 2)) for i in range(6)])


STOP = START + 7 * DAY + 9 * HOUR
"""When the person falls silent, after an ordinary week."""


@cache
def week() -> tuple[list[Entry], bytes]:
    """Return the journal of the week, and what an engine remembers at its end."""
    world = ShadowWorld()
    world.tail.put(in_order(quiet_life(world, 1, START, STOP)))
    world.run(STOP, every_us=12 * HOUR)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "engine.npz"
        assert world.engine.checkpoint(file)
        return world.tail.entries, file.read_bytes()


def fallen(mode: Mode = Mode.SHADOW, *, silent_h: int = 6) -> tuple[ShadowWorld, int]:
    """Return a world in which somebody fell silent five hours ago, and since when.

    The hub goes on speaking for ``silent_h`` hours, so that the silence is the person's.
    """
    world = ShadowWorld()
    entries, memory = week()
    world.tail.entries = list(entries)
    world.clock.advance(instant(STOP))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "engine.npz"
        file.write_bytes(memory)
        assert world.engine.restore(file)
    if mode is not Mode.SHADOW:
        world.switch(mode)
    world.tail.put(warm(world, 1, STOP, STOP + silent_h * HOUR))
    world.run(STOP + 5 * HOUR)
    return world, STOP


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


def test_what_still_stands_is_raised_when_its_detector_goes_live() -> None:
    world, stop = fallen()
    (before,) = world.found()
    world.switch(Mode.LIVE)
    world.run(stop + 5 * HOUR + MINUTE, every_us=MINUTE)
    (alert,) = world.alerts()
    assert (alert.id, alert.onset_us, alert.state) == (before.id, before.onset_us, "open")
    assert alert.raised_us >= stop + 5 * HOUR, "it would seem that the team had let it lie"
    assert alert.sentence.startswith(before.sentence)
    assert "raised now, as its detector was switched live" in alert.sentence
    assert alert.evidence["shadow_found_us"] == before.found_us
    assert world.count("outbox") == 1
    (found,) = world.found()
    assert found.state == "raised"
    world.run(stop + 6 * HOUR)
    assert len(world.alerts()) == world.count("outbox") == 1


def test_a_raised_finding_goes_on_as_any_alert_does() -> None:
    world, stop = fallen(silent_h=14)
    world.switch(Mode.LIVE)
    world.run(stop + 6 * HOUR)
    (alert,) = world.alerts()
    world.ledger.resolve(alert.id, "alice", Outcome.SPOKEN_TO, "", instant(stop + 6 * HOUR))
    world.run(stop + 9 * HOUR + 10 * MINUTE)
    assert [(a.state, a.step) for a in world.alerts()] == [("open", 1)]
    move(world, stop + 10 * HOUR)
    world.run(stop + 11 * HOUR)
    assert [a.is_eased for a in world.alerts()] == [True]


def test_a_switch_that_could_not_be_written_is_tried_again() -> None:
    world, stop = fallen()
    world.switch(Mode.LIVE)
    tries: list[int] = []

    def fail(_connection: object) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("the disk is full")

    event.listen(world.database, "commit", fail)
    with pytest.raises(RuntimeError, match="disk is full"):
        world.run(stop + 5 * HOUR + MINUTE)
    assert world.alerts() == []
    world.run(stop + 5 * HOUR + 2 * MINUTE)
    assert len(world.alerts()) == world.count("outbox") == 1


def test_what_is_over_is_not_raised_when_its_detector_goes_live() -> None:
    world, stop = fallen()
    move(world, stop + 5 * HOUR)
    world.run(stop + 6 * HOUR)
    world.switch(Mode.LIVE)
    world.run(stop + 7 * HOUR)
    assert world.alerts() == []


def test_a_finding_that_was_judged_false_is_raised_all_the_same_while_it_stands() -> None:
    """Somebody may be wrong about a person who still shows no sign."""
    from alerts.precision import Said
    from tests.alerts.shadow_world import say

    world, stop = fallen()
    with world.database.begin() as connection:
        say(connection, world.found()[0].id, Said.FALSE)
    world.switch(Mode.LIVE)
    world.run(stop + 6 * HOUR)
    assert len(world.alerts()) == 1


def test_a_switch_made_while_the_worker_was_down_raises_what_stands_after_the_backlog(
    tmp_path: Path,
) -> None:
    for moves in (False, True):
        world, stop = fallen(silent_h=9)
        world.engine.checkpoint(tmp_path / "engine.npz")
        world.switch(Mode.LIVE)
        if moves:
            move(world, stop + 6 * HOUR)
        world.clock.advance(instant(stop + 8 * HOUR))
        world.engine = world.new_engine()
        assert world.engine.restore(tmp_path / "engine.npz")
        world.run(stop + 8 * HOUR + 10 * MINUTE, every_us=MINUTE)
        onsets = [alert.onset_us for alert in world.alerts()]
        (found, *_) = world.found()
        assert (found.onset_us in onsets) is not moves
        assert found.state == ("over" if moves else "raised")


def test_an_outage_does_not_hide_what_stood_before_it() -> None:
    """Rule 4: the silence began before the hub was lost, and the switch came after."""
    world, stop = fallen(silent_h=5)
    world.run(stop + 8 * HOUR)
    assert world.unwatched() == {"home-000001": "gateway"}
    world.switch(Mode.LIVE)
    world.run(stop + 8 * HOUR + 5 * MINUTE)
    assert len(world.alerts("no-sign-of-life")) == 1


def test_nothing_is_raised_for_a_home_that_is_paused_until_it_is_watched_again() -> None:
    world, stop = fallen(silent_h=9)
    world.change_home(1, state=HomeState.PAUSED)
    world.run(stop + 6 * HOUR)
    world.switch(Mode.LIVE)
    world.run(stop + 7 * HOUR)
    assert world.alerts() == []
    world.change_home(1, state=HomeState.ACTIVE)
    world.run(stop + 8 * HOUR)
    assert len(world.alerts()) == 1


def test_a_detector_that_is_off_leaves_no_trace_of_what_is_over() -> None:
    world, stop = fallen(Mode.OFF)
    assert world.shadow.dropped == 1
    assert [found.state for found in world.found()] == ["held"]
    move(world, stop + 5 * HOUR)
    world.run(stop + 6 * HOUR)
    assert world.found() == world.alerts() == []


@pytest.mark.parametrize("through", [(), (Mode.SHADOW,)])
def test_a_person_on_the_floor_is_not_lost_because_the_detector_was_off(
    through: tuple[Mode, ...], tmp_path: Path
) -> None:
    world, stop = fallen(Mode.OFF)
    world.engine.checkpoint(tmp_path / "engine.npz")
    world.engine = world.new_engine()
    assert world.engine.restore(tmp_path / "engine.npz")
    for number, mode in enumerate((*through, Mode.LIVE)):
        world.switch(mode)
        world.run(stop + 5 * HOUR + (1 + number) * 10 * MINUTE, every_us=MINUTE)
        states = [found.state for found in world.found()]
        assert states == [{Mode.SHADOW: "standing", Mode.LIVE: "raised"}[mode]]
    assert len(world.alerts()) == 1


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.OFF])
def test_stepping_back_leaves_open_alerts_to_people_and_tells_them_the_truth(mode: Mode) -> None:
    world, stop = fallen(Mode.LIVE, silent_h=5)
    world.switch(mode)
    move(world, stop + 5 * HOUR)
    again = stop + 5 * HOUR + 6 * MINUTE
    world.tail.put(warm(world, 1, again, again + 8 * HOUR))
    world.run(stop + 6 * HOUR)
    assert [(a.state, a.is_eased) for a in world.alerts()] == [("open", True)]
    world.run(again + 8 * HOUR)
    (alert,) = world.alerts()
    assert (alert.state, alert.is_eased) == ("open", False), "quiet again, and it must say so"
    assert world.history(alert.id) == ["raise", "ease", "unease"]
    assert world.count("outbox") == 1
    expected = ["standing"] if mode is Mode.SHADOW else ["held"]
    assert [found.state for found in world.found()] == expected
    world.ledger.resolve(alert.id, "alice", Outcome.SEEN_WELL, "", instant(again + 8 * HOUR))


def test_a_resolved_silence_comes_back_only_where_its_detector_is_live() -> None:
    world, stop = fallen(Mode.LIVE, silent_h=20)
    (alert,) = world.alerts()
    world.ledger.resolve(alert.id, "alice", Outcome.SPOKEN_TO, "", instant(stop + 5 * HOUR))
    world.switch(Mode.SHADOW)
    world.run(stop + 10 * HOUR)
    assert [a.state for a in world.alerts()] == ["resolved"]
    world.switch(Mode.LIVE)
    world.run(stop + 10 * HOUR + 15 * MINUTE)
    assert [(a.state, a.step) for a in world.alerts()] == [("open", 1)]


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


def test_a_cold_home_is_one_finding_until_it_is_warm_and_is_raised_by_a_switch() -> None:
    world = ShadowWorld()
    stop = START + DAY
    world.tail.put(in_order(quiet_life(world, 1, START, stop)))
    world.run(stop)
    thermometer = world.sensor(1, Kind.TEMPERATURE)
    hall = world.sensor(1, Kind.MOTION)
    later = [(thermometer, stop + i * 10 * MINUTE, 16.0) for i in range(36)]
    later += [(hall, stop + i * 10 * MINUTE, float(i % 2)) for i in range(36)]
    world.tail.put(in_order(later))
    world.run(stop + 5 * HOUR)
    assert [(f.kind, f.state) for f in world.found()] == [("cold-home", "standing")]
    world.switch(Mode.LIVE, "cold")
    world.run(stop + 5 * HOUR + 10 * MINUTE)
    assert [alert.kind for alert in world.alerts()] == ["cold-home"]


def test_what_tells_of_nights_gone_by_is_recorded_and_never_raised_afterwards() -> None:
    world = ShadowWorld()
    told = finding(AlertKind.BATHROOM_AT_NIGHT)
    for mode in (Mode.SHADOW, Mode.OFF, Mode.LIVE):
        if mode is not Mode.SHADOW:
            world.switch(mode, "bathroom")
        deliver(world.ledger, [told, told], instant(START), world.shadow)
        world.shadow.settle(world.ledger, instant(START))
        assert [found.state for found in world.found()] == ["over"]
        assert world.alerts() == []
    assert world.shadow.dropped == 0, "it was known before"
    off = ShadowWorld()
    off.switch(Mode.OFF, "bathroom")
    deliver(off.ledger, [told], instant(START), off.shadow)
    assert off.found() == []
    assert off.shadow.dropped == 1


def test_modes_are_each_places_own_and_each_detectors_own() -> None:
    world, stop = fallen(silent_h=7)
    world.switch(Mode.LIVE, "cold")
    world.run(stop + 6 * HOUR)
    assert world.alerts() == []
    assert [found.state for found in world.found()] == ["standing"]


def test_an_engine_without_a_shadow_is_live_throughout() -> None:
    world = World()
    world.tail.put(warm(world, 1, START, START + 13 * HOUR))
    world.run(START + 13 * HOUR, every_us=HOUR)
    assert len(world.alerts()) == 1


def test_somebody_who_went_out_is_found_by_the_same_detector() -> None:
    world = ShadowWorld()
    world.change_home(1, goes_out=GoesOut.ALONE)
    stop = START + DAY + 9 * HOUR
    world.tail.put(in_order(quiet_life(world, 1, START, stop)))
    door = world.sensor(1, Kind.CONTACT)
    world.tail.put([(door, stop, 1.0), (door, stop + 10_000_000, 0.0)])
    world.tail.put(warm(world, 1, stop, stop + 14 * HOUR))
    world.run(stop, every_us=12 * HOUR)
    world.run(stop + 13 * HOUR)
    assert [(f.kind, f.state) for f in world.found()] == [("not-back", "standing")]
    world.switch(Mode.LIVE, "inactivity")
    world.run(stop + 13 * HOUR + 10 * MINUTE)
    assert [alert.kind for alert in world.alerts()] == ["not-back"]


def test_a_refresh_reads_only_when_somebody_switched() -> None:
    world = ShadowWorld()
    shadow = Shadow(world.database, lambda: world.table, world.places)
    assert shadow.refresh() is False
    world.switch(Mode.LIVE)
    assert shadow.refresh() is True
    assert shadow.refresh() is False


def test_a_storm_of_findings_is_recorded_whole() -> None:
    world = ShadowWorld(homes=60)
    stop = START + DAY + 9 * HOUR
    for home in range(1, 61):
        world.tail.put(in_order(quiet_life(world, home, START, stop)))
        world.tail.put(warm(world, home, stop, stop + 13 * HOUR))
    world.run(stop + 12 * HOUR, every_us=11 * HOUR)
    homes = {found.home for found in world.found()}
    assert len(homes) >= 55
    world.switch(Mode.LIVE)
    world.run(stop + 12 * HOUR + 5 * MINUTE)
    assert {alert.home for alert in world.alerts("no-sign-of-life")} == homes
    assert np.all([found.state == "raised" for found in world.found()])
