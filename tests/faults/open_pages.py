"""Open pages as their streams of server-sent events: such as listen, and such as are frozen."""

import asyncio
import re
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

_ID: Final = re.compile(rb"(?:^|\n)id: (\d+)\n")


def ids(events: bytes) -> list[int]:
    """Return the ids of these events, in order."""
    return [int(number) for number in _ID.findall(events)]


class Page(asyncio.Protocol):
    """One stream: which events it was told of, and when."""

    def __init__(self, hello: bytes) -> None:
        self._hello, self._rest = hello, b""
        self.ids: list[int] = []
        self.at_us: list[int] = []
        self.is_open = self.is_reset = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        """Note the ids of the events that are complete."""
        now_us = time.time_ns() // 1000
        whole, end, self._rest = (self._rest + data).rpartition(b"\n\n")
        self.is_open = self.is_open or b"200 OK" in whole
        self.is_reset = self.is_reset or b"event: reset" in whole
        found = ids(whole + end)
        self.ids += found
        self.at_us += [now_us] * len(found)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's name
        """Say that it is over."""
        self.is_open = False


@dataclass(slots=True)
class Frozen:
    """A page that asks and does not read, with a browser's smallest buffer."""

    place: str
    cookie: str
    port: int
    link: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.link = socket.socket()
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.link.connect(("127.0.0.1", self.port))
        self.link.sendall(request(self.cookie))

    def thaw(self) -> tuple[bytes, bool]:
        """Read what was kept for it; return it, and whether the server has ended the stream."""
        self.link.settimeout(2.0)
        found = b""
        try:
            while data := self.link.recv(65536):
                found += data
        except TimeoutError:
            return found, False
        except OSError:
            return found, True
        finally:
            self.link.close()
        return found, True


def request(cookie: str, last_id: int | None = None) -> bytes:
    """Return the bytes with which a browser opens the stream."""
    again = "" if last_id is None else f"Last-Event-ID: {last_id}\r\n"
    return (
        f"GET /live HTTP/1.1\r\nHost: stillwell\r\nCookie: stillwell={cookie}\r\n"
        f"Accept: text/event-stream\r\n{again}\r\n"
    ).encode()


async def open_page(port: int, hello: bytes) -> Page:
    """Open a page that listens."""
    loop = asyncio.get_running_loop()
    _, page = await loop.create_connection(partial(Page, hello), "127.0.0.1", port)
    return page


async def all_open(pages: Sequence[Page]) -> None:
    """Return once every stream has begun; AssertionError when one does not within a minute."""
    end = time.monotonic() + 60
    while not all(page.is_open for page in pages):
        if time.monotonic() > end:
            count = sum(page.is_open for page in pages)
            raise AssertionError(f"{count} of {len(pages)} streams opened in 60 s")
        await asyncio.sleep(0.2)
