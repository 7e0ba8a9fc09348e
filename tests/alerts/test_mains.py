"""What a hub says of its mains: a street without power is found while its hubs still answer."""

from alerts.alert import Outcome
from config.homes import Sensor
from config.kinds import Kind
from tests.alerts.test_streets import FAILS, HOMES, STREET, lived, town
from tests.alerts.world import HOUR, MINUTE, Reading, World

STREET_HUBS = [f"gate-{home:06d}" for home in STREET]


def hubs(world: World) -> dict[int, int]:
    """Give every home a sensor of its mains; return their numbers by home."""
    first = max(s.number for s in world.sensors) + 1
    made = {home: first + home for home in range(1, HOMES + 1)}
    world.sensors += [
        Sensor(number, f"sens-{number:06d}", home, home, "native", "mains", Kind.MAINS)
        for home, number in made.items()
    ]
    world.change_home(1)
    return made


def said(mains: dict[int, int], value: float, at_us: int, *homes: int) -> list[Reading]:
    return [(mains[home], at_us + home * MINUTE, value) for home in homes]


def test_a_street_on_battery_is_one_outage_before_any_hub_is_silent() -> None:
    world = town()
    mains = hubs(world)
    lived(world, {}, FAILS + 4 * HOUR)
    world.tail.put(said(mains, 0.0, FAILS, *STREET))
    world.tail.put(said(mains, 1.0, FAILS + 2 * HOUR, *STREET))
    world.run(FAILS + 30 * MINUTE)
    (outage,) = world.alerts("outage")
    assert outage.sentence.startswith("Mains failed in ZZ1 2: 5 of 5 gateways said so and 0 are")
    assert (outage.priority, outage.evidence["mains_failed"]) == ("T", 5)
    assert outage.evidence["lost"] == 0
    assert world.alerts("mains-failed") == [], "the street is told, not each of its hubs"
    assert world.unwatched() == {}, "a hub on its battery still sees the home"
    world.run(FAILS + 4 * HOUR)
    assert [a.state for a in world.alerts("outage")] == ["closed"]
    assert world.alerts("mains-failed", "gateway-silent") == []


def test_hubs_whose_batteries_end_hours_apart_are_one_street_without_power() -> None:
    world = town()
    mains = hubs(world)
    stops = {home: FAILS + HOUR + home * 40 * MINUTE for home in STREET}
    lived(world, stops, FAILS + 8 * HOUR)
    world.tail.put(said(mains, 0.0, FAILS, *STREET))
    world.run(FAILS + 8 * HOUR)
    (outage,) = world.alerts("outage")
    assert outage.state == "open"
    assert world.alerts("gateway-silent", "mains-failed") == []
    assert set(world.unwatched().values()) == {"outage"}
    assert len(world.unwatched()) == len(STREET)


def test_one_that_said_so_counts_with_those_that_had_no_battery() -> None:
    world = town()
    mains = hubs(world)
    stops = {1: FAILS, 2: FAILS, 3: FAILS + 5 * HOUR}
    lived(world, stops, FAILS + 8 * HOUR)
    world.tail.put([(mains[3], FAILS, 0.0)])
    world.run(FAILS + 2 * HOUR)
    (outage,) = world.alerts("outage")
    assert (outage.evidence["mains_failed"], outage.evidence["lost"]) == (1, 2)
    assert "gate-000003" not in {a.gateway for a in world.alerts("gateway-silent")}


def test_a_single_home_on_battery_is_told_to_engineers_and_closed_when_it_is_back() -> None:
    world = town()
    mains = hubs(world)
    lived(world, {}, FAILS + 4 * HOUR)
    world.tail.put([(mains[7], FAILS, 0.0), (mains[7], FAILS + HOUR, 0.0)])
    world.tail.put([(mains[7], FAILS + 2 * HOUR, 1.0)])
    world.run(FAILS + 90 * MINUTE)
    (alert,) = world.alerts("mains-failed")
    assert (alert.priority, alert.gateway, alert.home) == ("T", "gate-000007", "home-000007")
    assert alert.sentence.startswith("Mains failed at 09:00 on Tuesday 3 November, the")
    assert alert.onset_us == FAILS
    assert world.alerts("outage") == []
    world.run(FAILS + 4 * HOUR)
    assert [a.state for a in world.alerts("mains-failed")] == ["closed"]


def test_a_cut_of_some_minutes_is_told_to_nobody() -> None:
    world = town()
    mains = hubs(world)
    lived(world, {}, FAILS + HOUR)
    world.tail.put(said(mains, 0.0, FAILS, *STREET))
    world.tail.put(said(mains, 1.0, FAILS + 5 * MINUTE, *STREET))
    world.run(FAILS + HOUR)
    assert world.alerts() == []


def test_a_hub_that_falls_silent_on_its_battery_says_why_on_each_alert_of_it() -> None:
    world = town()
    mains = hubs(world)
    lived(world, {7: FAILS + HOUR}, FAILS + 8 * HOUR)
    world.tail.put([(mains[7], FAILS, 0.0)])
    world.run(FAILS + 8 * HOUR)
    (silent,) = world.alerts("gateway-silent")
    assert silent.sentence.endswith("its mains failed at 09:00 on Tuesday 3 November.")
    (unwatched,) = world.alerts("unwatched-home")
    assert "because its gateway is silent; its mains failed at 09:00 on" in unwatched.sentence
    assert unwatched.priority == "P2"


def test_what_a_hub_said_before_it_was_lost_is_forgotten_when_it_is_back() -> None:
    world = town()
    mains = hubs(world)
    stops = dict.fromkeys(STREET, FAILS + HOUR)
    lived(world, stops, FAILS + 10 * HOUR, FAILS + 6 * HOUR)
    world.tail.put(said(mains, 0.0, FAILS, *STREET))
    world.run(FAILS + 5 * HOUR)
    assert [a.state for a in world.alerts("outage")] == ["open"]
    world.run(FAILS + 10 * HOUR)
    assert [a.state for a in world.alerts("outage")] == ["closed"]
    assert world.alerts("mains-failed") == []


def test_a_call_for_help_from_a_home_on_its_battery_is_raised_at_once() -> None:
    world = town()
    mains = hubs(world)
    lived(world, {}, FAILS + 8 * HOUR)
    world.tail.put(said(mains, 0.0, FAILS, *STREET))
    world.run(FAILS + HOUR)
    before = world.alerts("outage")[0].id
    world.tail.put([(world.sensor(3, Kind.PENDANT), FAILS + HOUR, 1.0)])
    world.engine.step()
    (pendant,) = world.alerts("pendant")
    assert (pendant.home, pendant.priority) == ("home-000003", "P1")
    world.ledger.resolve(pendant.id, "alice", Outcome.SPOKEN_TO, "", world.clock.now())
    assert world.alerts("outage")[0].id == before


def test_a_place_whose_hubs_lost_their_mains_says_so() -> None:
    world = World(homes=HOMES)
    mains = hubs(world)
    lived(world, dict.fromkeys(range(1, 16), FAILS + HOUR), FAILS + 4 * HOUR)
    world.tail.put(said(mains, 0.0, FAILS, 1, 2, 3))
    world.run(FAILS + 4 * HOUR)
    (outage,) = [a for a in world.alerts("outage") if a.evidence["rule"] == "gateways"]
    assert outage.evidence["mains_failed"] >= 2
    assert " Mains failed: " in outage.sentence
    assert {a.state for a in world.alerts("mains-failed")} == {"open"}
