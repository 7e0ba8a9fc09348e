"""What every detector promises, whatever comes in. A test file makes a subclass of it.

``make_houses`` gives homes that tick with the one detector that is judged, beside what the tick
always runs: the person, the hardware, the homes that cannot be seen, the cold.
"""

import json
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from alerts.detect.columns import NEVER
from alerts.detect.state import as_arrays
from alerts.detector import Detector
from config.homes import HomeState
from config.kinds import Kind
from tests.alerts.houses import ROOMS, Houses, days, moved, warm_days
from tests.alerts.world import DAY, HOUR, MINUTE, START, Reading

MakeHouses = Callable[..., Houses]
CHANGES = (1_774_569_600_000_000, 1_792_713_600_000_000)
"""27 March and 23 October 2026, two days before the clocks change."""


def kinds_told(houses: Houses, detector: Detector) -> set[str]:
    """Return the kinds of this detector that were raised; all numbers must be finite."""
    mine = {kind.value for kind in getattr(detector, "KINDS", ())}
    told = houses.findings()
    assert len({finding.id for finding in told}) == len(told), "an alert was raised twice"
    for finding in told:
        json.dumps(finding.evidence, allow_nan=False)
    for name, column in as_arrays(houses.state).items():
        if name not in {
            "value",
            "celsius",
            "limit",
            "rate",
            "hour_end_c",
            "place_z",
        }:  # NaN until something is known
            assert np.isfinite(column).all(), name
    return {finding.kind.value for finding in told} & mine


def at(readings: list[Reading], start: int) -> list[Reading]:
    """Return readings of the world's days as if it had begun at this moment."""
    return [(sensor, time + start - START, value) for sensor, time, value in readings]


