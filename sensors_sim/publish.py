"""A scenario through the broker: its past in virtual slices, then live by the wall clock."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from ingest.clock_mark import SLICE_US
from ingest.flood import Flood, PublishFailedError
from sensors_sim.announce import announcements
from sensors_sim.dialects.dialect import Outgoing, prefix
from sensors_sim.encode import Encoder
from sensors_sim.fleet import Fleet
from sensors_sim.gateway import LiveGateway
from sensors_sim.scenario import Incident, Scenario
from sensors_sim.schedule import SECOND_US
from sensors_sim.target import Target, mark

CAUGHT_UP_US: Final = 2 * SECOND_US
"""This close to the wall clock, a back-fill hands over to live."""

LEAD_US: Final = 48 * 3600 * SECOND_US
"""How far the back-fill may run ahead of the worker, in virtual time."""

BOOT: Final = "1"
"""Of recordings, which are the same bytes each time; who goes live needs ``new_boot``."""

DAY_US: Final = 86_400 * SECOND_US
_TICK_S: Final = 0.25
_POLL_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a back-fill has come: virtual time and what the broker has acknowledged."""

    start_us: int
    now_us: int
    end_us: int
    messages: int
    readings: int


OnProgress = Callable[[Progress], None]
WorkerNow = Callable[[], int | None]
"""Virtual now of the worker in microseconds, None while it has not said."""


def wall_us() -> int:
    """Return microseconds since 1970 UTC by this machine's clock."""
    return time.time_ns() // 1000


def new_boot() -> str:
    """Return a boot of its own for numbers that begin at 1 again."""
    return f"{wall_us():x}"


async def simulate(
    scenario: Scenario,
    target: Target,
    *,
    on_progress: OnProgress | None = None,
    worker_now: WorkerNow | None = None,
    on_live: Callable[[int], None] | None = None,
) -> None:
    """Publish the scenario's past up to now, say so, then follow the wall clock for ever.

    ``on_live`` is told the moment of going live once the past has been acknowledged.
    PublishFailedError when the broker is lost during the past.
    """
    end_us = wall_us() // 1000 * 1000
    fleet = Fleet(scenario, end_us)
    encoder = Encoder(fleet.enrolment, new_boot())
    live_us = await backfill(
        fleet,
        encoder,
        target,
        end_us - scenario.days * DAY_US,
        on_progress=on_progress,
        worker_now=worker_now,
    )
    fleet.go_live(live_us)
    if on_live is not None:
        on_live(live_us)
    await live(fleet, encoder, target, live_us)


async def backfill(
    fleet: Fleet,
    encoder: Encoder,
    target: Target,
    start_us: int,
    end_us: int | None = None,
    *,
    on_progress: OnProgress | None = None,
    worker_now: WorkerNow | None = None,
) -> int:
    """Publish from ``start_us`` to ``end_us``, or until the wall clock is caught up with.

    After each slice everything is acknowledged before the clock mark is sent, so a reader
    that takes the broker's order has seen all that happened by the mark. Returns the moment
    up to which everything has been published; when it caught up, the last mark says live.
    """
    async with AsyncExitStack() as stack:
        clock = target.clock_flood()
        if clock is not None:
            await stack.enter_async_context(clock)
        floods = {
            row: await stack.enter_async_context(target.gateway_flood(gateway.id))
            for row, gateway in enumerate(fleet.enrolment.gateways)
        }
        await mark(clock, start_us)
        now_us, worker_us, messages, readings = start_us, start_us, 0, 0
        while True:
            goal_us = wall_us() // 1000 * 1000 if end_us is None else end_us
            if goal_us - now_us <= (CAUGHT_UP_US if end_us is None else 0):
                break
            worker_us = await wait_for(worker_now, now_us, worker_us)
            next_us = min(now_us + SLICE_US, goal_us)
            happened = fleet.deliveries(now_us, next_us)
            outgoing = encoder.encode(happened)
            await publish_slice(floods, outgoing)
            await mark(clock, next_us)
            now_us = next_us
            messages += len(outgoing)
            readings += len(happened)
            if on_progress is not None:
                on_progress(Progress(start_us, now_us, goal_us, messages, readings))
        if end_us is None:
            await mark(clock, now_us, is_live=True)
    return now_us


async def publish_slice(
    floods: Mapping[int, Flood] | Sequence[Flood], outgoing: Sequence[Outgoing]
) -> None:
    """Publish messages grouped by gateway; return when all are acknowledged.

    PublishFailedError tells of the first gateway that could not.
    """
    failed: PublishFailedError | None = None
    try:
        async with asyncio.TaskGroup() as group:
            for gateway, messages in groupby(outgoing, key=lambda message: message.gateway):
                pairs = [(message.topic, message.payload) for message in messages]
                group.create_task(floods[gateway].publish_all(pairs))
    except* PublishFailedError as problems:
        failed = next(e for e in problems.exceptions if isinstance(e, PublishFailedError))
    if failed is not None:
        raise failed


async def wait_for(worker_now: WorkerNow | None, now_us: int, worker_us: int) -> int:
    """Return the worker's now once it is no more than ``LEAD_US`` behind.

    ``worker_us`` is what it was when last asked: to ask costs a query, and it never goes back.
    """
    while worker_now is not None and now_us - worker_us > LEAD_US:
        worker_us = max(worker_now() or worker_us, worker_us)
        if now_us - worker_us > LEAD_US:
            await asyncio.sleep(_POLL_S)
    return worker_us


async def live(fleet: Fleet, encoder: Encoder, target: Target, from_us: int) -> None:
    """Publish every reading as its time comes, from ``from_us`` on, until cancelled.

    A gateway that the scenario has taken offline does not connect.
    """
    lost = {
        onset.home
        for onset in fleet.onsets
        if onset.kind is Incident.GATEWAY_OFFLINE and onset.at_us <= from_us
    }
    announced = announcements(fleet.enrolment)
    gateways = {
        row: LiveGateway(
            gateway.id, prefix(gateway), target, encoder.boot, announces=announced.get(row, ())
        )
        for row, gateway in enumerate(fleet.enrolment.gateways)
        if row not in lost
    }
    async with asyncio.TaskGroup() as group:
        for gateway in gateways.values():
            group.create_task(gateway.run())
        while True:
            now_us = wall_us()
            for row, messages in groupby(
                encoder.encode(fleet.deliveries(from_us, now_us)), key=lambda m: m.gateway
            ):
                gateways[row].send(list(messages))
            from_us = max(from_us, now_us)
            await asyncio.sleep(_TICK_S)
