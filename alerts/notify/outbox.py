"""The outbox: lease, send, then mark. A message goes out at least once, under one key.

Nothing is held in a transaction while a channel sends. A crash between sending and marking sends
again under the same key once the lease is over.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog
from sqlalchemy import Engine, Row, select, update

from alerts import tables
from ingest.clock import Clock, microseconds

_log = structlog.get_logger()

LEASE_US: Final = 60_000_000
"""How long a sender has before another may try (a minute)."""

FIRST_RETRY_US: Final = 5_000_000
LAST_RETRY_US: Final = 300_000_000
"""Retries start after 5 s, double, and are never more than 5 minutes apart."""

_BATCH: Final = 50


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one channel; ``key`` is the same in every attempt."""

    alert: str
    key: str
    text: str


class DeliveryFailed(Exception):
    """A channel did not take a message; a permanent failure is not tried again."""

    def __init__(self, why: str, *, is_permanent: bool = False) -> None:
        super().__init__(why)
        self.is_permanent = is_permanent


class Channel(Protocol):
    """Takes messages to people."""

    def send(self, message: Message) -> None:
        """Send it, or raise DeliveryFailed; any other error counts as one to try again."""
        ...


def retry_us(attempts: int) -> int:
    """Return how long to wait after this many failed attempts."""
    return int(min(FIRST_RETRY_US * 2 ** min(attempts - 1, 20), LAST_RETRY_US))


class Outbox:
    """Sends what the ledger queued, by the injected clock."""

    def __init__(self, database: Engine, channels: Mapping[str, Channel], clock: Clock) -> None:
        self._database, self._channels, self._clock = database, dict(channels), clock

    def send_due(self) -> int:
        """Send what is due, P1 before the rest, then the oldest; return how many went out."""
        now_us, sent = microseconds(self._clock.now()), 0
        for row in self._due(now_us):
            if self._lease(row, now_us):
                sent += self._send(row)
        return sent

    def run(self, stop: threading.Event, *, idle_s: float = 0.5) -> None:
        """Send until told to stop; a failure is logged and never the end."""
        while not stop.is_set():
            try:
                sent = self.send_due()
            except Exception:  # noqa: BLE001  # the next message must still go out
                _log.exception("outbox_failed")
                sent = 0
            if not sent:
                stop.wait(idle_s)

    def _due(self, now_us: int) -> list[Row[Any]]:
        outbox = tables.outbox.c
        query = (
            select(tables.outbox)
            .join(tables.alerts, tables.alerts.c.id == outbox.alert)
            .where(
                outbox.state.in_(("pending", "leased")),
                outbox.next_us <= now_us,
                outbox.channel.in_(list(self._channels)),
            )
            .order_by(tables.alerts.c.priority, outbox.next_us, outbox.id)
            .limit(_BATCH)
        )
        with self._database.connect() as connection:
            return list(connection.execute(query))

    def _lease(self, row: Row[Any], now_us: int) -> bool:
        """Claim the row; false when another sender was first."""
        values = {"state": "leased", "attempts": row.attempts + 1, "next_us": now_us + LEASE_US}
        return self._mark(row, row.attempts, row.state, values)

    def _send(self, row: Row[Any]) -> bool:
        attempts = row.attempts + 1
        try:
            self._channels[row.channel].send(Message(row.alert, row.key, row.text))
        except Exception as problem:  # noqa: BLE001  # a channel's fault stays in its own row
            is_permanent = isinstance(problem, DeliveryFailed) and problem.is_permanent
            now_us = microseconds(self._clock.now())
            values: dict[str, object] = {
                "state": "failed" if is_permanent else "pending",
                "next_us": now_us + retry_us(attempts),
                "error": f"{type(problem).__name__}: {problem}"[:200],
            }
            _log.warning("delivery_failed", key=row.key, attempts=attempts, permanent=is_permanent)
            self._mark(row, attempts, "leased", values)
            return False
        values = {"state": "sent", "sent_us": microseconds(self._clock.now()), "error": ""}
        self._mark(row, attempts, "leased", values)
        return True

    def _mark(self, row: Row[Any], attempts: int, state: str, values: Mapping[str, object]) -> bool:
        outbox = tables.outbox.c
        statement = update(tables.outbox).where(
            outbox.id == row.id, outbox.attempts == attempts, outbox.state == state
        )
        with self._database.begin() as connection:
            return connection.execute(statement.values(dict(values))).rowcount == 1
