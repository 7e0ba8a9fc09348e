"""Times between REST's ISO 8601 and our microseconds."""

from datetime import UTC, datetime, timedelta

from api.errors import Problem

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_US = 253_402_300_799 * 1_000_000


def to_datetime(us: int) -> datetime:
    """Return microseconds since 1970 as a UTC datetime; beyond the year 9999 its end."""
    return _EPOCH + timedelta(microseconds=min(max(us, 0), _LAST_US))


def to_datetime_or_none(us: int | None) -> datetime | None:
    """Return the same, None for None."""
    return None if us is None else to_datetime(us)


def from_datetime(moment: datetime, name: str) -> int:
    """Return microseconds since 1970; Problem 422 when the zone is missing."""
    if moment.tzinfo is None:
        raise Problem(
            422, f"{name} has no time zone; add one, such as 2026-03-03T04:00:00Z or +01:00."
        )
    return (moment - _EPOCH) // timedelta(microseconds=1)
