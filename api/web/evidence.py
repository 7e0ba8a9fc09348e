"""Why an alert was raised, as a picture: what was, over what is usual at that time of day. Pure.

Everything lies on the wall clock of the place in half hours. The band holds eight of ten of the
earlier days; what nobody could see is unknown, never nought.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerts.alert import AlertKind
from api.web.strip import codes_of, local_minutes, signs
from config.homes import Sensor
from config.kinds import Kind
from ingest.batch import Batch
from ingest.clock import instant

DAYS: Final = 14
"""Earlier days that the band is made of."""

LEAD_H: Final = 6
LONGEST_H: Final = 48
BAND: Final = (10.0, 50.0, 90.0)
"""Percentiles of the earlier days: where the band begins, its middle and where it ends."""

_BIN_MIN: Final = 30
_DAY_BINS: Final = 1440 // _BIN_MIN
_STEP_BINS: Final = 6 * 60 // _BIN_MIN
_LEAST_DAYS: Final = 3

Floats = NDArray[np.float64]


class Measure(StrEnum):
    """What is drawn: signs in half an hour, degrees of a room, or messages in half an hour."""

    SIGNS = "signs"
    WARMEST = "warmest"
    COOLEST = "coolest"
    HEARD = "heard"


_COLD: Final = (AlertKind.COLD_HOME, AlertKind.VERY_COLD_HOME, AlertKind.HEATING_FAILED)
_HOT: Final = (AlertKind.HOT_HOME, AlertKind.VERY_HOT_HOME)
_UNHEARD: Final = (
    AlertKind.UNWATCHED_HOME,
    AlertKind.SENSOR_SILENT,
    AlertKind.GATEWAY_SILENT,
    AlertKind.OUTAGE,
)
_MEASURES: Final = {
    **dict.fromkeys(_COLD, Measure.WARMEST),
    **dict.fromkeys(_HOT, Measure.COOLEST),
    **dict.fromkeys(_UNHEARD, Measure.HEARD),
}


@dataclass(frozen=True, slots=True)
class Window:
    """What is shown and what decided, in local half hours since 1970; ends are not included.

    ``now`` is the half hour from which on nothing can be known yet.
    """

    start: int
    stop: int
    onset: int
    decided: int
    now: int

    @property
    def deciding(self) -> slice:
        """The half hours that decided, counted from ``start``."""
        first = max(self.onset - self.start, 0)
        return slice(first, max(min(self.decided, self.stop) - self.start, first + 1))


@dataclass(frozen=True, slots=True)
class Evidence:
    """``value``, ``low``, ``middle`` and ``high`` float64[n]: NaN is unknown; ``days`` known.

    ``total`` and ``usual`` (low, middle, high) are of the time that decided: a sum of what is
    counted, the mean of degrees; NaN where nothing is known.
    """

    measure: Measure
    window: Window
    value: Floats
    low: Floats
    middle: Floats
    high: Floats
    days: int
    total: float
    usual: tuple[float, float, float]

    @property
    def is_counted(self) -> bool:
        """Return whether it is counted, not measured in degrees."""
        return self.measure in (Measure.SIGNS, Measure.HEARD)


def measure_of(kind: AlertKind) -> Measure:
    """Return what is drawn for alerts of this kind."""
    return _MEASURES.get(kind, Measure.SIGNS)


def window(onset_us: int, decided_us: int, now_us: int, zone: ZoneInfo) -> Window:
    """Return what is shown: from six hours before it began to an hour after it was decided.

    At most two days, the newest; both ends are whole quarters of a day.
    """
    edges = np.array([instant(us) for us in (onset_us, decided_us, now_us)], "datetime64[us]")
    onset, decided, now = (int(m // _BIN_MIN) for m in local_minutes(edges, zone).tolist())
    stop = -(-(decided + 1 + 60 // _BIN_MIN) // _STEP_BINS) * _STEP_BINS
    first = max(min(onset, decided) - LEAD_H * 60 // _BIN_MIN, stop - LONGEST_H * 60 // _BIN_MIN)
    start = first // _STEP_BINS * _STEP_BINS
    start = max(start, stop - LONGEST_H * 60 // _BIN_MIN)
    return Window(start, stop, onset, decided + 1, now + 1)


def build(
    batch: Batch, sensors: Sequence[Sensor], measure: Measure, shown: Window, zone: ZoneInfo
) -> Evidence:
    """Return the evidence in an ordered batch that holds the window and ``DAYS`` days before."""
    codes = codes_of(batch, {sensor.number: sensor.kind for sensor in sensors})
    known = batch.take(codes[batch.sensor] >= 0)
    bins = (local_minutes(known.time, zone) // _BIN_MIN).astype(np.int64)
    first = shown.start - DAYS * _DAY_BINS
    inside = (bins >= first) & (bins < min(shown.stop, shown.now))
    known, bins = known.take(inside), bins[inside] - first
    length = shown.stop - first
    heard = np.bincount(bins, minlength=length)
    column = _column(known, bins, codes, measure, heard)
    column[min(shown.stop, shown.now) - first :] = np.nan
    span = shown.stop - shown.start
    earlier = np.stack(
        [column[length - span - k * _DAY_BINS : length - k * _DAY_BINS] for k in range(1, DAYS + 1)]
    )
    low, middle, high = _percentiles(earlier)
    part = shown.deciding
    totals = _totals(earlier[:, part], measure)
    seen = totals[~np.isnan(totals)]
    usual = tuple(np.percentile(seen, BAND).tolist()) if len(seen) >= _LEAST_DAYS else (np.nan,) * 3
    value = column[-span:]
    total = float(_totals(value[np.newaxis, part], measure)[0])
    return Evidence(
        measure, shown, value, low, middle, high, len(seen), total, (usual[0], usual[1], usual[2])
    )


def _column(
    known: Batch,
    bins: NDArray[np.int64],
    codes: NDArray[np.int8],
    measure: Measure,
    heard: NDArray[np.int64],
) -> Floats:
    if measure is Measure.HEARD:
        return heard.astype(np.float64)
    if measure is Measure.SIGNS:
        seen = bins[signs(known, codes[known.sensor])]
        count = np.bincount(seen, minlength=len(heard)).astype(np.float64)
        count[_is_unheard(heard)] = np.nan
        return count
    return _degrees(known, bins, codes, len(heard), is_warmest=measure is Measure.WARMEST)


def _is_unheard(heard: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return half hours in which, and in both beside which, nothing of any kind was received."""
    quiet = np.pad(heard == 0, 2, constant_values=False)
    near = [quiet[i : len(quiet) - 4 + i] for i in range(5)]
    is_unheard: NDArray[np.bool_] = near[2] & (
        (near[0] & near[1]) | (near[1] & near[3]) | (near[3] & near[4])
    )
    return is_unheard


