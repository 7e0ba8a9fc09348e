"""Sensors, gateways, outages, our own link: what is broken never reads as a person, and back."""

from pathlib import Path

import pytest

from alerts.alert import Outcome
from config.homes import FIRST_BOX, HomeState
from config.kinds import Kind
from ingest.clock import instant
from tests.alerts.world import DAY, HOUR, MINUTE, START, World, in_order, quiet_life, warm

MORNING = START + 7 * DAY + 9 * HOUR


def lived(world: World, homes: int, stop: int = MORNING) -> None:
    readings = [r for h in range(1, homes + 1) for r in quiet_life(world, h, START, stop)]
    world.tail.put(in_order(readings))
    world.run(stop, every_us=HOUR)


def test_a_dead_hub_is_an_unwatched_home_and_never_a_quiet_person() -> None:
    world = World()
    lived(world, 1)
    world.run(MORNING + 14 * HOUR)
    assert {a.kind for a in world.alerts()} == {"gateway-silent", "unwatched-home"}
    assert world.unwatched() == {"home-000001": "gateway"}
    (hub,) = world.alerts("gateway-silent")
    (home,) = world.alerts("unwatched-home")
    assert (hub.priority, home.priority, home.verdict) == ("T", "P2", "gateway")
    assert 4 * HOUR <= home.raised_us - home.onset_us <= 4 * HOUR + 10 * MINUTE


def test_a_hub_that_comes_back_closes_its_fault_and_starts_the_clock_where_it_stopped() -> None:
    world = World()
    lived(world, 1)
    back = MORNING + 14 * HOUR
    world.run(back)
    world.tail.put(warm(world, 1, back, back + 13 * HOUR))
    world.run(back + 30 * MINUTE)
    assert world.alerts("no-sign-of-life") == []
    assert world.unwatched() == {}
    (hub,) = world.alerts("gateway-silent")
    (home,) = world.alerts("unwatched-home")
    assert hub.state == "closed"
    assert (home.state, home.is_eased) == ("open", True)
    world.run(back + 13 * HOUR)
    (silence,) = world.alerts("no-sign-of-life")
    assert silence.raised_us - silence.onset_us > 14 * HOUR
    assert "could not be seen" in silence.sentence
    assert silence.evidence["unwatched_us"] > 13 * HOUR


def test_a_silence_that_began_before_the_hub_died_stays_open() -> None:
    world = World()
    lived(world, 1)
    world.tail.put(warm(world, 1, MORNING, MORNING + 5 * HOUR))
    world.run(MORNING + 12 * HOUR)
    (silence,) = world.alerts("no-sign-of-life")
    assert (silence.priority, silence.state, silence.is_eased) == ("P2", "open", False)
    assert world.unwatched() == {"home-000001": "gateway"}


def test_a_last_will_makes_the_home_unwatched_within_minutes() -> None:
    world = World()
    lived(world, 1)
    status = world.sensor(1, Kind.GATEWAY_STATUS)
    world.tail.put([(status, MORNING + MINUTE, 0.0)])
    world.run(MORNING + 15 * MINUTE)
    assert world.unwatched() == {"home-000001": "gateway"}
    world.run(MORNING + 30 * MINUTE)
    (hub,) = world.alerts()
    assert "went offline at 09:01" in hub.sentence
    world.tail.put([(status, MORNING + 31 * MINUTE, 1.0)])
    world.run(MORNING + 45 * MINUTE)
    assert world.unwatched() == {}
    assert world.alerts()[0].state == "closed"


