"""Settings that single homes have for themselves: what they change there, and nowhere else."""

import numpy as np
import pytest

from alerts.detect import own_settings, peaks
from alerts.detect.local_time import build_offsets
from alerts.detect.own_settings import SETTINGS
from alerts.due import look_at_all
from alerts.lifecycle import Event
from alerts.scene import Scene
from alerts.thresholds import end_day
from config.kinds import Kind
from config.overrides import Override
from config.problems import ConfigProblem
from tests.alerts.houses import Houses, days
from tests.alerts.test_thresholds import council
from tests.alerts.world import DAY, HOUR, MINUTE, START, Reading, place

COLD = ("cold-home", "very-cold-home")


def at_celsius(houses: Houses, celsius: float, first: int, last: int) -> list[Reading]:
    times = range(START + first * HOUR, START + last * HOUR, 10 * MINUTE)
    rooms = [houses.sensor("living room", Kind.TEMPERATURE, home) for home in (1, 2)]
    return [(room, at, celsius) for at in times for room in rooms]


def homes_told(houses: Houses, *kinds: str) -> set[str]:
    return {found.home for found in houses.findings(*kinds) if found.home}


def test_a_home_that_feels_the_cold_is_toldsooner_and_its_neighbour_is_not() -> None:
    houses = Houses(2)
    houses.override(cold_review_c={1: 20.0})
    first, second = (home.id for home in houses.homes)
    houses.run(at_celsius(houses, 19.0, 0, 6), START + 6 * HOUR)
    assert homes_told(houses, *COLD) == {first}
    assert houses.findings("cold-home")[0].evidence["limit_c"] == 20.0
    houses.run(at_celsius(houses, 17.0, 6, 12), START + 12 * HOUR)
    assert homes_told(houses, *COLD) == {first, second}


def test_what_is_taken_back_holds_no_longer() -> None:
    houses = Houses(2)
    houses.override(cold_review_c={1: 20.0})
    houses.run(at_celsius(houses, 19.0, 0, 6), START + 6 * HOUR)
    houses.override()
    houses.run(at_celsius(houses, 19.0, 6, 7), START + 7 * HOUR)
    (step,) = houses.steps()
    assert (step.event, step.alert) == (Event.EASE, houses.findings("cold-home")[0].id)


@pytest.mark.parametrize(("own", "kinds"), [(2.0, {"no-sign-of-life"}), (12.0, set[str]())])
def test_a_floor_and_a_margin_of_its_own_hold_in_that_home_alone(
    own: float, kinds: set[str]
) -> None:
    """Home 1 is usually quiet for an hour; six hours are past any limit but the cap."""
    houses = Houses(2, where=place(silence_floor_h=12.0, silence_cap_h=12.0))
    readings = [r for home in (1, 2) for r in days(houses, 0, 8, home=home)]
    warmth = {houses.sensor("living room", Kind.TEMPERATURE, home) for home in (1, 2)}
    quiet = [r for r in readings if r[0] in warmth or r[1] < START + 7 * DAY + 11 * HOUR]
    houses.override(silence_floor_h={1: own})
    houses.run(quiet, START + 7 * DAY + 17 * HOUR)
    assert {(f.home, f.kind.value) for f in houses.findings("no-sign-of-life")} == {
        (houses.homes[0].id, kind) for kind in kinds
    }


def test_every_setting_is_read_by_home_and_by_no_other() -> None:
    houses = Houses(3)
    highest = {name: {2: one.high} for name, one in SETTINGS.items()}
    before = {name: houses.roster.tuning.of(name) for name in SETTINGS}
    houses.override(**highest)
    for name, one in SETTINGS.items():
        expected = before[name].copy()
        expected[2] = one.high
        assert houses.roster.tuning.of(name).tolist() == expected.tolist(), name
        assert houses.roster.tuned(name, np.array([2, 3])).tolist() == expected[2:].tolist()
        assert houses.roster.tuning.most(name) == one.high
    houses.override(**{name: {2: one.low} for name, one in SETTINGS.items()})
    for name, one in SETTINGS.items():
        assert houses.roster.tuning.least(name) == one.low


def test_no_alert_budget_moves_what_a_home_chose() -> None:
    houses = Houses(2, where=council(9.0))
    houses.override(visits_limit={2: 2.0}, silence_z={2: 1.5})
    offsets = tuple(build_offsets(zone, START, START) for zone in houses.roster.zones)
    houses.state.place_z[:] = 4.0
    scene = Scene(
        houses.state, houses.roster, houses.places, offsets, START, look_at_all(houses.roster)
    )
    assert scene.tuned("visits_limit", np.array([1, 2])).tolist() == [3.5, 2.0]
    assert houses.roster.threshold_z(houses.state.place_z)[1:].tolist() == [4.0, 1.5]


def test_the_budget_counts_a_home_of_its_own_margin_as_what_it_will_tell_at_any() -> None:
    houses = Houses(3, where=council(9.0))
    houses.override(silence_z={2: 3.0, 3: 3.0})
    houses.run([r for home in (1, 2, 3) for r in days(houses, 0, 1, home=home)], START + DAY)
    offsets = tuple(build_offsets(zone, START, START + DAY) for zone in houses.roster.zones)
    scene = Scene(
        houses.state, houses.roster, houses.places, offsets, START + DAY,
        look_at_all(houses.roster),
    )  # fmt: skip
    houses.state.reason[:] = 0
    houses.state.day_peak[1:] = 2.0, 2.9, 3.1
    end_day(scene, np.ones(len(offsets), np.bool_))
    day = int(scene.zone_day[houses.roster.place_zone[0]]) % peaks.DAYS
    level = int(peaks.levels(np.array([2.0], np.float32))[0])
    counted = houses.state.peak_counts[day, :, 0]
    assert (counted[level], counted[0], counted[peaks.LEVELS - 1], counted.sum()) == (1, 1, 1, 3)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("room_z", 7.0, "room_z is 7, expected 1 to 6 standard deviations"),
        ("room_z", float("nan"), "room_z is nan, expected 1 to 6"),
        ("room_z", 3.0, "room_z is 3 at the place already: nothing to set"),
        ("outage_share", 0.1, "is a setting of places, not of homes"),
        ("gateway_silent_min", 60.0, "is a setting of places, not of homes"),
        ("rum_z", 3.0, "rum_z is not a known setting, expected one of silence_cap_h"),
        ("cold_danger_c", 18.0, "cold_danger_c must not be above cold_review_c"),
        ("hot_review_c", 33.0, "hot_review_c must not be above hot_danger_c"),
    ],
)
def test_what_is_wrong_with_a_wish_is_said(name: str, value: float, told: str) -> None:
    with pytest.raises(ConfigProblem) as problem:
        own_settings.check(name, value, place(), {"cold_review_c": 17.0})
    assert told in str(problem.value)


def test_a_setting_that_was_given_up_since_and_a_home_that_is_gone_are_left_out() -> None:
    made = [
        Override(1, 1, "given_up", 2.0, "sam", START),
        Override(2, 9, "room_z", 2.0, "sam", START),
        Override(3, 0, "room_z", 2.5, "sam", START),
    ]
    found = own_settings.columns(made, 2)
    assert list(found) == ["room_z"]
    assert found["room_z"][0] == 2.5
    assert np.isnan(found["room_z"][1])
