"""Loop twins of ``alerts.detect.booked``."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from config.visits import Visit

_APART_US = 60_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def windows(
    visits: Sequence[Visit], zone: str, early_min: int, late_min: int, days: range
) -> dict[int, list[tuple[int, int]]]:
    """Return each home's windows (start, stop) in microseconds, of visits on these local days."""
    found: dict[int, list[tuple[int, int]]] = {}
    for visit in visits:
        for number in days:
            day = date(1970, 1, 1) + timedelta(days=number)
            if visit.weekdays >> day.weekday() & 1 and visit.first_day <= number <= visit.last_day:
                start = _moment(day, visit.from_min, zone) - early_min * 60_000_000
                stop = _moment(day, visit.to_min, zone) + late_min * 60_000_000
                found.setdefault(visit.home, []).append((start, stop))
    return {home: _joined(sorted(mine)) for home, mine in found.items()}


def _moment(day: date, minute: int, zone: str) -> int:
    local = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001
    return (local.replace(tzinfo=ZoneInfo(zone)) - _EPOCH) // timedelta(microseconds=1)


def _joined(mine: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, stop in mine:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        else:
            joined.append((start, stop))
    return joined


def visitors(
    rows: Sequence[tuple[int, int, int]], memory: dict[int, tuple[int, int, int]]
) -> list[tuple[bool, bool]]:
    """Return (is there, has come) after each sign.

    ``rows`` are (start of its window, time, which way out it opens or 0) of one home in time
    order; ``memory`` of home 0 is (window, last opening that told anything, by which door a
    visitor is there or 0), and moves on.
    """
    result = []
    for start, at, door in rows:
        window, opened, there = memory.get(0, (-1, 0, 0))
        if window != start:
            window, opened, there = start, -(1 << 60), 0
        if door and there in (0, door):
            if at - opened >= _APART_US:
                there = 0 if there else door
            opened = at
        if door:
            memory[0] = (start, opened, there)
        result.append((there > 0, opened != -(1 << 60)))
    return result
