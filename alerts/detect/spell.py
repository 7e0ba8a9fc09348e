"""How long a bed is empty at night, and how long a bed or a chair is taken (DETECTION G).

A spell is the time between two changes of one pad. The longest of a day is learned as the
longest silence is (DETECTION A.3): log minutes, with the mean and spread of many homes where
little is known.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.columns import MINUTE_US, Bools, Counts, Floats, Ints, Rows, Singles
from alerts.detect.signs import group
from alerts.detect.usual import EIGHT_IN_TEN

FIRST_BIN: Final = 22 * 4
LAST_BIN: Final = 6 * 4
"""A night is from 22:00 to 06:00 local: an empty bed is judged then, and learned at its end."""

RISES_BIN: Final = 5 * 4
"""Who leaves the bed from 05:00 on has got up."""

_KEPT: Final = 0.97
_MEAN: Final = np.array([2.3, 6.15, 4.7])
_VARIANCE: Final = np.array([0.5, 0.04, 0.25])
"""Of the log minutes of the longest spell of a day: out of bed, in bed, in the chair."""

_MEAN_WEIGHT, _VARIANCE_WEIGHT = 5.0, 8.0


@dataclass(frozen=True, slots=True)
class Changes:
    """n changes of pads in time order: how long what they end had lasted, -1 where unknown.

    ``is_last`` marks the last change of each pad.
    """

    lasted_us: Ints
    began_us: Ints
    is_last: Bools


def find_changes(pad: Ints, time_us: Ints, before_us: Ints, never_us: int) -> Changes:
    """Return what n changes in time order end; ``before_us`` is the last change by pad."""
    order, start, is_last = group(pad)
    p, t = pad[order], time_us[order]
    before = np.empty_like(t)
    before[1:] = t[:-1]
    is_first = start == np.arange(len(p))
    before[is_first] = before_us[p[is_first]]
    lasted, began, last = np.empty_like(t), np.empty_like(t), np.empty(len(p), np.bool_)
    lasted[order] = np.where(before == never_us, -1, t - before)
    began[order], last[order] = before, is_last
    return Changes(lasted, began, last)


def leaves_at_night(bin_: Ints) -> Bools:
    """Return in which quarter-hours of the local day a bed that is left should be regained."""
    night: Bools = (bin_ >= FIRST_BIN) | (bin_ < RISES_BIN)
    return night


def is_night(bin_: Ints) -> Bools:
    """Return in which quarter-hours of the local day an empty bed is judged."""
    night: Bools = (bin_ >= FIRST_BIN) | (bin_ < LAST_BIN)
    return night


def forget_late(late: Counts, row: int, homes: Rows) -> None:
    """Forget, in place, that the spells of this kind in these homes came to be known late."""
    late[homes] &= np.uint8(~(1 << row) & 0xFF)


def keep_late(late: Counts, row: int, homes: Rows) -> None:
    """Note, in place, that the spells of this kind in these homes were too long when told."""
    late[homes] |= np.uint8(1 << row)


def is_late(late: Counts, row: int, home: int) -> bool:
    """Return whether the spell of this kind in this home was too long already when told."""
    return bool(late[home] >> row & 1)


def find_longest(peak: Singles, homes: Rows, lasted_us: Ints) -> tuple[Rows, Floats]:
    """Return (homes, minutes of their longest spell) after these have ended.

    ``peak`` is by home. A home may be told twice: the last holds, which is the longest.
    """
    order = np.argsort(lasted_us, kind="stable")
    rows = homes[order]
    return rows, np.maximum(peak[rows], lasted_us[order] / MINUTE_US)


@dataclass(frozen=True, slots=True)
class Longest:
    """Running sums, by home, of the log of each day's longest spell of one kind."""

    days: Floats
    total: Floats
    squares: Floats


def limits(longest: Longest, row: int, z: Floats) -> tuple[Floats, Floats]:
    """Return (minutes of the longest spell of a usual day, limit in minutes), by home."""
    n = longest.days
    mean = (longest.total + _MEAN_WEIGHT * _MEAN[row]) / (n + _MEAN_WEIGHT)
    around = np.maximum(longest.squares - 2 * mean * longest.total + n * mean**2, 0)
    variance = (around + _VARIANCE_WEIGHT * _VARIANCE[row]) / (n + _VARIANCE_WEIGHT)
    return np.exp(mean), np.exp(mean + z * np.sqrt(variance))


def band(longest: Longest, row: int) -> tuple[Floats, Floats]:
    """Return (low, high): between them the longest spell of eight days in ten, by home."""
    edge = np.full(len(longest.days), EIGHT_IN_TEN)
    return limits(longest, row, -edge)[1], limits(longest, row, edge)[1]


def end_day(longest: Longest, peak: Floats, most: Floats) -> Longest:
    """Return the sums after a day whose longest spell took ``peak`` minutes; 0 teaches nothing.

    No more than ``most`` is learned of a day: what was told once must not become usual at once.
    """
    is_day = peak > 0
    x = np.where(is_day, np.log(np.clip(peak, 1.0, most)), 0.0)
    kept = np.where(is_day, _KEPT, 1.0)
    return Longest(
        longest.days * kept + is_day, longest.total * kept + x, longest.squares * kept + x * x
    )
