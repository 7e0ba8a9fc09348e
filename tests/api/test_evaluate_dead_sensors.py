"""What counts as a false alert of a dead sensor, and which homes a case needs."""

import numpy as np
import pytest

from api.evaluate_cases import CASES, VISITS_3X3, build_cases
from api.evaluate_kinds import is_dead_indeed
from api.evaluate_worlds import assemble
from sensors_sim.inject import DAY_US, dead_sensor
from sensors_sim.score import Alerts
from tests.api.town import BATHROOM, BEDROOM, HALL, START, life, small_town


@pytest.mark.parametrize(("days", "is_dead"), [(2, False), (5, True)])
def test_a_sensor_that_says_nothing_for_days_of_use_was_dead_indeed(
    days: int, is_dead: bool
) -> None:
    lived = life(20, 1)
    at_us = START + 10 * DAY_US
    gone = (lived.place == BEDROOM) & (lived.time_us >= at_us)
    gone &= lived.time_us < at_us + days * DAY_US
    trace = assemble(["home"], [lived.take(~gone)])
    last_us = int(trace.time_us[(trace.place == BEDROOM) & (trace.time_us < at_us)][-1])
    rows = np.array([last_us, last_us])
    alerts = Alerts(
        np.zeros(2, np.int32),
        rows,
        rows + DAY_US,
        np.array(["sensor-silent", "no-sign-of-life"]),
        np.full(2, "sensor"),
        np.array([BEDROOM, -1], np.int8),
    )
    assert is_dead_indeed(alerts, trace).tolist() == [is_dead, False]


def test_visits_are_injected_only_where_there_is_a_bathroom_sensor() -> None:
    town = small_town(2, days=32)
    without = dead_sensor(life(32, 1), BATHROOM, START)
    trace = assemble(("bath", "none"), [life(32, 0), without])
    code = next(code for code, case in enumerate(CASES) if case.name == VISITS_3X3)
    for homes, wanted in ((town, {0, 1}), (trace, {0})):
        world = build_cases(homes, np.random.default_rng(1))
        assert set(world.draws.home[world.case == code].tolist()) == wanted
    assert HALL in trace.place
