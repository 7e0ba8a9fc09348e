"""The person: silences found, silences not raised, and what becomes of them."""

from pathlib import Path

import numpy as np
import pytest

from alerts.alert import Outcome
from config.homes import GoesOut, HomeState
from config.kinds import Kind
from ingest.clock import instant
from tests.alerts.world import DAY, HOUR, MINUTE, START, World, in_order, quiet_life, warm


def lived(world: World, home: int, days: int) -> int:
    """Give a home some ordinary days; return when they end."""
    stop = START + days * DAY
    world.tail.put(in_order(quiet_life(world, home, START, stop)))
    world.run(stop)
    return stop


def test_an_ordinary_fortnight_raises_nothing() -> None:
    world = World(homes=3)
    readings = [r for h in (1, 2, 3) for r in quiet_life(world, h, START, START + 14 * DAY)]
    world.tail.put(in_order(readings))
    world.run(START + 14 * DAY, every_us=2 * HOUR)
    assert world.alerts() == []
    assert world.unwatched() == {}


def test_a_collapse_in_the_morning_is_found_within_hours() -> None:
    world = World()
    stop = START + 8 * DAY + 9 * HOUR
    world.tail.put(in_order(quiet_life(world, 1, START, stop)))
    world.tail.put(warm(world, 1, stop, stop + 6 * HOUR))
    world.run(stop + 6 * HOUR)
    (alert,) = world.alerts()
    assert (alert.kind, alert.priority, alert.verdict) == ("no-sign-of-life", "P2", "person")
    assert 3 * HOUR <= alert.raised_us - alert.onset_us <= 5 * HOUR
    assert alert.sentence.startswith("No sign of movement since ")
    assert "usually something every" in alert.sentence
    assert alert.evidence["expected_missed"] > alert.evidence["limit"]


def test_a_new_home_is_watched_from_its_first_day() -> None:
    world = World()
    stop = START + 10 * HOUR
    world.tail.put(in_order(quiet_life(world, 1, START, stop)))
    world.tail.put(warm(world, 1, stop, stop + 13 * HOUR))
    world.run(stop + 13 * HOUR)
    (alert,) = world.alerts()
    assert alert.raised_us - alert.onset_us <= 12 * HOUR


def test_a_home_that_never_shows_a_sign_is_raised_from_its_first_word() -> None:
    world = World()
    world.tail.put(warm(world, 1, START, START + 13 * HOUR))
    world.run(START + 13 * HOUR)
    (alert,) = world.alerts()
    assert "since the first reading at 00:00" in alert.sentence


def test_a_quiet_night_is_not_a_silence() -> None:
    world = World()
    lived(world, 1, 7)
    night = quiet_life(world, 1, START + 7 * DAY, START + 7 * DAY + 22 * HOUR)
    morning = START + 8 * DAY + 7 * HOUR
    world.tail.put(in_order(night))
    world.tail.put(warm(world, 1, START + 7 * DAY + 22 * HOUR, morning))
    world.run(morning)
    assert world.alerts() == []


def test_movement_eases_a_silence_and_only_a_person_ends_it() -> None:
    world = World()
    stop = lived(world, 1, 7) + 9 * HOUR
    world.tail.put(in_order(quiet_life(world, 1, stop - 9 * HOUR, stop)))
    world.tail.put(warm(world, 1, stop, stop + 5 * HOUR))
    world.run(stop + 5 * HOUR)
    hall = world.sensor(1, Kind.MOTION)
    world.tail.put([(hall, stop + 5 * HOUR + i * MINUTE, float(i % 2)) for i in range(6)])
    world.run(stop + 6 * HOUR)
    (alert,) = world.alerts()
    assert (alert.state, alert.is_eased) == ("open", True)
    assert world.history(alert.id) == ["raise", "ease"]


def test_a_resolved_silence_without_new_signs_comes_back_one_step_up() -> None:
    world = World()
    stop = lived(world, 1, 7) + 9 * HOUR
    world.tail.put(in_order(quiet_life(world, 1, stop - 9 * HOUR, stop)))
    world.tail.put(warm(world, 1, stop, stop + 12 * HOUR))
    world.run(stop + 5 * HOUR)
    (alert,) = world.alerts()
    world.ledger.resolve(alert.id, "alice", Outcome.SPOKEN_TO, "", instant(stop + 5 * HOUR))
    world.run(stop + 8 * HOUR - 10 * MINUTE)
    assert world.alerts()[0].state == "resolved"
    world.run(stop + 8 * HOUR + 10 * MINUTE)
    (alert,) = world.alerts()
    assert (alert.state, alert.step) == ("open", 1)


