"""Loop twins of ``alerts.detect.caps``, for one home."""

from collections.abc import Sequence

from config.allowances import Allowance

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def near(one: int, other: int) -> bool:
    apart = abs(one - other) % 1440
    return min(apart, 1440 - apart) <= 180


def proposal(ring: Sequence[int], now_us: int) -> tuple[int, int] | None:
    """Return (minute of the day in UTC, how many) of the best band; the ring is newest first."""
    long = [m for m in ring if m != 0 and now_us - m * MINUTE < 28 * DAY]
    best: tuple[int, int] | None = None
    for minute in long:
        count = sum(near(minute % 1440, other % 1440) for other in long)
        if count >= 3 and (best is None or count > best[1]):
            best = (minute % 1440, count)
    return best


def lifted(
    cap_us: int, allowances: Sequence[Allowance], began_min: int, now_us: int, *, is_out: bool
) -> int:
    for one in allowances:
        inside = (
            one.from_min <= began_min < one.to_min
            if one.from_min <= one.to_min
            else began_min >= one.from_min or began_min < one.to_min
        )
        if one.is_out == is_out and inside and one.accepted_us <= now_us < one.until_us:
            cap_us = max(cap_us, int(one.cap_h * HOUR))
    return cap_us
