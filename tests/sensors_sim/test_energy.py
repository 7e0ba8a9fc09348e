import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors_sim.energy import energy_distance, split_distances, splits
from tests.naive import realism as naive


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1 << 30), st.integers(1, 7), st.integers(1, 7), st.integers(1, 5))
def test_the_distance_is_that_of_a_plain_loop(seed: int, n: int, m: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.normal(size=(n, width)), rng.normal(1, 2, size=(m, width))
    plain = naive.energy_distance(one.tolist(), other.tolist())
    assert energy_distance(one, other) == pytest.approx(plain, abs=1e-12)


def test_known_distances() -> None:
    nought, one = np.zeros((3, 1)), np.ones((5, 1))
    assert energy_distance(nought, one) == 2.0
    both = np.array([[0.0], [1.0]])
    # 2 * 1/2 - 0 - 1/2
    assert energy_distance(nought, both) == 0.5


def test_it_is_nought_for_the_same_set_symmetric_never_negative_and_blind_to_order() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.normal(size=(9, 4)), rng.normal(0.5, 2, size=(6, 4))
    assert energy_distance(one, one) == pytest.approx(0, abs=1e-12)
    assert energy_distance(one, other) == pytest.approx(energy_distance(other, one))
    assert energy_distance(one, other) > 0
    shuffled = energy_distance(one[::-1], other[[3, 1, 0, 5, 4, 2]] + 0)
    assert shuffled == pytest.approx(energy_distance(one, other))
    moved = energy_distance(one + 7, other + 7)
    assert moved == pytest.approx(energy_distance(one, other))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1 << 30), st.integers(1, 6), st.integers(0, 3), st.integers(1, 4))
def test_the_distance_of_a_split_is_that_of_its_two_sets(
    seed: int, size: int, unused: int, width: int
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(2 * size + unused, width))
    pairs = splits(len(values), size, 5, rng)
    found = split_distances(values, pairs)
    plain = [energy_distance(values[one], values[other]) for one, other in pairs]
    np.testing.assert_allclose(found, plain, atol=1e-12)


def test_splits_are_disjoint_and_of_the_size_asked_for() -> None:
    pairs = splits(9, 4, 300, np.random.default_rng(1))
    assert pairs.shape == (300, 2, 4)
    assert all(len(set(pair.ravel().tolist())) == 8 for pair in pairs)
    # Two homes of four are at 0, two at 1: a split is apart by 0 or, as a whole, by 2.
    values = np.array([[0.0], [0.0], [1.0], [1.0]])
    found = split_distances(values, splits(4, 2, 300, np.random.default_rng(1)))
    assert set(np.round(found, 9).tolist()) == {0.0, 2.0}
    assert 0.2 < (found == 2.0).mean() < 0.47
