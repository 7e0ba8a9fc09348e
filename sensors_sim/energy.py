"""How far two sets of homes are apart: the energy distance of their statistics.

Szekely and Rizzo, Energy statistics: A class of statistics based on distances, Journal of
Statistical Planning and Inference 143 (2013).
"""

import numpy as np
from numpy.typing import NDArray

from sensors_sim.lives import Floats


def energy_distance(one: Floats, other: Floats) -> float:
    """Return 2 E|X-Y| - E|X-X'| - E|Y-Y'| of the rows of two samples, Euclidean, not rooted.

    Every pair counts, each row with itself too: the distance is never negative, nought for a
    set and itself, and the more homes there are the less of it is due to chance.
    """
    apart = distances(one, other).mean() * 2
    return float(apart - distances(one, one).mean() - distances(other, other).mean())


def distances(one: Floats, other: Floats) -> Floats:
    """Return the Euclidean distance of every row of one sample from every row of another."""
    apart: Floats = np.sqrt(((one[:, None, :] - other[None, :, :]) ** 2).sum(axis=2))
    return apart


def splits(rows: int, size: int, count: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return ``count`` random pairs of disjoint sets of rows, intp[count, 2, size]."""
    drawn = [rng.permutation(rows)[: 2 * size].reshape(2, size) for _ in range(count)]
    return np.array(drawn, np.intp)


def split_distances(values: Floats, pairs: NDArray[np.intp]) -> Floats:
    """Return the energy distance between the two sets of each pair, float64[pairs]."""
    apart = distances(values, values)
    one, other = (_marked(pairs[:, side], len(values)) for side in (0, 1))
    both = one - other
    # The three means of the definition in one form, since each set has as many rows.
    found: Floats = -np.einsum("pi,ij,pj->p", both, apart, both) / pairs.shape[2] ** 2
    return found


def _marked(rows: NDArray[np.intp], of: int) -> Floats:
    marked = np.zeros((len(rows), of))
    np.put_along_axis(marked, rows, 1.0, axis=1)
    return marked