def test_the_outage_of_a_place_is_one_alert_and_no_person_alerts() -> None:
    world = World(homes=5)  # too few for a hush to be told by who is silent
    lived(world, 5)
    world.run(MORNING + 3 * HOUR)
    (alert,) = world.alerts()
    assert (alert.kind, alert.priority, alert.home) == ("outage", "T", None)
    assert alert.sentence == "3 of 5 gateways of this place are lost at the same time."
    assert set(world.unwatched().values()) == {"outage"}
    back = [r for h in range(1, 6) for r in warm(world, h, MORNING + 3 * HOUR, MORNING + 4 * HOUR)]
    world.tail.put(in_order(back))
    world.run(MORNING + 4 * HOUR)
    (alert,) = world.alerts()
    assert alert.state == "closed"
    assert world.unwatched() == {}


def test_gateways_that_come_back_later_than_half_of_them_are_not_told_one_by_one() -> None:
    world = World(homes=6)
    lived(world, 6)
    back = MORNING + 3 * HOUR
    world.run(back)
    first = [r for h in range(1, 5) for r in warm(world, h, back, back + 4 * HOUR)]
    world.tail.put(in_order(first))
    world.run(back + HOUR)
    assert [(a.kind, a.state) for a in world.alerts()] == [("outage", "closed")]
    assert sorted(world.unwatched()) == ["home-000005", "home-000006"]
    world.tail.put(warm(world, 5, back + HOUR, back + 4 * HOUR))
    world.run(back + 4 * HOUR)
    (silent,) = world.alerts("gateway-silent")
    assert (silent.home, silent.state) == ("home-000006", "open")


def test_a_place_of_two_gateways_has_no_outage_and_hides_nobody_as_quiet() -> None:
    world = World(homes=2)
    lived(world, 2)
    world.run(MORNING + 3 * HOUR)
    assert [a.kind for a in world.alerts()] == ["gateway-silent", "gateway-silent"]
    assert world.unwatched() == {"home-000001": "gateway", "home-000002": "gateway"}


def test_a_collapse_before_an_outage_is_still_on_the_list_during_it() -> None:
    world = World(homes=6)
    lived(world, 6)
    later = MORNING + 5 * HOUR
    alive = [r for h in range(2, 7) for r in quiet_life(world, h, MORNING, later, seed=1)]
    world.tail.put(in_order(alive + warm(world, 1, MORNING, later)))
    world.run(later + 4 * HOUR)
    (silence,) = world.alerts("no-sign-of-life")
    assert (silence.home, silence.state) == ("home-000001", "open")
    assert len(world.alerts("outage")) == 1


def test_a_silent_sensor_is_a_technical_alert_that_ends_when_it_speaks() -> None:
    world = World()
    stop = START + 2 * DAY
    hub = world.sensor(1, Kind.PENDANT)
    world.tail.put(in_order(quiet_life(world, 1, START, stop)))
    cold = world.sensor(1, Kind.TEMPERATURE)
    beats = [(hub, at, 0.0) for at in range(stop, stop + 6 * HOUR, 20 * MINUTE)]
    world.tail.put(beats)
    world.run(stop + 4 * HOUR)
    (alert,) = world.alerts("sensor-silent")
    assert (alert.priority, alert.sensor) == ("T", f"sens-{cold:06d}")
    assert alert.sentence.startswith("The temperature sensor in the living room has not been heard")
    world.tail.put([(cold, stop + 4 * HOUR, 20.0)])
    world.run(stop + 5 * HOUR)
    assert world.alerts("sensor-silent")[0].state == "closed"


def test_an_unused_room_is_no_fault_but_a_sensor_that_alone_stays_silent_is() -> None:
    world = World()
    readings = quiet_life(world, 1, START, START + 4 * DAY)
    kitchen = world.sensor(1, Kind.MOTION, "kitchen")
    world.tail.put(in_order([r for r in readings if r[0] != kitchen or r[1] < START + DAY]))
    world.run(START + 4 * DAY, every_us=HOUR)
    (alert,) = world.alerts()
    assert (alert.kind, alert.sensor) == ("sensor-silent", f"sens-{kitchen:06d}")


