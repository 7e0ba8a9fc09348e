"""Fault 13: ten thousand gateways come back at once."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from api.rows import Row, at_most
from ingest import frames
from ingest.journal import JournalTail
from ingest.link import Link, open_link
from ingest.packets import Connack, Packet, Parser, ProtocolError, Puback
from tests.brokers import RunningBroker, start_mosquitto
from tests.e2e.stack import running, until
from tests.faults import installation as at
from tests.faults import load
from tests.make import enrolment

GATEWAYS: Final = 10_000
HOMES: Final = 40
CONNECTED_S: Final = 60.0
_PATIENCE_S: Final = 120.0


def all_at_once(gateways: int) -> Iterator[Row]:
    """Kill the broker; every gateway connects again without any jitter, and says what it has."""
    with (
        tempfile.TemporaryDirectory() as folder,
        start_mosquitto(Path(folder) / "mosquitto") as broker,
        running(
            Path(folder) / "site", enrolment(HOMES), with_web=False, broker_port=broker.port
        ) as stack,
    ):
        kit = load.native(stack)
        tail = JournalTail.open(stack.site.data / "journal.db")
        messages = [kit.message(n) for n in range(gateways)]
        _wait_until_saved(Path(folder) / "mosquitto" / "mosquitto.db")
        seconds, connected = asyncio.run(_storm(broker, messages))
        at.settle(stack, tail)
        found = load.in_journal(tail, kit.keys)
        tail.close()
    yield at_most("fault.13.not_connected", gateways - connected, f"of {gateways}", 0)
    yield at_most("fault.13.connected_s", seconds, "s", CONNECTED_S)
    yield at_most("fault.13.lost", load.lost(gateways, found), f"of {gateways}", 0)


def _wait_until_saved(file: Path) -> None:
    """Return once the broker has written down the worker's session, as it does every second.

    Killed before it would not know the worker, and keep nothing for it: that is fault 2.
    """
    since = time.time()
    until(lambda: file.exists() and file.stat().st_mtime > since, 30, "no session is saved")


async def _storm(broker: RunningBroker, messages: list[at.Outgoing]) -> tuple[float, int]:
    """Return the seconds until all have been acknowledged, and how many were."""
    first = await asyncio.gather(
        *(_connected(broker, n, time.monotonic() + _PATIENCE_S) for n in range(len(messages)))
    )
    await asyncio.to_thread(broker.kill)
    for link in first:
        if link is not None:
            link.abort()
    await asyncio.to_thread(broker.start)
    began = time.monotonic()
    told = await asyncio.gather(
        *(_told(broker, n, message, began + _PATIENCE_S) for n, message in enumerate(messages))
    )
    seconds = time.monotonic() - began
    for link in told:
        if link is not None:
            link.abort()
    await asyncio.sleep(0.5)  # lets the loop close them
    return seconds, sum(link is not None for link in told)


async def _connected(broker: RunningBroker, number: int, end: float) -> Link | None:
    while time.monotonic() < end:
        try:
            link = await open_link(broker.host, broker.port, timeout_s=30)
        except OSError:
            await asyncio.sleep(0.2)
            continue
        link.write(frames.connect(f"crowd-{number}", keepalive_s=300))
        if await _expect(link, Connack):
            return link
        link.abort()
    return None


async def _told(
    broker: RunningBroker, number: int, message: at.Outgoing, end: float
) -> Link | None:
    """Connect and publish until the broker has it, as a gateway that keeps its readings does."""
    while time.monotonic() < end:
        link = await _connected(broker, number, end)
        if link is None:
            return None
        link.write(frames.publish(*message, packet_id=1))
        if await _expect(link, Puback):
            return link
        link.abort()
    return None


async def _expect(link: Link, kind: type[Packet]) -> bool:
    parser = Parser()
    try:
        async with asyncio.timeout(30):
            while data := await link.read():
                if any(isinstance(packet, kind) for packet in parser.feed(data)):
                    return True
    except (TimeoutError, ProtocolError):
        pass
    return False
