"""Ends alerts, findings and rehearsals that places keep no longer: once a day, a little at a time.

What is under a legal hold stays. What went is logged and audited by place, in numbers.
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import structlog
from sqlalchemy import Connection, Engine, select

from alerts import expiry, rehearsals
from config import audit, holds, tables
from config.audit import Entry
from config.places import Place
from ingest.clock import Instant, microseconds

_log = structlog.get_logger(__name__)

SYSTEM = "system"


class AlertRetention:
    """What is over of every place in the ledger; a step is one short transaction a place."""

    def __init__(self, places: Mapping[str, Place], database: Engine) -> None:
        self._places, self._database = places, database
        self._done_day: np.datetime64 | None = None
        self.gone: dict[str, Counter[str]] = {key: Counter() for key in places}
        """Rows that went today, by place and table."""

    def step(self, now: Instant) -> int:
        """Delete some of what is due, unless today's work is done; return how many rows."""
        today = now.astype("datetime64[D]")
        if self._done_day == today:
            return 0
        gone = 0
        for key in self._places:
            with self._database.begin() as connection:
                held, now_us = _held(connection), microseconds(now)
                ended = expiry.expire(connection, key, self._before(key, now), held, now_us)
                if old := rehearsals.expire(connection, key, now_us, held):
                    ended["rehearsals"] = old
            self.gone[key].update(ended)
            gone += sum(ended.values())
        if not gone:
            self._finish(now)
            self._done_day = today
        return gone

    def would_go(self, now: Instant) -> dict[str, dict[str, int]]:
        """Return how many rows of each place and table are due, none deleted."""
        with self._database.connect() as connection:
            held = _held(connection)
            found = {
                key: expiry.due(connection, key, self._before(key, now), held)
                for key in self._places
            }
            for key, due in found.items():
                if old := rehearsals.due(connection, key, microseconds(now), held):
                    due["rehearsals"] = old
            return found

    def _before(self, key: str, now: Instant) -> int:
        return microseconds(now - np.timedelta64(self._places[key].alert_days, "D"))

    def _finish(self, now: Instant) -> None:
        """Say what went today; a place of which nothing went is not told of."""
        with self._database.begin() as connection:
            for key, counts in self.gone.items():
                if counts:
                    _log.info("alert_retention_done", place=key, **counts)
                    entry = Entry(key, microseconds(now), SYSTEM, "retention", "place", {**counts})
                    audit.append(connection, entry)
                counts.clear()


def _held(connection: Connection) -> list[str]:
    h = tables.homes.c
    query = select(h.id).where(h.number.in_(holds.held(connection)))
    return list(connection.execute(query).scalars())
