"""The outbox: lease, send, then mark. A message goes out at least once, under one key.

Nothing is held in a transaction while a channel sends. A crash between sending and marking sends
again under the same key once the lease is over. Each channel has a thread of its own, so that a
slow one starves no other.
"""

import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol, runtime_checkable

import structlog
from sqlalchemy import Engine, Row, select, update

from alerts import escalate, tables
from alerts.alert import Priority
from config import recipients
from config import tables as registry
from config.homes import HomeState
from ingest.clock import Clock, microseconds

_log = structlog.get_logger()

LEASE_US: Final = 60_000_000
"""How long a sender has before another may try (a minute)."""

FIRST_RETRY_US: Final = 5_000_000
LAST_RETRY_US: Final = 300_000_000
"""Retries start after 5 s, double, and are never more than 5 minutes apart."""

ASK_US: Final = 30_000_000
ASK_FOR_US: Final = 72 * 3_600_000_000
"""A provider is asked every 30 s what became of a message, for 72 hours."""

_BATCH: Final = 50


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one channel; ``key`` is the same in every attempt.

    ``address`` is where the recipient is reached, ``place`` the alert's; ``attempt`` counts from 1.
    """

    alert: str
    key: str
    text: str
    address: str = ""
    place: str = ""
    created_us: int = 0
    attempt: int = 1
    kind: str = "alert"
    """What it is about: an alert, or the head of an audit chain (``audit``)."""


class Fate(StrEnum):
    """What became of a message that a provider had accepted."""

    UNDER_WAY = "under-way"
    DELIVERED = "delivered"
    LOST = "lost"


class DeliveryFailed(Exception):
    """A channel did not take a message; a permanent failure is not tried again.

    ``wait_s`` is how long the other side asks to be left alone.
    """

    def __init__(self, why: str, *, is_permanent: bool = False, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.is_permanent, self.wait_s = is_permanent, wait_s


class Channel(Protocol):
    """Takes messages to people."""

    def send(self, message: Message) -> str | None:
        """Send it and return its receipt, None where there are none; or raise DeliveryFailed.

        Any other error counts as one to try again.
        """
        ...


@runtime_checkable
class Accountable(Protocol):
    """A channel whose provider tells what became of a message; accepted is not delivered."""

    def fate(self, receipt: str) -> Fate:
        """Return what became of the message with this receipt."""
        ...


def retry_us(attempts: int) -> int:
    """Return how long to wait at most after this many failed attempts."""
    return int(min(FIRST_RETRY_US * 2 ** min(attempts - 1, 20), LAST_RETRY_US))


class Outbox:
    """Sends what the ledger and the ladders queued, by the injected clock."""

    def __init__(
        self,
        database: Engine,
        channels: Mapping[str, Channel],
        clock: Clock,
        chance: random.Random | None = None,
    ) -> None:
        self._database, self._channels, self._clock = database, dict(channels), clock
        self._chance = chance or random.Random()  # noqa: S311  # spreads retries, guards nothing
        self.beat_s = dict.fromkeys(self._channels, time.monotonic())
        """When each channel's thread last finished or began something, by the monotonic clock."""

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels that there are."""
        return tuple(self._channels)

    def send_due(self, channel: str = "") -> int:
        """Send what is due by this channel, or by all: P1 first, then the oldest; return how many.

        What no channel can send has failed, so that the next step of the ladder is taken.
        """
        now_us, sent = self._now_us(), 0
        for row in self._due(now_us, channel):
            self._beat(channel)
            if self._lease(row, now_us):
                sent += self._send(row)
        return sent

    def ask_due(self, channel: str) -> int:
        """Ask what became of messages that were accepted; return how many were settled."""
        by, now_us, settled = self._channels[channel], self._now_us(), 0
        if not isinstance(by, Accountable):
            return 0
        o = tables.outbox.c
        query = select(tables.outbox).where(
            o.channel == channel, o.state == "sent", o.receipt.is_not(None), o.next_us <= now_us,
            o.sent_us > now_us - ASK_FOR_US,
        )  # fmt: skip
        with self._database.connect() as connection:
            rows = list(connection.execute(query.order_by(o.next_us).limit(_BATCH)))
        for row in rows:
            fate = _ask(by, row)
            if fate is Fate.DELIVERED:
                self._mark(
                    row, row.attempts, "sent", {"state": "delivered", "delivered_us": now_us}
                )
            elif fate is Fate.LOST:
                self._give_up(
                    row, row.attempts, "sent", "bounced", "the provider could not deliver"
                )
            else:
                self._mark(row, row.attempts, "sent", {"next_us": now_us + ASK_US})
            settled += fate is not Fate.UNDER_WAY
        return settled

    def run(self, stop: threading.Event, *, channel: str = "", idle_s: float = 0.5) -> None:
        """Send until told to stop; a failure is logged and never the end."""
        while not stop.is_set():
            self._beat(channel)
            try:
                done = self.send_due(channel) + (self.ask_due(channel) if channel else 0)
            except Exception:  # noqa: BLE001  # the next message must still go out
                _log.exception("outbox_failed")
                done = 0
            if not done:
                stop.wait(idle_s)

    def _beat(self, channel: str) -> None:
        self.beat_s[channel] = time.monotonic()

    def _now_us(self) -> int:
        return microseconds(self._clock.now())

    def _due(self, now_us: int, channel: str) -> list[Row[Any]]:
        outbox = tables.outbox.c
        query = (
            select(
                tables.outbox,
                tables.alerts.c.place,
                tables.alerts.c.priority,
                registry.homes.c.state.label("home_state"),
            )
            .join(tables.alerts, tables.alerts.c.id == outbox.alert)
            .outerjoin(registry.homes, registry.homes.c.id == tables.alerts.c.home)
            .where(outbox.state.in_(("pending", "leased")), outbox.next_us <= now_us)
            .order_by(tables.alerts.c.priority, outbox.next_us, outbox.id)
            .limit(_BATCH)
        )
        if channel and channel != next(iter(self._channels), ""):
            query = query.where(outbox.channel == channel)
        elif channel:  # the first channel also ends what none of them can send
            query = query.where((outbox.channel == channel) | outbox.channel.notin_(self._channels))
        with self._database.connect() as connection:
            return list(connection.execute(query))

    def _lease(self, row: Row[Any], now_us: int) -> bool:
        """Claim the row; false when another sender was first."""
        values = {"state": "leased", "attempts": row.attempts + 1, "next_us": now_us + LEASE_US}
        return self._mark(row, row.attempts, row.state, values)

    def _send(self, row: Row[Any]) -> bool:
        attempts = row.attempts + 1
        is_over = row.home_state == HomeState.ENDED.value and row.priority != Priority.P1.value
        if is_over and row.recipient is not None:
            values = {"state": "withdrawn", "error": "the home is no longer enrolled"}
            self._mark(row, attempts, "leased", values)
            return False
        try:
            receipt = self._by(row).send(self._message(row, attempts))
        except Exception as problem:  # noqa: BLE001  # a channel's fault stays in its own row
            self._failed(row, attempts, problem)
            return False
        now_us = self._now_us()
        sent = {"state": "sent", "sent_us": now_us, "error": "", "receipt": receipt}
        self._mark(row, attempts, "leased", {**sent, "next_us": now_us + ASK_US})
        return True

    def _by(self, row: Row[Any]) -> Channel:
        channel = self._channels.get(row.channel)
        if channel is None:
            raise DeliveryFailed("this channel is not set up here", is_permanent=True)
        return channel

    def _message(self, row: Row[Any], attempt: int) -> Message:
        """Return the message with the recipient's address of this moment."""
        address = ""
        if row.recipient not in (None, escalate.PLACE):
            with self._database.connect() as connection:
                person = recipients.find(connection, row.recipient)
            address = "" if person is None else person.address(row.channel)
            if not address:
                raise DeliveryFailed("the recipient has no address for it", is_permanent=True)
        return Message(row.alert, row.key, row.text, address, row.place, row.created_us, attempt)

    def _failed(self, row: Row[Any], attempts: int, problem: Exception) -> None:
        is_permanent = isinstance(problem, DeliveryFailed) and problem.is_permanent
        # What a library says of a failure may hold the address: only our own words are kept.
        why = str(problem) if isinstance(problem, DeliveryFailed) else ""
        error = f"{type(problem).__name__}: {why}"[:200]
        _log.warning("delivery_failed", key=row.key, attempts=attempts, permanent=is_permanent)
        if is_permanent:
            self._give_up(row, attempts, "leased", "failed", error)
            return
        wait_us = int(retry_us(attempts) * self._chance.uniform(0.5, 1.0))
        asked_us = int(getattr(problem, "wait_s", 0.0) * 1_000_000)
        wait_us = min(max(wait_us, asked_us), LAST_RETRY_US)
        values = {"state": "pending", "next_us": self._now_us() + wait_us, "error": error}
        self._mark(row, attempts, "leased", values)

    def _give_up(self, row: Row[Any], attempts: int, state: str, end: str, error: str) -> None:
        """End a message that reaches nobody; the next step of the ladder need not wait for it."""
        with self._database.begin() as connection:
            o = tables.outbox
            mine = (o.c.id == row.id) & (o.c.attempts == attempts) & (o.c.state == state)
            changed = connection.execute(update(o).where(mine).values(state=end, error=error))
            if changed.rowcount and row.rung is not None:
                escalate.hurry(connection, row.alert, row.rung, self._now_us())

    def _mark(self, row: Row[Any], attempts: int, state: str, values: Mapping[str, object]) -> bool:
        outbox = tables.outbox.c
        statement = update(tables.outbox).where(
            outbox.id == row.id, outbox.attempts == attempts, outbox.state == state
        )
        with self._database.begin() as connection:
            return connection.execute(statement.values(dict(values))).rowcount == 1


def _ask(channel: Accountable, row: Row[Any]) -> Fate:
    try:
        return channel.fate(row.receipt)
    except Exception:  # noqa: BLE001  # asked again later
        _log.warning("receipt_failed", key=row.key)
        return Fate.UNDER_WAY