class DetectorContract:
    @pytest.fixture(autouse=True)
    def _no_warning(self) -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield

    def test_without_homes_or_readings_it_says_nothing(
        self, make_houses: MakeHouses, detector: Detector
    ) -> None:
        for homes in (0, 1):
            houses = make_houses(homes)
            houses.run([], START + DAY)
            assert kinds_told(houses, detector) == set()

    @pytest.mark.parametrize("value", [1.0, float("nan")])
    def test_one_reading_says_nothing(
        self, make_houses: MakeHouses, detector: Detector, value: float
    ) -> None:
        houses = make_houses(1)
        houses.run([(houses.sensor("bathroom"), START + 3 * HOUR, value)], START + DAY)
        assert kinds_told(houses, detector) == set()

    def test_a_sensor_that_only_ever_says_one_thing_says_nothing(
        self, make_houses: MakeHouses, detector: Detector
    ) -> None:
        houses = make_houses(1, kinds=((Kind.MOTION, "study"), (Kind.TEMPERATURE, "living room")))
        sensor = houses.sensor("study")
        stuck = [(sensor, START + at_us, 1.0) for at_us in range(0, 2 * DAY, 10 * MINUTE)]
        nothing = [(s, t, float("nan")) for s, t, _ in warm_days(houses, 0, 2)]
        houses.run(stuck + nothing, START + 2 * DAY)
        assert kinds_told(houses, detector) == set()

    def test_readings_told_twice_change_nothing(
        self,
        make_houses: MakeHouses,
        detector: Detector,  # noqa: ARG002  # it is what ticks
    ) -> None:
        once, twice = make_houses(1), make_houses(1)
        # A sensor that never reported clear means every "seen": begin with a clear.
        readings = [(once.sensor(room), START + MINUTE, 0.0) for room in ROOMS] + days(once, 0, 2)
        once.run(readings, START + 2 * DAY)
        twice.run([reading for reading in readings for _ in range(2)], START + 2 * DAY)
        assert once.actions == twice.actions
        for name, column in as_arrays(once.state).items():
            np.testing.assert_array_equal(column, as_arrays(twice.state)[name], name)

    def test_the_order_of_homes_within_a_moment_changes_nothing(
        self,
        make_houses: MakeHouses,
        detector: Detector,  # noqa: ARG002  # it is what ticks
    ) -> None:
        forth, back = make_houses(2), make_houses(2)
        readings = days(forth, 0, 2) + days(forth, 0, 2, home=2, seed=5)
        forth.run(readings, START + 2 * DAY)
        back.run(readings[::-1], START + 2 * DAY)
        assert forth.actions == back.actions

    def test_homes_that_all_fall_silent_raise_nothing_of_their_habits(
        self, make_houses: MakeHouses, detector: Detector
    ) -> None:
        houses = make_houses(3)
        houses.run([r for h in (1, 2, 3) for r in days(houses, 0, 3, home=h)], START + 3 * DAY)
        houses.run([], START + 6 * DAY)
        assert kinds_told(houses, detector) == set()

    @pytest.mark.parametrize("start", CHANGES)
    def test_a_clock_change_says_nothing_and_each_night_counts_once(
        self, make_houses: MakeHouses, detector: Detector, start: int
    ) -> None:
        houses = make_houses(1, start=start)
        houses.run(at(days(houses, 0, 4), start), start + 4 * DAY)
        assert kinds_told(houses, detector) == set()
        assert houses.state.visit_seen.max() <= 4
        assert houses.state.change_seen.max() <= 4

    def test_a_home_that_joins_or_leaves_changes_nothing_for_another(
        self,
        make_houses: MakeHouses,
        detector: Detector,  # noqa: ARG002  # it is what ticks
    ) -> None:
        alone, houses = make_houses(1), make_houses(1)
        alone.run(days(alone, 0, 4), START + 4 * DAY)
        second = make_houses(2)
        houses.run(days(houses, 0, 1), START + DAY)
        houses.gateways = second.gateways
        houses.enrol(second.homes, second.sensors)
        both = days(houses, 1, 3) + days(houses, 1, 3, home=2)
        houses.run(both, START + 3 * DAY)
        houses.change(2, lambda home: replace(home, state=HomeState.ENDED))
        houses.run(days(houses, 3, 4), START + 4 * DAY)
        mine = [f for f in houses.findings() if f.home == "home-000001"]
        assert mine == alone.findings()
        for name, column in as_arrays(alone.state).items():
            if column.shape[-1] == 2 and name != "gateway_back_us":
                other = as_arrays(houses.state)[name][..., :2]
                np.testing.assert_array_equal(column, other, name)

    def test_a_sensor_that_is_replaced_says_nothing(
        self, make_houses: MakeHouses, detector: Detector
    ) -> None:
        houses = make_houses(1)
        houses.run(days(houses, 0, 2), START + 2 * DAY)
        old = houses.sensor("bathroom")
        new = max(s.number for s in houses.sensors) + 1
        houses.enrol(
            houses.homes,
            [
                replace(s, number=new, id=f"sens-{new:06d}") if s.number == old else s
                for s in houses.sensors
            ],
        )
        houses.run(days(houses, 2, 4), START + 4 * DAY)
        assert kinds_told(houses, detector) == set()
        houses.run(moved(new, START + 4 * DAY + HOUR), START + 4 * DAY + 2 * HOUR)
        assert houses.state.heard_us[new] > START + 4 * DAY

    def test_a_sensor_for_which_another_device_speaks_says_nothing(
        self, make_houses: MakeHouses, detector: Detector
    ) -> None:
        houses = make_houses(1)
        houses.run(days(houses, 0, 2), START + 2 * DAY)
        same, at_us = houses.sensor("bathroom"), START + 2 * DAY
        learned = houses.state.active_days[:, 1].copy()
        houses.put_device(same, "new-0", at_us)
        assert houses.state.heard_us[same] == NEVER
        np.testing.assert_array_equal(houses.state.active_days[:, 1], learned)
        houses.run(days(houses, 2, 4), START + 4 * DAY)
        assert kinds_told(houses, detector) == set()
        assert houses.state.heard_us[same] > START + 3 * DAY
