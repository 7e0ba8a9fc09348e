"""Heating that stopped: the home gets colder than its own day usually goes (DETECTION G).

Once an hour the gain of the warmest room is held against what is usual in that hour of the local
day. What falls short is summed (Page's CUSUM, in kelvin). Air alone cannot fall faster than an
open window lets it: such an hour, and one in which a door or window is known to stand open, are
explained and add nothing.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.columns import Bools, Floats

WINDOW_K: Final = 1.7
"""A fall in an hour that walls cannot explain: a window is open, or the thermometer was moved."""

MOST_K: Final = 8.0
HOURS: Final = 5 * 24
"""Hours (learned) of which nothing is said."""

_SLACK_K: Final = 0.12
_TRUSTED_K: Final = 1.0
_LEARNED: Final = 0.12
_SPREAD_LEARNED: Final = 0.02
_SPREAD: Final = 0.05
_SDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Course:
    """Float64[k]: the usual gain in this hour, its variance over all hours, what it fell short."""

    gain: Floats
    spread: Floats
    short_k: Floats


def pass_hour(
    course: Course, gained_k: Floats, is_aired: Bools, is_told: Bools
) -> tuple[Course, Bools]:
    """Return (the course, which hours taught) after an hour in which the home gained so much.

    NaN is an hour without a reading at its begin or end. While a fall is told nothing leaks away.
    """
    is_known = ~np.isnan(gained_k)
    gained = np.where(is_known, gained_k, 0.0)
    fell = course.gain - gained
    is_explained = is_known & (is_aired | (gained < -WINDOW_K))
    slack = np.where(is_told, 0.0, _SLACK_K)
    more = np.where(is_explained, np.minimum(fell, 0.0), fell) - slack
    short = np.where(is_known, np.clip(course.short_k + more, 0.0, MOST_K), course.short_k)
    learns = is_known & ~is_explained & (short < _TRUSTED_K) & ~is_told
    return (
        Course(
            np.where(learns, course.gain + _LEARNED * (gained - course.gain), course.gain),
            np.where(
                learns,
                course.spread + _SPREAD_LEARNED * (fell * fell - course.spread),
                course.spread,
            ),
            short,
        ),
        learns,
    )


def limit_k(spread: Floats, least_k: Floats) -> Floats:
    """Return how far a home may fall short of its course: more where its days vary much."""
    return np.maximum(least_k, _SDS * spread_k(spread))


def spread_k(spread: Floats) -> Floats:
    """Return the standard deviation of an hour's gain from its variance, at least 0.05 K."""
    result: Floats = np.sqrt(np.maximum(spread, _SPREAD**2))
    return result
