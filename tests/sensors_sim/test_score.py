import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors_sim.score import (
    DAY_US,
    HOUR_US,
    Alerts,
    confusion,
    delays,
    false_rate,
    first_delay_h,
    holds_empty_day,
    quantile,
)


def alerts(*rows: tuple[int, int, int]) -> Alerts:
    """Rows of (home, onset hour, found hour)."""
    home, onset, found = np.array(rows, np.int64).reshape(-1, 3).T
    names = np.full(len(home), "silence")
    place = np.full(len(home), -1, np.int8)
    return Alerts(home.astype(np.int32), onset * HOUR_US, found * HOUR_US, names, names, place)


def homes(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(numbers, np.int32)


def test_a_rate_is_all_alerts_over_all_weeks() -> None:
    rate = false_rate(homes(0, 0, 0, 1), np.array([1.0, 3.0]))
    assert rate.mean.value == 1.0
    assert rate.per_100_homes == 100
    assert rate.p90.value == 3.0


def test_a_home_that_was_not_tested_counts_for_nothing() -> None:
    with_it = false_rate(homes(0, 1), np.array([2.0, 0.0]))
    assert with_it == false_rate(homes(0), np.array([2.0]))


def test_an_alert_of_no_home_counts_for_no_home() -> None:
    assert false_rate(homes(-1), np.array([2.0])).mean.value == 0


def test_nothing_tested_gives_no_figure() -> None:
    assert math.isnan(false_rate(homes(), np.array([0.0])).mean.value)
    assert math.isnan(delays(np.empty(0), homes()).median_h.value)


def test_the_interval_holds_the_value_and_is_wider_when_homes_differ() -> None:
    weeks = np.full(20, 5.0)
    alike = false_rate(np.repeat(np.arange(20), 2).astype(np.int32), weeks).mean
    apart = false_rate(np.zeros(40, np.int32), weeks).mean
    assert alike.low == alike.value == alike.high
    assert apart.low < apart.value < apart.high


def test_recall_counts_to_the_minute_and_what_was_never_found_is_not_found() -> None:
    found = delays(np.array([3.0, 4.01, 4.02, np.inf]), homes(0, 1, 2, 3))
    assert found.within[4].value == 0.5
    assert found.within[24].value == 0.75
    assert found.median_h.value == 4.01
    assert math.isinf(found.p90_h.value)


@given(st.lists(st.floats(0, 30), min_size=1, max_size=40), st.floats(0.01, 1))
def test_a_quantile_is_the_smallest_value_that_the_share_does_not_exceed(
    values: list[float], share: float
) -> None:
    found = quantile(np.array(values), share)
    naive = next(v for v in sorted(values) if sum(x <= v for x in values) >= share * len(values))
    assert found == pytest.approx(naive)


def test_a_delay_runs_from_the_moment_to_the_first_alert_after_it() -> None:
    raised = alerts((0, 9, 14), (0, 9, 17), (1, 9, 12))
    at = np.array([10 * HOUR_US, 10 * HOUR_US, 10 * HOUR_US])
    last = at - HOUR_US
    found = first_delay_h(raised, homes(0, 1, 2), at, last, at + DAY_US)
    assert found.tolist() == [4, 2, np.inf]


def test_an_alert_that_stands_for_this_very_silence_has_no_delay() -> None:
    at = np.array([10 * HOUR_US])
    stands = first_delay_h(alerts((0, 5, 9)), homes(0), at, at - 5 * HOUR_US, at + DAY_US)
    over = first_delay_h(alerts((0, 2, 9)), homes(0), at, at - 5 * HOUR_US, at + DAY_US)
    assert stands.tolist() == [0]
    assert over.tolist() == [np.inf]


def test_an_alert_after_the_injection_has_ended_finds_nothing() -> None:
    at = np.array([10 * HOUR_US])
    late = first_delay_h(alerts((0, 9, 35)), homes(0), at, at, at + DAY_US)
    assert late.tolist() == [np.inf]


def test_an_empty_day_runs_from_midnight_to_midnight() -> None:
    start = np.array([1, 0, -1]) * HOUR_US
    stop = np.array([47, 24, 24]) * HOUR_US
    assert holds_empty_day(start, stop).tolist() == [False, True, True]


def test_a_confusion_counts_every_truth_by_what_was_said() -> None:
    table = confusion(["person", "person", "outage"], ["person", "none", "outage"])
    assert table["person"] == {"none": 1, "outage": 0, "person": 1}
    assert table["outage"]["outage"] == 1
