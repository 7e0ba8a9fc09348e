"""Acts at deadlines that nobody met: what was taken on and forgotten goes back to the queue."""

import threading
from collections.abc import Callable

import structlog

from alerts import attempts
from alerts.ledger import Ledger
from ingest.clock import Instant, microseconds

_log = structlog.get_logger()


class Keeper:
    """Watches the deadlines of alerts; ``is_live`` says whether alerts concern the present."""

    def __init__(
        self, ledger: Ledger, now: Callable[[], Instant], is_live: Callable[[], bool]
    ) -> None:
        self._ledger, self._now, self._is_live = ledger, now, is_live

    def keep(self) -> int:
        """Act on every deadline that has passed; return how many there were."""
        if not self._is_live():
            return 0
        now = self._now()
        with self._ledger.together() as (_, connection):
            count = attempts.expire(connection, microseconds(now))
        return count + self._ledger.time_out(now)

    def run(self, stop: threading.Event, *, idle_s: float = 1.0) -> None:
        """Keep until told to stop; a failure is logged and never the end."""
        while not stop.wait(idle_s):
            try:
                while self.keep() and not stop.is_set():
                    continue
            except Exception:  # noqa: BLE001  # the next second tries again
                _log.exception("keeper_failed")
