"""A broker that does what a test says, for what no real broker does on request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.brokers import HOST, RunningBroker

CONNACK = b"\x20\x02\x00\x00"
GRANTED = b"\x90\x03\x00\x01\x01"

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _cannot() -> None:
    raise AssertionError("a scripted broker is not started or stopped")


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[RunningBroker]:
    """Serve every connection by this script; the connection closes when it returns."""
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        try:
            await script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    nobody = (None, None)
    try:
        yield RunningBroker(HOST, port, nobody, nobody, _cannot, _cannot, _cannot)
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer a CONNECT, and a SUBSCRIBE with one topic, with yes."""
    await read_packet(reader)
    writer.write(CONNACK)
    await read_packet(reader)
    writer.write(GRANTED)


async def read_packet(reader: asyncio.StreamReader) -> bytes:
    """Return one packet of less than 128 bytes, or one whose length takes two bytes."""
    head = await reader.readexactly(2)
    length = head[1]
    if length > 127:
        head += await reader.readexactly(1)
        length += (head[2] << 7) - 128
    return head + await reader.readexactly(length)
