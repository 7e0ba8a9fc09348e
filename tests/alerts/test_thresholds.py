"""The alert budget at work: the threshold of a place follows its own weeks, within its limits."""

from dataclasses import replace

import numpy as np
import pytest

from alerts import thresholds
from alerts.action import Calibrated
from alerts.budget import HIGH_Z, LOW_Z
from alerts.detect import peaks
from alerts.detect.join import codes_of, join
from alerts.detect.local_time import build_offsets
from alerts.detect.roster import build_roster
from alerts.due import look_at_all
from alerts.modes import DETECTORS, Mode, Modes
from alerts.scene import Scene
from alerts.thresholds import FEWEST_DAYS, FEWEST_HOMES, told_by_live
from config.kinds import Kind
from config.places import Place
from config.sensor_table import build_sensor_table
from tests.alerts.houses import Houses, days, warm_days
from tests.alerts.world import DAY, HOUR, MINUTE, START, Reading, World, place
from tests.naive import peaks as naive

HOMES, DAYS = FEWEST_HOMES, FEWEST_DAYS + 2


def council(budget: float, **detectors: float) -> Place:
    return place().model_copy(update={"alert_budget": budget, "detectors": detectors})


def lived(houses: Houses, homes: int, until: int = DAYS) -> list[Reading]:
    """Return lives with a night or two a week that go without a visit, and are long for it."""
    rng = np.random.default_rng(homes)
    return [
        reading
        for home in range(1, homes + 1)
        for day in range(until)
        for reading in days(
            houses, day, day + 1, home=home, visits=int(rng.choice(3, p=(0.1, 0.1, 0.8)))
        )
    ]


def calibrated(houses: Houses) -> list[Calibrated]:
    return [action for action in houses.actions if isinstance(action, Calibrated)]


@pytest.fixture(scope="module")
def weeks() -> list[Reading]:
    return lived(Houses(HOMES), HOMES)


@pytest.fixture(scope="module")
def patient_and_strict(weeks: list[Reading]) -> list[Houses]:
    made = [Houses(HOMES, tick=15 * MINUTE, where=council(budget)) for budget in (3.0, 60.0)]
    for houses in made:
        houses.run(weeks, START + DAYS * DAY)
    return made


def test_from_two_weeks_on_the_threshold_is_what_would_have_kept_the_budget(
    patient_and_strict: list[Houses],
) -> None:
    for houses in patient_and_strict:
        told = calibrated(houses)
        assert [one.is_applied for one in told] == [False] * (FEWEST_DAYS - 1) + [True] * 3
        last = told[-1].found
        assert LOW_Z <= last.z <= HIGH_Z
        assert houses.state.place_z[0] == last.z
        counts = houses.state.peak_counts[:, :, 0].sum(axis=0)
        raised = counts[round(last.z / peaks.STEP_Z) :].sum()
        assert 700 * raised / counts.sum() == pytest.approx(last.expected - last.fixed)


def test_a_larger_budget_is_a_lower_limit_in_every_home(patient_and_strict: list[Houses]) -> None:
    patient, strict = (houses.state.limit[1:] for houses in patient_and_strict)
    assert (strict < patient).all()


def test_too_few_homes_and_a_chosen_threshold_are_told_about_and_left_alone() -> None:
    few = Houses(3, tick=15 * MINUTE, where=council(9.0))
    few.run(lived(few, 3), START + DAYS * DAY)
    assert {one.is_applied for one in calibrated(few)} == {False}
    assert np.isnan(few.state.place_z).all()
    assert calibrated(few)[-1].found.z == few.roster.tuning.by_place["silence_z"][0]


def test_a_place_that_chose_its_threshold_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thresholds, "FEWEST_HOMES", 2)
    for where, applied in ((council(60.0), True), (council(60.0, silence_z=3.1), False)):
        houses = Houses(3, tick=15 * MINUTE, where=where)
        houses.run(lived(houses, 3), START + DAYS * DAY)
        assert calibrated(houses)[-1].is_applied is applied
        assert np.isnan(houses.state.place_z).all() != applied
    assert calibrated(houses)[-1].found.z == 3.1


