import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.precision import ENOUGH, Precision, wilson


@given(trials=st.integers(1, 10_000), share=st.floats(0, 1))
def test_the_interval_holds_the_share_and_stays_between_nought_and_one(
    trials: int, share: float
) -> None:
    hits = round(trials * share)
    low, high = wilson(hits, trials)
    assert 0 <= low <= hits / trials + 1e-12
    assert hits / trials - 1e-12 <= high <= 1


@given(trials=st.integers(1, 500), share=st.floats(0, 1))
def test_the_ends_are_where_the_score_test_just_accepts(trials: int, share: float) -> None:
    hits = round(trials * share)
    for end in wilson(hits, trials):
        distance = abs(hits / trials - end)
        assert distance == pytest.approx(1.959964 * math.sqrt(end * (1 - end) / trials), abs=1e-7)


def test_without_a_hit_the_interval_ends_where_the_formula_is_short() -> None:
    square = 1.959964**2
    assert wilson(0, 10) == pytest.approx((0.0, square / (10 + square)))
    assert wilson(10, 10) == pytest.approx((10 / (10 + square), 1.0))
    assert wilson(0, 0) == (0.0, 1.0)


def test_unclear_findings_are_told_beside_the_share_and_are_not_in_it() -> None:
    with_unclear = Precision(true=15, false=5, unclear=30)
    assert with_unclear.share == 0.75
    assert with_unclear.interval == Precision(true=15, false=5).interval
    assert with_unclear.decided == ENOUGH


def test_too_few_is_said_and_nothing_is_no_share() -> None:
    assert not Precision(true=ENOUGH - 1, unclear=100).is_enough
    assert Precision(true=ENOUGH - 1, false=1).is_enough
    assert Precision(unclear=3).share is None
    assert Precision(unclear=3).interval is None
