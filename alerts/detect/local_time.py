"""Local time of columns of moments, right on the days when the clocks change.

The only file that asks ``zoneinfo``: it makes a short table of offsets per zone, and everything
else adds from the table. Offsets in use are whole quarter-hours, so a quarter-hour of UTC is a
quarter-hour of local time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from alerts.detect.columns import BINS, DAY_US, HOUR_US, MINUTE_US, QUARTER_US, Ints

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MARGIN_US: Final = 60 * DAY_US


@dataclass(frozen=True, slots=True)
class Offsets:
    """Offset of one zone: from ``edge_us[i]`` on, local time is UTC plus ``offset_us[i]``.

    It is good for moments from ``start_us`` up to ``stop_us``.
    """

    zone: str
    start_us: int
    stop_us: int
    edge_us: Ints
    offset_us: Ints

    def covers(self, start_us: int, stop_us: int) -> bool:
        """Return whether the table is good for all of this time."""
        return self.start_us <= start_us and stop_us < self.stop_us


def offset_us(zone: ZoneInfo, moment_us: int) -> int:
    """Return what to add to this moment of UTC to get local time."""
    moment = (_EPOCH + timedelta(microseconds=moment_us)).astimezone(zone)
    return int((moment.utcoffset() or timedelta(0)) / timedelta(microseconds=1))


def build_offsets(zone: str, start_us: int, stop_us: int) -> Offsets:
    """Return the table of a zone for this time and 60 days around it."""
    info = ZoneInfo(zone)
    first = (start_us - _MARGIN_US) // HOUR_US * HOUR_US
    last = (stop_us + _MARGIN_US) // HOUR_US * HOUR_US
    edges, offsets = [first], [offset_us(info, first)]
    for day in range(first, last, DAY_US):
        if offset_us(info, day + DAY_US) == offsets[-1]:
            continue
        for hour in range(day, day + DAY_US + 1, HOUR_US):
            offset = offset_us(info, hour)
            if offset != offsets[-1]:
                edges.append(hour)
                offsets.append(offset)
    return Offsets(zone, first, last, np.array(edges, np.int64), np.array(offsets, np.int64))


def to_local(offsets: Offsets, time_us: Ints) -> Ints:
    """Return local time, counted in microseconds as if it were UTC; same shape."""
    rows = np.searchsorted(offsets.edge_us, time_us, side="right") - 1
    local: Ints = time_us + offsets.offset_us[rows]
    return local


def bins(local_us: Ints) -> Ints:
    """Return the quarter-hour of the local day, 0 to 95."""
    quarter: Ints = local_us // QUARTER_US % BINS
    return quarter


def minutes(offsets: Sequence[Offsets], zone: Ints, time_us: Ints) -> Ints:
    """Return the minute of the local day of each moment; ``zone``, same shape, indexes offsets."""
    result = np.zeros(time_us.shape, np.int64)
    for code, table in enumerate(offsets):
        mine = zone == code
        result[mine] = to_local(table, time_us[mine]) // MINUTE_US % (DAY_US // MINUTE_US)
    return result


def days(local_us: Ints) -> Ints:
    """Return the local day, counted from 1970."""
    day: Ints = local_us // DAY_US
    return day
