"""A dead sensor is not a quiet person: opportunities to speak that a sensor missed (DETECTION F).

An opportunity is an hour in which at least two other devices of the home saw the person. How
often a device speaks in such an hour is learned by quarter of the local day; hours without a
word add evidence, any word takes it away.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.columns import HOUR_US, NEVER, Bools, Floats, Ints, Rows, Singles

BLOCKS: Final = 4
"""Quarters of the local day, six hours each."""

OTHERS: Final = 2
"""Devices that must have seen the person in an hour; one is enough where fewer than four can."""

_PRIOR_SPOKE, _PRIOR_CHANCES = 0.15, 3.0
_LEAST, _MOST = 0.001, 0.6
_KEPT_AN_HOUR: Final = 0.985 ** (1 / 6)
"""Each hour fades its own quarter of the day alone: 0.985 a day for all, a quarter of the work."""

_PEAK_KEPT: Final = 0.9975
_CALM: Final = 8.0
"""Evidence from which on nothing is learned: a dead sensor would teach that silence is usual."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How k devices usually speak in the quarter of the day that is running.

    ``spoke`` and ``chances`` float32[k] are decayed hours; ``missed`` float32[k] is the evidence
    since the last word, ``peak`` its largest so far (decayed).
    """

    spoke: Singles
    chances: Singles
    missed: Singles
    peak: Singles


def chance(spoke: Floats, chances: Floats) -> Floats:
    """Return how likely a device speaks in an opportunity, .001 to .6."""
    share = (spoke + _PRIOR_SPOKE) / (chances + _PRIOR_CHANCES)
    result: Floats = np.clip(share, _LEAST, _MOST)
    return result


def pass_hour(
    habit: Habit, home: Ints, has_spoken: Bools, saw: Bools, sees: Bools, can: Bools
) -> Habit:
    """Return what is known of k devices after one more hour.

    ``home`` int64[k] is not negative, and all devices of a home are among them. ``has_spoken``
    says that anything was heard of the device, ``saw`` that it saw the person, ``sees`` that it
    ever did, ``can`` that it can be judged: heard before, its gateway not lost.
    """
    size = int(home.max(initial=-1)) + 1
    seeing = np.bincount(home, saw, minlength=size)
    others = np.clip(np.bincount(home, sees, minlength=size) - 2, 1, OTHERS)
    is_chance = can & ((seeing - others)[home] >= saw)
    learns = is_chance & (habit.missed < _CALM)
    after_spoke = habit.spoke * np.float32(_KEPT_AN_HOUR) + (learns & has_spoken)
    after_chances = habit.chances * np.float32(_KEPT_AN_HOUR) + learns
    ends = has_spoken & (habit.missed > 0)
    peak = np.where(ends, np.maximum(habit.peak * _PEAK_KEPT, habit.missed), habit.peak)
    missed = np.where(has_spoken, np.float32(0), habit.missed)
    quiet = np.flatnonzero(is_chance & ~has_spoken)
    if len(quiet):
        q = chance(habit.spoke[quiet].astype(np.float64), habit.chances[quiet].astype(np.float64))
        missed[quiet] = habit.missed[quiet] - np.log1p(-q)
    return Habit(after_spoke, after_chances, missed, peak.astype(np.float32))


def is_dead(
    missed: Singles, peak: Singles, heard_us: Ints, least: Floats, hours: Floats, now_us: int
) -> Bools:
    """Return which devices missed too much, by device.

    That is more than ``least`` words that were to be expected, more than twice their own largest
    so far, and nothing heard for at least these hours.
    """
    is_long = (heard_us != NEVER) & (now_us - heard_us >= hours * HOUR_US)
    dead: Bools = is_long & (missed > np.maximum(least, 2 * peak))
    return dead


def speaking(heard_us: Ints, devices: Rows, now_us: int) -> Bools:
    """Return which of these devices were heard in the hour that ends now."""
    spoke: Bools = heard_us[devices] > now_us - HOUR_US
    return spoke
