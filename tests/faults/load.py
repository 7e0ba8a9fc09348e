"""What streams in while things are killed, what of it was committed, and how often."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from unittest.mock import patch

from api import wiring
from config.homes import Enrolment, Sensor
from config.kinds import Kind
from ingest.batch import Batch
from ingest.flood import Flood
from ingest.journal import JournalTail
from ingest.store.embedded import open_store_readonly
from sensors_sim import gateway as live_gateway
from sensors_sim.dialects.dialect import Outgoing, prefix
from sensors_sim.gateway import LiveGateway
from sensors_sim.target import Target
from tests.e2e.stack import Stack
from tests.faults import installation as at
from tests.make import enrolment

ROUND_S: Final = 0.05
A_ROUND: Final = 20
_MICRO: Final = 1_000_000
_BASE_C: Final = 10.0

KeysOf = Callable[[Batch], Sequence[int]]
"""The numbers of the readings in a batch."""


@dataclass(frozen=True, slots=True)
class Kit:
    """How reading number n is written, and how its number is read from what was committed."""

    message: Callable[[int], at.Outgoing]
    keys: KeysOf


def half_untimed(homes: int) -> Enrolment:
    """Return homes whose thermometer speaks Zigbee2MQTT without any time."""
    made = enrolment(homes)
    return replace(
        made,
        sensors=tuple(
            replace(s, dialect="zigbee2mqtt") if s.kind is Kind.TEMPERATURE else s
            for s in made.sensors
        ),
    )


def native(stack: Stack) -> Kit:
    """Return native readings, each at a millisecond of its own."""
    motion, first_ms = at.sensors(stack, Kind.MOTION), at.now_ms() - 60_000
    numbers = {sensor.number for sensor in motion}

    def message(n: int) -> at.Outgoing:
        return at.message(stack, motion[n % len(motion)], first_ms + n, float(n // 7 % 2))

    def keys(batch: Batch) -> Sequence[int]:
        times = batch.time.astype("datetime64[ms]").astype(int).tolist()
        rows = zip(batch.sensor.tolist(), times, strict=True)
        return [ms - first_ms for sensor, ms in rows if sensor in numbers]

    return Kit(message, keys)


def untimed(stack: Stack) -> Kit:
    """Return Zigbee2MQTT temperatures without a time, each a value of its own."""
    warm = at.sensors(stack, Kind.TEMPERATURE)
    numbers = {sensor.number for sensor in warm}
    prefixes = {g.number: prefix(g) for g in stack.enrolment.gateways}

    def message(n: int) -> at.Outgoing:
        sensor: Sensor = warm[n % len(warm)]
        topic = f"{prefixes[sensor.gateway]}/zigbee2mqtt/{sensor.address}"
        return topic, b'{"temperature":%.6f}' % (_BASE_C + n / _MICRO)

    def keys(batch: Batch) -> Sequence[int]:
        rows = zip(batch.sensor.tolist(), batch.value.tolist(), strict=True)
        return [round((value - _BASE_C) * _MICRO) for sensor, value in rows if sensor in numbers]

    return Kit(message, keys)


class Stream:
    """Publishes at an even pace, 400 a second, until it is stopped; counts what was PUBACKed."""

    def __init__(self, stack: Stack, kit: Kit) -> None:
        self._port, self._kit = stack.site.broker_port, kit
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._problem: BaseException | None = None
        self.sent, self.seconds = 0, 0.0

    def __enter__(self) -> "Stream":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)
        if self._problem is not None:
            raise self._problem

    def _run(self) -> None:
        try:
            asyncio.run(self._publish())
        except BaseException as problem:  # noqa: BLE001  # raised at the end, in its own thread
            self._problem = problem

    async def _publish(self) -> None:
        began = time.monotonic()
        async with Flood("127.0.0.1", self._port, "a-publisher") as flood:
            while not self._stop.is_set():
                numbers = range(self.sent, self.sent + A_ROUND)
                await flood.publish_all([self._kit.message(n) for n in numbers])
                self.sent += A_ROUND
                rest = began + self.sent / A_ROUND * ROUND_S - time.monotonic()
                await asyncio.sleep(max(0.0, rest))
        self.seconds = time.monotonic() - began


class Gateways:
    """A gateway a home, each with its own connection; numbered native messages, 300 a second."""

    def __init__(self, stack: Stack, *, has_outbox: bool) -> None:
        self._stack, self._has_outbox = stack, has_outbox
        self._kit = native(stack)
        self._stop, self._thread = threading.Event(), threading.Thread(target=self._run)
        self._problem: BaseException | None = None
        self.sent, self.waiting, self.seconds = 0, 0, 0.0

    keys: KeysOf

    def __enter__(self) -> "Gateways":
        self.keys = self._kit.keys
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(120)
        if self._problem is not None:
            raise self._problem

    def _run(self) -> None:
        try:
            # A broker that was killed answers at once or never.
            with (
                patch.object(live_gateway, "ACKNOWLEDGED_S", 2.0),
                patch.object(live_gateway, "RETRY_S", 0.3),
            ):
                asyncio.run(self._publish())
        except BaseException as problem:  # noqa: BLE001  # raised at the end, in its own thread
            self._problem = problem

    async def _publish(self) -> None:
        target = Target("127.0.0.1", self._stack.site.broker_port)
        rows = self._stack.enrolment.gateways
        boot = f"{time.time_ns():x}"
        homes = {
            prefix(g): LiveGateway(g.id, prefix(g), target, boot if self._has_outbox else None)
            for g in rows
        }
        running = [asyncio.create_task(home.run()) for home in homes.values()]
        sequence = Counter[str]()
        began = time.monotonic()
        while not self._stop.is_set():
            for n in range(self.sent, self.sent + A_ROUND):
                topic, payload = self._kit.message(n)
                own = topic.removesuffix("/native/r")
                sequence[own] += 1
                head = b'{"b":"%b","s":%d,' % (boot.encode(), sequence[own])
                homes[own].send([Outgoing(0, topic, head + payload[1:], 0, sequence[own])])
            self.sent += A_ROUND
            rest = began + self.sent / A_ROUND * ROUND_S - time.monotonic()
            await asyncio.sleep(max(0.0, rest))
        self.seconds = time.monotonic() - began
        end = time.monotonic() + 90
        while (  # noqa: ASYNC110 - no event
            any(home.waiting for home in homes.values()) and time.monotonic() < end
        ):
            await asyncio.sleep(0.1)
        self.waiting = sum(home.waiting for home in homes.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def in_journal(tail: JournalTail, keys: KeysOf) -> Counter[int]:
    """Return how often each number was committed."""
    found: Counter[int] = Counter()
    for entry in tail.read(0, 10**9):
        found.update(keys(entry.batch))
    return found


def in_store(stack: Stack, keys: KeysOf) -> Counter[int]:
    """Return how often each number is stored."""
    from ingest.clock import instant

    store = open_store_readonly(wiring.files(wiring.read_settings(stack.site.settings)).store)
    found: Counter[int] = Counter()
    for home in stack.enrolment.homes:
        found.update(keys(store.read(home.number, instant(0), instant(2**52))))
    store.close()
    return found


def lost(sent: int, found: Counter[int]) -> int:
    """Return how many of the numbers below ``sent`` were never committed."""
    return sum(n not in found for n in range(sent))


def repeated(found: Counter[int]) -> int:
    """Return how many commits were one too many."""
    return sum(count - 1 for count in found.values())
