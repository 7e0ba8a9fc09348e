"""What a home does every day by some time: a dose, the first use of the kitchen (DETECTION G).

A day has two parts, 04:00 to 14:00 and 14:00 to midnight local. Of each part it is learned on
how many days the thing was used at all, and when first; mean and spread are those of the days
with a use, drawn towards 45 minutes of spread where little is known.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.columns import Bools, Floats, Ints, Rows, Shorts, rows_where

PARTS: Final = 2
STARTS_MIN: Final = (4 * 60, 14 * 60)
ENDS_MIN: Final = (14 * 60, 24 * 60)
"""The parts of a day, minutes after local midnight."""

DAYS: Final = 6.0
"""Days (faded) of which nothing is said: it is not known yet what is usual."""

LEAD_MIN: Final = 5
"""What is not used is told so long before its part ends at the latest."""

_KEPT: Final = 0.97
_SPREAD_MIN, _SPREAD_DAYS = 45.0, 10.0
_PRIOR_DAYS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Usual:
    """Float64[k]: faded days, those with a use, and of these the sum of first minutes, squared."""

    days: Floats
    hits: Floats
    total: Floats
    squares: Floats


def part_of(bin_: Ints) -> Ints:
    """Return the part of the day of each quarter-hour; -1 before 04:00."""
    minute = bin_ * 15
    return np.where(minute >= STARTS_MIN[1], 1, np.where(minute >= STARTS_MIN[0], 0, -1))


def find_first(first_min: Shorts, home: Ints, minute: Ints) -> tuple[Rows, Ints]:
    """Return (homes, minutes) to keep after n uses in time order, where -1 is none yet.

    A home may be told twice: the last holds, which is the first use.
    """
    fresh = rows_where(first_min[home] < 0)[::-1]
    return home[fresh], minute[fresh]


def share(usual: Usual) -> Floats:
    """Return on which share of days it was used in this part, drawn towards none."""
    result: Floats = usual.hits / (usual.days + _PRIOR_DAYS)
    return result


def mean_min(usual: Usual) -> Floats:
    """Return the minute at which it is usually used first; 0 where it never was."""
    result: Floats = usual.total / np.maximum(usual.hits, 1e-9)
    return result


def spread_min(usual: Usual) -> Floats:
    """Return the standard deviation of that minute, drawn towards 45 where little is known."""
    around = np.maximum(usual.squares - usual.hits * mean_min(usual) ** 2, 0)
    variance = (around + _SPREAD_DAYS * _SPREAD_MIN**2) / (usual.hits + _SPREAD_DAYS)
    spread: Floats = np.sqrt(variance)
    return spread


def due_min(usual: Usual, part: int, z: Floats, least_min: Floats) -> Floats:
    """Return the minute by which it should have been used, at least so long after the usual."""
    due = mean_min(usual) + np.maximum(z * spread_min(usual), least_min)
    return np.clip(due, STARTS_MIN[part], ENDS_MIN[part] - LEAD_MIN)


def chance(usual: Usual) -> Floats:
    """Return on which share of days it was not used in this part."""
    result: Floats = 1 - share(usual)
    return result


def is_missing(usual: Usual, first_min: Shorts, now_min: Ints, due: Floats) -> Bools:
    """Return where what is usual is known, it is due, and not used yet."""
    known: Bools = usual.days >= DAYS
    return known & (first_min < 0) & (now_min >= due)


def end_part(usual: Usual, first_min: Shorts, is_seen: Bools) -> Usual:
    """Return what is usual after one more day's part; one that was not seen teaches nothing."""
    kept = np.where(is_seen, _KEPT, 1.0)
    hit = is_seen & (first_min >= 0)
    minute = np.where(hit, first_min, 0).astype(np.float64)
    return Usual(
        usual.days * kept + is_seen,
        usual.hits * kept + hit,
        usual.total * kept + minute,
        usual.squares * kept + minute**2,
    )
