"""For how long homes could not be seen: each time with its begin and end, and their sum.

Written by ``record.set_unwatched`` in the transaction that changes the list of unwatched homes.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, or_, select, update

from alerts import tables
from alerts.alert import Unwatched
from config import tables as registry
from config.homes import HomeState

_s = tables.unwatched_times.c
_HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Offline:
    """Homes that could not be seen for a time, for how long together, and of how much.

    ``offline_us`` and ``whole_us`` are microseconds of homes: two homes for an hour are two hours.
    """

    homes: int = 0
    offline_us: int = 0
    whole_us: int = 0

    @property
    def hours(self) -> float:
        """Hours of homes that could not be seen."""
        return self.offline_us / _HOUR_US

    @property
    def whole_hours(self) -> float:
        """Hours of homes that there were."""
        return self.whole_us / _HOUR_US


def note(
    connection: Connection,
    old: Mapping[str, Unwatched],
    new: Mapping[str, Unwatched],
    changed: Collection[str],
    now_us: int,
) -> None:
    """Write which of the changed homes (ids) can be seen again, and which cannot any more."""
    ended = [home for home in changed if home in old and not _is_same(old[home], new.get(home))]
    if ended:
        connection.execute(
            update(tables.unwatched_times)
            .where(_s.home.in_(ended), _s.until_us.is_(None))
            .values(until_us=now_us)
        )
    begun = [
        {"home": one.home, "place": one.place, "since_us": one.since_us, "until_us": None}
        for home, one in new.items()
        if home in changed and not _is_same(one, old.get(home))
    ]
    if begun:
        connection.execute(insert(tables.unwatched_times), begun)


@dataclass(frozen=True, slots=True)
class Time:
    """A time in which a home (id) could not be seen; ``until_us`` is None while it cannot."""

    home: str
    since_us: int
    until_us: int | None


def times_of(
    connection: Connection, homes: Sequence[str], start_us: int, stop_us: int
) -> list[Time]:
    """Return the times of these homes that reach into start..stop, in the order of their begin."""
    reaches = (_s.since_us <= stop_us) & (_s.until_us.is_(None) | (_s.until_us >= start_us))
    query = select(_s.home, _s.since_us, _s.until_us).where(_s.home.in_(homes), reaches)
    return [Time(*row) for row in connection.execute(query.order_by(_s.since_us, _s.home))]


def measure(connection: Connection, place: str, start_us: int, stop_us: int) -> Offline:
    """Return what of this time the homes of a place, as they are now, could not be seen.

    A home counts from when it was enrolled. Paused and ended homes are left out.
    """
    h = registry.homes.c
    query = select(h.id, h.enrolled_us).where(
        h.place == place, h.state == HomeState.ACTIVE.value, h.enrolled_us < stop_us
    )
    since = {row.id: max(row.enrolled_us, start_us) for row in connection.execute(query)}
    spans: dict[str, list[tuple[int, int]]] = {}
    rows = connection.execute(
        select(_s.home, _s.since_us, _s.until_us)
        .where(
            _s.place == place,
            _s.since_us < stop_us,
            or_(_s.until_us.is_(None), _s.until_us > start_us),
        )
        .order_by(_s.home, _s.since_us)
    )
    for row in rows:
        if row.home in since:
            until_us = stop_us if row.until_us is None else min(row.until_us, stop_us)
            spans.setdefault(row.home, []).append((max(row.since_us, since[row.home]), until_us))
    lengths = [length for own in spans.values() if (length := covered(own)) > 0]
    return Offline(len(lengths), sum(lengths), sum(stop_us - us for us in since.values()))


def covered(spans: Iterable[tuple[int, int]]) -> int:
    """Return the length of the union of these spans, which are in the order of their begins."""
    total, reached = 0, None
    for begin, end in spans:
        first = begin if reached is None else max(begin, reached)
        if end > first:
            total += end - first
            reached = end
    return total


def _is_same(one: Unwatched, other: Unwatched | None) -> bool:
    """Whether both tell of the same time: the reason may have become another."""
    return other is not None and (one.place, one.since_us) == (other.place, other.since_us)
