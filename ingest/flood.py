"""Publishing as fast as the broker takes it: back-fills and replays."""

import asyncio
from collections.abc import Sequence
from ssl import SSLContext
from types import TracebackType
from typing import Final, Self

from ingest import frames
from ingest.frames import Will
from ingest.link import Link, open_link
from ingest.packets import Connack, Parser, ProtocolError, Puback

WRITE_BYTES: Final = 1 << 18
"""About how much is encoded before the send buffer gets a chance to empty."""


class PublishFailedError(Exception):
    """The broker did not acknowledge; the message says why.

    ``acknowledged`` counts the messages of this call that it did take. MQTT keeps their order,
    so they are the first ones; sending all again does no harm to whoever removes duplicates.
    """

    def __init__(self, said: str, acknowledged: int = 0) -> None:
        super().__init__(said)
        self.acknowledged = acknowledged


class Flood:
    """One connection that publishes at QoS 1 with many messages in flight.

    At most ``window`` are unacknowledged. Pings keep an idle connection alive. ``timeout_s``
    is how long the broker may be without any acknowledgement while some are due.
    """

    def __init__(
        self,
        host: str,
        port: int,
        client_id: str,
        username: str | None = None,
        password: str | None = None,
        *,
        will: Will | None = None,
        window: int = 1000,
        keepalive_s: int = 60,
        timeout_s: float = 30.0,
        tls: SSLContext | None = None,
    ) -> None:
        if not 1 <= window < frames.MAX_PACKET_ID:
            raise ValueError(f"flood: window is {window}, expected 1..{frames.MAX_PACKET_ID - 1}")
        self._host, self._port, self._tls = host, port, tls
        self._hello = frames.connect(
            client_id, keepalive_s=keepalive_s, username=username, password=password, will=will
        )
        self._window, self._keepalive_s, self._timeout_s = window, keepalive_s, timeout_s
        self._link = Link()
        self._parser = Parser()
        self._due: set[int] = set()
        self._last_id = 0
        self._progress = asyncio.Event()
        self._turn = asyncio.Lock()
        self._failure: str | None = None
        self._tasks: Sequence[asyncio.Task[None]] = ()

    async def __aenter__(self) -> Self:
        try:
            self._link = await open_link(
                self._host, self._port, timeout_s=self._timeout_s, tls=self._tls
            )
            async with asyncio.timeout(self._timeout_s):
                await self._introduce()
        except (OSError, ProtocolError) as error:
            self._link.abort()
            raise PublishFailedError(
                f"cannot publish to {self._host}:{self._port}: {error or 'no answer'}"
            ) from None
        self._tasks = (
            asyncio.create_task(self._read()),
            asyncio.create_task(self._ping()),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._link.write(frames.DISCONNECT)
        await self._link.close()

    def abort(self) -> None:
        """Cut the connection without a goodbye, so that the broker says the will."""
        self._link.abort()

    async def publish_all(self, messages: Sequence[tuple[str | bytes, bytes]]) -> None:
        """Publish (topic, payload) pairs in order; return when all are acknowledged.

        Raises PublishFailedError when the connection breaks or the broker stalls. Calls made
        at the same time follow one another.
        """
        async with self._turn:
            sent = 0
            try:
                while sent < len(messages):
                    room = await self._settle(self._window // 2)
                    sent += self._send(messages[sent : sent + room])
                    await self._link.drain()
                await self._settle(0)
            except ConnectionError as error:
                settled = sent - len(self._due)
                raise PublishFailedError(
                    f"{error}; {settled:,} of {len(messages):,} messages were acknowledged",
                    settled,
                ) from None

    def _send(self, messages: Sequence[tuple[str | bytes, bytes]]) -> int:
        """Queue as many as make a good write, at least one; return how many."""
        run: list[bytes] = []
        packet_ids: list[int] = []
        size = 0
        for topic, payload in messages:
            packet_ids.append(self._next_id())
            run.append(frames.publish(topic, payload, packet_id=packet_ids[-1]))
            size += len(run[-1])
            if size >= WRITE_BYTES:
                break
        self._due.update(packet_ids)
        self._link.write(b"".join(run))
        return len(run)

    def _next_id(self) -> int:
        while True:
            self._last_id = self._last_id % frames.MAX_PACKET_ID + 1
            if self._last_id not in self._due:
                return self._last_id

    async def _settle(self, most_due: int) -> int:
        """Wait until at most that many are unacknowledged; return how many more may follow."""
        while len(self._due) > most_due:
            self._progress.clear()
            if self._failure is not None:
                raise ConnectionError(self._failure)
            try:
                async with asyncio.timeout(self._timeout_s):
                    await self._progress.wait()
            except TimeoutError:
                self._failure = f"the broker acknowledged nothing for {self._timeout_s:g} s"
                self._link.abort()
        if self._failure is not None and most_due:
            raise ConnectionError(self._failure)
        return self._window - len(self._due)

    async def _introduce(self) -> None:
        self._link.write(self._hello)
        while data := await self._link.read():
            for packet in self._parser.feed(data):
                if isinstance(packet, Connack):
                    if packet.refusal is not None:
                        raise ConnectionError(packet.refusal)
                    return
        raise ConnectionError(self._link.loss or "the broker closed the connection")

    async def _read(self) -> None:
        try:
            while data := await self._link.read():
                for packet in self._parser.feed(data):
                    if isinstance(packet, Puback):
                        self._due.discard(packet.packet_id)
                self._progress.set()
            self._failure = self._failure or self._link.loss
        except ProtocolError as error:
            self._failure = f"the broker broke the protocol: {error}"
            self._link.abort()
        self._progress.set()

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(self._keepalive_s / 2)
            self._link.write(frames.PINGREQ)
