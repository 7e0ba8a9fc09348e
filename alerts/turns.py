"""When a home's local day or night is over, and whose turn it is in the hour."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from alerts.detect.columns import DAY_US, HOUR_US, Ints, Rows, rows_where
from alerts.detect.groups import TURNS
from alerts.detect.local_time import to_local
from alerts.scene import Scene

_BLOCK: Final = 1024
TURN_US: Final = HOUR_US // TURNS


def homes_that_pass(scene: Scene, of_day_us: int) -> Rows:
    """Return the homes whose local clock passes this time of the day in this tick, by number.

    It must not lie in an hour that a clock change repeats or leaves out.
    """
    ends = _local(scene, scene.now_us) - of_day_us
    begins = _local(scene, scene.before_us) - of_day_us
    passes = ends // DAY_US > begins // DAY_US
    if not passes.any():
        return np.empty(0, np.intp)
    return rows_where(passes[scene.roster.home_zone])


def blocks(homes: Rows, size: int) -> Iterator[Rows | slice]:
    """Yield these of ``size`` homes some at a time: so many whole days stay in the cache.

    All homes are handed out as slices, which numpy reads without a copy.
    """
    is_every = len(homes) == size
    for first in range(0, len(homes), _BLOCK):
        stop = min(first + _BLOCK, len(homes))
        yield slice(first, stop) if is_every else homes[first:stop]


def is_any_between(scene: Scene, first_bin: int, last_bin: int) -> bool:
    """Return whether it is between these quarter-hours of the local day in any zone."""
    return any(first_bin <= bin_ < last_bin for bin_ in scene.now_bins)


def turns(scene: Scene) -> list[int]:
    """Return the turns of the hour that this tick ends: what happens once an hour takes twelve.

    Homes of neighbouring numbers, ``groups.HOMES_A_TURN``, share one.
    """
    first, last = scene.before_us // TURN_US + 1, scene.now_us // TURN_US
    return [turn % TURNS for turn in range(max(first, last - TURNS + 1), last + 1)]


def _local(scene: Scene, moment_us: int) -> Ints:
    moment = np.array([moment_us])
    return np.array([int(to_local(zone, moment)[0]) for zone in scene.offsets], np.int64)
