"""Packs the columns of a piece tightly: whole units, few bytes, turned so that they deflate.

Times become steps, and receipts delays after the event, in the coarsest of us, ms and s that
loses nothing; values become whole numbers of the coarsest decimal step that gives back the very
same floats. Numbers are cut to the fewest bytes, turned (the first bytes of all rows, then the
second bytes, ...), which deflating finds runs in.
"""

import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch

_HEAD: Final = struct.Struct("<qBB")
"""Of each column: its smallest number, the index of its unit, the bytes a number has."""

_UNITS: Final = (1, 1_000, 1_000_000)
"""Microseconds in a unit of time."""

_STEPS: Final = (1.0, 10.0, 100.0, 1000.0)
"""Parts of one in a unit of value."""

_BITS: Final = 255
"""Index of values that are kept as the bits of doubles."""

_SIZES: Final = (1, 1, 2, 4, 4, 8, 8, 8, 8)
"""Bytes of the number in memory, by those that are kept."""

_FIRST: Final = 16
_EXACT: Final = float(2**52)

_Whole = NDArray[np.int64]


def pack(batch: Batch) -> bytes:
    """Return the columns of at least one reading; ``unpack`` gives back every bit of them."""
    time = batch.time.view(np.int64)
    # Differences wrap around at 64 bits, and wrap back: no time is too far.
    delay = batch.received.view(np.int64) - time
    parts = (
        _narrow(batch.sensor.astype(np.int64), 0),
        _HEAD.pack(int(time[0]), 0, 0),
        _in_units(np.diff(time)),
        _values(batch.value),
        _in_units(delay),
    )
    return b"".join(parts)


def unpack(packed: bytes, n: int) -> Batch:
    """Return the batch that ``pack`` packed; ValueError when it is not one."""
    try:
        sensor, _, at = _numbers(packed, 0, n)
        first, _, at = _numbers(packed, at, 1)
        steps, unit, at = _numbers(packed, at, n - 1)
        whole, step, at = _numbers(packed, at, n)
        delay, delay_unit, at = _numbers(packed, at, n)
        time = np.empty(n, np.int64)
        time[:1] = first
        time[1:] = steps * _UNITS[unit]
        np.cumsum(time, out=time)
        received = delay * _UNITS[delay_unit] + time
        value = whole.view(np.float64) if step == _BITS else whole / _STEPS[step]
    except (struct.error, IndexError) as error:
        raise ValueError(f"piece: {len(packed)} bytes are not {n} readings ({error})") from error
    if at != len(packed):
        raise ValueError(f"piece: {len(packed)} bytes for {n} readings, expected {at}")
    return Batch(
        sensor.astype(np.int32), time.view("datetime64[us]"), value, received.view("datetime64[us]")
    )


def _narrow(numbers: _Whole, index: int) -> bytes:
    least = int(numbers.min()) if len(numbers) else 0
    above = (numbers - np.int64(least)).view(np.uint64)
    width = (int(above.max()).bit_length() + 7) // 8 if len(above) else 0
    size = _SIZES[width]
    turned = above.astype(f"<u{size}", copy=False).view(np.uint8).reshape(-1, size).T[:width]
    return _HEAD.pack(least, index, width) + turned.tobytes()


def _in_units(numbers: _Whole) -> bytes:
    for index in range(len(_UNITS) - 1, 0, -1):
        unit = _UNITS[index]
        # Most columns fail on their first rows; dividing all of them costs more than the rest.
        if not (numbers[:_FIRST] % unit).any():
            whole, left = np.divmod(numbers, unit)
            if not left.any():
                return _narrow(whole, index)
    return _narrow(numbers, 0)


def _values(value: NDArray[np.float64]) -> bytes:
    bits = value.view(np.int64)
    # No NaN, no infinity, and nothing that would overflow below.
    if bool((np.abs(value) < _EXACT / _STEPS[-1]).all()):
        for index, steps in enumerate(_STEPS):
            whole = np.rint(value * steps).astype(np.int64)
            # Compared bit by bit: -0.0 equals 0.0 and is another value.
            if bool(((whole / steps).view(np.int64) == bits).all()):
                return _narrow(whole, index)
    return _narrow(bits, _BITS)


def _numbers(packed: bytes, at: int, n: int) -> tuple[_Whole, int, int]:
    least, index, width = _HEAD.unpack_from(packed, at)
    at += _HEAD.size
    stop = at + n * width
    if width > 8 or stop > len(packed):
        raise ValueError(f"piece: {len(packed)} bytes for {n} readings, expected {stop}")
    turned = np.frombuffer(packed, np.uint8, n * width, at).reshape(width, n)
    if width == 1:
        return turned[0].astype(np.int64) + np.int64(least), index, stop
    size = _SIZES[width]
    numbers = np.zeros((n, size), np.uint8)
    for byte in range(width):
        numbers[:, byte] = turned[byte]
    whole = numbers.view(f"<u{size}")[:, 0].astype(np.uint64, copy=False).view(np.int64)
    return whole + np.int64(least), index, stop
