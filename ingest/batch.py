"""The columnar Batch: the one shape in which readings travel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

BYTES_PER_READING: Final = 4 + 8 + 8 + 8
"""Packed size: sensor, time, value, received."""


@dataclass(frozen=True, slots=True)
class Batch:
    """n readings as columns of equal length.

    ``sensor`` int32[n], the sensor's number; ``time`` datetime64[us][n], event time in UTC;
    ``value`` float64[n] in the kind's unit; ``received`` datetime64[us][n], receipt time.
    """

    sensor: NDArray[np.int32]
    time: NDArray[np.datetime64]
    value: NDArray[np.float64]
    received: NDArray[np.datetime64]

    def __len__(self) -> int:
        return len(self.sensor)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Batch":
        """Return the rows picked by a mask or by indices, in that order."""
        return Batch(self.sensor[rows], self.time[rows], self.value[rows], self.received[rows])

    def slice(self, start: int, stop: int) -> "Batch":
        """Return rows start..stop as views."""
        rows = slice(start, stop)
        return Batch(self.sensor[rows], self.time[rows], self.value[rows], self.received[rows])

    def pack(self) -> bytes:
        """Return the columns one after another, little-endian; ``unpack`` reverses it."""
        columns = (
            self.sensor.astype("<i4", copy=False),
            self.time.astype("<M8[us]", copy=False).view("<i8"),
            self.value.astype("<f8", copy=False),
            self.received.astype("<M8[us]", copy=False).view("<i8"),
        )
        return b"".join([np.ascontiguousarray(column).data for column in columns])


def empty() -> Batch:
    """Return a batch of no readings."""
    return build([], [], [], [])


def build(
    sensor: Sequence[int],
    time_us: Sequence[int],
    value: Sequence[float],
    received_us: Sequence[int],
) -> Batch:
    """Return a batch from plain sequences; times in microseconds since 1970 UTC."""
    return Batch(
        np.asarray(sensor, np.int32),
        np.asarray(time_us, np.int64).view("datetime64[us]"),
        np.asarray(value, np.float64),
        np.asarray(received_us, np.int64).view("datetime64[us]"),
    )


def concat(batches: Sequence[Batch]) -> Batch:
    """Return the readings of all batches, in order."""
    if not batches:
        return empty()
    return Batch(
        np.concatenate([b.sensor for b in batches]),
        np.concatenate([b.time for b in batches]),
        np.concatenate([b.value for b in batches]),
        np.concatenate([b.received for b in batches]),
    )


def unpack(packed: bytes, count: int) -> Batch:
    """Return the batch that ``pack`` wrote; ValueError when the length does not fit."""
    if len(packed) != count * BYTES_PER_READING:
        raise ValueError(
            f"batch: {len(packed)} bytes for {count} readings, expected {count * BYTES_PER_READING}"
        )
    a, b, c = 4 * count, 12 * count, 20 * count
    return Batch(
        np.frombuffer(packed[:a], "<i4"),
        np.frombuffer(packed[a:b], "<M8[us]"),
        np.frombuffer(packed[b:c], "<f8"),
        np.frombuffer(packed[c:], "<M8[us]"),
    )


def time_order(batch: Batch, *ties: NDArray[np.generic]) -> NDArray[np.intp]:
    """Return the rows by time and, where times are equal, by these columns, the last first.

    Readings come nearly in order, which a stable sort is quick with; only ties are sorted slowly.
    """
    time = batch.time.view(np.int64)
    rows = np.argsort(time, kind="stable")
    in_order = time[rows]
    is_tied = in_order[1:] == in_order[:-1]
    if is_tied.any():
        in_tie = np.zeros(len(rows), np.bool_)
        in_tie[1:] |= is_tied
        in_tie[:-1] |= is_tied
        tied = rows[in_tie]
        rows[in_tie] = tied[np.lexsort((*(column[tied] for column in ties), time[tied]))]
    return rows


def ordered(batch: Batch) -> Batch:
    """Return the batch by time, then sensor, then value, each (sensor, time, value) once.

    Of equal readings the one received first stays.
    """
    if len(batch) == 0:
        return batch
    return _each_once(batch.take(time_order(batch, batch.received, batch.value, batch.sensor)))


def merged(batches: Sequence[Batch]) -> Batch:
    """Return batches that are ordered by time as one; equal times keep the order of batches.

    A stable sort finds the runs that are there and merges them.
    """
    batch = concat(batches)
    return batch.take(np.argsort(batch.time.view(np.int64), kind="stable"))


def _each_once(batch: Batch) -> Batch:
    is_same_time = batch.time[1:] == batch.time[:-1]
    if not is_same_time.any():
        return batch
    is_first = np.ones(len(batch), np.bool_)
    # NaN differs from itself, and is one value all the same.
    is_nan = np.isnan(batch.value)
    is_first[1:] = (
        (batch.sensor[1:] != batch.sensor[:-1])
        | ~is_same_time
        | ((batch.value[1:] != batch.value[:-1]) & ~(is_nan[1:] & is_nan[:-1]))
    )
    return batch.take(is_first)
