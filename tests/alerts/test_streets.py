"""A street without power: one alert for its gateways, one for the homes that nobody sees."""

import json
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import Outcome
from alerts.detect import street
from alerts.detect.columns import NEVER
from config.kinds import Kind
from tests.alerts.world import DAY, HOUR, MINUTE, START, World, in_order, quiet_life
from tests.naive import street as naive

HOMES = 20
STREET = range(1, 6)
FAILS = START + DAY + 9 * HOUR

_moments = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 90)), max_size=25)


@given(_moments, st.lists(st.integers(0, 100), min_size=4, max_size=4))
def test_bursts_are_those_of_a_plain_loop(dark: list[tuple[int, int]], total: list[int]) -> None:
    sector = np.array([code for code, _ in dark], np.int64)
    dark_us = np.array([minute * MINUTE for _, minute in dark], np.int64)
    needed = street.least(np.array(total, np.int64))
    assert needed.tolist() == [naive.least(one) for one in total]
    found = street.bursts(dark_us, sector, needed)
    own = [[m * MINUTE for code, m in dark if code == one] for one in range(4)]
    assert found.tolist() == [naive.burst(own[one], int(needed[one])) for one in range(4)]
    counted = street.members(dark_us, sector, found)
    assert counted.tolist() == [naive.members(own[one], int(found[one])) for one in range(4)]


def test_nothing_dark_is_no_burst() -> None:
    none = np.zeros(0, np.int64)
    assert street.bursts(none, none, np.array([3, 3])).tolist() == [NEVER, NEVER]


def town(**limits: float) -> World:
    """Return twenty homes: five in one sector, the others in a second."""
    world = World(homes=HOMES, **limits)
    for home in range(1, HOMES + 1):
        tier = 1 if home in (1, 2) else 2
        sector = "ZZ1 2" if home in STREET else "ZZ1 3"
        world.change_home(home, sector=sector, risk_tier=tier)
    return world


def lived(world: World, stops: dict[int, int], until_us: int, back_us: int | None = None) -> None:
    """Give every home its life; those of ``stops`` say nothing from then until ``back_us``."""
    readings = []
    for home in range(1, HOMES + 1):
        life = quiet_life(world, home, START, until_us)
        dark = stops.get(home, until_us), until_us if back_us is None else back_us
        readings += [r for r in life if not dark[0] <= r[1] < dark[1]]
    world.tail.put(in_order(readings))


def test_a_street_without_power_is_one_alert_and_no_gateway_is_told() -> None:
    world = town()
    lived(world, dict.fromkeys(STREET, FAILS), FAILS + 8 * HOUR, FAILS + 5 * HOUR)
    world.run(FAILS + 3 * HOUR)
    (outage,) = world.alerts("outage")
    assert outage.sentence.startswith("5 of 5 gateways in ZZ1 2 went dark together")
    assert outage.evidence["rule"] == "street"
    assert world.alerts("gateway-silent", "no-sign-of-life") == []
    assert set(world.unwatched().values()) == {"outage"}
    assert len(world.unwatched()) == len(STREET)
    world.run(FAILS + 8 * HOUR)
    assert [a.state for a in world.alerts("outage")] == ["closed"]
    assert world.unwatched() == {}
    assert world.alerts("gateway-silent") == []


def test_gateways_lost_at_different_hours_are_told_one_by_one() -> None:
    world = town()
    stops = {home: FAILS + home * 40 * MINUTE for home in STREET}
    lived(world, stops, FAILS + 8 * HOUR)
    world.run(FAILS + 8 * HOUR)
    assert world.alerts("outage") == []
    assert len(world.alerts("gateway-silent")) == len(STREET)


