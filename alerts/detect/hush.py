"""A hush over a place: far fewer homes are heard than their own days let expect.

DETECTION A.6. It needs no heartbeats: where nothing else tells that a server or a network failed,
many homes that fall silent within the hour do.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from alerts.detect.columns import (
    HOUR_US,
    MINUTE_US,
    NEVER,
    QUARTER_US,
    Bools,
    Floats,
    Ints,
    Rows,
    Singles,
)
from alerts.detect.local_time import Offsets, bins, to_local

SLOT_US: Final = 10 * MINUTE_US
HEARD_US: Final = HOUR_US
_KEPT: Final = (1 << 42) - 1
_EARLIER: Final = _KEPT & ~((1 << 6) - 1)
_FEWEST: Final = 3
_OVER: Final = 0.5


def aged(recent: Ints) -> Ints:
    """Return ``recent`` one slot later; bit i says that the home was heard i slots ago."""
    older: Ints = (recent << 1) & _KEPT
    return older


def was_heard_earlier(recent: Ints) -> Bools:
    """Return which homes were heard from one to seven hours ago."""
    earlier: Bools = (recent & _EARLIER) != 0
    return earlier


def expected_in_hour(rate: Singles, zone: Ints, offsets: Sequence[Offsets], now_us: int) -> Singles:
    """Return float32[homes]: the events expected of each home in the hour before now.

    ``rate`` has the shape (96, homes), in events a quarter-hour; ``zone`` indexes ``offsets``.
    """
    total = np.zeros(rate.shape[1], np.float32)
    edge = now_us // QUARTER_US * QUARTER_US - QUARTER_US * np.arange(5)
    overlap = np.minimum(now_us, edge + QUARTER_US) - np.maximum(now_us - HEARD_US, edge)
    shares = (overlap / QUARTER_US).astype(np.float32)
    for code, table in enumerate(offsets):
        own = np.zeros(rate.shape[1], np.float32)
        for row, share in zip(bins(to_local(table, edge)), shares, strict=True):
            own += rate[row] * share
        total = own if len(offsets) == 1 else np.where(zone == code, own, total)
    return total


def heard_and_expected(
    is_heard: Bools, missed: Singles, is_counted: Bools, by_place: Rows, start: Rows
) -> tuple[Floats, Floats]:
    """Return, by place, how many counted homes were heard, and how many should have been.

    ``by_place`` lists homes place by place; those of place i are from ``start[i]`` up to the next.
    A home is heard within the hour with 1 - exp(-missed / 2): events come in bursts, so that half
    of those expected count.
    """
    chance = 1 - np.exp(missed * np.float32(-0.5))
    chance *= is_counted
    heard = (is_heard & is_counted).astype(np.float32)
    return _sums(heard, by_place, start), _sums(chance, by_place, start)


def may_begin(
    is_heard: Bools, is_counted: Bools, by_place: Rows, start: Rows, share: Floats
) -> Bools:
    """Return, by place, whether so few counted homes were heard that a hush might begin.

    No more homes can be expected than are counted.
    """
    heard = (is_heard & is_counted).astype(np.float32)
    most = _sums(is_counted.astype(np.float32), by_place, start)
    may: Bools = _sums(heard, by_place, start) < share * most
    return may


def _sums(value: Singles, by_place: Rows, start: Rows) -> Floats:
    # Runs of homes side by side add up far faster than bincount into a handful of places.
    has_homes = start[1:] > start[:-1]
    sums = np.zeros(len(has_homes))
    if has_homes.any():
        sums[has_homes] = np.add.reduceat(value[by_place], start[:-1][has_homes])
    return sums


def begins(heard: Floats, expected: Floats, share: Floats, least: Floats) -> Bools:
    """Return, by place, whether a hush begins: fewer heard than a share of at least so many."""
    is_hush: Bools = (heard < share * expected) & (expected >= least)
    return is_hush


def is_over(heard: Floats, expected: Floats) -> Bools:
    """Return, by place, whether a hush is over: half of the homes expected now are heard."""
    is_back: Bools = heard >= np.maximum(_FEWEST, _OVER * expected)
    return is_back


def last_heard(word_us: Ints, is_counted: Bools, place: Ints, size: int, now_us: int) -> Ints:
    """Return, by place, the last word of the homes that were not heard in the last hour."""
    last = np.full(size, NEVER, np.int64)
    rows = is_counted & (word_us <= now_us - HEARD_US)
    np.maximum.at(last, place[rows], word_us[rows])
    return last
