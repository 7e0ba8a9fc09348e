import numpy as np
import pytest

from sensors_sim.paired import found_difference, median_difference, rate_difference
from sensors_sim.score import false_rate


def homes(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(numbers, np.int32)


def test_what_is_the_same_for_both_differs_by_nothing() -> None:
    weeks = np.array([1.0, 2.0, 3.0])
    same = rate_difference(homes(0, 0, 2), homes(0, 0, 2), weeks)
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_a_difference_is_that_of_the_rates() -> None:
    rng, weeks = np.random.default_rng(1), np.full(20, 5.0)
    a, b = (rng.integers(0, 20, size).astype(np.int32) for size in (60, 40))
    apart = false_rate(a, weeks).mean.value - false_rate(b, weeks).mean.value
    assert rate_difference(a, b, weeks).value == pytest.approx(apart)


def test_an_interval_is_narrower_than_the_homes_are_different() -> None:
    # One home has a hundred times the alerts of another; the second setting saves one in each.
    weeks, count = np.full(10, 10.0), 2 ** np.arange(10)
    a = np.repeat(np.arange(10), count).astype(np.int32)
    b = np.repeat(np.arange(10), count - 1).astype(np.int32)
    paired = rate_difference(a, b, weeks)
    assert (paired.low, paired.high) == pytest.approx((0.1, 0.1))
    assert false_rate(a, weeks).mean.high - false_rate(a, weeks).mean.low > 1


def test_homes_that_were_not_tested_count_for_nothing() -> None:
    with_it = rate_difference(homes(0, 1, 1), homes(0), np.array([2.0, 0.0]))
    assert with_it.value == 0
    assert np.isnan(rate_difference(homes(0), homes(), np.zeros(1)).value)


def test_a_share_found_is_compared_draw_by_draw() -> None:
    whose = homes(0, 0, 1, 1)
    more = found_difference(np.array([1.0, 2, 9, np.inf]), np.array([1.0, 9, 9, 9]), whose, 4)
    assert more.value == 0.25
    assert more.low <= 0.25 <= more.high


def test_a_median_is_compared_and_never_stays_never() -> None:
    whose = homes(0, 1, 2)
    assert median_difference(np.array([3.0, 4, 5]), np.array([1.0, 2, 3]), whose).value == 2
    never = np.full(3, np.inf)
    assert median_difference(never, np.array([1.0, 2, 3]), whose).value == np.inf
    assert np.isnan(median_difference(never, never, whose).value)
    assert np.isnan(median_difference(np.zeros(0), np.zeros(0), homes()).value)
