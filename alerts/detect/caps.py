"""Long silences at home that keep coming at one time of day: proposals, and what was accepted.

DETECTION A.5. The engine proposes a longer cap and never takes it by itself: only an allowance,
accepted by a named person for a stated time, lifts the cap, and the floor is back when it ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.columns import DAY_US, HOUR_US, MINUTE_US, Bools, Ints, Rows, rows_where
from config.allowances import Allowance

LONG_US: Final = 11 * HOUR_US
"""A silence worth remembering: it came near the cap, or passed it."""

BAND_MIN: Final = 180
REMEMBERED_US: Final = 28 * DAY_US
NEEDED: Final = 3
"""How many in 28 days make a proposal."""

RING: Final = 8
_DAY_MIN: Final = 24 * 60

Minutes = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Allowances:
    """n allowances as columns: whose, for what, from and to which minute, how long, until when."""

    home: Rows
    is_out: Bools
    from_min: Ints
    to_min: Ints
    cap_us: Ints
    accepted_us: Ints
    until_us: Ints


def columns(allowances: Sequence[Allowance]) -> Allowances:
    """Return the allowances as columns."""
    return Allowances(
        np.array([a.home for a in allowances], np.intp),
        np.array([a.is_out for a in allowances], np.bool_),
        np.array([a.from_min for a in allowances], np.int64),
        np.array([a.to_min for a in allowances], np.int64),
        np.array([int(a.cap_h * HOUR_US) for a in allowances], np.int64),
        np.array([a.accepted_us for a in allowances], np.int64),
        np.array([a.until_us for a in allowances], np.int64),
    )


def remember(ring: Minutes, homes: Rows, onset_us: Ints) -> None:
    """Put long silences that ended, one a home at most, into the ring of their homes, in place.

    ``ring`` int32[8, homes] holds the minute since 1970 in which each began, newest first, 0
    where there is none.
    """
    ring[1:, homes] = ring[:-1, homes]
    ring[0, homes] = onset_us // MINUTE_US


def proposals(ring: Minutes, local_min: Ints, now_us: int) -> tuple[Rows, Ints, Ints]:
    """Return (homes, minute of the local day, how many) of what should be proposed now.

    A home is proposed for when enough of its long silences of the last 28 days began within three
    hours of one of them, around which the band is laid. ``local_min`` has the ring's shape.
    """
    age_us = now_us - ring.astype(np.int64) * MINUTE_US
    counted = (ring != 0) & (age_us < REMEMBERED_US)
    homes = rows_where(counted.sum(axis=0) >= NEEDED)
    counted, minute = counted[:, homes], local_min[:, homes] % _DAY_MIN
    apart = np.abs(minute[:, None] - minute[None])
    near = np.minimum(apart, _DAY_MIN - apart) <= BAND_MIN
    count = (near & counted[None]).sum(axis=1) * counted
    best = count.argmax(axis=0)
    column = np.arange(len(homes))
    enough = count[best, column] >= NEEDED
    best, column = best[enough], column[enough]
    return homes[enough], minute[best, column], count[best, column]


def lifted(
    cap_us: Ints, allowances: Allowances, began_min: Ints, now_us: int, *, is_out: bool
) -> Ints:
    """Return the cap by home with what is allowed now; an allowance never lowers one.

    ``began_min`` is, by allowance, the minute of the local day in which its home's silence began.
    """
    rows = (allowances.is_out == is_out) & (allowances.accepted_us <= now_us)
    rows &= now_us < allowances.until_us
    since = (began_min - allowances.from_min) % _DAY_MIN
    rows &= since < (allowances.to_min - allowances.from_min) % _DAY_MIN
    if not rows.any():
        return cap_us
    cap = cap_us.copy()
    np.maximum.at(cap, allowances.home[rows], allowances.cap_us[rows])
    return cap