def test_without_our_own_link_every_home_is_unwatched_and_nobody_is_quiet() -> None:
    world = World(homes=2)
    lived(world, 2)
    world.is_linked = False
    world.run(MORNING + 5 * HOUR)
    assert set(world.unwatched().values()) == {"link"}
    assert {a.kind for a in world.alerts()} == {"unwatched-home"}
    backlog = [r for h in (1, 2) for r in quiet_life(world, h, MORNING, MORNING + 6 * HOUR, seed=2)]
    world.tail.put(in_order(backlog))
    world.is_linked = True
    world.run(MORNING + 6 * HOUR)
    assert world.unwatched() == {}
    assert {(a.kind, a.is_eased) for a in world.alerts()} == {("unwatched-home", True)}


def test_a_link_that_comes_and_goes_hides_nobody() -> None:
    world = World()
    lived(world, 1)
    for minute in range(1, 5 * 60):
        world.is_linked = minute % 2 == 0
        world.run(MORNING + minute * MINUTE, every_us=MINUTE)
    assert set(world.unwatched().values()) == {"link"}
    assert [a.kind for a in world.alerts()] == ["unwatched-home"]


def test_a_home_is_unwatched_since_it_was_last_judged_and_not_since_we_started_again(
    tmp_path: Path,
) -> None:
    world = World()
    lived(world, 1)
    assert world.engine.checkpoint(tmp_path / "engine.npz")
    world.is_linked = False
    for hour in range(1, 6):
        world.engine = world.new_engine()
        assert world.engine.restore(tmp_path / "engine.npz")
        world.run(MORNING + hour * HOUR, every_us=20 * MINUTE)
    assert [a.kind for a in world.alerts()] == ["unwatched-home"]


def test_a_start_after_hours_away_waits_for_what_the_broker_kept(tmp_path: Path) -> None:
    world = World()
    lived(world, 1)
    world.engine.checkpoint(tmp_path / "engine.npz")
    world.clock.advance(instant(MORNING + 13 * HOUR))
    world.engine = world.new_engine()
    world.engine.restore(tmp_path / "engine.npz")
    world.is_linked = False
    world.engine.step()
    world.is_linked = True
    world.run(MORNING + 13 * HOUR + MINUTE, every_us=20_000_000)
    kept = quiet_life(world, 1, MORNING, MORNING + 13 * HOUR, seed=2)
    world.tail.put(in_order(kept), received_us=MORNING + 13 * HOUR + MINUTE)
    world.run(MORNING + 13 * HOUR + 10 * MINUTE, every_us=20_000_000)
    assert world.engine.progress.is_settled
    assert world.alerts() == []
    assert world.unwatched() == {}


def test_nothing_is_decided_before_the_backlog_has_been_read() -> None:
    world = World()
    lived(world, 1)
    world.engine = world.new_engine()
    assert not world.engine.step().is_settled
    world.run(MORNING + 10 * MINUTE)
    assert world.engine.progress.is_settled
    assert world.engine.progress.position == world.tail.last_seq()


@pytest.mark.parametrize(
    ("celsius", "kind", "priority", "dwell"),
    [(17.0, "cold-home", "P3", 3 * HOUR), (12.0, "very-cold-home", "P2", 30 * MINUTE)],
)
def test_a_cold_home_is_raised_after_its_dwell_and_eased_when_warm(
    celsius: float, kind: str, priority: str, dwell: int
) -> None:
    world = World()
    stop = START + 10 * HOUR
    warm_again = stop + dwell + HOUR
    life = quiet_life(world, 1, START, warm_again + 3 * HOUR)
    thermometer = world.sensor(1, Kind.TEMPERATURE)
    kept = [r for r in life if r[0] != thermometer]
    kept += warm(world, 1, START, stop)
    kept += warm(world, 1, stop, warm_again, celsius)
    kept += warm(world, 1, warm_again, warm_again + 3 * HOUR, 19.0)
    world.tail.put(in_order(kept))
    world.run(stop + dwell - 5 * MINUTE)
    assert world.alerts() == []
    world.run(stop + dwell + 20 * MINUTE)
    (alert,) = world.alerts()
    assert (alert.kind, alert.priority, alert.state) == (kind, priority, "open")
    assert f"The warmest room is {celsius:.1f} °C; below " in alert.sentence
    world.run(warm_again + HOUR)
    (alert,) = world.alerts()
    assert (alert.state, alert.is_eased) == ("open", True)


