"""The activity of four weeks as a grid: one row a local day, 96 quarter hours across. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerts.detect.columns import HOUR_US
from alerts.detect.local_time import build_offsets, to_local
from alerts.detect.parameters import values
from alerts.detect.runs import is_believed
from alerts.detect.signs import SensorMemory, find_signs
from config.kinds import CADENCE_S, Kind
from ingest.batch import Batch
from ingest.clock import Instant, instant, microseconds

DAYS: Final = 28
BINS: Final = 96
LEVELS: Final = (1, 3, 6, 11)
"""Signs in a quarter of an hour from which each level of shade begins."""

CHATTER_H: Final = values(None)["chatter_hours"]
"""For how long a sensor may go on without a pause, where a place says nothing else."""

_BIN_MIN: Final = 1440 // BINS
_DAY_MIN: Final = 1440
_MINUTE_US: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class DayRow:
    """One local day: signs seen, first and last of them and the longest quiet, in minutes.

    ``first_min`` and ``last_min`` are minutes after local midnight. ``quiet_min`` is the longest
    time without a sign that ended on this day (or lasts until now), None when none is known.
    """

    day: date
    signs: int
    first_min: float | None
    last_min: float | None
    quiet_min: float | None


@dataclass(frozen=True, slots=True)
class Strip:
    """``level`` int8[28, 96], 0 to 4; ``is_unseen`` bool[28, 96]; rows, newest day first.

    ``is_unseen`` marks quarters in which no reading of any kind arrived for so long that the
    home could not be seen: that is not quiet. From ``next_bin`` on the top row lies ahead.
    """

    level: NDArray[np.int8]
    is_unseen: NDArray[np.bool_]
    rows: tuple[DayRow, ...]
    next_bin: int

    @property
    def today(self) -> date:
        """The day of the top row."""
        return self.rows[0].day

    def after(self, day: date | None) -> "Strip":
        """Return today and the whole days after this one: what is usual began then."""
        if day is None:
            return self
        n = max(1, sum(row.day > day for row in self.rows))
        return Strip(self.level[:n], self.is_unseen[:n], self.rows[:n], self.next_bin)


def window(now: Instant, zone: ZoneInfo) -> tuple[Instant, date]:
    """Return when the strip starts, and its newest local day."""
    today = _local(now, zone).date()
    first = today - timedelta(days=DAYS - 1)
    midnight = datetime(first.year, first.month, first.day, tzinfo=zone)
    return instant(int(midnight.timestamp()) * 1_000_000), today


def origin_min(today: date) -> float:
    """Return local minutes since 1970 at the beginning of the oldest day."""
    return float((today - date(1970, 1, 1)).days - DAYS + 1) * _DAY_MIN


def local_minutes(time: NDArray[np.datetime64], zone: ZoneInfo) -> NDArray[np.float64]:
    """Return minutes since 1970 on the zone's wall clock, float64[n]."""
    us = time.astype("datetime64[us]").astype(np.int64)
    if len(us) == 0:
        return np.zeros(0)
    offsets = build_offsets(zone.key, int(us.min()), int(us.max()))
    return to_local(offsets, us) / _MINUTE_US


def signs(batch: Batch, kind: NDArray[np.int8], chatter_h: float = CHATTER_H) -> NDArray[np.bool_]:
    """Return which readings of an ordered batch are signs of the person to the engine, bool[n].

    ``kind`` int8[n] is the kind's code of each reading. What a sensor says that goes on without a
    pause for ``chatter_h`` is nobody's: a page must not show it as life where the engine does not.
    """
    size = int(batch.sensor.max(initial=0)) + 1
    fresh = SensorMemory(np.full(size, np.nan), np.zeros(size, np.bool_))
    sensor = batch.sensor.astype(np.int64)
    found, _ = find_signs(sensor, batch.value, kind.astype(np.int64), fresh)
    rows = np.flatnonzero(found)
    time_us = batch.time.view(np.int64)[rows]
    found[rows] = is_believed(sensor[rows], time_us, chatter_h * HOUR_US)
    return found


def last_sign(
    batch: Batch, kinds: Mapping[int, Kind], chatter_h: float = CHATTER_H
) -> tuple[int, int] | None:
    """Return (us, sensor) of the newest sign in an ordered batch, None when it holds none."""
    codes = codes_of(batch, kinds)
    known = batch.take(codes[batch.sensor] >= 0)
    rows = np.flatnonzero(signs(known, codes[known.sensor], chatter_h))
    if len(rows) == 0:
        return None
    return microseconds(known.time[rows[-1]]), int(known.sensor[rows[-1]])