def test_a_gateway_lost_before_its_street_stays_its_own_and_so_does_its_home() -> None:
    world = town()
    stops = {**dict.fromkeys(STREET, FAILS), 1: FAILS - 3 * HOUR}
    lived(world, stops, FAILS + 4 * HOUR)
    world.run(FAILS + 4 * HOUR)
    assert [a.gateway for a in world.alerts("gateway-silent")] == ["gate-000001"]
    (outage,) = world.alerts("outage")
    assert outage.evidence["lost"] == 4
    assert world.unwatched()["home-000001"] == "gateway"
    assert world.unwatched()["home-000002"] == "outage"


def test_a_silence_that_began_before_the_street_went_dark_stays_as_it_is() -> None:
    world, fails = town(), FAILS + 8 * HOUR
    lived(world, dict.fromkeys(STREET, fails), fails + 6 * HOUR)
    warm_only = {world.sensor(3, Kind.MOTION, room) for room in ("hall", "kitchen")}
    entries = world.tail.entries
    world.tail.entries = []
    for entry in entries:
        still = np.isin(entry.batch.sensor, list(warm_only))
        still &= entry.batch.time.view(np.int64) > fails - 8 * HOUR
        world.tail.put_batch(entry.batch.take(~still))
    world.run(fails)
    (before,) = world.alerts("no-sign-of-life")
    assert before.home == "home-000003"
    world.run(fails + 6 * HOUR)
    (after,) = world.alerts("no-sign-of-life")
    assert (after.id, after.state, after.is_eased) == (before.id, "open", False)


def test_life_safety_is_raised_at_once_in_a_street_without_power() -> None:
    world = town()
    lived(world, dict.fromkeys(STREET, FAILS), FAILS + 6 * HOUR)
    world.run(FAILS + 3 * HOUR)
    world.tail.put([(world.sensor(2, Kind.PENDANT), FAILS + 3 * HOUR, 1.0)])
    world.engine.step()
    (pendant,) = world.alerts("pendant")
    assert (pendant.home, pendant.priority, pendant.verdict) == ("home-000002", "P1", "person")


def test_homes_hidden_by_one_outage_are_one_alert_that_names_how_many_by_tier() -> None:
    world = town()
    lived(world, dict.fromkeys(STREET, FAILS), FAILS + 8 * HOUR)
    world.run(FAILS + 3 * HOUR)
    (alert,) = world.alerts("unwatched-home")
    assert (alert.priority, alert.home, alert.verdict) == ("P2", None, "outage")
    assert alert.evidence["homes"] == {"1": ["home-000001", "home-000002"]}
    world.ledger.acknowledge(alert.id, "alice", world.clock.now())
    world.run(FAILS + 6 * HOUR)
    (alert,) = world.alerts("unwatched-home")
    assert [len(ids) for ids in alert.evidence["homes"].values()] == [2, 3]
    assert "2 of risk tier 1 (2 h), 3 of risk tier 2 (4 h)" in alert.sentence
    assert alert.state == "open", "nobody has said anything of the further homes"
    assert "spread" in world.history(alert.id)
    assert len(world.unwatched()) == len(STREET)


def test_after_the_outage_the_alert_is_eased_and_who_stays_silent_has_one_of_its_own() -> None:
    world = town()
    stops = dict.fromkeys(STREET, FAILS)
    lived(world, stops, FAILS + 12 * HOUR, FAILS + 5 * HOUR)
    entries = world.tail.entries
    world.tail.entries = []
    own = [s.number for s in world.sensors if s.home == 4]
    for entry in entries:
        gone = np.isin(entry.batch.sensor, own) & (entry.batch.time.view(np.int64) >= FAILS)
        world.tail.put_batch(entry.batch.take(~gone))
    world.run(FAILS + 12 * HOUR)
    told = world.alerts("unwatched-home")
    assert [(a.home, a.is_eased) for a in told] == [(None, True), ("home-000004", False)]
    assert told[1].verdict == "gateway"


