"""Simulated or recorded readings as columns, before anybody has received them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_WIDEST: Final = 1 << 62


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
    time_us, width = readings.time_us, int(readings.sensor.max()) + 1
    first_us = int(time_us.min())
    if (int(time_us.max()) - first_us + 1) * width >= _WIDEST or int(readings.sensor.min()) < 0:
        return readings.take(np.lexsort((readings.sensor, time_us)))
    # One number names time and sensor; without equal ones any sort is stable, and 4 times faster.
    name = (time_us - first_us) * width + readings.sensor
    order = np.argsort(name)
    sorted_names = name[order]
    if (sorted_names[1:] == sorted_names[:-1]).any():
        order = np.argsort(name, kind="stable")
    return readings.take(order)
