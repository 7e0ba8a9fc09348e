import numpy as np
import pytest

from sensors_sim.energy import energy_distance, split_distances, splits
from sensors_sim.halves import GROUPS, SPLITS, Half, Halves, of_group, scales, usual_halves
from sensors_sim.realism import GROUP, STATISTICS, Group


def made_up(homes: int = 28, seed: int = 1) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return homes of which some are busier than others in everything."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(homes, len(STATISTICS))) + rng.normal(size=(homes, 1))


def unlike(halves: Halves) -> float:
    return float(np.abs(np.log(halves.apart)).max())


def test_the_halves_share_no_home_and_are_the_same_every_time() -> None:
    one, again = usual_halves(made_up(29)), usual_halves(made_up(29))
    assert len(one.calibration) == len(one.judged) == 14
    assert not set(one.calibration.tolist()) & set(one.judged.tolist())
    assert one.rows(Half.JUDGED).tolist() == again.judged.tolist()
    assert one.rows(Half.CALIBRATION).tolist() == again.calibration.tolist()


def test_the_halves_are_as_far_apart_as_halves_usually_are() -> None:
    values = made_up()
    halves = usual_halves(values)
    assert unlike(halves) < np.log(1.4)
    for name, yardstick, apart in zip(GROUPS, halves.yardsticks, halves.apart, strict=True):
        columns = of_group(values / halves.scale, name)
        found = energy_distance(columns[halves.calibration], columns[halves.judged])
        assert apart == pytest.approx(found / yardstick)
        pairs = splits(28, 14, SPLITS, np.random.default_rng(99))
        assert np.median(split_distances(columns, pairs)) == pytest.approx(yardstick, rel=0.25)


def test_only_the_half_that_calibrates_sets_the_scale() -> None:
    values = made_up()
    halves = usual_halves(values)
    np.testing.assert_allclose(halves.scale, scales(values[halves.calibration]))


def test_every_group_weighs_the_same_in_the_whole_vector() -> None:
    whole = of_group(np.ones((1, len(STATISTICS))), "whole")
    for group in Group:
        assert (whole[:, group.value == GROUP] ** 2).sum() == pytest.approx(1)


def test_a_statistic_that_hardly_differs_is_scaled_by_its_group() -> None:
    values = np.random.default_rng(1).normal(size=(14, len(STATISTICS)))
    values[:, 0] = 3.0
    scale = scales(values)
    assert scale[0] == pytest.approx(np.median(values[:, 1:3].std(axis=0)) / 4)
    assert scale[1] == pytest.approx(values[:, 1].std())
    assert (scale > 0).all()
