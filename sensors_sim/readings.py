"""Simulated or recorded readings as columns, before anybody has received them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
    return readings.take(np.lexsort((readings.sensor, readings.time_us)))
