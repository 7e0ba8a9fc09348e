"""One life of the subscriber's connection: read, gather, hand over, acknowledge."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from typing import Any, Final, cast

import numpy as np
import structlog
from numpy.random import Generator

from ingest import frames
from ingest.backoff import delay_s
from ingest.clock import Clock, VirtualClock, microseconds
from ingest.control import Control
from ingest.grants import Grants
from ingest.inbox import Inbox
from ingest.link import Link
from ingest.message import Message
from ingest.messages import OVERSIZE, Messages, of
from ingest.packets import Connack, Disconnected, Packet, Parser, ProtocolError, Suback
from ingest.subscription import ConnectOptions, Standing

ANSWER_S: Final = 10.0
"""How long the broker may take to answer a CONNECT or a SUBSCRIBE."""

REPLAY_GATHER_S: Final = 0.03
"""Pause between two reads in a replay: nobody waits for one message, and each chunk is a commit
of the journal and a step of the engine."""

BUSY_MESSAGES: Final = 50
BUSY_GATHER_S: Final = 0.1
"""So many messages that wait are a stream, and a chunk of it gathers this long: a commit, its sync
and a turn of each thread cost as much for ten messages as for a thousand. The socket is read as
often as ever meanwhile, since a broker whose packets are not taken falls behind."""

STREAM_BYTES: Final = 8192
STREAM_READS: Final = 4
"""So many bytes in one read are a stream, of which so many reads are taken apart together."""

GRACE_S: Final = 5.0
"""How long a stop waits for the chunk in hand."""

log = structlog.get_logger(__name__)
Handle = Callable[[Sequence[Message]], Awaitable[None]]


class ConnectionLostError(Exception):
    """The connection is of no more use; the message says why."""


class Session:
    """Serves one connection until it is lost or the stop is set.

    Nothing is acknowledged before ``handle`` has returned for its chunk. What is in hand when
    the connection dies is the broker's to send again.
    """

    def __init__(
        self,
        link: Link,
        options: ConnectOptions,
        clock: Clock,
        handle: Handle,
        standing: Standing,
        rng: Generator,
    ) -> None:
        self._link, self._options, self._clock = link, options, clock
        self._handle, self._standing, self._rng = handle, standing, rng
        self._parser = Parser(options.max_payload_bytes, is_v5=options.is_v5)
        self._inbox, self._grants = Inbox(), Grants(is_v5=options.is_v5)
        self._arrived, self._room, self._ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._refusals = 0
        self._retry: asyncio.TimerHandle | None = None

    async def connect(self) -> bool:
        """Introduce ourselves, ask for the topics, and return whether a session was resumed.

        Raises ConnectionLostError when the broker refuses or does not answer.
        """
        options = self._options
        self._link.write(
            frames.connect(
                options.client_id,
                keepalive_s=options.keepalive_s,
                username=options.username,
                password=options.password,
                is_session_clean=not options.is_session_persistent,
                is_v5=options.is_v5,
                receive_maximum=options.receive_maximum,
            )
        )
        try:
            async with asyncio.timeout(ANSWER_S):
                first, *rest = await self._packets()
        except TimeoutError:
            raise ConnectionLostError(f"no CONNACK within {ANSWER_S:g} s") from None
        if not isinstance(first, Connack):
            raise ConnectionLostError("the broker's first packet was not a CONNACK")
        if first.refusal is not None:
            raise ConnectionLostError(first.refusal)
        if options.topics:
            self._ask(options.topics)
        self._sort(rest)
        return first.is_session_present

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop``, then finish the chunk in hand and say goodbye.

        Raises ConnectionLostError when the connection dies first, once ``handle`` has returned,
        so that two chunks are never in hand at a time.
        """
        work = asyncio.create_task(self._work())
        stopping = asyncio.create_task(stop.wait())
        others = [asyncio.create_task(self._read()), asyncio.create_task(self._keep_alive())]
        try:
            ended, _ = await asyncio.wait(
                [work, stopping, *others], return_when=asyncio.FIRST_COMPLETED
            )
            if not stopping.done():
                self._link.abort()
                self._standing.connected_since = None
                self._standing.connection_problem = "the connection to the broker was lost"
            await self._finish(work, stopping)
            if stop.is_set():
                self._link.write(frames.DISCONNECT)
                await self._link.close()
            else:
                for task in ended:
                    task.result()
        finally:
            if self._retry is not None:
                self._retry.cancel()
            self._link.abort()
            everyone: list[asyncio.Task[Any]] = [work, stopping, *others]
            for each in everyone:
                each.cancel()
            await asyncio.gather(*everyone, return_exceptions=True)

    async def _finish(self, work: asyncio.Task[None], stopping: asyncio.Task[bool]) -> None:
        """Wait for the chunk in hand; once a stop is asked for, no longer than GRACE_S."""
        self._ended.set()
        self._arrived.set()
        await asyncio.wait([work, stopping], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait([work], timeout=GRACE_S)

    async def _packets(self) -> Sequence[Packet | Messages]:
        packets: Sequence[Packet | Messages] = ()
        while not packets:
            data = await self._link.read()
            if not data:
                raise ConnectionLostError(self._link.loss or "the connection was closed")
            if len(data) >= STREAM_BYTES or self._inbox.waiting >= BUSY_MESSAGES:
                data = await self._more_of(data)
            try:
                packets = self._parser.pieces(data, microseconds(self._clock.now()))
            except ProtocolError as error:
                raise ConnectionLostError(f"the broker broke the protocol: {error}") from None
        return packets

    async def _more_of(self, data: bytes) -> bytes:
        """Return what has come with what comes in the next moments, perhaps nothing."""
        reads = [data]
        while len(reads) < STREAM_READS and reads[-1]:
            self._link.listen()
            await asyncio.sleep(self._gather_s())
            reads.append(self._link.take())
        return b"".join(reads)

    async def _read(self) -> None:
        while True:
            self._sort(await self._packets())
            await asyncio.sleep(self._gather_s())
            while self._inbox.is_full:
                self._room.clear()
                await self._room.wait()

    def _gather_s(self) -> float:
        return max(self._options.gather_s, REPLAY_GATHER_S * self._is_replaying())

    def _is_replaying(self) -> bool:
        return isinstance(self._clock, VirtualClock) and not self._clock.is_live

    def _sort(self, packets: Sequence[Packet | Messages]) -> None:
        for many, some in groupby(packets, type):
            if many is Messages:
                for each in some:
                    self._put(cast("Messages", each))
            elif many is Message:
                self._put(of(cast("list[Message]", list(some))))
            else:
                self._hear(cast("Sequence[Control]", list(some)))

    def _hear(self, packets: Sequence[Control]) -> None:
        for packet in packets:
            if isinstance(packet, Suback):
                self._hear_grant(packet)
            elif isinstance(packet, Disconnected):
                raise ConnectionLostError(packet.sentence)

    def _put(self, messages: Messages) -> None:
        repeats = self._inbox.put(messages)
        standing = self._standing
        standing.last_message_us = int(messages.received_us[-1])
        standing.counts = standing.counts.plus(
            reads=1,
            received=len(messages),
            repeats=repeats,
            oversize=int(np.count_nonzero(messages.has(OVERSIZE))),
        )
        self._arrived.set()

    def _ask(self, topics: Sequence[str]) -> None:
        self._link.write(self._grants.ask(topics, asyncio.get_running_loop().time()))
        self._standing.grant_problem = self._grants.problem

    def _hear_grant(self, suback: Suback) -> None:
        refused = self._grants.answer(suback)
        self._standing.grant_problem = self._grants.problem
        if not refused:
            self._refusals = 0
            log.info("mqtt_subscribed")
            return
        self._standing.counts = self._standing.counts.plus(grant_failures=len(refused))
        pause_s = delay_s(self._refusals, self._rng, base_s=1.0, cap_s=60.0)
        self._refusals += 1
        log.error("mqtt_subscribe_refused", topics=refused, retry_s=round(pause_s, 1))
        self._retry = asyncio.get_running_loop().call_later(pause_s, self._ask, refused)

    async def _work(self) -> None:
        while not self._ended.is_set():
            await self._arrived.wait()
            if self._inbox.waiting >= BUSY_MESSAGES and not self._is_replaying():
                await asyncio.sleep(BUSY_GATHER_S)
            self._arrived.clear()
            if not self._ended.is_set() and self._inbox.waiting:
                chunk = self._inbox.take()
                self._room.set()
                await self._deliver(chunk)

    async def _deliver(self, chunk: Messages) -> None:
        """Hand the chunk over until it is taken, then acknowledge it; drop it at the end."""
        attempt = 0
        while not await self._is_handled(chunk, attempt):
            pause_s = delay_s(attempt, self._rng, base_s=0.1, cap_s=5.0)
            if await self._is_ended_within(pause_s):
                return
            attempt += 1
        packet_ids = chunk.packet_id[chunk.packet_id != 0]
        if len(packet_ids) and not self._link.is_lost:
            self._link.write(frames.pubacks(packet_ids))
            self._standing.counts = self._standing.counts.plus(acknowledged=len(packet_ids))
            await self._link.drain()

    async def _is_handled(self, chunk: Sequence[Message], attempt: int) -> bool:
        standing = self._standing
        try:
            await self._handle(chunk)
        except Exception as error:  # noqa: BLE001 - whatever fails, nothing may be acknowledged
            standing.counts = standing.counts.plus(handle_failures=1)
            standing.handle_problem = f"readings are not being stored: {first_line(error)}"
            log.warning(
                "mqtt_chunk_failed",
                messages=len(chunk),
                attempt=attempt + 1,
                error=first_line(error),
            )
            return False
        standing.counts = standing.counts.plus(chunks=1, handled=len(chunk))
        if standing.handle_problem is not None:
            standing.handle_problem = None
            log.info("mqtt_chunk_recovered", messages=len(chunk), attempts=attempt + 1)
        return True

    async def _is_ended_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._ended.wait()
        except TimeoutError:
            return False

    async def _keep_alive(self) -> None:
        """Ping, and give up a broker that is silent for 1.5 keep-alives.

        Silence does not count while we are the ones who do not read.
        """
        quarter_s, loop = self._options.keepalive_s / 4, asyncio.get_running_loop()
        while True:
            await asyncio.sleep(quarter_s)
            if self._link.is_lost:
                raise ConnectionLostError(self._link.loss)
            if self._inbox.is_full:
                self._link.heard_s = loop.time()
            elif loop.time() - self._link.heard_s > 5 * quarter_s:
                raise ConnectionLostError("nothing heard from the broker for 1.5 keep-alives")
            elif self._grants.is_overdue(loop.time(), ANSWER_S):
                raise ConnectionLostError(f"no SUBACK within {ANSWER_S:g} s")
            self._link.write(frames.PINGREQ)


def first_line(error: BaseException) -> str:
    """Return what went wrong, without the parameters that SQL errors append."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}"
