"""Out at night: a door that leads out, and nothing inside after it (DETECTION D).

Whether the person was known to be in does not matter: nobody who comes home at three in the
morning is without a movement for a quarter of an hour.
"""

from typing import Final

import numpy as np

from alerts.detect.columns import NEVER, Bools, Floats, Ints, Rows, Singles, rows_where

FIRST_BIN: Final = 1 * 4
LAST_BIN: Final = 5 * 4
"""Doors are watched from 01:00 to 05:00 local."""

NIGHTS: Final = 3
"""Nights of which nothing is said."""

_KEPT: Final = 0.97
_PRIOR_LEFT, _PRIOR_NIGHTS = 0.05, 5.0


def find_left(
    home: Ints, time_us: Ints, is_door: Bools, bin_: Ints, left_us: Ints
) -> tuple[Rows, Ints]:
    """Return (homes, their new ``left_us``) where n signs in time order change it.

    ``left_us`` int64[homes] is the first use of a door that leads out, at night, since the last
    sign inside; NEVER where there is none. ``is_door`` marks such doors. A home may be told
    twice: the last holds.
    """
    row = np.arange(len(home))
    inside = rows_where(~is_door)
    last_inside = np.empty(len(left_us), np.int64)
    last_inside[home], last_inside[home[inside]] = -1, inside
    last = last_inside[home]
    is_night = (bin_ >= FIRST_BIN) & (bin_ < LAST_BIN)
    is_free = (last >= 0) | (left_us[home] == NEVER)
    first = rows_where(is_door & is_night & (row > last) & is_free)[::-1]
    left = np.concatenate([np.full(len(inside), NEVER), time_us[first]])
    return np.concatenate([home[inside], home[first]]), left


def share(left: Singles, nights: Singles) -> Floats:
    """Return the share of nights in which this home's door was used so, by home."""
    result: Floats = (left.astype(np.float64) + _PRIOR_LEFT) / (nights + _PRIOR_NIGHTS)
    return result


def end_night(
    left: Singles, nights: Singles, has_left: Bools, is_seen: Bools
) -> tuple[Singles, Singles]:
    """Return (left, nights) after one more night; one that was not seen teaches nothing."""
    return (
        np.where(is_seen, left * _KEPT + has_left, left).astype(np.float32),
        np.where(is_seen, nights * _KEPT + 1, nights).astype(np.float32),
    )
