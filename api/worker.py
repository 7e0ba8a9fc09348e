"""The worker process: subscriber, journal, store, engine and outbox, each on its own thread."""

import asyncio
import gc
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import structlog

from alerts import engine_loop
from alerts.lease import Lease
from api import memory, wiring
from api.exits import CommandFailed
from api.worker_beat import BEAT_S, beat
from api.worker_parts import Parts, build
from config.settings import Settings

COLLECT_AFTER: Final = 50_000
"""New objects after which the garbage collector looks at them."""

FINISH_S: Final = 5.0
"""From the wish to stop until threads that still wait, for a locked database say, are left."""

RELEASE_S: Final = 1.0
"""Longest that a worker which ends waits to free its lease."""

_log = structlog.get_logger(__name__)


def run(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT, then finish what is in hand, within ten seconds."""
    memory.give_back()
    parts = build(settings)
    parts.lease.take()
    _calm_collector()
    asyncio.run(_run(parts, settings))


def _calm_collector() -> None:
    """Leave what stands to itself, and look for cycles rarely.

    A chunk of messages is thousands of short-lived objects, none of them in a cycle; looking
    through them, and through everything else, cost a third of the time of decoding.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)


async def _run(parts: Parts, settings: Settings) -> None:
    stop = asyncio.Event()
    ending = threading.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    checkpoint = wiring.files(settings).checkpoint
    watch = partial(
        engine_loop.run,
        parts.engine,
        wait=parts.pace.wait,
        checkpoint=checkpoint,
        checkpoint_s=settings.engine.checkpoint_s,
    )
    threads = [
        _Thread("store", parts.follower.run, ending),
        _Thread("engine", watch, ending),
        *(
            _Thread(f"outbox-{name}", partial(parts.outbox.run, channel=name), ending)
            for name in parts.outbox.channels
        ),
        _Thread("lease", parts.lease.run, ending),
        _Thread("keeper", parts.keeper.run, ending),
        _Thread("anchors", parts.anchoring.run, ending),
        _Thread("announcements", parts.announcing.run, ending),
        _Thread("beat", partial(beat, parts, settings), ending),
        _Thread("relearning", parts.relearning.run, ending),
    ]
    for thread in threads:
        thread.start()
    subscribing = asyncio.create_task(parts.subscriber.run(stop))
    probing = asyncio.create_task(parts.broker.ask(parts.subscriber, settings))
    receipting = asyncio.create_task(parts.receipts.run(stop))
    watching = asyncio.create_task(_watch(threads, stop))
    try:
        await asyncio.wait([subscribing, watching], return_when=asyncio.FIRST_COMPLETED)
    finally:
        end_s = time.monotonic() + FINISH_S
        stop.set()
        await subscribing
        for task in (receipting, probing):
            task.cancel()
        await asyncio.gather(receipting, probing, return_exceptions=True)
        ending.set()
        await asyncio.to_thread(_join, threads, end_s)
        parts.pipeline.close()
        parts.store.close()
        await asyncio.to_thread(_release, parts.lease)
        parts.journal.close()
    await watching
    _log.info("worker_stopped", seq=parts.journal.last_seq())


class _Thread(threading.Thread):
    def __init__(
        self, name: str, work: Callable[[threading.Event], None], ending: threading.Event
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._work, self._ending = work, ending
        self.problem: BaseException | None = None

    def run(self) -> None:
        try:
            self._work(self._ending)
        except BaseException as problem:  # noqa: BLE001  # told by the beat, which ends the worker
            self.problem = problem


def _release(lease: Lease) -> None:
    """Free the lease, unless the database is locked: then the next worker waits a little."""
    thread = _Thread("release", lambda _: lease.release(), threading.Event())
    thread.start()
    thread.join(RELEASE_S)


def _join(threads: list[_Thread], end_s: float) -> None:
    for thread in threads:
        thread.join(max(end_s - time.monotonic(), 0.0))


async def _watch(threads: list[_Thread], stop: asyncio.Event) -> None:
    """End the worker when one of its threads has ended."""
    while not stop.is_set():
        for thread in threads:
            if not thread.is_alive():
                raise CommandFailed(f"worker: its {thread.name} thread ended: {thread.problem!r}")
        try:
            async with asyncio.timeout(BEAT_S):
                await stop.wait()
        except TimeoutError:
            continue
