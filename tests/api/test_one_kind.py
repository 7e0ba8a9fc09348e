"""One kind of alert alone: the same copies as the whole evaluation, and lines that tell why."""

import numpy as np

from api.evaluate_cases import CASES, GATEWAY_SILENT, SENSOR_DEAD, build_cases
from api.evaluate_floors import silence
from sensors_sim.score import Alerts
from tests.api.town import FRONT_DOOR, KITCHEN, START, hours, one, small_town
from tests.bench.one_kind import false_alerts, only_kind


def test_only_copies_that_the_kind_should_find_are_kept_and_they_are_the_same() -> None:
    world = build_cases(small_town(2, days=32), np.random.default_rng(1))
    mine = only_kind(world, "sensor-silent")
    assert {CASES[code].name for code in mine.case.tolist()} == {SENSOR_DEAD}
    assert len(mine.trace.homes) == len(mine.draws) == len(mine.case)
    assert not len(mine.status.home)
    was = np.flatnonzero(world.case == mine.case[0])
    assert mine.draws.at_us.tolist() == world.draws.at_us[was].tolist()
    for number, copy in enumerate(was.tolist()):
        kept = mine.trace.time_us[mine.trace.home == number]
        assert kept.tolist() == world.trace.time_us[world.trace.home == copy].tolist()


def test_what_gateways_say_stays_with_their_copies() -> None:
    world = build_cases(small_town(2, days=32), np.random.default_rng(1))
    mine = only_kind(world, "gateway-silent")
    assert {CASES[code].name for code in mine.case.tolist()} == {GATEWAY_SILENT}
    assert sorted(mine.status.home.tolist()) == sorted(2 * list(range(len(mine.case))))


def test_a_false_alert_is_told_with_its_length_and_the_rooms_around_it() -> None:
    trace = one((0, KITCHEN), (1, FRONT_DOOR), (10, KITCHEN), (11, KITCHEN))
    alerts = silence(8)(trace)
    assert hours(alerts) == [9, 19]
    lines = list(false_alerts(alerts, trace, np.array([True, False])))
    assert len(lines) == 1
    assert lines[0].startswith("home 0 (a) silence-8h since ")
    assert "raised after 8.0 h, lasted 9.0 h: kitchen front-door | kitchen kitchen" in lines[0]
    assert "no end" in next(iter(false_alerts(alerts, trace, np.array([False, True]))))


def test_an_alert_about_a_sensor_is_told_by_when_that_sensor_spoke_again() -> None:
    trace = one((0, KITCHEN), (1, FRONT_DOOR), (10, FRONT_DOOR), (40, KITCHEN))
    alerts = Alerts(
        np.zeros(1, np.int32),
        np.array([START]),
        np.array([START + 36 * 3_600_000_000]),
        np.array(["sensor-silent"]),
        np.array(["sensor"]),
        np.array([KITCHEN], np.int8),
    )
    (line,) = false_alerts(alerts, trace, np.ones(1, np.bool_))
    assert "sensor-silent kitchen since" in line
    assert "raised after 36.0 h, lasted 40.0 h: kitchen | front-door front-door kitchen" in line