def _degrees(
    known: Batch,
    bins: NDArray[np.int64],
    codes: NDArray[np.int8],
    length: int,
    *,
    is_warmest: bool,
) -> Floats:
    is_warm = codes[known.sensor] == Kind.TEMPERATURE.code
    found = np.full(length, np.nan)
    for sensor in np.unique(known.sensor[is_warm]).tolist():
        rows = is_warm & (known.sensor == sensor)
        count = np.bincount(bins[rows], minlength=length)
        total = np.bincount(bins[rows], weights=known.value[rows], minlength=length)
        own = np.divide(total, count, out=np.full(length, np.nan), where=count > 0)
        found = np.fmax(found, own) if is_warmest else np.fmin(found, own)
    return found


def _percentiles(earlier: Floats) -> tuple[Floats, Floats, Floats]:
    found = np.full((3, earlier.shape[1]), np.nan)
    is_known = (~np.isnan(earlier)).sum(axis=0) >= _LEAST_DAYS
    if is_known.any():
        found[:, is_known] = np.nanpercentile(earlier[:, is_known], BAND, axis=0)
    return found[0], found[1], found[2]


def _totals(rows: Floats, measure: Measure) -> Floats:
    is_known = ~np.isnan(rows).all(axis=1)
    totals = np.full(len(rows), np.nan)
    if measure in (Measure.SIGNS, Measure.HEARD):
        totals[is_known] = np.nansum(rows[is_known], axis=1)
        # A day on which part of the time could not be seen would look too quiet.
        totals[np.isnan(rows).sum(axis=1) * 4 > rows.shape[1]] = np.nan
        return totals
    totals[is_known] = np.nanmean(rows[is_known], axis=1)
    return totals
