"""The steps of the silence rule, against a plain loop over one home."""

import math

import numpy as np

from alerts.detect.profile import POPULATION
from api.evaluate_guard import refuse_peeker
from api.evaluate_judge import NOTICE
from api.evaluate_steps import EVENTS, STEPS, Step, judge_steps, rule_of, twelve_hours
from api.evaluate_worlds import copies, draw, window
from sensors_sim import inject, tihm
from sensors_sim.score import DAY_US, HOUR_US
from tests.api.town import FRONT_DOOR, KITCHEN, START, hours, one, small_town
from tests.naive.steps import plain_silences

MINUTE_US = HOUR_US // 60
MANY_HOMES = Step("x", "", EVENTS, (5.0,), 1.0, knows_home=False)


def test_steps_raise_what_a_plain_loop_over_minutes_raises() -> None:
    trace = small_town(2, days=26)
    for step in STEPS:
        if step.unit == "h":
            continue
        value = step.thresholds[0] / 2
        found = rule_of(step, value)(trace)
        expected = plain_silences(trace, step, value)
        told = sorted(zip(found.home.tolist(), found.onset_us.tolist(), strict=True))
        assert told == sorted(expected)
        assert len(told) > 3
        for home, onset, found_us in zip(
            found.home.tolist(), found.onset_us.tolist(), found.found_us.tolist(), strict=True
        ):
            assert abs(found_us - expected[home, onset]) <= MINUTE_US


def test_a_silence_is_raised_when_the_events_of_many_homes_were_missed() -> None:
    trace = one((10, KITCHEN), (34, KITCHEN))
    raised = rule_of(MANY_HOMES, 5.0)(trace)
    rate = -np.log1p(-POPULATION)
    local, _ = tihm.to_local(np.array([START + 10 * HOUR_US]))
    missed, minute = 0.0, int(local[0] // MINUTE_US)
    while missed <= 5:
        missed += rate[minute // 15 % 96] / 15
        minute += 1
    assert abs(int(raised.found_us[0]) - START - 10 * HOUR_US) // MINUTE_US == (
        minute - int(local[0] // MINUTE_US) - 1
    )


def test_twelve_hours_tell_a_silence_at_home_from_an_absence() -> None:
    trace = one((0, KITCHEN), (13, KITCHEN), (14, FRONT_DOOR), (27, KITCHEN), (28, KITCHEN))
    alerts = twelve_hours(trace)
    assert hours(alerts) == [12, 26, 40]
    assert (alerts.kind == NOTICE).tolist() == [False, True, False]


def test_no_step_looks_ahead() -> None:
    trace = small_town(2, days=26)
    for step in STEPS:
        rng = np.random.default_rng(1)
        refuse_peeker(step.name, rule_of(step, step.thresholds[0]), trace, 4, rng)


def test_a_step_is_compared_at_its_lowest_threshold_with_few_false_alerts() -> None:
    trace, rng = small_town(2, days=26), np.random.default_rng(1)
    draws = draw(trace, 3, rng)
    fallen = copies(trace, draws, lambda s, at, _: inject.collapse(s, at), rng)
    hour = Step("x", "", "h", (1.0, 12.0, 16.0), 1.0)
    (found,) = judge_steps(trace, fallen, window(trace), draws, [hour])
    rates = [one.home.mean.value for one in found.line]
    assert rates[0] > 0.15 >= rates[1]
    assert found.delay_h == found.line[1].found["waking-day"].median_h.value
    (never,) = judge_steps(trace, fallen, window(trace), draws, [Step("y", "", "h", (1.0,), 1.0)])
    assert math.isinf(never.delay_h)


def test_no_silence_lasts_longer_than_is_known() -> None:
    trace = one((0, KITCHEN), (1, KITCHEN))
    alerts = twelve_hours(trace)
    assert (alerts.found_us - alerts.onset_us).tolist() == [DAY_US // 2]
