"""How far each day's longest silence stood out in its home, counted by height for a whole place.

DETECTION B. A peak is in the home's own standard deviations above what is usual there, so that
peaks of different homes can be ranked together. A place keeps counts and no peak of any home.
"""

from typing import Final

import numpy as np

from alerts.detect.columns import Floats, Ints, Singles

DAYS: Final = 56
"""Trailing days that are kept, each in the row of its number modulo this."""

LEVELS: Final = 512
"""Level 0 is a day without a silence worth telling, the last one a silence past the cap."""

DETECTORS: Final = 32
"""Columns for what other detectors found, by the row of each in ``modes.DETECTORS``."""

STEP_Z: Final = 0.0125
PAST_CAP: Final = np.float32(1000)
"""Stands for a silence past the cap: told at any threshold."""

_HIGHEST: Final = LEVELS - 2


def standardised(score: Floats, mean: Floats, spread: Floats) -> Floats:
    """Return how many of its standard deviations the logarithm of a score lies above the mean."""
    z: Floats = (np.log(np.maximum(score, 1e-6)) - mean) / spread
    return z


def levels(peak: Singles) -> Ints:
    """Return the level of each peak; a threshold of ``height(level)`` raises it and all above."""
    level = np.clip(np.floor(peak / STEP_Z), 0, _HIGHEST).astype(np.int64)
    return np.where(peak >= PAST_CAP, LEVELS - 1, level)


def height(level: int) -> float:
    """Return the threshold that raises this level and no lower one."""
    return level * STEP_Z


def counted(peak: Singles, place: Ints, places: int) -> Ints:
    """Return int64[LEVELS, places]: home-days by level; ``place`` is of each peak."""
    flat = levels(peak) * places + place
    return np.bincount(flat, minlength=LEVELS * places).reshape(LEVELS, places)
