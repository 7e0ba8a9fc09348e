"""Ends what places keep no longer: once a day, a little at a time, while nothing waits.

What is under a legal hold stays. What went is logged and audited by place, in numbers.
"""

from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
import structlog
from sqlalchemy import Engine

from config import audit, holds
from config.audit import Entry
from config.places import Place
from config.sensor_table import SensorTable
from ingest.clock import Instant, microseconds
from ingest.sink import CannotDo, Store
from ingest.store.pieces import NO_HOME

_log = structlog.get_logger(__name__)

SYSTEM = "system"
NOBODYS = audit.INSTALLATION
"""Where readings of no home are counted."""


class Retention:
    """The retention of every place in a store; holds are read and what went is noted in SQL."""

    def __init__(
        self,
        store: Store,
        places: Mapping[str, Place],
        table: Callable[[], SensorTable],
        database: Engine,
    ) -> None:
        self._store, self._places, self._table = store, places, table
        self._database = database
        self._done_day: np.datetime64 | None = None
        self.gone: Counter[str] = Counter()
        """Readings that went today, by place."""

    def step(self, now: Instant) -> int:
        """Delete some of what is due, unless today's work is done; return how many readings."""
        today = now.astype("datetime64[D]")
        if self._done_day == today:
            return 0
        held, gone = self._held(), 0
        try:
            for key, (homes, before) in self._due(now, held).items():
                ended = self._store.expire(homes, before)
                self.gone[key] += ended
                gone += ended
        except CannotDo as told:
            _log.warning("retention_not_ours", why=str(told))
            gone = 0
        if not gone:
            self._finish(now, len(held))
            self._done_day = today
        return gone

    def would_go(self, now: Instant) -> dict[str, int]:
        """Return how many readings of each place are due, none deleted."""
        first = np.datetime64("0001-01-01", "us")
        return {
            key: sum(len(self._store.read(home, first, _day(before))) for home in homes)
            for key, (homes, before) in self._due(now, self._held()).items()
        }

    def _due(self, now: Instant, held: frozenset[int]) -> dict[str, tuple[list[int], Instant]]:
        """Return by place its homes that are not held, and from when on their readings stay.

        What belongs to no home stays as long as at the place that keeps readings longest.
        """
        found: dict[str, tuple[list[int], Instant]] = {}
        for number, home in self._table().homes.items():
            if home.place in self._places and number not in held:
                keep = np.timedelta64(self._places[home.place].retention_days, "D")
                found.setdefault(home.place, ([], now - keep))[0].append(number)
        longest = max((place.retention_days for place in self._places.values()), default=0)
        if longest and not held:  # a hold may be on whose home nobody knows
            found[NOBODYS] = [NO_HOME], now - np.timedelta64(longest, "D")
        return found

    def _held(self) -> frozenset[int]:
        with self._database.connect() as connection:
            return holds.held(connection)

    def _finish(self, now: Instant, held: int) -> None:
        """Say what went today; a place of which nothing went is not told of."""
        with self._database.begin() as connection:
            for key, readings in sorted(self.gone.items()):
                if readings:
                    _log.info("retention_done", place=key, readings=readings, held=held)
                    detail = {"readings": readings}
                    at_us = microseconds(now)
                    audit.append(
                        connection, Entry(key, at_us, SYSTEM, "retention", "place", detail)
                    )
        self.gone.clear()


def _day(before: Instant) -> Instant:
    """Return the midnight up to which whole days go."""
    day: Instant = before.astype("datetime64[D]").astype("datetime64[us]")
    return day