def test_homes_that_are_hidden_after_somebody_ended_the_alert_are_told_anew() -> None:
    world = town()
    lived(world, dict.fromkeys(STREET, FAILS), FAILS + 8 * HOUR)
    world.run(FAILS + 3 * HOUR)
    (first,) = world.alerts("unwatched-home")
    world.ledger.resolve(first.id, "alice", Outcome.REFERRED, "", world.clock.now())
    world.run(FAILS + 6 * HOUR)
    told = world.alerts("unwatched-home")
    assert [a.state for a in told] == ["resolved", "open"]


def test_a_restart_in_an_outage_of_a_street_repeats_nothing(tmp_path: Path) -> None:
    world = town()
    lived(world, dict.fromkeys(STREET, FAILS), FAILS + 9 * HOUR, FAILS + 7 * HOUR)
    world.run(FAILS + 3 * HOUR)
    assert world.engine.checkpoint(tmp_path / "engine.npz")
    world.run(FAILS + 5 * HOUR)
    before = [(a.id, a.state, json.dumps(a.evidence)) for a in world.alerts()]
    for is_kept in (True, False):
        world.engine = world.new_engine()
        assert not is_kept or world.engine.restore(tmp_path / "engine.npz")
        world.engine.step()
        world.run(FAILS + 5 * HOUR + (2 - is_kept) * MINUTE, every_us=MINUTE)
        assert [(a.id, a.state, json.dumps(a.evidence)) for a in world.alerts()] == before
    world.run(FAILS + 9 * HOUR)
    assert [a.state for a in world.alerts("outage")] == ["closed"]


def test_an_outage_goes_on_when_another_sector_joins_the_roster() -> None:
    world = town()
    lived(world, dict.fromkeys(STREET, FAILS), FAILS + 9 * HOUR, FAILS + 7 * HOUR)
    world.run(FAILS + 3 * HOUR)
    world.change_home(HOMES, sector="ZZ0 1")
    world.run(FAILS + 5 * HOUR)
    assert [a.state for a in world.alerts("outage")] == ["open"]
    world.run(FAILS + 9 * HOUR)
    assert [a.state for a in world.alerts("outage")] == ["closed"]
    assert [a.is_eased for a in world.alerts("unwatched-home")] == [True]


def test_a_whole_council_is_one_outage_and_no_streets() -> None:
    world = town()
    lived(world, dict.fromkeys(range(1, HOMES + 1), FAILS), FAILS + 5 * HOUR)
    world.run(FAILS + 5 * HOUR)
    (outage,) = world.alerts("outage")
    assert "sector" not in outage.evidence
    (unwatched,) = world.alerts("unwatched-home")
    assert sum(map(len, unwatched.evidence["homes"].values())) == HOMES


def test_our_own_lost_link_is_one_alert_a_place() -> None:
    world = town()
    lived(world, {}, FAILS)
    world.run(FAILS)
    world.is_linked = False
    world.run(FAILS + 5 * HOUR)
    (alert,) = world.alerts("unwatched-home")
    assert (alert.home, alert.evidence["reason"]) == (None, "link")
    assert [len(ids) for ids in alert.evidence["homes"].values()] == [2, 18]


def test_a_hub_that_stays_dark_after_its_street_is_back_has_its_own_limit_before_it_is_told() -> (
    None
):
    world = town()
    lived(world, dict.fromkeys(STREET, FAILS), FAILS + 8 * HOUR, FAILS + 5 * HOUR)
    own = [s.number for s in world.sensors if s.home == 4]
    entries, world.tail.entries = world.tail.entries, []
    for entry in entries:
        gone = np.isin(entry.batch.sensor, own) & (entry.batch.time.view(np.int64) >= FAILS)
        world.tail.put_batch(entry.batch.take(~gone))
    world.run(FAILS + 8 * HOUR)
    (hub,) = world.alerts("gateway-silent")
    (street,) = world.alerts("outage")
    assert street.state == "closed"
    assert hub.raised_us - (FAILS + 5 * HOUR) >= 30 * MINUTE
