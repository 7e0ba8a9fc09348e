"""A dead sensor is not a quiet person: opportunities to see that a sensor missed (DETECTION F).

An opportunity is an hour in which at least two other devices of the home saw the person. How
often a device sees the person in such an hour is learned by quarter of the local day; hours in
which it did not add evidence, seeing takes it away. What it says besides does not count: a
sensor that is stuck at "clear" goes on to tell of its battery.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.columns import HOUR_US, NEVER, Bools, Floats, Ints, Singles, rows_where

BLOCKS: Final = 4
"""Quarters of the local day, six hours each."""

OTHERS: Final = 2
"""Devices that must have seen the person in an hour; one is enough where fewer than four can."""

_PRIOR_SAW, _PRIOR_CHANCES = 0.15, 3.0
_LEAST, _MOST = 0.001, 0.6
_KEPT_AN_HOUR: Final = 0.985 ** (1 / 6)
"""Each hour fades its own quarter of the day alone: 0.985 a day for all, a quarter of the work."""

_PEAK_KEPT: Final = 0.9975
_CALM: Final = 8.0
"""Evidence from which on nothing is learned: a dead sensor would teach that silence is usual."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How k devices usually see the person in the quarter of the day that is running.

    ``saw`` and ``chances`` float32[k] are decayed hours; ``missed`` float32[k] is the evidence
    since they last saw the person, ``peak`` its largest so far (decayed).
    """

    saw: Singles
    chances: Singles
    missed: Singles
    peak: Singles


def chance(saw: Floats, chances: Floats) -> Floats:
    """Return how likely a device sees the person in an opportunity, .001 to .6."""
    share = (saw + _PRIOR_SAW) / (chances + _PRIOR_CHANCES)
    result: Floats = np.clip(share, _LEAST, _MOST)
    return result


def pass_hour(habit: Habit, home: Ints, saw: Bools, sees: Bools, can: Bools) -> Habit:
    """Return what is known of k devices after one more hour.

    ``home`` int64[k] is not negative, and all devices of a home are among them. ``saw`` says that
    the device saw the person, ``sees`` that it ever did, ``can`` that it can be judged: heard
    before, its gateway not lost, and what it says believed.
    """
    size = int(home.max(initial=-1)) + 1
    seeing = np.bincount(home, saw, minlength=size)
    others = np.clip(np.bincount(home, sees, minlength=size) - 2, 1, OTHERS)
    is_chance = can & ((seeing - others)[home] >= saw)
    learns = is_chance & (habit.missed < _CALM)
    after_saw = habit.saw * np.float32(_KEPT_AN_HOUR) + (learns & saw)
    after_chances = habit.chances * np.float32(_KEPT_AN_HOUR) + learns
    ends = saw & (habit.missed > 0)
    peak = np.where(ends, np.maximum(habit.peak * _PEAK_KEPT, habit.missed), habit.peak)
    missed = np.where(saw, np.float32(0), habit.missed)
    quiet = rows_where(is_chance & ~saw)
    if len(quiet):
        q = chance(habit.saw[quiet].astype(np.float64), habit.chances[quiet].astype(np.float64))
        missed[quiet] = habit.missed[quiet] - np.log1p(-q)
    return Habit(after_saw, after_chances, missed, peak.astype(np.float32))


def is_dead(
    missed: Singles, peak: Singles, fired_us: Ints, least: Floats, hours: Floats, now_us: int
) -> Bools:
    """Return which devices missed too much, by device.

    That is more than ``least`` times that they were to see the person, more than twice their own
    largest so far, and nobody seen for at least these hours; ``fired_us`` is when they last did.
    """
    is_long = (fired_us != NEVER) & (now_us - fired_us >= hours * HOUR_US)
    dead: Bools = is_long & (missed > np.maximum(least, 2 * peak))
    return dead
