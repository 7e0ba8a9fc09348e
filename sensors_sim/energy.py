"""How far two sets of homes are apart: the energy distance of their statistics.

Szekely and Rizzo, Energy statistics: A class of statistics based on distances, Journal of
Statistical Planning and Inference 143 (2013).
"""

import numpy as np

from sensors_sim.lives import Floats


def energy_distance(one: Floats, other: Floats) -> float:
    """Return 2 E|X-Y| - E|X-X'| - E|Y-Y'| of the rows of two samples, Euclidean, not rooted.

    Every pair counts, each row with itself too: the distance is never negative, nought for a
    set and itself, and the more homes there are the less of it is due to chance.
    """
    return 2 * _mean_distance(one, other) - _mean_distance(one, one) - _mean_distance(other, other)


def split_distances(values: Floats, size: int, splits: int, rng: np.random.Generator) -> Floats:
    """Return the distance of two disjoint random sets of ``size`` rows each, for each split."""
    found = np.empty(splits)
    for split in range(splits):
        drawn = rng.permutation(len(values))[: 2 * size]
        found[split] = energy_distance(values[drawn[:size]], values[drawn[size:]])
    return found


def _mean_distance(one: Floats, other: Floats) -> float:
    return float(np.sqrt(((one[:, None, :] - other[None, :, :]) ** 2).sum(axis=2)).mean())
