"""Slow change of a home's days: a daily figure against what it usually is (DETECTION E).

One recursion for every figure: standardised by the home's own mean and spread, drawn towards
those of many homes, clipped, and summed while it stays above (Page's CUSUM). Days are learned
from only while nothing is suspected, or the change itself would become the usual.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.columns import BINS, Bools, Floats, Singles

SHIFT_BINS: Final = 6
"""A day is compared with the usual day moved by an hour and a half."""

LEAST_BINS: Final = 8
"""Quarter-hours with a sign that a day needs to be compared at all: the person was in."""

_CLIP: Final = 3.0
_WINSOR: Final = 2.5
_SPREAD_WEIGHT: Final = 10.0


@dataclass(frozen=True, slots=True)
class Figure:
    """How one figure is judged.

    ``mean`` with ``mean_weight`` days and ``spread`` with ten days are those of many homes;
    ``skipped`` days teach nothing, of the first ``first`` valid days nothing is said; ``kept``
    is what a day keeps of the past, ``learned`` after how many days learning ends; it pauses
    while the sum is not below ``calm``; ``slack`` is what the sum loses a day.
    """

    mean: float
    mean_weight: float
    spread: float
    skipped: int
    first: int
    kept: float
    learned: float
    calm: float
    slack: float


SHIFT: Final = Figure(-6.5, 5.0, 4.91, 3, 7, 0.97, np.inf, 1.0, 1.0)
FEWER: Final = Figure(0.0, 0.0, 0.177, 0, 14, 1.0, 21.0, np.inf, 1.0)


@dataclass(frozen=True, slots=True)
class Usual:
    """What is known of a figure, by home: days (decayed), sum, squares, the score, valid days."""

    days: Floats
    total: Floats
    squares: Floats
    score: Floats
    seen: Floats


def mean(usual: Usual, figure: Figure) -> Floats:
    """Return the usual value by home, NaN where nothing is known."""
    weight = usual.days + figure.mean_weight
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Floats = (usual.total + figure.mean * figure.mean_weight) / weight
    return result


def spread(usual: Usual, figure: Figure) -> Floats:
    """Return the usual spread (a standard deviation) by home."""
    m = np.nan_to_num(mean(usual, figure))
    around = np.maximum(usual.squares - 2 * m * usual.total + usual.days * m * m, 0)
    total = around + _SPREAD_WEIGHT * figure.spread**2
    result: Floats = np.sqrt(total / (usual.days + _SPREAD_WEIGHT))
    return result


def end_day(value: Floats, is_valid: Bools, usual: Usual, figure: Figure) -> Usual:
    """Return what is known after one more day; a day that is not valid changes nothing.

    The score is before any reset. ``value`` is by home; larger is further from usual.
    """
    seen = usual.seen + is_valid
    m, sd = np.nan_to_num(mean(usual, figure)), spread(usual, figure)
    step = np.clip((value - m) / sd, -_CLIP, _CLIP) - figure.slack
    is_judged = is_valid & (seen > figure.first)
    score = np.where(is_judged, np.maximum(usual.score + step, 0), usual.score)
    learns = is_valid & (seen > figure.skipped) & (score < figure.calm)
    learns &= usual.days < figure.learned
    known = usual.days >= 3  # before three days there is no spread to cut at
    kept = np.where(known, np.clip(value, m - _WINSOR * sd, m + _WINSOR * sd), value)
    return Usual(
        np.where(learns, usual.days * figure.kept + 1, usual.days),
        np.where(learns, usual.total * figure.kept + kept, usual.total),
        np.where(learns, usual.squares * figure.kept + kept * kept, usual.squares),
        score,
        seen,
    )


def shift_gain(has_sign: Bools, rate: Singles) -> Floats:
    """Return float64[2, homes]: how much better a day fits the usual day later, and earlier.

    ``has_sign`` and ``rate`` have the shape (96, homes). Log likelihood of the day's quarter-hours
    under the usual day moved on (back) by an hour and a half, less that under the usual day. Over
    a whole day the rates cancel, so only quarter-hours with a sign count.
    """
    odds = np.log(np.expm1(rate.astype(np.float64)))
    gain = np.empty((2, rate.shape[1]))
    for row, shift in enumerate((SHIFT_BINS, -SHIFT_BINS)):
        moved = np.roll(odds, shift, axis=0)
        moved -= odds
        moved *= has_sign
        gain[row] = moved.sum(axis=0)
    return gain


def count_bins(has_sign: Bools) -> Floats:
    """Return, by home, how many quarter-hours of the day held a sign (of 96)."""
    count: Floats = has_sign.reshape(BINS, -1).sum(axis=0).astype(np.float64)
    return count
