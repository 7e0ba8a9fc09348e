"""Readings as VictoriaMetrics samples, and back: it knows milliseconds, floats and no rows.

A reading is three samples of one millisecond: v (value), d (receipt after the event, us) and k,
the microseconds below the millisecond and a check of value and delay. Where one millisecond of a
sensor holds several readings, or one that was sent twice, k says which v and d belong together.
"""

from collections import defaultdict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch

MS_US: Final = 1_000
_CHECKS: Final = 1 << 16
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)

Column = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Times in ms and values of one series."""


def check(value: NDArray[np.float64], delay: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return int64[n] below 65,536. The server keeps 12 digits of a value: fewer are looked at."""
    bits = (value.astype(np.float32) + np.float32(0)).view(np.uint32).astype(np.uint64)
    mixed = (bits * _ODD) ^ (delay.astype(np.int64).view(np.uint64) + np.uint64(1)) * _ODD
    mixed ^= mixed >> np.uint64(29)
    return ((mixed * _ODD) >> np.uint64(48)).astype(np.int64)


def keys(batch: Batch) -> NDArray[np.int64]:
    """Return int64[n]: sample k of each reading."""
    time = batch.time.view(np.int64)
    delay = batch.received.view(np.int64) - time
    return (time % MS_US) * _CHECKS + check(batch.value, delay)


def joined(sensor: int, v: Column, d: Column, k: Column) -> Batch:
    """Return the readings of one sensor; of samples that have lost their partners, none."""
    v, d, k = (_each_once(column) for column in (v, d, k))
    if (
        np.array_equal(v[0], d[0])
        and np.array_equal(v[0], k[0])
        and bool((np.diff(v[0]) > 0).all())
    ):
        return _batch(sensor, v[0], v[1], d[1], k[1])
    return _matched(sensor, v, d, k)


def _each_once(column: Column) -> Column:
    at, value = column
    rows = np.lexsort((value, at))
    at, value = at[rows], value[rows]
    is_first = np.ones(len(at), np.bool_)
    is_first[1:] = (at[1:] != at[:-1]) | (value[1:] != value[:-1])
    return at[is_first], value[is_first]


def _batch(
    sensor: int,
    at: NDArray[np.int64],
    value: NDArray[np.float64],
    delay: NDArray[np.float64],
    key: NDArray[np.float64],
) -> Batch:
    time = at * MS_US + key.astype(np.int64) // _CHECKS
    received = time + delay.astype(np.int64)
    return Batch(
        np.full(len(at), sensor, np.int32),
        time.view("datetime64[us]"),
        value,
        received.view("datetime64[us]"),
    )


def _matched(sensor: int, v: Column, d: Column, k: Column) -> Batch:
    """Join by check where a millisecond holds more than one; the others as they stand."""
    values, delays, keys_ = _by_time(v), _by_time(d), _by_time(k)
    rows = [
        (at, *reading)
        for at, of_moment in keys_.items()
        for reading in _moment(values[at], delays[at], of_moment)
    ]
    columns = np.array(rows, np.float64).reshape(-1, 4).T
    return _batch(sensor, columns[0].astype(np.int64), columns[1], columns[2], columns[3])


def _moment(
    values: list[float], delays: list[float], keys_: list[float]
) -> list[tuple[float, float, float]]:
    """Return (value, delay, key) of one millisecond.

    A value of more digits than the server keeps has no key that matches: those that are left
    over are taken in order, so that none is lost.
    """
    if len(values) == len(delays) == len(keys_) == 1:
        return [(values[0], delays[0], keys_[0])]
    pairs = np.array([(value, delay) for value in values for delay in delays])
    checks = check(pairs[:, 0], pairs[:, 1].astype(np.int64))
    found = [
        (float(value), float(delay), key)
        for key in keys_
        for value, delay in pairs[checks == key % _CHECKS]
    ]
    matched = [{reading[part] for reading in found} for part in range(3)]
    left = (
        [one for one in ones if one not in those]
        for ones, those in zip((values, delays, keys_), matched, strict=True)
    )
    return found + list(zip(*left, strict=False))


def _by_time(column: Column) -> dict[int, list[float]]:
    found: dict[int, list[float]] = defaultdict(list)
    for at, value in zip(column[0].tolist(), column[1].tolist(), strict=True):
        found[at].append(value)
    return found
