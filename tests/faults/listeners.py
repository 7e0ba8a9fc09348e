"""Fault 16: 500 pages are open, fifty of them frozen, while 500 readings a second come in.

A page is its stream of server-sent events; what it shows is fetched when an event says so. Each
call for help must reach every page of its place that still listens.
"""

import asyncio
import json
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy import insert, select

from alerts import tables
from api.live import REPLAY, SEND_S, STREAMS
from api.rows import Row, at_least, at_most
from config import people, sessions
from config.homes import Enrolment
from config.kinds import Kind
from config.people import Role
from ingest.flood import Flood
from tests.brokers import start_mosquitto
from tests.e2e.stack import Stack, running
from tests.faults import installation as at
from tests.faults.living import rss_mib
from tests.make import enrolment

LIVE: Final = 450
FROZEN: Final = 50
CALLS: Final = 30
CALL_S: Final = 0.5
RATE: Final = 500
"""Readings a second while the calls are made."""

BURST: Final = 3000
"""Changes of the place whose pages are frozen: more than queue and buffers hold."""

RSS_MIB: Final = 150
P99_MS: Final = 1000
OURS: Final = "fenbridge"
THEIRS: Final = "northmoor"


@dataclass(slots=True)
class Page:
    """One stream: when each alert was told of (us), and the ids of all events in order."""

    seen_us: dict[str, int] = field(default_factory=dict)
    ids: list[int] = field(default_factory=list)
    is_reset: bool = False

    async def listen(self, stack: Stack, cookie: str, last_id: int | None = None) -> None:
        """Read the stream until it ends or the task is cancelled."""
        reader, writer = await asyncio.open_connection("127.0.0.1", stack.site.web_port)
        writer.write(request(cookie, last_id))
        try:
            event = ""
            while line := await reader.readline():
                if line.startswith(b"event: "):
                    event = line[7:].strip().decode()
                    self.is_reset |= event == "reset"
                elif line.startswith(b"id: "):
                    self.ids.append(int(line[4:]))
                elif line.startswith(b"data: {") and event == "change":
                    said = json.loads(line[6:])
                    if said["what"] == "raise":
                        self.seen_us.setdefault(said["alert"], time.time_ns() // 1000)
        finally:
            writer.close()


def request(cookie: str, last_id: int | None = None) -> bytes:
    """Return the bytes with which a browser opens the stream."""
    again = "" if last_id is None else f"Last-Event-ID: {last_id}\r\n"
    return (
        f"GET /live HTTP/1.1\r\nHost: stillwell\r\nCookie: stillwell={cookie}\r\n"
        f"Accept: text/event-stream\r\n{again}\r\n"
    ).encode()


def cookies(stack: Stack, place: str, count: int) -> list[str]:
    """Return a session for each of so many streams, as many an account as are allowed."""
    made = list[str]()
    now_us = time.time_ns() // 1000
    with stack.database.begin() as connection:
        for number in range(-(-count // STREAMS)):
            account = people.create_account(
                connection, email=f"page-{number}@{place}.example", name="Page",
                password="an-invented-password", now_us=now_us,
            )  # fmt: skip
            people.grant(connection, account.id, place, Role.OPERATOR)
            token = sessions.open_session(
                connection, account.id, now_us=now_us, lasts_us=3_600_000_000
            )
            made += [token] * STREAMS
    return made[:count]


def frozen_page(stack: Stack, cookie: str) -> socket.socket:
    """Open a stream whose reader never reads."""
    page = socket.socket()
    page.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    page.connect(("127.0.0.1", stack.site.web_port))
    page.sendall(request(cookie))
    return page


def both_places() -> Enrolment:
    """Return homes of two places."""
    ours, theirs = enrolment(2 * CALLS, place=OURS), enrolment(1, place=THEIRS, first=900)
    return Enrolment(
        ours.homes + theirs.homes, ours.gateways + theirs.gateways, ours.sensors + theirs.sensors
    )


async def _load(stack: Stack, homes: range) -> dict[str, int]:
    """Send readings at the rate and a call for help now and then; return when each was made."""
    motion = [s for s in at.sensors(stack, Kind.MOTION) if s.home is not None and s.home < 900]
    pendants = {s.home: s for s in at.sensors(stack, Kind.PENDANT)}
    made, began, sent, called = dict[str, int](), time.monotonic(), 0, 0
    async with Flood("127.0.0.1", stack.site.broker_port, "a-publisher") as flood:
        while called < len(homes):
            due = int((time.monotonic() - began) * RATE)
            batch = [
                at.message(stack, motion[n % len(motion)], at.now_ms() + n % 7, float(n % 2))
                for n in range(sent, due)
            ]
            sent = due
            if time.monotonic() - began >= called * CALL_S:
                pendant = pendants[homes[called]]
                ms = at.now_ms()
                made[pendant.id] = ms * 1000
                batch.append(at.message(stack, pendant, ms))
                called += 1
            if batch:
                await flood.publish_all(batch)
            await asyncio.sleep(0.02)
    return made


def _latencies_ms(
    stack: Stack, pages: list[Page], made: Mapping[str, int]
) -> tuple[list[float], int]:
    """Return milliseconds from call to page, and how many pages missed a call."""
    a = tables.alerts.c
    with stack.database.connect() as connection:
        of = dict(connection.execute(select(a.id, a.sensor).where(a.sensor.in_(made))).all())
    found = [
        (page.seen_us[alert] - made[sensor]) / 1000
        for page in pages
        for alert, sensor in of.items()
        if alert in page.seen_us
    ]
    return found, len(pages) * len(made) - len(found)


def _burst(stack: Stack, count: int) -> list[int]:
    """Write changes of the other place; return their ids."""
    rows = [{"at_us": 0, "place": THEIRS, "what": "unwatched"}] * count
    with stack.database.begin() as connection:
        connection.execute(insert(tables.changes), rows)
        c = tables.changes.c
        query = select(c.id).where(c.place == THEIRS).order_by(c.id)
        return list(connection.execute(query).scalars())


async def _measure(stack: Stack) -> Iterator[Row]:
    ours, theirs = cookies(stack, OURS, LIVE), cookies(stack, THEIRS, FROZEN)
    process = stack.children["web"].process
    assert process is not None
    before_mib = rss_mib(process.pid)
    pages = [Page() for _ in ours]
    tasks = [
        asyncio.create_task(page.listen(stack, cookie))
        for page, cookie in zip(pages, ours, strict=True)
    ]
    await asyncio.sleep(3)
    alone, alone_missed = _latencies_ms(stack, pages, await _calm(stack, range(1, CALLS + 1)))
    frozen = [frozen_page(stack, cookie) for cookie in theirs]
    await asyncio.sleep(2)
    ids = _burst(stack, BURST)
    made = await _calm(stack, range(CALLS + 1, 2 * CALLS + 1))
    beside, missed = _latencies_ms(stack, pages, made)
    await asyncio.sleep(max(0.0, SEND_S + 5 - CALLS * CALL_S))
    most_mib = rss_mib(process.pid)
    evicted = await asyncio.to_thread(lambda: sum(_is_ended(page) for page in frozen))
    returned, late = Page(), Page()
    again = [
        asyncio.create_task(returned.listen(stack, theirs[0], ids[-REPLAY + 100])),
        asyncio.create_task(late.listen(stack, theirs[1], ids[0])),
    ]
    await asyncio.sleep(4)
    for task in (*tasks, *again):
        task.cancel()
    await asyncio.gather(*tasks, *again, return_exceptions=True)
    lost = len(set(ids[-REPLAY + 101 :]) - set(returned.ids))
    p99, p99_alone = (float(np.percentile(found, 99)) for found in (beside, alone))
    of = f"of {len(beside) + missed}"
    return iter(
        [
            at_most("fault.16.page_p99_ms", p99, "ms", P99_MS),
            Row("fault.16.page_p99_ms_before", round(p99_alone, 1), "ms"),
            Row("fault.16.page_p50_ms", round(float(np.median(beside)), 1), "ms"),
            at_most("fault.16.calls_missed", missed + alone_missed, of, 0),
            at_least("fault.16.frozen_evicted", evicted, f"of {FROZEN}", FROZEN),
            at_most("fault.16.rss_growth_mib", most_mib - before_mib, "MiB", RSS_MIB),
            at_most("fault.16.replay_lost", lost, f"of {REPLAY - 101}", 0),
            at_least("fault.16.too_late_told_to_read_anew", int(late.is_reset), "pages", 1),
        ]
    )


async def _calm(stack: Stack, homes: range) -> dict[str, int]:
    """Make the calls, and let the last of them arrive."""
    made = await asyncio.to_thread(lambda: asyncio.run(_load(stack, homes)))
    await asyncio.sleep(3)
    return made


def _is_ended(page: socket.socket) -> bool:
    """Drain what was kept for a page; return whether the server has ended its stream."""
    page.settimeout(1.0)
    try:
        while page.recv(65536):
            continue
    except TimeoutError:
        return False
    except OSError:
        return True
    finally:
        page.close()
    return True


def many_listeners() -> Iterator[Row]:
    """16: RSS bounded, frozen pages dropped and back without loss, the others not slowed down."""
    with (
        tempfile.TemporaryDirectory() as folder,
        start_mosquitto(Path(folder) / "mosquitto") as broker,
        running(Path(folder) / "site", both_places(), broker_port=broker.port) as stack,
    ):
        yield from asyncio.run(_measure(stack))
