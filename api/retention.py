"""Ends what places keep no longer: once a day, a little at a time, while nothing waits."""

from collections.abc import Callable, Mapping

import numpy as np
import structlog

from config.places import Place
from config.sensor_table import SensorTable
from ingest.clock import Instant
from ingest.sink import CannotDo, Store
from ingest.store.pieces import NO_HOME

_log = structlog.get_logger(__name__)


class Retention:
    """The retention of every place in a store."""

    def __init__(
        self, store: Store, places: Mapping[str, Place], table: Callable[[], SensorTable]
    ) -> None:
        self._store, self._places, self._table = store, places, table
        self._done_day: np.datetime64 | None = None

    def step(self, now: Instant) -> int:
        """Delete some of what is due, unless today's work is done; return how many readings."""
        today = now.astype("datetime64[D]")
        if self._done_day == today:
            return 0
        try:
            gone = sum(self._end(key, now) for key in self._places) + self._end_homeless(now)
        except CannotDo as told:
            _log.warning("retention_not_ours", why=str(told))
            gone = 0
        if not gone:
            self._done_day = today
        return gone

    def _end(self, key: str, now: Instant) -> int:
        homes = [number for number, home in self._table().homes.items() if home.place == key]
        keep = np.timedelta64(self._places[key].retention_days, "D")
        return self._store.expire(homes, now - keep) if homes else 0

    def _end_homeless(self, now: Instant) -> int:
        """Delete what belongs to no home as late as the place that keeps readings longest."""
        longest = max((place.retention_days for place in self._places.values()), default=0)
        return self._store.expire([NO_HOME], now - np.timedelta64(longest, "D")) if longest else 0
