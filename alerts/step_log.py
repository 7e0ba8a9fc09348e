"""Writes what entered a step of the engine together with what the step did to the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager

from alerts.ledger import Ledger
from alerts.settings_version import Version
from alerts.shadow import Shadow
from alerts.tick_log import KEEP_ROWS, NO_MODES, UNKNOWN, TickLog, TickRow
from config.sensor_table import SensorTable
from ingest.clock import Instant


class StepLog:
    """The tick log of one engine; without a ``version`` none is kept, and nothing else changes."""

    def __init__(self, ledger: Ledger, version: Version | None, shadow: Shadow | None) -> None:
        self._ledger, self._shadow = ledger, shadow
        self._log = None if version is None else TickLog(version)

    @property
    def is_full(self) -> bool:
        """Whether rows should be written though nothing else is."""
        return self._log is not None and len(self._log) >= KEEP_ROWS

    def note(self, row: TickRow, table: SensorTable | None = None) -> None:
        """Take in a step; ``table`` is the roster, where it is another than before."""
        if self._log is None:
            return
        if table is not None:
            self._log.follow(table)
        self._log.add(row)

    def flush(self, now: Instant) -> int:
        """Write every step there is; return the number of the last, for a checkpoint."""
        if self._log is None:
            return UNKNOWN
        with self.writing(now):
            pass
        return self._log.last_id

    @contextmanager
    def writing(self, now: Instant, *rows: TickRow) -> Iterator[Ledger]:
        """Yield the ledger on which the steps and their effects are one transaction."""
        if self._log is None:
            yield self._ledger
            return
        modes = NO_MODES if self._shadow is None else self._shadow.revision
        with self._ledger.together() as (ledger, connection):
            written = self._log.write(connection, now, *rows, modes=modes)
            yield ledger
        written()