def test_no_budget_keeps_a_silence_past_the_cap_from_being_told() -> None:
    houses = Houses(1, tick=15 * MINUTE, where=council(0.01))
    houses.state.place_z[0] = HIGH_Z
    fallen_us = START + 5 * DAY + 9 * HOUR
    still = [r for r in lived(houses, 1, 7) if r[1] < fallen_us]
    houses.run(still + warm_days(houses, 5, 7), START + 7 * DAY)
    found = houses.findings("no-sign-of-life")[-1]
    assert found.found_us - found.onset_us <= 12 * HOUR + 15 * MINUTE


def test_only_what_live_detectors_find_is_taken_from_the_budget() -> None:
    houses = Houses(1)
    by_row = [detector.key for detector in DETECTORS]
    houses.state.told_counts[3, by_row.index("cold"), 0] = 5
    houses.state.told_counts[4, by_row.index("trend"), 0] = 7
    houses.state.told_counts[4, peaks.DETECTORS - 1, 0] = 2
    offsets = [build_offsets(zone, START, START + DAY) for zone in houses.roster.zones]
    for modes, wanted in (
        (None, 14),
        (Modes({}), 2),
        (Modes({("fenbridge", "cold"): Mode.LIVE}), 7),
    ):
        due = look_at_all(houses.roster)
        scene = Scene(houses.state, houses.roster, houses.places, offsets, START, due, modes=modes)
        assert told_by_live(scene, 0) == wanted


def test_a_place_keeps_its_weeks_when_another_council_joins() -> None:
    houses = Houses(2)
    houses.state.place_z[0] = 3.3
    houses.state.peak_counts[5, 7, 0] = 11
    homes = [houses.homes[0], replace(houses.homes[1], place="abercoed")]
    table = build_sensor_table(homes, houses.gateways, houses.sensors, revision=2)
    roster = build_roster(table, houses.places)
    assert tuple(table.places) == ("abercoed", "fenbridge")
    state = join(houses.state, codes_of(houses.roster), roster, START)
    assert state.place_z[1] == 3.3
    assert np.isnan(state.place_z[0])
    assert state.peak_counts[5, 7].tolist() == [0, 11]


def test_peaks_are_counted_as_a_loop_counts_them() -> None:
    rng = np.random.default_rng(1)
    peak = np.concatenate([rng.normal(1, 2, 400), [peaks.PAST_CAP] * 3]).astype(np.float32)
    place_of = rng.integers(0, 2, len(peak))
    made = peaks.counted(peak, place_of, 2)
    for code in (0, 1):
        assert made[:, code].tolist() == naive.counted(peak[place_of == code].tolist())


@pytest.mark.parametrize("budget", [0.5, 9.0, 100.0])
def test_a_call_for_help_is_raised_at_any_budget(budget: float) -> None:
    world = World()
    world.places = {"fenbridge": council(budget)}
    world.engine = world.new_engine()
    world.run(START + 6 * HOUR, every_us=HOUR)
    at = START + 6 * HOUR
    world.tail.put([(world.sensor(1, Kind.SMOKE), at, 1.0)])
    world.run(at + MINUTE)
    assert [alert.onset_us for alert in world.alerts("smoke")] == [at]


def test_a_strict_budget_moves_other_thresholds_and_none_that_is_a_floor() -> None:
    houses = Houses(2, where=council(9.0, room_z=2.5))
    offsets = tuple(build_offsets(zone, START, START) for zone in houses.roster.zones)
    scene = Scene(
        houses.state, houses.roster, houses.places, offsets, START, look_at_all(houses.roster)
    )
    homes = np.array([1, 2])
    for z, share in ((np.nan, 0.0), (1.0, 0.0), (2.4, 0.0), (3.2, 0.5), (HIGH_Z, 1.0)):
        houses.state.place_z[:] = z
        assert scene.tuned("visits_limit", homes).tolist() == pytest.approx(
            [2.75 + share * 0.75] * 2
        )
        assert scene.tuned("room_z", homes).tolist() == [2.5, 2.5], "the place chose it itself"
    assert not [
        name for name in houses.roster.tuning.moves if "floor" in name or name.endswith("_h")
    ]
