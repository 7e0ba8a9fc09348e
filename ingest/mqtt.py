"""The subscriber: keeps one durable subscription alive and acknowledges only what is kept."""

import asyncio
from typing import Final

import structlog
from numpy.random import Generator, default_rng

from ingest.backoff import delay_s
from ingest.clock import Clock, Instant
from ingest.link import open_link
from ingest.session import ANSWER_S, ConnectionLostError, Handle, Session
from ingest.subscription import ConnectOptions, Counts, Standing

__all__ = ["ConnectOptions", "Counts", "Handle", "Subscriber"]

STABLE_S: Final = 10.0
"""A connection that lived this long starts the back-off afresh; two workers that throw each
other off one client id thus slow down."""

log = structlog.get_logger(__name__)


class Subscriber:
    """Hands chunks of messages to ``handle`` and acknowledges each once that has returned.

    ``handle`` gets the messages of a chunk in the order of the broker, one chunk at a time,
    and returns when they are durable. If it raises, the same chunk is given again with
    back-off and nothing of it is acknowledged; meanwhile pings go on and, when 20,000 messages
    or 8 MiB wait, reading rests.
    """

    def __init__(
        self,
        options: ConnectOptions,
        clock: Clock,
        handle: Handle,
        *,
        rng: Generator | None = None,
    ) -> None:
        self._options, self._clock, self._handle = options, clock, handle
        self._rng = default_rng() if rng is None else rng
        self._standing = Standing(connection_problem="not connected yet")

    @property
    def is_connected(self) -> bool:
        """Whether a broker has accepted us and the connection lives."""
        return self._standing.connected_since is not None

    @property
    def connected_since(self) -> Instant | None:
        """When the present connection was accepted, by the process clock."""
        return self._standing.connected_since

    @property
    def last_message_us(self) -> int | None:
        """When the last message was read, microseconds since 1970 UTC by the process clock."""
        return self._standing.last_message_us

    @property
    def problem(self) -> str | None:
        """What keeps readings from being read or stored, as a sentence, or None."""
        return self._standing.problem

    @property
    def counts(self) -> Counts:
        """What happened so far."""
        return self._standing.counts

    async def run(self, stop: asyncio.Event) -> None:
        """Connect, serve and reconnect until ``stop`` is set.

        Then finish and acknowledge the chunk in hand, say goodbye, and return; a handle that
        still hangs after GRACE_S is cancelled and its chunk left to the broker. Never raises
        for anything the network or the broker does.
        """
        attempt, loop = 0, asyncio.get_running_loop()
        while not stop.is_set():
            began_s = loop.time()
            try:
                await self._live(stop)
            except (ConnectionLostError, OSError) as error:
                self._note_loss(error)
            if loop.time() - began_s > STABLE_S:
                attempt = 0
            await _rest(stop, delay_s(attempt, self._rng, base_s=0.5, cap_s=30.0))
            attempt += 1
        log.info("mqtt_stopped")

    async def _live(self, stop: asyncio.Event) -> None:
        connecting = asyncio.create_task(self._connect())
        stopping = asyncio.create_task(stop.wait())
        session: Session | None = None
        try:
            await asyncio.wait([connecting, stopping], return_when=asyncio.FIRST_COMPLETED)
            if connecting.done():
                session = connecting.result()
                await session.run(stop)
        finally:
            self._standing.connected_since = None
            connecting.cancel()
            stopping.cancel()
            await asyncio.gather(connecting, stopping, return_exceptions=True)

    async def _connect(self) -> Session:
        options, standing = self._options, self._standing
        link = await open_link(options.host, options.port, timeout_s=ANSWER_S, tls=options.tls)
        session = Session(link, options, self._clock, self._handle, standing, self._rng)
        try:
            is_resumed = await session.connect()
        except BaseException:
            link.abort()
            raise
        standing.connected_since, standing.connection_problem = self._clock.now(), None
        if options.is_session_persistent and standing.counts.connects and not is_resumed:
            standing.counts = standing.counts.plus(lost_sessions=1)
            log.warning("mqtt_session_lost")
        standing.counts = standing.counts.plus(connects=1)
        log.info(
            "mqtt_connected", host=options.host, port=options.port, is_session_resumed=is_resumed
        )
        return session

    def _note_loss(self, error: Exception) -> None:
        options, standing = self._options, self._standing
        reason = str(error) or type(error).__name__
        standing.connection_problem = f"broker {options.host}:{options.port}: {reason}"
        standing.counts = standing.counts.plus(losses=1)
        log.warning("mqtt_connection_lost", host=options.host, port=options.port, reason=reason)


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
