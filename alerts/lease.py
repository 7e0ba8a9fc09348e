"""One worker acts, whatever else runs: a lease with an epoch that each of its commits must find.

The check is the last thing before a commit, in the same transaction: a writer holds the one
write lock of the database until then, so nobody can take the lease in between. What a worker
does that froze, or was cut off, and was followed by another is rolled back.
"""

import threading
import time
from typing import Final

import structlog
from sqlalchemy import Connection, Engine, event, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from alerts.tables import leases

RENEW_S: Final = 1.0
"""Pause between two renewals, and between two looks of a worker that waits."""

SILENT_S: Final = 10.0
"""How long a lease must go without a renewal before another worker may take it."""

_NAME: Final = "worker"
_log = structlog.get_logger(__name__)
_l = leases.c


class LeaseLost(Exception):
    """Another worker has taken over; this one must write nothing more."""


class Lease:
    """The lease of this worker. ``holder`` names its data folder, whose journal it has locked.

    No two machines' clocks are compared: who waits counts its own seconds without a renewal.
    """

    def __init__(self, database: Engine, holder: str) -> None:
        self._database, self._holder = database, holder
        self._epoch: int | None = None
        self._seen: tuple[int, int] | None = None
        self._seen_s = 0.0
        self.fenced = database.execution_options()
        """The database for all that the worker writes: a commit without the lease fails."""
        event.listen(self.fenced, "commit", self._check)

    def try_take(self, now_s: float) -> bool:
        """Take it if it is free, ours from before, or silent for too long; say whether it is ours.

        ``now_s`` is of the monotonic clock.
        """
        with self._database.connect() as connection:
            row = connection.execute(select(leases).where(_l.name == _NAME)).first()
        if row is None:
            return self._insert()
        if (row.epoch, row.beats) != self._seen:
            self._seen, self._seen_s = (row.epoch, row.beats), now_s
        is_silent = now_s - self._seen_s >= SILENT_S
        if not is_silent and row.holder not in ("", self._holder):
            return False
        mine = (_l.name == _NAME) & (_l.epoch == row.epoch) & (_l.beats == row.beats)
        values = {"epoch": row.epoch + 1, "holder": self._holder, "beats": 0}
        with self._database.begin() as connection:
            is_taken = connection.execute(update(leases).where(mine).values(values)).rowcount == 1
        self._epoch = row.epoch + 1 if is_taken else None
        return is_taken

    def take(self) -> None:
        """Wait until it is ours."""
        is_told = False
        while True:
            try:
                if self.try_take(time.monotonic()):
                    return
                if not is_told:
                    _log.warning("another_worker_is_at_work", what="waiting until it stops")
                    is_told = True
            except SQLAlchemyError as problem:
                _log.warning("lease_not_taken", error=type(problem).__name__)
            time.sleep(RENEW_S)

    def renew(self) -> None:
        """Say that we live; LeaseLost when another worker has taken over."""
        mine = (_l.name == _NAME) & (_l.epoch == self._epoch)
        with self._database.begin() as connection:
            changed = connection.execute(update(leases).where(mine).values(beats=_l.beats + 1))
        if changed.rowcount == 0:
            raise LeaseLost("another worker has taken over; this one stops")

    def run(self, stop: threading.Event) -> None:
        """Renew until told to stop, or the lease is lost; a locked database is tried again."""
        while not stop.wait(RENEW_S):
            try:
                self.renew()
            except SQLAlchemyError as problem:
                _log.warning("lease_not_renewed", error=type(problem).__name__)

    def release(self) -> None:
        """Let the next worker begin at once."""
        mine = (_l.name == _NAME) & (_l.epoch == self._epoch)
        with self._database.begin() as connection:
            connection.execute(update(leases).where(mine).values(holder=""))

    def _insert(self) -> bool:
        row = {"name": _NAME, "epoch": 1, "holder": self._holder, "beats": 0}
        try:
            with self._database.begin() as connection:
                connection.execute(insert(leases).values(row))
        except IntegrityError:
            return False  # another was first
        self._epoch = 1
        return True

    def _check(self, connection: Connection) -> None:
        if self._epoch is None:
            return  # nothing was taken yet: the worker is being put together
        query = select(_l.epoch).where(_l.name == _NAME)
        if connection.execute(query).scalar() != self._epoch:
            raise LeaseLost("another worker has taken over; nothing was written")