@pytest.mark.parametrize("has_checkpoint", [True, False])
def test_a_resolved_silence_comes_back_after_a_restart_too(
    tmp_path: Path, *, has_checkpoint: bool
) -> None:
    world = World()
    stop = lived(world, 1, 7) + 9 * HOUR
    world.tail.put(in_order(quiet_life(world, 1, stop - 9 * HOUR, stop)))
    world.tail.put(warm(world, 1, stop, stop + 12 * HOUR))
    world.run(stop + 5 * HOUR)
    (alert,) = world.alerts()
    world.ledger.resolve(alert.id, "alice", Outcome.SPOKEN_TO, "", instant(stop + 5 * HOUR))
    world.engine.checkpoint(tmp_path / "engine.npz")
    world.engine = world.new_engine()
    assert world.engine.restore(tmp_path / ("engine.npz" if has_checkpoint else "none.npz")) is (
        has_checkpoint
    )
    world.run(stop + 8 * HOUR + 10 * MINUTE)
    (alert,) = world.alerts()
    assert (alert.state, alert.step) == ("open", 1)


def test_a_silence_that_follows_another_leaves_both_urgent_when_the_journal_is_read_again() -> None:
    world = World()
    stop = lived(world, 1, 7) + 9 * HOUR
    hall = world.sensor(1, Kind.MOTION)
    world.tail.put(in_order(quiet_life(world, 1, stop - 9 * HOUR, stop)))
    world.tail.put(
        in_order(
            [
                *warm(world, 1, stop, stop + 24 * HOUR),
                *[(hall, stop + 8 * HOUR + i * MINUTE, float(i % 2)) for i in range(6)],
            ]
        )
    )
    world.run(stop + 24 * HOUR)
    before = [(a.id, a.state, a.is_eased) for a in world.alerts()]
    assert [is_eased for _, _, is_eased in before] == [False, False]
    world.engine = world.new_engine()
    world.run(stop + 25 * HOUR)
    assert [(a.id, a.state, a.is_eased) for a in world.alerts()] == before


def test_a_resolved_silence_with_new_signs_stays_resolved() -> None:
    world = World()
    stop = lived(world, 1, 7) + 9 * HOUR
    world.tail.put(in_order(quiet_life(world, 1, stop - 9 * HOUR, stop)))
    world.tail.put(warm(world, 1, stop, stop + 5 * HOUR))
    world.run(stop + 5 * HOUR)
    (alert,) = world.alerts()
    world.ledger.resolve(alert.id, "alice", Outcome.SEEN_WELL, "", instant(stop + 5 * HOUR))
    world.tail.put(in_order(quiet_life(world, 1, stop + 5 * HOUR, stop + 10 * HOUR)))
    world.run(stop + 10 * HOUR)
    assert [a.state for a in world.alerts()] == ["resolved"]


def leave(world: World, at: int) -> None:
    door, hall = world.sensor(1, Kind.CONTACT), world.sensor(1, Kind.MOTION, "hall")
    world.tail.put([(hall, at - MINUTE, 1.0), (hall, at - 30_000_000, 0.0)])
    world.tail.put([(door, at, 1.0), (hall, at + 3_000_000, 1.0), (door, at + 8_000_000, 0.0)])
    world.tail.put([(hall, at + 63_000_000, 0.0)])


@pytest.mark.parametrize("goes_out", GoesOut)
def test_a_door_is_an_exit_only_for_somebody_who_goes_out_alone(goes_out: GoesOut) -> None:
    world = World()
    world.change_home(1, goes_out=goes_out)
    stop = lived(world, 1, 7) + 9 * HOUR
    world.tail.put([(world.sensor(1, Kind.CONTACT), START, 0.0)])
    world.tail.put(in_order(quiet_life(world, 1, stop - 9 * HOUR, stop)))
    leave(world, stop + 5 * MINUTE)
    world.tail.put(warm(world, 1, stop, stop + 8 * HOUR))
    world.run(stop + 8 * HOUR)
    kinds = [alert.kind for alert in world.alerts()]
    assert kinds == ([] if goes_out is GoesOut.ALONE else ["no-sign-of-life"])


