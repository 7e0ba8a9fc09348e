"""Rehearsing the settings of the time returns what happened: alerts, moments and sentences."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alerts.alert import Outcome
from alerts.perfect import perfect
from alerts.rehearse import Places, as_it_was, rehearse
from config.homes import GoesOut, HomeState
from config.kinds import Kind
from ingest.batch import build, concat
from ingest.clock import instant
from ingest.message import Stray
from tests.alerts.rehearsing import deliver, differing, faulty, past_of, rehearsed, told
from tests.alerts.test_engine_order import batch_of, story, town
from tests.alerts.world import (
    DAY,
    HOUR,
    MINUTE,
    PLACE,
    START,
    World,
    in_order,
    quiet_life,
    warm,
)

STOP = START + 2 * DAY
STRIDES = (7 * MINUTE, MINUTE, 31 * MINUTE, 4 * MINUTE + 17_000_000)


def lived(seed: int = 1, stop_us: int = STOP) -> World:
    """Return a world in which the story, with its carers, was delivered badly."""
    world = town()
    deliver(world, faulty(batch_of(story(world)), np.random.default_rng(seed)), stop_us, STRIDES)
    return world


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_was_late_reordered_and_repeated_is_rehearsed_as_it_was(
    tmp_path: Path, seed: int
) -> None:
    world = lived(seed)
    (again,) = rehearsed(world, tmp_path)
    raised = {row[1] for row in told(world)}
    assert raised >= {"no-sign-of-life", "unwatched-home", "visit-not-seen"}
    assert differing(world, again) == []
    assert again.gaps == []


@pytest.mark.parametrize("hours", [5, 34, 36, 40])
def test_a_worker_killed_and_restarted_from_an_older_memory_is_rehearsed_as_it_was(
    tmp_path: Path, hours: int
) -> None:
    world, saved = World(homes=4), tmp_path / "engine.npz"
    everything = faulty(batch_of(story(world)), np.random.default_rng(hours))
    deliver(world, everything, START + hours * HOUR, STRIDES)
    assert world.engine.checkpoint(saved)
    deliver(world, everything, START + hours * HOUR + 95 * MINUTE, STRIDES)
    world.engine = world.new_engine()  # killed: what it knew since is lost
    assert world.engine.restore(saved)
    deliver(world, everything, STOP, STRIDES)
    (again,) = rehearsed(world, tmp_path)
    assert differing(world, again) == []
    assert again.gaps == []


def test_what_was_raised_before_a_kill_stays_though_later_data_contradicts_it(
    tmp_path: Path,
) -> None:
    world, saved, nine = World(homes=1), tmp_path / "engine.npz", START + DAY + 9 * HOUR
    hall = world.sensor(1, Kind.MOTION, "hall")
    told_late = build([hall], [nine + HOUR], [1.0], [nine + 7 * HOUR])
    life = quiet_life(world, 1, START, nine) + warm(world, 1, nine, STOP)
    everything = concat([batch_of(in_order(life)), told_late])
    deliver(world, everything, nine + 30 * MINUTE, STRIDES)
    assert world.engine.checkpoint(saved)
    deliver(world, everything, nine + 6 * HOUR, STRIDES)
    assert len(world.alerts("no-sign-of-life")) == 1
    world.engine = world.new_engine()
    assert world.engine.restore(saved)
    world.clock.advance(instant(nine + 7 * HOUR))  # it was away until then
    world.tail.put_batch(told_late)
    world.engine.step()
    deliver(world, everything, STOP, STRIDES)
    assert len(world.alerts("no-sign-of-life")) == 2
    (again,) = rehearsed(world, tmp_path)
    assert differing(world, again) == []


def test_a_clock_of_ours_that_goes_back_is_rehearsed_as_it_was(tmp_path: Path) -> None:
    world = World(homes=4)
    everything = faulty(batch_of(story(world)), np.random.default_rng(11), again=0)
    deliver(world, everything, STOP, STRIDES, back_us=START + 20 * HOUR)
    (again,) = rehearsed(world, tmp_path)
    assert differing(world, again) == []


def test_a_worker_restarted_without_its_memory_is_rehearsed_as_it_was(tmp_path: Path) -> None:
    world = World(homes=4)
    everything = faulty(batch_of(story(world)), np.random.default_rng(9))
    deliver(world, everything, START + 35 * HOUR, STRIDES)
    world.engine = world.new_engine()
    deliver(world, everything, STOP, STRIDES)
    (again,) = rehearsed(world, tmp_path)
    assert differing(world, again) == []


def test_a_home_paused_and_one_enrolled_meanwhile_are_rehearsed_as_they_were(
    tmp_path: Path,
) -> None:
    world, bigger = World(homes=3), World(homes=4)
    everything = faulty(batch_of(story(bigger)), np.random.default_rng(4))
    deliver(world, everything.take(everything.sensor <= 21), START + 6 * HOUR, STRIDES)
    world.homes, world.gateways, world.sensors = bigger.homes, bigger.gateways, bigger.sensors
    world.change_home(1, state=HomeState.PAUSED)
    deliver(world, everything, START + 30 * HOUR, STRIDES)
    world.change_home(1, state=HomeState.ACTIVE, risk_tier=1)
    world.change_home(3, state=HomeState.PAUSED)
    deliver(world, everything, START + 36 * HOUR, STRIDES)
    world.change_home(3, state=HomeState.ACTIVE)
    deliver(world, everything, STOP, STRIDES)
    (again,) = rehearsed(world, tmp_path)
    assert differing(world, again) == []


def test_visits_booked_and_ended_meanwhile_are_rehearsed_as_they_were(tmp_path: Path) -> None:
    world = World(homes=4)
    everything = faulty(batch_of(story(town())), np.random.default_rng(21))
    deliver(world, everything, START + 7 * HOUR, STRIDES)
    world.book(*town().visits)
    deliver(world, everything, START + 34 * HOUR + 7 * MINUTE, STRIDES)
    world.book(*town().visits[2:])
    deliver(world, everything, STOP, STRIDES)
    (again,) = rehearsed(world, tmp_path)
    assert differing(world, again) == []


def test_facts_of_homes_changed_meanwhile_are_rehearsed_as_they_were(tmp_path: Path) -> None:
    world = town()
    everything = faulty(batch_of(story(world)), np.random.default_rng(31))
    deliver(world, everything, START + 20 * HOUR, STRIDES)
    world.change_home(4, risk_tier=1)
    world.change_home(1, goes_out=GoesOut.NEVER, residents=2)
    deliver(world, everything, START + 34 * HOUR, STRIDES)
    world.change_home(3, goes_out=GoesOut.ACCOMPANIED, has_pets=True)
    deliver(world, everything, STOP, STRIDES)
    (again,) = rehearsed(world, tmp_path)
    assert differing(world, again) == []
    assert "unwatched-home" in {row[1] for row in told(world)}


def test_settings_changed_meanwhile_are_rehearsed_as_they_were(tmp_path: Path) -> None:
    world, saved = World(homes=4), tmp_path / "engine.npz"
    everything = faulty(batch_of(story(world)), np.random.default_rng(5))
    deliver(world, everything, START + 30 * HOUR, STRIDES)
    world.engine.checkpoint(saved)
    stricter = World(homes=4, silence_cap_h=4.0, silence_floor_h=2.0, cold_review_c=21.0)
    world.places = stricter.places
    world.engine = world.new_engine()
    world.engine.restore(saved)
    deliver(world, everything, STOP, STRIDES)
    assert len(told(world)) > len(told(lived(5)))
    (again,) = rehearsed(world, tmp_path)
    assert differing(world, again) == []


def test_settings_of_homes_changed_meanwhile_are_rehearsed_as_they_were(tmp_path: Path) -> None:
    world, plain = World(homes=4), World(homes=4)
    everything = faulty(batch_of(story(world)), np.random.default_rng(5))
    deliver(plain, everything, STOP, STRIDES)
    deliver(world, everything, START + 20 * HOUR, STRIDES)
    for home in (1, 2, 3, 4):
        world.override(home, "silence_floor_h", 1.0)
        world.override(home, "silence_cap_h", 4.0)
        world.override(home, "cold_review_c", 22.0)
    deliver(world, everything, START + 44 * HOUR, STRIDES)
    world.override(2, "silence_cap_h", None)
    deliver(world, everything, STOP, STRIDES)
    assert len(told(world)) > len(told(plain))
    (again,) = rehearsed(world, tmp_path)
    assert differing(world, again) == []


def test_what_people_did_is_done_again_when_they_did_it(tmp_path: Path) -> None:
    world = lived(6, START + 38 * HOUR)
    everything = faulty(batch_of(story(world)), np.random.default_rng(6))
    silence = world.alerts("no-sign-of-life")[-1]
    now = world.clock.now()
    world.ledger.acknowledge(silence.id, "worker-000001", now)
    deliver(world, everything, START + 39 * HOUR, STRIDES)
    world.ledger.resolve(
        silence.id, "worker-000001", Outcome.SPOKEN_TO, "by phone", world.clock.now()
    )
    deliver(world, everything, STOP, STRIDES)
    assert world.history(silence.id).count("come-back") == 1
    (again,) = rehearsed(world, tmp_path)
    assert differing(world, again) == []


def test_a_link_lost_for_a_while_is_rehearsed_as_it_was(tmp_path: Path) -> None:
    world = World(homes=4)
    everything = faulty(batch_of(story(world)), np.random.default_rng(7))
    deliver(world, everything, START + 20 * HOUR, STRIDES)
    world.is_linked = False
    deliver(world, everything.take(everything.sensor < 0), START + 26 * HOUR, [MINUTE])
    world.is_linked = True
    deliver(world, everything, STOP, STRIDES)
    assert sum(row[1] == "unwatched-home" for row in told(world)) > 4
    (again,) = rehearsed(world, tmp_path)
    assert differing(world, again) == []


def test_signals_and_strays_are_rehearsed_as_they_were(tmp_path: Path) -> None:
    world = World(homes=4)
    smoke, pendant = world.sensor(1, Kind.SMOKE), world.sensor(2, Kind.PENDANT)
    signals = [(smoke, START + 5 * HOUR + n * MINUTE, 1.0) for n in range(4)]
    signals += [(pendant, START + 6 * HOUR + n * 50_000_000, 1.0) for n in range(5)]
    everything = faulty(batch_of([*story(world), *signals]), np.random.default_rng(8))
    deliver(world, everything, START + 12 * HOUR, STRIDES)
    stray = Stray(PLACE, "gate-000001", 1, -1, "0x9", "smoke", "unknown-sensor", "7", None, START)
    world.tail.put([], strays=[stray, replace_gateway(stray, "gate-unheard")])
    deliver(world, everything, STOP, STRIDES)
    alerts = world.alerts("smoke", "pendant")
    assert len(alerts) >= 4
    world.ledger.resolve(alerts[0].id, "worker-000001", Outcome.TEST, "", world.clock.now())
    (again,) = rehearsed(world, tmp_path)
    assert differing(world, again) == []


def replace_gateway(stray: Stray, gateway: str) -> Stray:
    return Stray(
        stray.place,
        gateway,
        -1,
        -1,
        stray.address,
        stray.kind,
        "unknown-gateway",
        stray.key,
        None,
        stray.received_us,
    )


def test_another_place_changes_nothing_in_this_one(tmp_path: Path) -> None:
    world = World(homes=4)
    world.homes = [replace(h, place="northmoor") if h.number > 2 else h for h in world.homes]
    world.gateways = [replace(g, place="northmoor") if g.number > 2 else g for g in world.gateways]
    world.revision += 1
    world.table = world._table()
    world.engine = world.new_engine()
    everything = faulty(batch_of(story(world)), np.random.default_rng(10))
    deliver(world, everything, STOP, STRIDES)
    (again,) = rehearsed(world, tmp_path)
    assert told(again) == told(world)
    assert told(again, "northmoor") == []


def test_stricter_settings_raise_more_and_leave_the_ledger_alone(tmp_path: Path) -> None:
    world = lived()
    before = told(world)

    def stricter(places: Places) -> Places:
        limits = {"silence_cap_h": 4.0, "cold_review_c": 21.0}
        place = places[PLACE]
        changed = place.limits.model_copy(update=limits)
        return {**places, PLACE: place.model_copy(update={"limits": changed})}

    (candidate,) = rehearsed(world, tmp_path, stricter)
    assert len(candidate.alerts(START, STOP)) > len({row[0] for row in before})
    assert told(world) == before


def test_as_ordered_a_bad_line_gives_what_a_good_one_would_have(tmp_path: Path) -> None:
    good, bad = town(), lived(2)
    deliver(good, batch_of(story(good)), STOP, [5 * MINUTE])
    (ordered,) = rehearse(perfect(past_of(bad, tmp_path)), [as_it_was])
    wanted = [row[:6] for row in told(good)]
    assert [row[:6] for row in told(ordered)] == wanted
    assert [row[:6] for row in told(bad)] != wanted


def test_a_quiet_past_is_a_small_log(tmp_path: Path) -> None:
    world = World(homes=1)
    deliver(world, batch_of(quiet_life(world, 1, START, STOP)), STOP, [MINUTE])
    rows = rehearsed(world, tmp_path)[0]._past.rows
    assert len(rows) < 1.05 * 2 * 1440


def test_a_log_that_was_cut_says_from_when_it_does_not_know(tmp_path: Path) -> None:
    world = lived()
    with world.database.begin() as connection:
        from alerts.tick_log import trim

        assert trim(connection, START + DAY) > 0
    (again,) = rehearsed(world, tmp_path)
    assert [gap.at_us >= START + DAY for gap in again.gaps] == [True]
    assert instant(again.gaps[0].at_us) < world.clock.now()
