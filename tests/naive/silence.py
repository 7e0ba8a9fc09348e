"""Loop twin of ``alerts.detect.silence.expected``: minute by minute, by the wall clock."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local_bin(time_us: int, zone: str) -> int:
    local = (EPOCH + timedelta(microseconds=time_us)).astimezone(ZoneInfo(zone))
    return local.hour * 4 + local.minute // 15


def expected(rate: Sequence[float], start_min: int, stop_min: int, zone: str) -> float:
    """Minutes since 1970; ``rate`` is by quarter-hour of the local day."""
    minutes = range(start_min, stop_min)
    return sum(rate[local_bin(minute * 60_000_000, zone)] / 15 for minute in minutes)
