"""Activations of some homes in local time, and when anybody listened to them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SECOND_US: Final = 1_000_000
HOUR_US: Final = 3600 * SECOND_US
DAY_US: Final = 24 * HOUR_US
OUTAGE_US: Final = 3 * HOUR_US
"""When all homes are silent for longer than this, nobody was listening."""

OUTAGE_HOMES: Final = 5


@dataclass(frozen=True, slots=True)
class Lives:
    """n activations of some homes by home, then time: local microseconds since 1970.

    ``home`` int32[n] counts from 0, ``time_us`` int64[n], ``place`` int8[n] indexes ``PLACES``;
    ``homes`` is how many there are.
    """

    homes: int
    home: NDArray[np.int32]
    time_us: Ints
    place: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Outages:
    """k spans in which nobody listened, in order: int64[k] each, local microseconds."""

    start_us: Ints
    end_us: Ints

    def touch(self, start_us: Ints, end_us: Ints) -> Bools:
        """Return which spans overlap an outage."""
        ended = np.searchsorted(self.end_us, start_us, side="right")
        begun = np.searchsorted(self.start_us, end_us, side="left")
        touches: Bools = begun > ended
        return touches


@dataclass(frozen=True, slots=True)
class Watched:
    """Days and gaps of homes.

    ``counts`` int64[homes, days] are the activations a day from ``first_day`` on, ``is_whole``
    says which days were listened to from midnight to midnight. Of each gap between activations
    of one home that no outage touches: its length ``gap``, ``gap_home``, ``gap_start_us`` and
    the ``row`` of the activation that it follows.
    """

    first_day: int
    counts: Ints
    is_whole: Bools
    gap: Ints
    gap_home: NDArray[np.int32]
    gap_start_us: Ints
    row: NDArray[np.intp]


def outages(lives: Lives) -> Outages:
    """Return when all homes, at least ``OUTAGE_HOMES`` of them, were silent at once."""
    first, last = spans(lives)
    times = np.sort(lives.time_us)
    at = np.flatnonzero(np.diff(times) > OUTAGE_US)
    start, end = times[at], times[at + 1]
    listening = ((first[None, :] <= start[:, None]) & (last[None, :] >= end[:, None])).sum(axis=1)
    return Outages(start[listening >= OUTAGE_HOMES], end[listening >= OUTAGE_HOMES])


def has_whole_day(lives: Lives, silent: Outages) -> Bools:
    """Return which homes were watched over a whole day that has an event, bool[homes]."""
    days = watch(lives, silent)
    has: Bools = np.any(days.is_whole & (days.counts > 0), axis=1)
    return has


def quantiles(values: Floats, home: NDArray[np.int32], homes: int, shares: Floats) -> Floats:
    """Return quantiles by home, between neighbours linearly, float64[homes, shares].

    NaN for a home without a value.
    """
    order = np.lexsort((values, home))
    counts = np.bincount(home, minlength=homes)
    first = np.cumsum(counts) - counts
    at = (counts[:, None] - 1).clip(0) * shares[None, :]
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, (counts[:, None] - 1).clip(0))
    padded = np.append(values[order], np.nan)
    empty = counts[:, None] == 0
    below = padded[np.where(empty, len(values), first[:, None] + low)]
    above = padded[np.where(empty, len(values), first[:, None] + high)]
    found: Floats = below + (above - below) * (at - low)
    return found


def spans(lives: Lives) -> tuple[Ints, Ints]:
    """Return the first and the last activation of each home, which must have one."""
    edges = np.searchsorted(lives.home, np.arange(lives.homes + 1))
    return lives.time_us[edges[:-1]], lives.time_us[edges[1:] - 1]


def watch(lives: Lives, silent: Outages) -> Watched:
    """Return the days and gaps of these homes."""
    day = lives.time_us // DAY_US
    first_day, width = int(day.min()), int(day.max() - day.min()) + 1
    counts = np.bincount(lives.home * width + (day - first_day), minlength=lives.homes * width)
    days = first_day + np.arange(width)
    first, last = spans(lives)
    is_whole = (days[None, :] > first[:, None] // DAY_US) & (days < last[:, None] // DAY_US)
    is_whole = is_whole & ~silent.touch(days * DAY_US, (days + 1) * DAY_US)
    row = np.flatnonzero(np.diff(lives.home) == 0)
    start, end = lives.time_us[row], lives.time_us[row + 1]
    is_heard = ~silent.touch(start, end)
    row, start, end = row[is_heard], start[is_heard], end[is_heard]
    counts = counts.reshape(lives.homes, width)
    return Watched(
        first_day, counts, is_whole, np.maximum(end - start, 0), lives.home[row], start, row
    )
