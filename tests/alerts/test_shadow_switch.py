"""Switching a detector: what stands is raised, what people have open stays theirs."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event

from alerts.alert import AlertKind, Outcome
from alerts.deliver import deliver
from alerts.modes import Mode
from alerts.precision import Said
from alerts.shadow import Shadow
from config.homes import GoesOut, HomeState
from config.kinds import Kind
from ingest.clock import instant
from tests.alerts.shadow_world import ShadowWorld, fallen, finding, move, say
from tests.alerts.world import DAY, HOUR, MINUTE, START, in_order, quiet_life, warm


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
