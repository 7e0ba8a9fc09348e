"""A worker with its real broker, to be killed, stopped and cut off by the tests beside this."""

import asyncio
import json
import os
import signal
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Row, select

from alerts import tables
from api import health, wiring
from config.homes import Sensor
from config.kinds import Kind
from ingest.flood import Flood
from ingest.journal import JournalTail
from ingest.store.embedded import open_store_readonly
from tests.e2e.stack import Stack, until

Outgoing = tuple[str, bytes]
SETTLE_S = 60


def message(stack: Stack, sensor: Sensor, ms: int, value: float = 1.0) -> Outgoing:
    """Return one native reading of this sensor under its gateway's topic."""
    gateway = next(g for g in stack.enrolment.gateways if g.number == sensor.gateway)
    body = {"r": [[sensor.address, ms, value, sensor.kind.value]]}
    topic = f"stillwell/v1/{gateway.place}/{gateway.id}/native/r"
    return topic, json.dumps(body).encode()


def publish(stack: Stack, messages: Sequence[Outgoing]) -> None:
    """Return when the broker has acknowledged them all."""

    async def send() -> None:
        async with Flood("127.0.0.1", stack.site.broker_port, "a-publisher") as flood:
            await flood.publish_all(messages)

    asyncio.run(send())


def sensors(stack: Stack, *kinds: Kind) -> list[Sensor]:
    """Return the sensors of these kinds, by number."""
    return [s for s in stack.enrolment.sensors if s.kind in kinds]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def alerts(stack: Stack) -> list[Row[Any]]:
    """Return every alert of life safety."""
    query = select(tables.alerts).where(tables.alerts.c.priority == "P1")
    with stack.database.connect() as connection:
        return list(connection.execute(query))


def alerted(stack: Stack) -> list[str]:
    """Return the sensor of every alert of life safety, each as often as it has alerts."""
    return sorted(row.sensor for row in alerts(stack))


def pid(stack: Stack) -> int:
    """Return the process id of the worker that runs."""
    process = stack.children["worker"].process
    assert process is not None
    assert process.poll() is None, stack.children["worker"].last_lines()
    return process.pid


def is_connected(stack: Stack, since_us: int) -> bool:
    """Whether a worker that has been connected has said so since then."""
    stack.check()
    with stack.database.connect() as connection:
        beat = health.beats(connection)[health.WORKER]
    return beat.beat_us > since_us and bool(beat.state["is_connected"])


def wait_until_connected(stack: Stack, seconds: float = 20) -> None:
    since_us = time.time_ns() // 1000
    until(lambda: is_connected(stack, since_us), seconds, "the worker is not connected")


def wait_until_stored(stack: Stack, seq: int, seconds: float = 30) -> None:
    """Return once the store has taken this row of the journal."""
    store = open_store_readonly(wiring.files(wiring.read_settings(stack.site.settings)).store)
    until(lambda: store.position() >= seq, seconds, "the store lacks readings")
    store.close()


def end(stack: Stack, number: signal.Signals) -> tuple[int, float]:
    """Send the worker a signal; return its exit code and the seconds that it took to end."""
    process = stack.children["worker"].process
    assert process is not None
    began = time.monotonic()
    os.kill(process.pid, number)
    code = process.wait(30)
    return code, time.monotonic() - began


@contextmanager
def locked_ledger(stack: Stack) -> Iterator[None]:
    """Hold the write lock of the database of alerts, as a long transaction elsewhere would."""
    connection = sqlite3.connect(stack.site.data / "stillwell.db", isolation_level=None, timeout=30)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def settle(stack: Stack, tail: JournalTail) -> None:
    """Return once nothing more is committed, and the store has all of it."""
    end, last, since = time.monotonic() + SETTLE_S, -1, time.monotonic()
    while time.monotonic() < end and time.monotonic() - since < 4:
        stack.check()
        if tail.last_seq() != last:
            last, since = tail.last_seq(), time.monotonic()
        time.sleep(0.1)
    wait_until_stored(stack, last)
