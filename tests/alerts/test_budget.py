"""A place's alert budget: the threshold, what may be expected of it, and who is too small."""

import numpy as np
import pytest

from alerts.budget import TOLERANCE, WEEKS_AHEAD, Calibration, calibrate, sentences
from alerts.detect import peaks as kernel
from alerts.detect.columns import Ints, Singles

DAYS = kernel.DAYS
AHEAD = 7 * WEEKS_AHEAD


def peaks(homes: int, days: int, seed: int) -> Singles:
    """Homes that differ: each has its own mean and spread of standardised peaks."""
    rng = np.random.default_rng(seed)
    mean, spread = rng.normal(0, 0.2, homes), rng.uniform(0.8, 1.3, homes)
    return rng.normal(mean, spread, (days, homes)).astype(np.float32)


def counts(values: Singles) -> Ints:
    """Home-days by level, day by day; NaN is a day that was not judged."""
    nobody = np.zeros(values.shape[1], np.int64)
    return np.stack(
        [kernel.counted(day[~np.isnan(day)], nobody[~np.isnan(day)], 1)[:, 0] for day in values]
    )


def found(values: Singles, budget: float, told: int = 0) -> Calibration:
    result = calibrate(counts(values), told, budget, low_z=0.5, high_z=6.0)
    assert result is not None
    return result


def rate(values: Singles, z: float) -> float:
    return 100 * float((values > z).sum()) / (float(np.isfinite(values).sum()) / 7)


@pytest.mark.parametrize("budget", [6.0, 9.0, 12.0, 40.0])
def test_the_threshold_would_have_raised_the_budget(budget: float) -> None:
    values = peaks(300, DAYS, seed=1)
    result = found(values, budget)
    assert rate(values, result.z) == pytest.approx(budget, rel=0.02)
    assert result.expected == pytest.approx(budget, rel=0.02)
    assert result.low < budget < result.high


def test_what_other_detectors_raise_is_taken_from_the_budget() -> None:
    values = peaks(300, DAYS, seed=2)
    result = found(values, 12.0, told=120)  # of 2,400 home-weeks
    assert rate(values, result.z) == pytest.approx(7.0, rel=0.03)
    assert result.expected == pytest.approx(12.0, rel=0.02)
    assert result.fixed == pytest.approx(5.0)


def test_the_coming_weeks_keep_within_a_fifth_of_the_budget() -> None:
    """Nine in ten councils of 300 homes, at the budget that a team can bear."""
    kept = 0
    for seed in range(40):
        values = peaks(300, DAYS + AHEAD, seed)
        result = found(values[:DAYS], 12.0)
        kept += abs(rate(values[DAYS:], result.z) / 12.0 - 1) <= TOLERANCE
    assert kept >= 36


def test_the_interval_holds_the_coming_weeks() -> None:
    held = 0
    for seed in range(60):
        values = peaks(150, DAYS + AHEAD, seed)
        result = found(values[:DAYS], 9.0)
        held += result.low <= rate(values[DAYS:], result.z) <= result.high
    assert held >= 54


def test_twenty_homes_are_told_to_be_too_few() -> None:
    result = found(peaks(20, DAYS, seed=3), 9.0)
    assert not result.is_enough
    assert result.needed > 50
    assert sentences(result, 9.0)[0].startswith("20 homes are too few to keep a budget")


def test_three_hundred_homes_are_enough() -> None:
    result = found(peaks(300, DAYS, seed=4), 12.0)
    assert result.is_enough
    assert "alerts per 100 homes a week are expected" in sentences(result, 12.0)[0]


def test_the_threshold_stays_in_its_range_and_says_so() -> None:
    values = peaks(300, DAYS, seed=5)
    patient = found(values, 1.0, told=72)
    assert patient.z == 6.0
    assert patient.is_at_edge
    said = " ".join(sentences(patient, 1.0))
    assert "The most patient setting still raises more: 3.0 by other detectors and " in said
    assert "accept longer limits by name" in said
    strict = found(values - 5, 60.0)
    assert strict.z == 0.5
    assert "The strictest setting raises fewer." in sentences(strict, 60.0)


def test_days_that_were_not_judged_count_for_nothing() -> None:
    values = peaks(300, DAYS, seed=6)
    blind = np.concatenate([values, np.full((DAYS, 300), np.nan, np.float32)])
    assert found(blind, 9.0).z == found(values, 9.0).z


def test_weeks_that_differ_more_than_chance_widen_the_interval() -> None:
    calm = peaks(300, DAYS, seed=7)
    rough = calm + np.repeat(np.tile([0.0, 1.5], 4), 7)[:, None].astype(np.float32)
    width = [found(v, 9.0).high - found(v, 9.0).low for v in (calm, rough)]
    assert width[1] > 1.3 * width[0]


@pytest.mark.parametrize("days", [0, 56])
def test_without_a_judged_day_there_is_no_calibration(days: int) -> None:
    assert calibrate(np.zeros((days, kernel.LEVELS), np.int64), 0, 9.0) is None


def test_a_place_where_nothing_ever_happens_is_no_error() -> None:
    result = found(np.zeros((DAYS, 10), np.float32), 9.0)
    assert result.expected == 0
    assert result.low == 0
