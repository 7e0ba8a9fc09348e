"""Turns the times that payloads carry into microseconds since 1970 in UTC.

Only what cannot be a moment at all is refused here. Whether a clock is believable (1970,
2099) is judged in ``ingest/screen.py``, against the time of receipt.
"""

from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Final, NoReturn

from ingest.dialects.dialect import Undecodable
from ingest.message import Reason

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FIRST_US: Final = -62_135_596_800_000_000
_LAST_US: Final = 253_402_300_799_999_999
_ISO_CHARS: Final = 64


def _bad(detail: str) -> NoReturn:
    raise Undecodable(Reason.BAD_TIME, detail)


def _scaled(value: object, scale: int, unit: str) -> int:
    if type(value) is int:
        us = value * scale
    elif type(value) is float and isfinite(value):
        us = round(value * scale)
    else:
        _bad(f"expected a time as a number of {unit}")
    if not _FIRST_US <= us <= _LAST_US:
        _bad(f"expected a time in {unit} since 1970, within the years 1 to 9999")
    return us


def from_ms(value: object) -> int:
    """Return the moment this many milliseconds after 1970; Undecodable when it is none."""
    return _scaled(value, 1_000, "milliseconds")


def from_seconds(value: object) -> int:
    """Return the moment this many seconds after 1970; Undecodable when it is none."""
    return _scaled(value, 1_000_000, "seconds")


def from_iso(value: object) -> int:
    """Return the moment of an ISO 8601 text with its offset; Undecodable when it is none.

    Without an offset it is refused: a local time is two moments on the night the clocks go
    back, and none on the night they go forward. A leap second is refused, as it was by the
    clock that made it up. Digits beyond microseconds are dropped.
    """
    if not isinstance(value, str) or len(value) > _ISO_CHARS:
        _bad("expected a time as ISO 8601 text")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        _bad("expected a time as ISO 8601")
    if moment.tzinfo is None:
        _bad("expected a time with its offset from UTC")
    return (moment - _EPOCH) // _MICROSECOND
