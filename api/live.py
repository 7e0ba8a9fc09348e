"""Server-sent events: tells open pages what changed, from the ledger's change feed.

One task reads the feed for all clients, and makes each change's text once. A client is sent
together what waits for it. One that is slow is dropped, not waited for: it comes back with
Last-Event-ID and is sent what it missed.
"""

import asyncio
import contextlib
import json
import socket
import struct
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import Row, func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Message, Send

from alerts import tables
from api.auth import ANY, HOMES, Needs, Visitor, cookie_name, find_visitor, idle_us
from api.errors import Problem
from api.resources import Resources
from config import sessions
from ingest.clock import microseconds

POLL_S: Final = 0.1
"""Pause between two looks at the feed, while few listen."""

MANY: Final = 250
"""With each so many clients the pause is once more as long: their writes are what costs."""

BEAT_S: Final = 15.0
"""Pause between two heartbeats; pages refresh their ages with each, and roles are checked."""

CHECK_S: Final = 1.0
"""Pause between two looks at whose session has ended: a changed role ends it."""

QUEUE: Final = 256
"""Changes that may wait for one client."""

AT_ONCE: Final = QUEUE // 2
"""Changes handed out before the clients are given their turn."""

REPLAY: Final = 4000
"""Changes replayed to a returning client (half a MB); beyond it it is told to read anew."""

STREAMS: Final = 20
"""Streams that one account may hold open."""

SEND_S: Final = 20.0
"""Seconds that a client may take to accept an event before it is dropped."""

BUFFER: Final = 32 * 1024
"""Bytes that may lie here, and as many in the kernel, for a client that does not read."""

Change = Row[tuple[int, int, str, str | None, str | None, str]]
Event = tuple[int, str]
"""A change's id and the text that is sent."""

router: Final = APIRouter()


@dataclass(eq=False, slots=True)
class Client:
    """One open stream; ``None`` in its queue means: stop.

    ``until_us`` is when emergency access ends, and the stream with it; 0 where there is none.
    """

    account: str
    places: frozenset[str]
    session: str = ""
    until_us: int = 0
    queue: asyncio.Queue[Event | None] = field(default_factory=lambda: asyncio.Queue(maxsize=QUEUE))
    is_dropped: bool = False
    is_ended: bool = False

    def waiting(self, first: Event | None, after: int) -> str:
        """Return the text of this and all that waits behind it, of what is newer than the id."""
        found, event = list[str](), first
        while event is not None:
            if event[0] > after:
                found.append(event[1])
            event = None if self.queue.empty() else self.queue.get_nowait()
        return "".join(found)


class Feed:
    """Reads the change feed while anybody listens, and hands each change to whom it concerns."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._clients: set[Client] = set()
        self._position: int | None = None
        # A thread of its own: the feed does not wait behind requests and heartbeats.
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="feed")

    @property
    def clients(self) -> int:
        """How many streams are open."""
        return len(self._clients)

    async def run(self) -> None:
        """Read and hand out until the shutdown event is set, then end every stream."""
        checked = 0.0
        while not self._resources.shutdown.is_set():
            is_more = False
            try:
                is_more = await self._poll()
                if time.monotonic() - checked >= CHECK_S:
                    await self._check()
                    checked = time.monotonic()
            except SQLAlchemyError as problem:
                structlog.get_logger().warning("feed_unreadable", error=type(problem).__name__)
                await asyncio.sleep(1)
            await asyncio.sleep(0 if is_more else self._pause_s())
        for client in list(self._clients):
            self._drop(client)
        self._reader.shutdown(wait=False)

    def _pause_s(self) -> float:
        return POLL_S * (1 + len(self._clients) / MANY)

    async def _poll(self) -> bool:
        """Hand out what is new; return whether there may be more of it."""
        start = self._position
        if not self._clients or start is None:
            return False
        changes = await asyncio.get_running_loop().run_in_executor(
            self._reader, self.read, start, AT_ONCE
        )
        if self._position != start:
            return True  # Everybody left and somebody came while this was read; it is read again.
        for change in changes:
            self._position = change.id
            event = (change.id, encode(change))
            for client in list(self._clients):
                if change.place in client.places:
                    self._offer(client, event)
        return len(changes) == AT_ONCE

    async def _check(self) -> None:
        """End the streams whose session has ended, or whose emergency access is over."""
        held = {client for client in self._clients if client.session}
        if not held:
            return
        now_us = microseconds(self._resources.wall())
        living = await asyncio.to_thread(self._living, {c.session for c in held}, now_us)
        for client in held:
            if client.session not in living or 0 < client.until_us <= now_us:
                client.is_ended = True
                self._drop(client)

    def _living(self, held: set[str], now_us: int) -> frozenset[str]:
        with self._resources.database.connect() as connection:
            return sessions.living(
                connection, held, now_us=now_us, idle_us=idle_us(self._resources)
            )

    def _offer(self, client: Client, event: Event) -> None:
        try:
            client.queue.put_nowait(event)
        except asyncio.QueueFull:
            structlog.get_logger().info("live_client_dropped", account=client.account)
            self._drop(client)

    def _drop(self, client: Client) -> None:
        client.is_dropped = True
        self._clients.discard(client)
        with contextlib.suppress(asyncio.QueueFull):
            client.queue.put_nowait(None)

    @contextlib.asynccontextmanager
    async def attached(self, client: Client) -> AsyncIterator[int]:
        """Let the client hear every change after the id that this yields."""
        if sum(other.account == client.account for other in self._clients) >= STREAMS:
            raise Problem(429, f"This account has {STREAMS} live pages open: close some.")
        if not self._clients:
            self._position = None
        self._clients.add(client)
        try:
            # Attached before the newest id is read, so that no change falls between the two.
            head = await asyncio.to_thread(self.head)
            self._position = head if self._position is None else self._position
            yield head
        finally:
            self._clients.discard(client)

    def head(self) -> int:
        """Return the newest change's id, 0 when there is none."""
        with self._resources.database.connect() as connection:
            newest = connection.execute(select(func.max(tables.changes.c.id))).scalar()
        return int(newest or 0)

    def read(
        self, after: int, limit: int, places: frozenset[str] | None = None
    ) -> Sequence[Change]:
        """Return the next changes in order, of these places only if any are named."""
        c = tables.changes.c
        statement = select(tables.changes).where(c.id > after).order_by(c.id).limit(limit)
        if places is not None:
            statement = statement.where(c.place.in_(places))
        with self._resources.database.connect() as connection:
            return connection.execute(statement).all()


