"""More bathroom visits at night than usual (DETECTION C).

A night is 23:00 to 06:00 local; visits are bursts of activity more than ten minutes apart. Each
night adds how much better it fits "usual + 2.5 visits" than "usual" (log likelihood ratio of
negative binomials, capped, Page's CUSUM), so that several nights tell what one cannot.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.columns import MINUTE_US, Bools, Counts, Floats, Ints
from alerts.detect.signs import group
from alerts.detect.usual import EIGHT_IN_TEN

FIRST_BIN: Final = 23 * 4
LAST_BIN: Final = 6 * 4
"""A night: quarter-hours from 23:00 on, and those before 06:00."""

BURST_US: Final = 10 * MINUTE_US
NIGHTS: Final = 7
"""Nights of which nothing is said: what is usual is not known yet."""

_KEPT: Final = 0.95
_MEAN, _MEAN_WEIGHT = 1.0, 8.0
_DISPERSION, _DISPERSION_WEIGHT = 0.02, 30.0
_LEAST_DISPERSION: Final = 0.005
_MORE: Final = 2.5
_MOST_A_NIGHT: Final = 2.0
_SCORE_KEPT: Final = 0.8
_WINSOR: Final = 6.0


@dataclass(frozen=True, slots=True)
class Usual:
    """What is known of a home's nights: decayed nights, sum and squares of visits, and a score."""

    nights: Floats
    total: Floats
    squares: Floats
    score: Floats


def is_night(bin_: Ints) -> Bools:
    """Return which quarter-hours of the local day belong to a night."""
    night: Bools = (bin_ >= FIRST_BIN) | (bin_ < LAST_BIN)
    return night


def find_visits(home: Ints, time_us: Ints, before_us: Ints) -> Bools:
    """Return which of n signs in a bathroom, in time order, begin a visit.

    ``before_us`` int64[homes] is the last sign in the home's bathrooms before these.
    """
    order, start, _ = group(home)
    h, t = home[order], time_us[order]
    previous = np.empty_like(t)
    previous[1:] = t[:-1]
    is_first = start == np.arange(len(h))
    previous[is_first] = before_us[h[is_first]]
    is_new = np.empty(len(h), np.bool_)
    is_new[order] = t - previous > BURST_US
    return is_new


def add_visits(visits: Counts, home: Ints) -> Counts:
    """Return uint8[homes]: the visits with one more for each row; 255 stays 255."""
    if not len(home):
        return visits
    more = np.bincount(home, minlength=len(visits))
    most: Counts = np.minimum(visits + more, 255).astype(np.uint8)
    return most


def mean(usual: Usual) -> Floats:
    """Return the visits that are usual in a night, drawn towards one where little is known."""
    result: Floats = (usual.total + _MEAN * _MEAN_WEIGHT) / (usual.nights + _MEAN_WEIGHT)
    return result


def dispersion(usual: Usual) -> Floats:
    """Return phi of a negative binomial: variance = m + phi m^2, drawn towards 0.02."""
    m, n = mean(usual), usual.nights
    spread = np.maximum(usual.squares - 2 * m * usual.total + n * m * m, 0)
    excess = np.maximum(spread / np.maximum(n, 1) - m, 0) / (m * m)
    phi = (n * excess + _DISPERSION * _DISPERSION_WEIGHT) / (n + _DISPERSION_WEIGHT)
    result: Floats = np.maximum(phi, _LEAST_DISPERSION)
    return result


def end_night(visits: Counts, usual: Usual) -> tuple[Usual, Floats]:
    """Return (what is usual, score by home) after a night; the score is before any reset.

    A score holds what earlier nights left of it, x 0.8 a night.
    """
    c, m, r = visits.astype(np.float64), mean(usual), 1 / dispersion(usual)
    more = m + _MORE
    ratio = c * np.log(more * (r + m) / (m * (r + more))) + r * np.log((r + m) / (r + more))
    score = np.maximum(usual.score * _SCORE_KEPT + np.minimum(ratio, _MOST_A_NIGHT), 0)
    kept = np.minimum(c, m + _WINSOR)
    after = Usual(
        usual.nights * _KEPT + 1,
        usual.total * _KEPT + kept,
        usual.squares * _KEPT + kept * kept,
        score,
    )
    return after, score


def band(usual: Usual) -> tuple[Floats, Floats]:
    """Return (low, high): the visits that about eight in ten usual nights have."""
    m = mean(usual)
    spread = EIGHT_IN_TEN * np.sqrt(m + dispersion(usual) * m * m)
    return np.maximum(np.floor(m - spread + 0.5), 0), np.floor(m + spread + 0.5)
