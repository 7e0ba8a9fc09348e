"""What is usual in a home: signs by quarter-hour of the local day, and its own longest silences.

DETECTION A.1 and A.3. Learned once a day from the day that ended, so that a decision uses only
what came before it. Arrays are bin-major: shape (96, homes).
"""

import math
from typing import Final

import numpy as np

from alerts.detect.columns import BINS, Bools, Counts, Floats, Ints, Reals, Rows, Singles

_HOURLY: Final = (
    0.21, 0.16, 0.16, 0.17, 0.15, 0.21, 0.30, 0.44, 0.64, 0.73, 0.68, 0.62,
    0.63, 0.63, 0.59, 0.56, 0.62, 0.68, 0.74, 0.67, 0.55, 0.52, 0.52, 0.39,
)  # fmt: skip
POPULATION: Final[Floats] = np.repeat(np.array(_HOURLY, np.float64), BINS // 24)
"""float64[96]: share of quarter-hours with a sign, over the 28 TIHM homes (Palermo 2023)."""

_KEPT: Final = 0.97
_PRIOR_DAYS: Final = 2.0
_LOW, _HIGH = 0.005, 0.80
MOST_RATE: Final = 1.61
"""No quarter-hour is expected to hold more events: ``rates`` stays below."""

_KERNEL: Final = (np.array([1, 2, 3, 2, 1]) / 9).astype(np.float32)
_MEAN, _MEAN_WEIGHT = 1.725, 5.0
_VARIANCE, _VARIANCE_WEIGHT = 0.459**2, 15.0


def learn_day(
    active_days: Singles, watched_days: Singles, has_sign: Bools, is_watched: Bools
) -> tuple[Singles, Singles]:
    """Return (active_days, watched_days), shape (96, homes), after one more day.

    ``has_sign`` and ``is_watched``, same shape, say of each quarter-hour of the day whether it
    held a sign and whether it could be seen with the person at home.
    """
    kept = np.float32(_KEPT)
    return active_days * kept + has_sign, watched_days * kept + (is_watched | has_sign)


def watch(watched: Counts, bin_: int, is_seen: Bools) -> None:
    """Note, in place, that homes are seen in this quarter-hour; ``watched`` uint8[12, homes]."""
    watched[bin_ >> 3] |= is_seen.view(np.uint8) << np.uint8(bin_ & 7)


def unwatch(watched: Counts, homes: Rows, first: Ints, *, stop: Ints) -> None:
    """Take back, in place, that homes were watched from quarter-hour ``first`` up to ``stop``."""
    quarter = np.arange(BINS)[:, None]
    is_kept = (quarter < first) | (quarter >= stop)
    watched[:, homes] &= np.packbits(is_kept, axis=0, bitorder="little")


def unpacked(watched: Counts) -> Bools:
    """Return which quarter-hours were watched, bool[96, homes]."""
    return np.unpackbits(watched, axis=0, bitorder="little").view(np.bool_)


def rates(active_days: Singles, watched_days: Singles) -> Singles:
    """Return the expected events of each quarter-hour, float32 of shape (96, homes)."""
    share = _smooth(active_days)
    share += (_PRIOR_DAYS * POPULATION[:, None]).astype(np.float32)
    share /= _smooth(watched_days) + np.float32(_PRIOR_DAYS)
    np.clip(share, np.float32(_LOW), np.float32(_HIGH), out=share)
    np.log1p(np.negative(share, out=share), out=share)
    return np.negative(share, out=share)


def _smooth(days: Singles) -> Singles:
    round_ = np.concatenate([days[-2:], days, days[:2]])
    total: Singles = round_[2:-2] * _KERNEL[2]
    for shift in (1, 2):
        total += (round_[2 - shift : -2 - shift] + round_[2 + shift : BINS + 2 + shift]) * _KERNEL[
            2 - shift
        ]
    return total


def learn_peak(
    count: Reals, total: Reals, squares: Reals, peak: Reals
) -> tuple[Reals, Reals, Reals]:
    """Return the running sums by home after a day whose longest silence at home scored ``peak``.

    A peak of 0 is a day without one; it teaches nothing.
    """
    is_day = peak > 0
    x = np.where(is_day, np.log(np.maximum(peak, 0.1)), 0.0)
    return count + is_day, total + x, squares + x * x


def usual_peak(count: float, total: float) -> float:
    """Return what one home's longest silence of a day usually scores, in expected events missed."""
    return math.exp((total + _MEAN_WEIGHT * _MEAN) / (count + _MEAN_WEIGHT))


def centre(count: Reals, total: Reals, squares: Reals) -> tuple[Floats, Floats]:
    """Return the mean and the standard deviation of each home's log peaks, shrunk to all homes'."""
    mean = (total + _MEAN_WEIGHT * _MEAN) / (count + _MEAN_WEIGHT)
    around = np.maximum(squares - 2 * mean * total + count * mean**2, 0)
    variance = (around + _VARIANCE_WEIGHT * _VARIANCE) / (count + _VARIANCE_WEIGHT)
    return mean, np.sqrt(variance)


def limits(count: Reals, total: Reals, squares: Reals, z: Floats) -> Floats:
    """Return each home's limit in expected events missed: mean + z sd of its log peaks."""
    mean, spread = centre(count, total, squares)
    limit: Floats = np.exp(mean + z * spread)
    return limit
