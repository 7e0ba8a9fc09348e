"""A subscriber with a handle that a test can hold up, break and read."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ssl import SSLContext

from numpy.random import default_rng

from ingest.clock import SystemClock
from ingest.message import Message
from ingest.mqtt import ConnectOptions, Subscriber
from tests.brokers import RunningBroker

PATIENCE_S = 30.0


@dataclass
class Collected:
    """What was handled; clear ``gate`` to hold the handle, add to ``failures`` to break it."""

    subscriber: Subscriber
    stop: asyncio.Event
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    failures: list[Exception] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    offered: int = 0

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.messages]

    @property
    def pairs(self) -> list[tuple[bytes, bytes]]:
        return [(message.topic, message.payload) for message in self.messages]

    async def handle(self, chunk: Sequence[Message]) -> None:
        self.offered += 1
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.messages.extend(chunk)

    async def wait_until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not is_so():  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.005)

    async def wait_for(self, count: int) -> None:
        await self.wait_until(lambda: len(self.messages) >= count)


@asynccontextmanager
async def collecting(
    broker: RunningBroker,
    *,
    topics: tuple[str, ...] = ("stillwell/v1/#",),
    user: tuple[str | None, str | None] | None = None,
    client_id: str = "worker-1",
    is_open: bool = True,
    is_answered: bool = True,
    keepalive_s: int = 30,
    max_payload_bytes: int = 1 << 20,
    is_v5: bool = False,
    tls: SSLContext | None = None,
) -> AsyncIterator[Collected]:
    """Run a subscriber until the block ends, begun when the broker has granted or refused."""
    username, password = broker.worker if user is None else user
    options = ConnectOptions(
        broker.host,
        broker.port,
        username,
        password,
        client_id,
        topics,
        keepalive_s=keepalive_s,
        max_payload_bytes=max_payload_bytes,
        is_v5=is_v5,
        tls=tls,
    )
    box: list[Collected] = []

    async def handle(chunk: Sequence[Message]) -> None:
        await box[0].handle(chunk)

    subscriber = Subscriber(options, SystemClock(), handle, rng=default_rng(7))
    collected = Collected(subscriber, asyncio.Event())
    box.append(collected)
    if is_open:
        collected.gate.set()
    running = asyncio.create_task(subscriber.run(collected.stop))
    try:
        if is_answered:
            await collected.wait_until(
                lambda: subscriber.problem is None or subscriber.counts.grant_failures > 0
            )
        yield collected
    finally:
        collected.stop.set()
        async with asyncio.timeout(PATIENCE_S):
            await running