def test_a_home_that_is_cold_again_is_one_alert_until_a_person_ends_it() -> None:
    world = World()
    start = START + 10 * HOUR
    spells = [(start, start + 4 * HOUR), (start + 10 * HOUR, start + 14 * HOUR)]
    stop = start + 40 * HOUR
    kept = [
        r for r in quiet_life(world, 1, START, stop) if r[0] != world.sensor(1, Kind.TEMPERATURE)
    ]
    kept += warm(world, 1, START, spells[0][0])
    kept += warm(world, 1, *spells[0], 16.0)
    kept += warm(world, 1, spells[0][1], spells[1][0])
    kept += warm(world, 1, *spells[1], 16.0)
    kept += warm(world, 1, spells[1][1], start + 20 * HOUR)
    kept += warm(world, 1, start + 20 * HOUR, stop, 16.0)
    world.tail.put(in_order(kept))
    world.run(spells[1][0] + 3 * HOUR + 20 * MINUTE)
    (alert,) = world.alerts()
    assert (alert.kind, alert.is_eased) == ("cold-home", False)
    world.engine = world.new_engine()
    world.run(spells[1][0] + 4 * HOUR)
    assert not world.alerts()[0].is_eased, "reading the journal again lowered it"
    world.run(spells[1][1] + HOUR)
    (alert,) = world.alerts()
    assert alert.is_eased
    world.ledger.resolve(alert.id, "alice", Outcome.SPOKEN_TO, "", world.clock.now())
    world.run(start + 24 * HOUR)
    assert [a.state for a in world.alerts()] == ["resolved", "open"]


def test_a_home_that_is_not_watched_is_not_on_the_list_of_unwatched_homes() -> None:
    world = World()
    world.change_home(1, state=HomeState.AWAITING_CONSENT)
    world.tail.put(warm(world, 1, START, START + HOUR))
    world.run(START + 12 * HOUR)
    assert world.unwatched() == {}
    assert world.alerts() == []


def test_a_hub_that_is_replaced_stays_lost_until_the_new_one_speaks_and_closes_its_fault() -> None:
    world = World()
    lived(world, 1)
    world.run(MORNING + 6 * HOUR)
    (hub,) = world.alerts("gateway-silent")
    world.change_gateway(1, id="gate-new-00001", first_id="gate-000001", box=FIRST_BOX + 1)
    world.run(MORNING + 7 * HOUR)
    assert world.unwatched() == {"home-000001": "gateway"}
    assert [a.id for a in world.alerts("gateway-silent")] == [hub.id]
    back = MORNING + 7 * HOUR
    world.tail.put(warm(world, 1, back, back + 2 * HOUR))
    world.run(back + 2 * HOUR)
    assert world.unwatched() == {}
    (hub,) = world.alerts("gateway-silent")
    assert hub.state == "closed"


def test_a_hub_that_is_replaced_in_time_is_no_fault_and_hides_nobody() -> None:
    world = World()
    lived(world, 1)
    world.tail.put(warm(world, 1, MORNING, MORNING + 14 * HOUR))
    world.run(MORNING + HOUR)
    world.change_gateway(1, id="gate-new-00001", first_id="gate-000001", box=FIRST_BOX + 1)
    world.run(MORNING + 14 * HOUR)
    assert {a.kind for a in world.alerts()} == {"no-sign-of-life"}
    (silence,) = world.alerts("no-sign-of-life")
    assert MORNING - HOUR <= silence.onset_us <= MORNING
