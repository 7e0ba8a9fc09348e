"""Worlds that the engine watches side by side, and what is judged of them."""

import numpy as np
import pytest

from api.evaluate_cases import (
    CASES,
    OUT_AND_BACK,
    OUT_NO_RETURN,
    SENSOR_DEAD,
    Case,
    build_cases,
    sensor_at,
)
from api.evaluate_engine import DEFAULTS, Status, World, run_worlds
from api.evaluate_fleet import failure_found, fleet_found, fleet_silent, real_failure
from api.evaluate_judge import judge
from api.evaluate_kinds import ALWAYS, case_delay_h, false_by_kind, found, found_by_case
from api.evaluate_load import EVERYTHING, FIXED, loads, within_budget
from api.evaluate_stage import Swept, build_stage
from api.evaluate_worlds import assemble, draw, window
from sensors_sim import inject, tihm
from sensors_sim.inject import DAY_US, HOUR_US, Stream
from sensors_sim.score import Alerts
from tests.api.town import BEDROOM, KITCHEN, START, life, small_town

NOTHING = Alerts(
    np.empty(0, np.int32),
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0, np.str_),
    np.empty(0, np.str_),
    np.empty(0, np.int8),
)


def some_alerts(*rows: tuple[int, int, str, int]) -> Alerts:
    """Rows of (home, moment found, kind, place)."""
    home, found_us, kind, place = zip(*rows, strict=True)
    moments = np.array(found_us, np.int64)
    return Alerts(
        np.array(home, np.int32),
        moments - HOUR_US,
        moments,
        np.array(kind),
        np.full(len(rows), "person"),
        np.array(place, np.int8),
    )


def told(alerts: Alerts) -> list[tuple[int, str, int]]:
    return sorted(
        zip(alerts.home.tolist(), alerts.kind.tolist(), alerts.found_us.tolist(), strict=True)
    )


def test_worlds_side_by_side_are_judged_as_if_alone_each_by_its_own_settings() -> None:
    at_us = START + 22 * DAY_US + 11 * HOUR_US
    fallen = assemble(("h",), (inject.collapse(life(23, 0), at_us),))
    gone = Status(np.zeros(1, np.int32), np.array([at_us]), np.zeros(1))
    soon = DEFAULTS.model_copy(
        update={"limits": DEFAULTS.limits.model_copy(update={"silence_cap_h": 4.0})}
    )
    worlds = [
        World(small_town(2, days=22)),
        World(fallen),
        World(fallen, soon),
        World(fallen, status=gone),
    ]
    alone = [told(run_worlds([world], tick_s=600)[0]) for world in worlds]
    assert [told(alerts) for alerts in run_worlds(worlds, tick_s=600)] == alone
    assert len({str(alerts) for alerts in alone}) == 4


def test_the_sensor_that_dies_is_one_that_was_used_and_the_judge_can_ask_again() -> None:
    stream = life(20, 1)
    at_us = START + 18 * DAY_US
    chosen = {sensor_at(stream, at_us + second * 1_000_000) for second in range(20)}
    assert len(chosen) > 1
    assert chosen <= set(stream.place.tolist())
    quiet = Stream(stream.time_us[:1], stream.place[:1])
    assert sensor_at(quiet, at_us) == KITCHEN


def case_named(name: str) -> Case:
    return next(case for case in CASES if case.name == name)


def test_only_an_alert_about_the_dead_sensor_itself_finds_it() -> None:
    trace = small_town(2, days=32)
    world = build_cases(trace, np.random.default_rng(1))
    code = CASES.index(case_named(SENSOR_DEAD))
    copy = np.flatnonzero(world.case == code).astype(np.int32)
    at_us = int(world.draws.at_us[copy[0]])
    home = trace.home == world.draws.home[copy[0]]
    dead = sensor_at(Stream(trace.time_us[home], trace.place[home]), at_us)
    for place, hours in ((dead, 24.0), (BEDROOM if dead != BEDROOM else KITCHEN, np.inf)):
        alerts = some_alerts((int(copy[0]), at_us + DAY_US, "sensor-silent", place))
        delay = case_delay_h(world, alerts, CASES[code], copy[:1], trace)
        assert delay.tolist() == [hours]


def test_a_kind_that_no_detector_raises_is_found_never_and_costs_nothing() -> None:
    trace = small_town(2, days=32)
    world = build_cases(trace, np.random.default_rng(1))
    everyone = np.ones(2, np.bool_)
    nothing = found_by_case(world, NOTHING, NOTHING, trace, everyone)
    one = found(nothing, OUT_NO_RETURN)
    assert one.by_time[ALWAYS].within[6].value == 0
    assert one.by_time[ALWAYS].count > 0
    assert one.anyway == 0
    kinds = false_by_kind(NOTHING, window(trace), everyone)
    assert {kind.raw.mean.value for kind in kinds} == {0}


