"""What is usual in each home, learned again from stored readings; nothing is raised on the way.

Only what was learned is taken over: clocks, and alerts that stand, stay those of the engine
that lived through these days. So it does no harm that stored days end before now.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from alerts.detect.columns import HOUR_US, SECOND_US, Floats, Rows, Singles, rows_where
from alerts.detect.state import State
from alerts.past_readings import Read
from alerts.watch import Memory, Watch
from config.places import Place
from config.sensor_table import SensorTable
from ingest.batch import empty

DAYS: Final = 28
_STRETCH_US: Final = 6 * HOUR_US

OF_HOMES: Final = (
    *("active_days", "watched_days", "rate", "peak_count", "peak_total", "peak_squares"),
    *("long_min", "visit_seen", "visit_nights", "visit_total", "visit_squares"),
    *("left_nights", "door_nights"),
    *("change_days", "change_total", "change_squares", "change_seen"),
    *("stay_days", "stay_total", "stay_squares", "spell_days", "spell_total", "spell_squares"),
    *("use_days", "use_hits", "use_total", "use_squares"),
    *("hour_gain", "hour_spread", "warm_hours"),
)
"""Columns of the state that say what is usual in a home, and nothing of the present."""

OF_SENSORS: Final = ("saw_hours", "busy_hours", "missed_peak")
"""Columns that say how often a device sees the person."""


def relearn(
    read: Read,
    table: SensorTable,
    places: Mapping[str, Place],
    *,
    start_us: int,
    stop_us: int,
    tick_s: int,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Memory:
    """Live through the stored readings of this time; what would be decided is forgotten.

    Nothing is known of the time before the first reading: it is passed over. Of a home that moved
    only what came after is learned. ``on_progress`` is told the share that is done.
    """
    tick_us = tick_s * SECOND_US
    watch, stretch_us = Watch(table, places), max(_STRETCH_US // tick_us, 1) * tick_us
    # On a grid of its own: what a first day teaches does not hang on the minute of the start.
    start_us, stop_us = start_us // stretch_us * stretch_us, stop_us // tick_us * tick_us
    watch.begin(start_us)
    has_begun = False
    for from_us in range(start_us, stop_us, stretch_us):
        until_us = min(from_us + stretch_us, stop_us)
        readings = read(from_us + 1, until_us + 1)
        if len(readings) and not has_begun:
            watch.begin(from_us)
            has_begun = True
        if has_begun:
            ticks_us = np.arange(from_us + tick_us, until_us + 1, tick_us, dtype=np.int64)
            watch.run(ticks_us, readings, empty(), is_caught_up=False)
        on_progress((until_us - start_us) / (stop_us - start_us))
    memory = watch.memory
    if memory is None:
        raise RuntimeError("relearn: the watch has not begun")
    return memory


def take_up(
    state: State, learned: State, *, but_homes: Sequence[int] = (), but_sensors: Sequence[int] = ()
) -> int:
    """Take what was learned of homes and devices, where it is more than is known; in place.

    These homes and sensors (numbers) are left as they are. Returns the number of homes.
    """
    homes = _more(state.peak_count, learned.peak_count)
    homes = homes[~np.isin(homes, but_homes)]
    for name in OF_HOMES:
        getattr(state, name)[..., homes] = getattr(learned, name)[..., homes]
    sensors = _more(state.busy_hours.sum(axis=0), learned.busy_hours.sum(axis=0))
    sensors = sensors[~np.isin(sensors, but_sensors)]
    for name in OF_SENSORS:
        getattr(state, name)[..., sensors] = getattr(learned, name)[..., sensors]
    return len(homes)


def _more(known: Floats | Singles, new: Floats | Singles) -> Rows:
    rows = min(len(known), len(new))
    return rows_where(new[:rows] > known[:rows])