def codes_of(batch: Batch, kinds: Mapping[int, Kind]) -> NDArray[np.int8]:
    """Return the kind's code by sensor number, -1 for what is not known, int8[sensors]."""
    highest = max(int(batch.sensor.max(initial=0)), max(kinds, default=0))
    codes = np.full(highest + 1, -1, np.int8)
    for number, kind in kinds.items():
        codes[number] = kind.code
    return codes


def build(batch: Batch, kinds: Mapping[int, Kind], now: Instant, zone: ZoneInfo) -> Strip:
    """Return the strip of an ordered batch; ``kinds`` maps sensor number to kind.

    Readings of sensors that are not in ``kinds`` and those outside the window are left out.
    """
    start, today = window(now, zone)
    codes = codes_of(batch, kinds)
    kept = (codes[batch.sensor] >= 0) & (batch.time >= start) & (batch.time <= now)
    batch = batch.take(kept)
    seen = batch.time[signs(batch, codes[batch.sensor])]
    origin = origin_min(today)
    minutes = local_minutes(seen, zone) - origin
    count = _count(minutes)
    level = np.searchsorted(LEVELS, count, side="right").astype(np.int8)
    is_unseen = _unseen(batch.time, kinds, start, now, zone, origin)
    rows = _rows(minutes, seen, now, today)
    next_bin = int((_local(now, zone).hour * 60 + _local(now, zone).minute) // _BIN_MIN) + 1
    return Strip(level[::-1], is_unseen[::-1] & (level[::-1] == 0), rows, next_bin)


def _count(minutes: NDArray[np.float64]) -> NDArray[np.int64]:
    bins = np.clip(minutes // _BIN_MIN, 0, DAYS * BINS - 1).astype(np.int64)
    return np.bincount(bins, minlength=DAYS * BINS).reshape(DAYS, BINS)


def _unseen(
    time: NDArray[np.datetime64],
    kinds: Mapping[int, Kind],
    start: Instant,
    now: Instant,
    zone: ZoneInfo,
    origin: float,
) -> NDArray[np.bool_]:
    usual_s = min((CADENCE_S[kind.code] for kind in kinds.values()), default=np.inf)
    limit_us = 2 * int(min(usual_s, 86_400) * 1_000_000)
    edges = np.concatenate(
        [np.array([start], "datetime64[us]"), time, np.array([now], "datetime64[us]")]
    )
    gaps = np.flatnonzero(np.diff(edges).astype(np.int64) > limit_us)
    first = np.ceil((local_minutes(edges[gaps], zone) - origin) / _BIN_MIN).astype(np.int64)
    last = ((local_minutes(edges[gaps + 1], zone) - origin) // _BIN_MIN).astype(np.int64)
    flat = np.zeros(DAYS * BINS, np.bool_)
    for a, b in zip(first.tolist(), last.tolist(), strict=True):  # gaps are few
        flat[max(a, 0) : b] = True
    return flat.reshape(DAYS, BINS)


def _rows(
    minutes: NDArray[np.float64], seen: NDArray[np.datetime64], now: Instant, today: date
) -> tuple[DayRow, ...]:
    quiet = np.full(len(seen), np.nan)
    quiet[1:] = np.diff(seen).astype(np.int64) / _MINUTE_US
    edges = np.searchsorted(minutes, np.arange(DAYS + 1) * float(_DAY_MIN))
    rows = []
    for row in range(DAYS):
        part = slice(int(edges[row]), int(edges[row + 1]) if row < DAYS - 1 else len(seen))
        gaps = quiet[part]
        if row == DAYS - 1 and len(seen):
            gaps = np.append(gaps, (microseconds(now) - microseconds(seen[-1])) / _MINUTE_US)
        known = gaps[~np.isnan(gaps)]
        inside = minutes[part] - row * _DAY_MIN
        rows.append(
            DayRow(
                today - timedelta(days=DAYS - 1 - row),
                len(inside),
                float(inside[0]) if len(inside) else None,
                float(inside[-1]) if len(inside) else None,
                float(known.max()) if len(known) else None,
            )
        )
    return tuple(reversed(rows))


def _local(moment: Instant, zone: ZoneInfo) -> datetime:
    since_epoch = timedelta(microseconds=microseconds(moment))
    return (datetime(1970, 1, 1, tzinfo=UTC) + since_epoch).astimezone(zone)