def test_what_is_found_is_an_alert_of_the_right_kind_while_it_lasts() -> None:
    trace = small_town(2, days=32)
    world = build_cases(trace, np.random.default_rng(1))
    everyone = np.ones(2, np.bool_)
    code = CASES.index(case_named(OUT_NO_RETURN))
    copies = np.flatnonzero(world.case == code).tolist()
    at_us = world.draws.at_us
    alerts = some_alerts(
        (copies[0], int(at_us[copies[0]]) + HOUR_US, "out-at-night", -1),
        (copies[1], int(at_us[copies[1]]) + HOUR_US, "not-back", -1),
        (copies[2], int(at_us[copies[2]]) + 8 * HOUR_US, "out-at-night", -1),
    )
    result = found_by_case(world, alerts, NOTHING, trace, everyone)
    assert found(result, OUT_NO_RETURN).by_time[ALWAYS].within[6].value == 1 / len(copies)
    assert found(result, OUT_AND_BACK).by_time[ALWAYS].within[6].value == 0


def test_a_half_counts_its_own_homes_alone() -> None:
    trace = small_town(2)
    judged, draws = window(trace), draw(trace, 2, np.random.default_rng(1))
    last_us = int(trace.time_us[-1]) - DAY_US
    alerts = some_alerts((1, last_us, "no-sign-of-life", -1))
    halves = [
        judge("x", alerts, NOTHING, trace, judged, draws, np.arange(2) == home) for home in (0, 1)
    ]
    assert [half.raw.mean.value > 0 for half in halves] == [False, True]
    assert [half.found["all"].count for half in halves] == [2, 2]
    kinds = false_by_kind(alerts, judged, np.array([True, False]))
    assert {kind.raw.mean.value for kind in kinds} == {0}


def fleet(count: int) -> tihm.Activations:
    """Homes of which nothing is heard for sixty hours after the fortieth day's start."""
    streams = []
    for seed in range(count):
        stream = life(45, seed)
        quiet = inject.collapse(stream, START + 40 * DAY_US, hours=60)
        streams.append(quiet)
    return assemble([f"home{number:02d}" for number in range(count)], streams)


def test_a_failure_of_the_whole_fleet_is_seen_in_the_file_and_needs_a_fleet() -> None:
    failure = real_failure(fleet(12))
    assert failure is not None
    assert START + 39 * DAY_US < failure.from_us < START + 40 * DAY_US < failure.to_us
    assert real_failure(fleet(3)) is None
    assert real_failure(small_town(12)) is None


def test_an_outage_is_timed_from_the_last_activation_and_people_are_counted_beside_it() -> None:
    failure = real_failure(fleet(12))
    assert failure is not None
    hour = failure.from_us + HOUR_US
    alerts = some_alerts(
        (-1, hour, "outage", -1),
        (0, hour, "no-sign-of-life", -1),
        (1, hour, "not-back", -1),
        (1, hour, "unwatched-home", -1),
        (2, hour, "gateway-silent", -1),
        (3, hour - 9 * DAY_US, "no-sign-of-life", -1),
    )
    everyone = np.ones(12, np.bool_)
    assert failure_found(alerts, failure, everyone).delay_min == 60
    assert failure_found(alerts, failure, everyone).person_alerts == 2
    assert failure_found(alerts, failure, np.arange(12) == 0).person_alerts == 1
    assert failure_found(NOTHING, failure, everyone).delay_min == np.inf


def test_homes_of_which_nothing_is_heard_say_what_is_said_of_the_place() -> None:
    trace = small_town(3, days=30)
    silent, at_us = fleet_silent(trace, np.random.default_rng(1))
    lost = (silent.time_us > at_us) & (silent.time_us < at_us + DAY_US)
    assert not lost.any()
    alerts = some_alerts((-1, at_us + HOUR_US, "outage", -1), (1, at_us + HOUR_US, "x", -1))
    figures = fleet_found(alerts, at_us, trace)
    assert figures.sayings == [("outage", "outage"), ("outage", "person"), ("outage", "outage")]
    assert figures.delay_min == [60]


def test_the_load_is_everything_for_those_who_care_and_nothing_technical() -> None:
    trace = small_town(2)
    last_us = int(trace.time_us[-1]) - DAY_US
    alerts = some_alerts(
        (0, last_us, "no-sign-of-life", -1),
        (0, last_us, "unwatched-home", -1),
        (1, last_us, "sensor-silent", 3),
    )
    judged = window(trace)
    load = loads(alerts, judged, np.ones(2, np.bool_), cap_h=12.0)
    assert load[EVERYTHING].per_100_homes == pytest.approx(200 / judged.weeks.sum())
    assert load[FIXED].per_100_homes == pytest.approx(100 / judged.weeks.sum())
    assert load["sensor-silent"].per_100_homes > 0


def test_each_week_of_a_budget_is_chosen_on_the_weeks_before_it() -> None:
    trace = small_town(4, days=56)
    stage = build_stage(trace, 3, np.random.default_rng(1))
    week = 7 * DAY_US
    first = int(trace.time_us.min())
    # The quick setting raises nothing at first, then 50 per 100 homes in the sixth week.
    late = [(home, first + 5 * week + DAY_US, "no-sign-of-life", -1) for home in (0, 1)]
    sweep = [Swept(1.0, some_alerts(*late), NOTHING), Swept(6.0, NOTHING, NOTHING)]
    everyone = np.ones(4, np.bool_)
    tight = within_budget(stage, sweep, 6, everyone, 12.0)
    assert list(tight.chosen) == [6, 6, 1, 1, 1, 1, 6, 6]
    assert tight.load.per_100_homes == pytest.approx(100 * 2 / stage.judged.weeks.sum())
    assert list(within_budget(stage, sweep, 12, everyone, 12.0).chosen) == [6, 6, 1, 1, 1, 1, 1, 1]