def encode(change: Change) -> str:
    """Return a change as an event: ids only, its id is the Last-Event-ID."""
    told = {"what": change.what, "place": change.place, "home": change.home, "alert": change.alert}
    return f"id: {change.id}\nevent: change\ndata: {json.dumps(told)}\n\n"


async def events(
    feed: Feed,
    client: Client,
    last_id: int | None,
    may_stay: Callable[[], Awaitable[bool]],
) -> AsyncGenerator[str, None]:
    """Yield the stream of one client: what it missed, then what happens, and heartbeats.

    What waits is yielded together, so that a busy feed costs a client one write and not many.
    """
    async with feed.attached(client) as head:
        told = head
        yield "retry: 2000\n\n"
        if last_id is not None:
            missed = await asyncio.to_thread(feed.read, last_id, REPLAY + 1, client.places)
            if len(missed) > REPLAY or last_id > head:
                yield f"id: {head}\nevent: reset\ndata: 1\n\n"
            else:
                yield "".join(map(encode, missed))
                told = max([head, *(change.id for change in missed)])
        while not client.is_dropped or not client.queue.empty():
            try:
                async with asyncio.timeout(BEAT_S):
                    event = await client.queue.get()
            except TimeoutError:
                if not await may_stay():
                    yield "event: ended\ndata: 1\n\n"
                    return
                yield "event: beat\ndata: 1\n\n"
                continue
            if client.is_ended:
                yield "event: ended\ndata: 1\n\n"
                return
            if event is None:
                return
            if text := client.waiting(event, told):
                yield text


class EventStream(StreamingResponse):
    """A stream that gives up on a client which does not read.

    ``connection`` is what carries it: closing it would wait for that client, so it is aborted.
    """

    media_type = "text/event-stream"
    connection: asyncio.Transport | None = None

    async def stream_response(self, send: Send) -> None:
        """Send every event, each within ``SEND_S``."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(SEND_S):
                await send(message)

        if self.connection is not None:
            bound(self.connection)
        try:
            await super().stream_response(send_in_time)
        except TimeoutError:
            structlog.get_logger().info("live_client_stuck")
            if self.connection is not None:
                cut(self.connection)


def cut(connection: asyncio.Transport) -> None:
    """End a connection at once: the kernel keeps nothing for who does not read.

    Closed without this it keeps what waits, asks ever more rarely whether it may be sent, and the
    page that goes on hears only after minutes that its stream is over.
    """
    link = connection.get_extra_info("socket")
    if link is not None:
        with contextlib.suppress(OSError):  # it has left by itself
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.abort()


def bound(connection: asyncio.Transport) -> None:
    """Keep little for a client that does not read, so that it is noticed soon.

    One that has left already, as phones at the edge of a network do, has no socket to bound.
    """
    with contextlib.suppress(OSError):
        connection.set_write_buffer_limits(high=BUFFER)
        link = connection.get_extra_info("socket")
        if link is not None:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)


@router.get("/live", include_in_schema=False)
async def live(
    request: Request,
    visitor: Annotated[Visitor, Depends(Needs(ANY))],
    last_event_id: Annotated[str | None, Header(pattern=r"^[0-9]{1,18}$")] = None,
) -> EventStream:
    """Stream the changes of the visitor's places until they leave or lose a role."""
    resources: Resources = request.app.state.resources
    token = request.cookies.get(cookie_name(resources), "")

    async def may_stay() -> bool:
        now = await asyncio.to_thread(find_visitor, resources, token)
        return now is not None and now.grants == visitor.grants

    client = Client(
        visitor.account.id,
        frozenset(visitor.places(*HOMES)),
        visitor.session,
        min(visitor.borrowed.values(), default=0),
    )
    last_id = None if last_event_id is None else int(last_event_id)
    stream = EventStream(
        events(request.app.state.feed, client, last_id, may_stay),
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
    stream.connection = getattr(request.state, "connection", None)
    return stream
