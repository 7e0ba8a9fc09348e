"""One TCP connection that reads when asked: the back-pressure of subscriber and flood."""

import asyncio
import socket
from contextlib import suppress
from ssl import SSLContext
from typing import Final

_QUICKACK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)  # Linux only


class Link(asyncio.Protocol):
    """Bytes in and out. Whatever has arrived is one read, and then the socket rests.

    The rest is what makes the subscriber cheap: a broker writes packet by packet, and reading
    each as it comes costs a wake-up a message.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._arrived = bytearray()
        self._stirred = asyncio.Event()
        self._can_write = asyncio.Event()
        self._can_write.set()
        self._lost = asyncio.Event()
        self._is_deaf = False
        self.loss: str | None = None
        """Why the connection is gone, or None while it lives."""
        self.heard_s = 0.0
        """The loop's time when the peer last said something."""

    @property
    def is_lost(self) -> bool:
        """Whether the connection is gone."""
        return self.loss is not None

    async def read(self, most: int | None = None) -> bytes:
        """Return what has arrived, at least one byte, at most ``most``; empty once it is lost."""
        while not self._arrived and not self.is_lost:
            self._stirred.clear()
            self.listen()
            await self._stirred.wait()
        return self.take(most)

    def listen(self) -> None:
        """Have the socket read once more, without waiting for it."""
        if self._transport is not None and not self.is_lost:
            self._transport.resume_reading()

    def take(self, most: int | None = None) -> bytes:
        """Return what has arrived, at most ``most`` bytes, perhaps none."""
        data = bytes(self._arrived[:most])
        del self._arrived[: len(data)]
        return data

    def write(self, data: bytes) -> None:
        """Queue bytes for sending; ignored when the connection is gone."""
        if self._transport is not None and not self.is_lost:
            self._transport.write(data)

    async def drain(self) -> None:
        """Wait until the send buffer is short, or the connection is gone."""
        await self._can_write.wait()

    async def close(self, timeout_s: float = 1.0) -> None:
        """Send what is queued, wait for the peer to close, cut after ``timeout_s``.

        What still arrives is read and dropped: closing a socket with unread bytes resets the
        connection, and the peer then loses what we sent last - our acknowledgements.
        """
        if self._transport is None:
            return
        self._is_deaf = True
        self._transport.resume_reading()
        if self._transport.can_write_eof() and not self._transport.is_closing():
            with suppress(OSError):  # the peer was faster
                self._transport.write_eof()
        try:
            async with asyncio.timeout(timeout_s):
                await self._lost.wait()
        except TimeoutError:
            self.abort()

    def abort(self) -> None:
        """Cut the connection at once; what is queued is not sent."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.heard_s = asyncio.get_running_loop().time()
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - narrows the type
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take what arrived and rest."""
        self.heard_s = asyncio.get_running_loop().time()
        self._hurry()
        if self._is_deaf:
            return
        self._arrived += data
        if self._transport is not None:
            self._transport.pause_reading()
        self._stirred.set()

    def eof_received(self) -> None:
        """Note that the broker closed; asyncio then closes our side."""
        self.loss = self.loss or "the broker closed the connection"

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake everyone who waits."""
        self.loss = self.loss or _reason(exc)
        self._lost.set()
        self._stirred.set()
        self._can_write.set()

    def pause_writing(self) -> None:
        """Let ``drain`` wait."""
        self._can_write.clear()

    def resume_writing(self) -> None:
        """Let ``drain`` return."""
        self._can_write.set()

    def _hurry(self) -> None:
        """Have the kernel acknowledge at once; it forgets, so this is said at every read.

        Mosquitto leaves Nagle's algorithm on: each of its small packets would otherwise wait
        for our kernel's delayed acknowledgement of the one before, up to 40 ms.
        """
        if _QUICKACK is not None and self._transport is not None:
            connection = self._transport.get_extra_info("socket")
            with suppress(OSError, AttributeError):
                connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)


def _reason(error: Exception | None) -> str:
    return "the connection was closed" if error is None else f"the connection broke: {error}"


async def open_link(
    host: str, port: int, *, timeout_s: float, tls: SSLContext | None = None
) -> Link:
    """Connect; OSError (a TimeoutError after ``timeout_s``) when nobody answers."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            _, link = await loop.create_connection(Link, host, port, ssl=tls)
    except TimeoutError:
        raise TimeoutError(f"no answer within {timeout_s:g} s") from None
    return link
