"""Simulated or recorded readings as columns, before anybody has received them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_WIDEST: Final = 1 << 62
_MS_US: Final = 1000


@dataclass(frozen=True, slots=True)
class Readings:
    """n readings: ``sensor`` int32[n], ``time_us`` int64[n] since 1970 UTC, ``value`` float64[n].

    What ``sensor`` counts (a row of a roster, of a recording) is said by whoever made it.
    """

    sensor: NDArray[np.int32]
    time_us: NDArray[np.int64]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.sensor)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp] | slice) -> "Readings":
        """Return the rows picked by a mask, indices or a slice, in that order."""
        return Readings(self.sensor[rows], self.time_us[rows], self.value[rows])


def empty() -> Readings:
    """Return no readings."""
    return Readings(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0))


def concat(parts: Sequence[Readings]) -> Readings:
    """Return the readings of all parts, in order."""
    if not parts:
        return empty()
    return Readings(
        np.concatenate([part.sensor for part in parts]),
        np.concatenate([part.time_us for part in parts]),
        np.concatenate([part.value for part in parts]),
    )


def ordered(readings: Readings) -> Readings:
    """Return the readings by time, then sensor; equal ones keep the order they came in."""
    if not len(readings):
        return readings
    first_us, shift = int(readings.time_us.min()), len(readings).bit_length()
    since_us = readings.time_us - first_us
    moment, unit_us = since_us // _MS_US, _MS_US
    if (moment * _MS_US != since_us).any():
        moment, unit_us = since_us, 1
    if int(moment.max()) >= _WIDEST >> shift:
        return readings.take(np.lexsort((readings.sensor, readings.time_us)))
    # Time and row in one integer: numpy sorts those nine times as fast as it sorts by column.
    moment <<= shift
    moment |= np.arange(len(readings))
    moment.sort()
    order = moment & (1 << shift) - 1
    moment >>= shift
    _settle_ties(order, moment, readings.sensor)
    moment *= unit_us
    moment += first_us
    return Readings(readings.sensor[order], moment, readings.value[order])


def _settle_ties(
    order: NDArray[np.int64], moment: NDArray[np.int64], sensor: NDArray[np.int32]
) -> None:
    """Put rows of the same moment into the order of their sensors, in place."""
    is_next = moment[1:] == moment[:-1]
    is_tied = np.zeros(len(moment), np.bool_)
    is_tied[1:] = is_next
    is_tied[:-1] |= is_next
    tied = np.flatnonzero(is_tied)
    order[tied] = order[tied][np.lexsort((sensor[order[tied]], moment[tied]))]
