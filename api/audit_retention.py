"""Ends rows of the audit log that places keep no longer: from the beginning of each chain only.

While a home of a place is under a legal hold its whole log stays, for a chain has no holes. What
went is a row of the chain itself.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import structlog
from sqlalchemy import Connection, Engine, select

from config import audit, gone_subjects, holds, tables
from config.database import hold_writers
from config.places import Place
from ingest.clock import Instant, microseconds

_log = structlog.get_logger(__name__)

AT_ONCE: Final = 2_000
"""Rows of one chain that a step deletes at most."""


class AuditRetention:
    """The chains of every place, and of what concerns no single place: it is kept the longest."""

    def __init__(self, places: Mapping[str, Place], database: Engine) -> None:
        self._places, self._database = places, database
        self._done_day: np.datetime64 | None = None

    def step(self, now: Instant) -> int:
        """Delete some of what is due, unless today's work is done; return how many rows."""
        today = now.astype("datetime64[D]")
        if self._done_day == today:
            return 0
        with self._database.connect() as connection:
            due = list(self._due(connection, now))
        gone = sum(self._cut(place, before_us, microseconds(now)) for place, before_us in due)
        if not gone:
            self._done_day = today
        return gone

    def would_go(self, now: Instant) -> dict[str, int]:
        """Return how many rows of each chain are due, none deleted."""
        with self._database.connect() as connection:
            return {
                place: audit.would_cut(connection, place, before_us)
                for place, before_us in self._due(connection, now)
            }

    def _due(self, connection: Connection, now: Instant) -> Iterator[tuple[str, int]]:
        """Yield each chain that no hold keeps, and from when on its rows stay."""
        held = _held(connection)
        days = {key: place.kept_audit_days for key, place in self._places.items()}
        if days and not held:
            days[audit.INSTALLATION] = max(days.values())
        for key, kept in days.items():
            if key not in held:
                yield key, microseconds(now - np.timedelta64(kept, "D"))

    def _cut(self, place: str, before_us: int, now_us: int) -> int:
        with self._database.begin() as connection:
            hold_writers(connection)  # nobody sets a hold between look and cut
            held = _held(connection)
            if place in held or (held and place == audit.INSTALLATION):
                return 0
            gone = audit.cut(connection, place, before_us, now_us, AT_ONCE)
            if gone < AT_ONCE:  # else older rows are left, which name some
                gone_subjects.forget(connection, place, before_us)
        if gone:
            _log.info("audit_retention_done", place=place, rows=gone)
        return gone


def _held(connection: Connection) -> set[str]:
    """Return the places of which a home is held."""
    h = tables.homes.c
    query = select(h.place).where(h.number.in_(holds.held(connection))).distinct()
    return set(connection.execute(query).scalars())
