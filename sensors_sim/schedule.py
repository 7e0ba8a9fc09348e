"""When a device looks and reports by the clock: its own phase, its own jitter."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors_sim import chance

SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Beats:
    """n reports: ``device`` int64[n] is a row of the keys given, ``time_us`` int64[n].

    ``key`` uint64[n] names the chance of each report.
    """

    device: NDArray[np.int64]
    time_us: NDArray[np.int64]
    key: chance.Key


def beats(of: chance.Key, every_s: float, jitter_s: float, start_us: int, end_us: int) -> Beats:
    """Return the reports of these devices with start <= time < end, in whole milliseconds.

    One device reports once in each ``every_s``, up to ``jitter_s`` late; the same window or a
    part of it gives the same reports.
    """
    every_us = round(every_s * SECOND_US)
    jitter_us = jitter_s * SECOND_US
    count = np.arange(start_us // every_us - 2, end_us // every_us + 1)
    own = chance.split(of[:, None], count[None, :])
    late_us = chance.uniform(of, 1)[:, None] * every_us + chance.uniform(own) * jitter_us
    time_us = (count * every_us)[None, :] + (late_us / 1000).astype(np.int64) * 1000
    inside = (time_us >= start_us) & (time_us < end_us)
    device = np.broadcast_to(np.arange(len(of))[:, None], inside.shape)
    return Beats(device[inside], time_us[inside], own[inside])


@dataclass(frozen=True, slots=True)
class Looks:
    """Moments of n intervals: ``device`` int64[n] is a row of the keys given.

    ``time_us`` int64[looks, n]; ``key`` uint64[looks, n] names the chance of each look.
    """

    device: NDArray[np.int64]
    time_us: NDArray[np.int64]
    key: chance.Key


def looks(
    of: chance.Key, every_s: float, times: int, jitter_s: float, start_us: int, end_us: int
) -> Looks:
    """Return the looks of these devices, ``times`` in each ``every_s``, whole milliseconds.

    They are those of every interval that has one with start <= time < end, so some lie outside;
    a window or a part of it gives the same.
    """
    every_us = round(every_s * SECOND_US)
    count = np.arange(start_us // every_us - 2, end_us // every_us + 1)
    late_us = (chance.uniform(of, 1)[:, None] * (every_us / 1000)).astype(np.int64) * 1000
    first_us = (count * every_us)[None, :] + late_us
    touches = (first_us + every_us + round(jitter_s * SECOND_US) >= start_us) & (first_us < end_us)
    device = np.broadcast_to(np.arange(len(of))[:, None], touches.shape)[touches]
    number = np.broadcast_to(count[None, :], touches.shape)[touches] * times
    look = np.arange(times)[:, None]
    own = chance.split(of[device][None, :], number[None, :] + look)
    jitter_ms = (chance.uniform(own) * (jitter_s * 1000)).astype(np.int64)
    time_us = first_us[touches][None, :] + look * (every_us // times) + jitter_ms * 1000
    return Looks(device, time_us, own)