def test_somebody_out_for_too_long_is_not_back_and_is_told_as_away() -> None:
    world = World(not_back_h=10.0)
    stop = lived(world, 1, 7) + 9 * HOUR
    world.tail.put([(world.sensor(1, Kind.CONTACT), START, 0.0)])
    world.tail.put(in_order(quiet_life(world, 1, stop - 9 * HOUR, stop)))
    leave(world, stop)
    world.tail.put(warm(world, 1, stop, stop + 12 * HOUR))
    world.run(stop + 12 * HOUR)
    (alert,) = world.alerts()
    assert (alert.kind, alert.verdict, alert.priority) == ("not-back", "away", "P2")
    assert alert.sentence.startswith("The outside door was used at 09:00")


def test_a_paused_home_has_no_person_alerts_and_starts_anew_when_it_is_watched_again() -> None:
    world = World()
    stop = lived(world, 1, 3)
    world.change_home(1, state=HomeState.PAUSED)
    world.tail.put(warm(world, 1, stop, stop + 3 * DAY))
    world.run(stop + 2 * DAY, every_us=HOUR)
    assert world.alerts() == []
    world.change_home(1, state=HomeState.ACTIVE)
    world.run(stop + 2 * DAY + 3 * HOUR)
    assert world.alerts() == []
    world.run(stop + 2 * DAY + 13 * HOUR)
    (alert,) = world.alerts()
    assert alert.onset_us >= stop + 2 * DAY - 5 * MINUTE


@pytest.mark.parametrize("start", ["2026-03-28T12:00", "2026-10-24T12:00"])
def test_a_clock_change_neither_hides_nor_invents_a_silence(start: str) -> None:
    moment = int(np.datetime64(start, "us").astype(np.int64)) - 3 * DAY
    world = World()
    world.clock = type(world.clock)(instant(moment))
    world.engine = world.new_engine()
    stop = moment + 3 * DAY + 22 * HOUR
    world.tail.put(in_order(quiet_life(world, 1, moment, stop)))
    world.run(stop, every_us=HOUR)
    assert world.alerts() == []
    world.tail.put(warm(world, 1, stop, stop + 6 * HOUR))
    world.run(stop + 6 * HOUR)
    assert [a.kind for a in world.alerts()] == ["no-sign-of-life"]


def test_late_data_contradicts_an_alert_that_it_disproves() -> None:
    world = World()
    stop = lived(world, 1, 7) + 9 * HOUR
    world.tail.put(in_order(quiet_life(world, 1, stop - 9 * HOUR, stop)))
    world.tail.put(warm(world, 1, stop, stop + 8 * HOUR))
    world.run(stop + 5 * HOUR)
    (alert,) = world.alerts()
    hall = world.sensor(1, Kind.MOTION)
    signs = [(hall, stop + h * HOUR, float(v)) for h in (1, 2, 3, 4) for v in (1, 0)]
    world.tail.put(signs, received_us=stop + 5 * HOUR)
    world.run(stop + 5 * HOUR + 30 * MINUTE)
    (alert,) = world.alerts()
    assert alert.state == "closed"
    assert world.history(alert.id) == ["raise", "contradict"]


def test_a_newer_late_sign_moves_the_silence_to_where_it_began() -> None:
    world = World()
    stop = lived(world, 1, 7) + 9 * HOUR
    world.tail.put(in_order(quiet_life(world, 1, stop - 9 * HOUR, stop)))
    world.tail.put(warm(world, 1, stop, stop + 8 * HOUR))
    world.run(stop + 5 * HOUR)
    (before,) = world.alerts()
    sign_us = before.onset_us + 15 * MINUTE
    hall = world.sensor(1, Kind.MOTION)
    world.tail.put([(hall, sign_us, 1.0)], received_us=stop + 5 * HOUR)
    world.run(stop + 6 * HOUR)
    wrong, right = world.alerts()
    assert (wrong.id, wrong.state) == (before.id, "closed")
    assert (right.onset_us, right.state) == (sign_us, "open")


def test_an_older_late_sign_clears_nothing() -> None:
    world = World()
    stop = lived(world, 1, 7) + 9 * HOUR
    world.tail.put(in_order(quiet_life(world, 1, stop - 9 * HOUR, stop)))
    world.tail.put(warm(world, 1, stop, stop + 8 * HOUR))
    world.run(stop + 5 * HOUR)
    world.tail.put(
        [(world.sensor(1, Kind.MOTION), stop - 3 * HOUR, 1.0)], received_us=stop + 5 * HOUR
    )
    world.run(stop + 6 * HOUR)
    (alert,) = world.alerts()
    assert (alert.state, alert.is_eased) == ("open", False)
