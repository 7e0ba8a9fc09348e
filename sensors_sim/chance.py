"""Repeatable chance for whole columns: a draw depends on its own names and on nothing else.

A draw is SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
OOPSLA 2014) of a key and a counter. Unlike a Generator it gives one home the same day
whatever other homes are asked for with it, and needs no loop over homes.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Key = NDArray[np.uint64]
"""uint64 of any shape: names one stream of draws an element."""

_STEP: Final = np.uint64(0x9E3779B97F4A7C15)


def _mix(x: Key) -> Key:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _words(numbers: ArrayLike) -> Key:
    """Return integers as uint64, with at least one dimension so that overflow just wraps."""
    return np.atleast_1d(np.asarray(numbers, np.int64)).view(np.uint64)


def key(seed: int, *names: ArrayLike) -> Key:
    """Return the key of these whole numbers (broadcast together, at least one dimension)."""
    made = _mix(_words(seed) + _STEP)
    for name in names:
        made = split(made, name)
    return made


def split(parent: Key, name: ArrayLike) -> Key:
    """Return one key below ``parent`` for each whole number, broadcast."""
    made: Key = _mix(parent ^ _mix(_words(name) * _STEP + _STEP))
    return made


def uniform(of: Key, index: ArrayLike = 0) -> NDArray[np.float64]:
    """Return draws from 0 (included) to 1 (excluded), one per key and index, broadcast."""
    bits = _mix(of + (_words(index) + np.uint64(1)) * _STEP)
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(of: Key, index: ArrayLike = 0) -> NDArray[np.float64]:
    """Return standard normal draws (Box and Muller 1958), one per key and index, broadcast."""
    radius = np.sqrt(-2.0 * np.log(1.0 - uniform(of, 2 * _words(index).view(np.int64))))
    turn = 2.0 * np.pi * uniform(of, 2 * _words(index).view(np.int64) + 1)
    drawn: NDArray[np.float64] = radius * np.cos(turn)
    return drawn
