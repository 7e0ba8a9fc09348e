"""Clock marks: a replay tells every process what time it is, in order with its readings.

A mark says that everything sent before it happened by ``now_us``. Gateways cannot write this
topic: it lies outside their tree.
"""

from typing import Final

import msgspec

TOPIC: Final = "stillwell-clock/v1"
"""Where marks are published, QoS 1, not retained."""

_LATEST_US: Final = 253_402_300_800_000_000
"""The end of the year 9999, beyond which no calendar follows."""


class ClockMark(msgspec.Struct, frozen=True):
    """It is now ``now_us`` (microseconds since 1970 UTC); ``is_live`` hands over to the wall."""

    now_us: int
    is_live: bool = False


_DECODER = msgspec.json.Decoder(ClockMark)


def encode_mark(mark: ClockMark) -> bytes:
    """Return the payload of this mark."""
    return msgspec.json.encode(mark)


def decode_mark(payload: bytes) -> ClockMark | None:
    """Return the mark in this payload, or None when it is none."""
    try:
        mark = _DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return mark if 0 <= mark.now_us < _LATEST_US else None
