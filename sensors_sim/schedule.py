"""When a device that reports by the clock reports: its own phase, its own jitter."""

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
