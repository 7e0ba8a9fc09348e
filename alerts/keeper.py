"""Acts at deadlines that nobody met: the next on the ladder, and back to the queue."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

import structlog
from sqlalchemy import Engine

from alerts import attempts, handovers, rota_watch
from alerts.escalate import climb
from alerts.ledger import Ledger
from config.places import Place
from ingest.clock import Instant, microseconds

_log = structlog.get_logger()

ROTAS_US: Final = 15 * 60_000_000
"""How often gaps in rotas are looked for."""


class Keeper:
    """Watches the deadlines of alerts; ``is_live`` says whether alerts concern the present."""

    def __init__(
        self,
        database: Engine,
        ledger: Ledger,
        places: Mapping[str, Place],
        now: Callable[[], Instant],
        is_live: Callable[[], bool],
    ) -> None:
        self._database, self._ledger, self._places = database, ledger, places
        self._now, self._is_live = now, is_live
        self._looked_us: int | None = None
        self.beat_s = time.monotonic()
        """When it last began to look, by the monotonic clock."""

    def keep(self) -> int:
        """Act on every deadline that has passed; return how many there were."""
        if not self._is_live():
            return 0
        now = self._now()
        with self._ledger.together() as (_, connection):
            count = attempts.expire(connection, microseconds(now))
        count += handovers.expire(self._database, self._ledger, now)
        count += self._ledger.time_out(now)
        count += self._look_at_rotas(now)
        return count + climb(self._database, self._places, now)

    def _look_at_rotas(self, now: Instant) -> int:
        """Look for gaps once in a while: a rota is slow to change, and to work out."""
        now_us = microseconds(now)
        if self._looked_us is not None and now_us - self._looked_us < ROTAS_US:
            return 0
        self._looked_us = now_us
        return rota_watch.watch(self._database, self._ledger, self._places, now)

    def run(self, stop: threading.Event, *, idle_s: float = 1.0) -> None:
        """Keep until told to stop; a failure is logged and never the end."""
        while not stop.wait(idle_s):
            self.beat_s = time.monotonic()
            try:
                while self.keep() and not stop.is_set():
                    continue
            except Exception:  # noqa: BLE001  # the next second tries again
                _log.exception("keeper_failed")
