"""The worker process: subscriber, journal, store, engine and outbox, each on its own thread."""

import asyncio
import gc
import signal
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import structlog
from sqlalchemy import Engine as Database

from alerts import proof, tick_log
from alerts.engine import Engine
from alerts.keeper import Keeper
from alerts.lease import Lease
from alerts.ledger import Ledger
from alerts.notify.outbox import Outbox
from alerts.shadow import Shadow
from api import memory, stores, wiring
from api.anchoring import Anchoring
from api.broker_watch import Broker
from api.channels import channels
from api.current_roster import CurrentRoster
from api.disk import DiskWatch
from api.engine_tail import EngineTail
from api.exits import CommandFailed
from api.handover import is_live, keeping_live
from api.pace import Pace
from api.relearning import Relearning
from api.retention import Retention
from config.settings import Settings
from ingest.clock import Clock, SystemClock, VirtualClock, instant, microseconds
from ingest.decode import decode
from ingest.follower import Follower
from ingest.journal import Journal, JournalDamaged, JournalInUse, JournalTail
from ingest.mqtt import Subscriber
from ingest.pipeline import Pipeline
from ingest.receipts import Receipts
from ingest.screen import screen
from ingest.sink import Store

BEAT_S: Final = 1.0
TRIM_S: Final = 60.0
DEAD_LETTER_DAYS: Final = 14
OPEN_DAYS: Final = np.timedelta64(2, "D")
"""A day's readings are packed for good once its lateness window has closed."""

SETTLE_S: Final = 120
"""How long the broker's link must have stood before silence says anything."""

COLLECT_AFTER: Final = 50_000
"""New objects after which the garbage collector looks at them."""

COLLECT_S: Final = 5.0
"""Longest that it waits all the same: a few objects in a cycle may hold large arrays."""

FINISH_S: Final = 5.0
"""From the wish to stop until threads that still wait, for a locked database say, are left."""

MOST_GAPS: Final = 200
"""Gateways with gaps that are told of, the worst first."""

RELEASE_S: Final = 1.0
"""Longest that a worker which ends waits to free its lease."""

_DAY_US: Final = 86_400_000_000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that one worker runs."""

    database: Database
    lease: Lease
    clock: Clock
    pace: Pace
    roster: CurrentRoster
    journal: Journal
    store: Store
    pipeline: Pipeline
    subscriber: Subscriber
    receipts: Receipts
    follower: Follower
    engine: Engine
    relearning: Relearning
    shadow: Shadow
    ledger: Ledger
    outbox: Outbox
    keeper: Keeper
    broker: Broker
    disk: DiskWatch
    anchoring: Anchoring


def build(settings: Settings, *, replayed: VirtualClock | None = None) -> Parts:
    """Open everything; ConfigProblem or CommandFailed say what is wrong and what to do.

    ``replayed`` is the clock where readings do not come from a broker: nothing is ever lost
    on the way, and the engine need not wait for a link to settle.
    """
    lease = Lease(wiring.open_database(settings), _holder(settings.data))
    database = lease.fenced
    places = wiring.places(settings)
    where = wiring.files(settings)
    clock = replayed or wiring.worker_clock(settings, database)
    roster = CurrentRoster(database)
    store = stores.open_to_write(
        settings,
        lambda rejects: journal.refuse(rejects),  # noqa: PLW0108 - it is opened below
    )
    journal = _open_journal(where, store.position())
    if isinstance(clock, VirtualClock) and replayed is None:
        clock.advance(instant(journal.last_received_us))
    tail = EngineTail(JournalTail.open(where.journal), journal)
    pace = Pace(tail, journal, clock, lambda: engine.progress)
    pipeline = Pipeline(
        journal, decode, screen, roster.table, clock, refresh=roster.refresh, on_mark=pace.mark
    )
    handle = keeping_live(pipeline.handle, clock, where.live)
    options = wiring.connect_options(settings)
    subscriber = Subscriber(options, clock, handle)
    receipts = Receipts(options, pipeline.positions, roster.gateway_id)
    retention = Retention(store, places, roster.table)

    def tend() -> None:
        store.tend(clock.now() - OPEN_DAYS)
        retention.step(clock.now())

    follower = Follower(
        JournalTail.open(where.journal),
        store,
        lambda: roster.table().sensor_home,
        wait=journal.wait,
        tend=tend,
    )
    ledger = Ledger(database, is_muted=lambda: settings.outbox.is_muted or not pace.is_live)
    shadow = Shadow(database, roster.table, places)
    engine = Engine(
        pace,
        roster.table,
        places,
        ledger,
        pace,
        is_linked=lambda: (
            replayed is not None or (subscriber.is_connected and subscriber.problem is None)
        ),
        orphan_place=wiring.orphan_place(settings, sorted(places)),
        tick_s=settings.engine.tick_s,
        reorder_s=settings.engine.reorder_s,
        settle_s=0 if replayed is not None else SETTLE_S,
        code=wiring.code(),
        shadow=shadow,
    )
    is_forgetful = not engine.restore(where.checkpoint) and store.position() > 0
    relearning = Relearning(settings, clock, is_forgetful=is_forgetful)
    outbox = Outbox(database, channels(settings, database), SystemClock())
    return Parts(
        database,
        lease,
        clock,
        pace,
        roster,
        journal,
        store,
        pipeline,
        subscriber,
        receipts,
        follower,
        engine,
        relearning,
        shadow,
        ledger,
        outbox,
        Keeper(database, ledger, places, clock.now, lambda: pace.is_live),
        Broker(),
        DiskWatch(settings.data),
        Anchoring(
            database,
            settings.audit.anchor_file or settings.data / "audit-anchors.jsonl",
            channels(settings, database).get("webhook"),
        ),
    )


def _holder(data: Path) -> str:
    """Return the name of this data folder: whoever has locked its journal follows itself."""
    file = data / "worker-id"
    if not file.exists():
        file.write_text(uuid.uuid4().hex, "ascii")
    return file.read_text("ascii")[:40]


def _open_journal(where: wiring.Files, taken: int) -> Journal:
    try:
        journal = Journal.open(where.journal, read_up_to=taken)
    except (JournalInUse, JournalDamaged) as problem:
        raise CommandFailed(str(problem)) from problem
    for fault in journal.verify():
        _log.error("journal_problem", kind=fault.kind.value, what=fault.sentence)
    return journal


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
        parts.engine.run,
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
        _Thread("beat", partial(_beat, parts, settings), ending),
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


def _beat(parts: Parts, settings: Settings, ending: threading.Event) -> None:
    """Tell the others that we live, and trim; a locked or full database must not end us."""
    last_trim = last_collected = time.monotonic()
    while not ending.is_set():
        try:
            _write_beat(parts, settings)
        except Exception as problem:  # noqa: BLE001  # the next second tries again
            _log.warning("beat_failed", error=f"{type(problem).__name__}: {problem}")
        if time.monotonic() - last_collected >= COLLECT_S:
            last_collected = time.monotonic()
            gc.collect()
        if time.monotonic() - last_trim >= TRIM_S:
            last_trim = time.monotonic()
            parts.disk.look(last_trim)
            _trim(parts, settings)
        ending.wait(BEAT_S)


def _write_beat(parts: Parts, settings: Settings) -> None:
    parts.roster.refresh()
    parts.shadow.refresh()
    parts.ledger.beat(
        "worker",
        beat_us=microseconds(SystemClock().now()),
        now=parts.clock.now(),
        is_live=is_live(parts.clock),
        state=state(parts, settings),
    )


def state(parts: Parts, settings: Settings) -> Mapping[str, object]:
    """Return what the worker reports of itself."""
    counts, engine, follower = parts.pipeline.counts, parts.engine.progress, parts.follower.state
    is_replaying = not is_live(parts.clock)
    gaps = parts.pipeline.positions.gaps()
    link, wall_us = parts.subscriber.counts, microseconds(SystemClock().now())
    waiting = link.received - link.repeats - link.handled
    now_us = engine.now_us if is_replaying else microseconds(SystemClock().now())
    behind_us = now_us - engine.folded_us if engine.is_settled else 0
    return {
        "is_connected": parts.subscriber.is_connected,
        "problem": parts.subscriber.problem or "",
        "journal_error": "the last commit failed" if counts.failures else "",
        "journal_seq": parts.journal.last_seq(),
        "last_commit_us": counts.last_commit_us,
        "messages": counts.messages,
        "acknowledged": parts.subscriber.counts.acknowledged,
        "broker_problems": list(parts.broker.found.problems),
        "readings": counts.readings,
        "receipts": parts.receipts.sent,
        "gaps": sum(gaps.values()),
        "gaps_of": sorted(gaps.items(), key=lambda one: -one[1])[:MOST_GAPS],
        "receipts_error": parts.receipts.problem,
        "rejects": sum(counts.rejects.values()),
        "rejects_by_reason": {reason.value: n for reason, n in counts.rejects.items()},
        "unacknowledged": waiting,
        "stuck_s": parts.broker.stuck.seconds(link.handled, waiting, wall_us),
        "connection_losses": link.losses,
        "lost_sessions": link.lost_sessions,
        "store_seq": follower.position,
        "store_error": follower.error,
        "store_retries": follower.failures,
        "store_waiting": max(parts.journal.last_seq() - follower.position, 0),
        "disk_full_h": parts.disk.hours_left(),
        "engine_seq": engine.position,
        "engine_error": parts.engine.problem,
        "engine_beat_s": time.monotonic() - parts.engine.beat_s,
        "keeper_beat_s": time.monotonic() - parts.keeper.beat_s,
        "outbox_beat_s": {
            name: time.monotonic() - beat_s for name, beat_s in parts.outbox.beat_s.items() if name
        },
        "engine_us": max(engine.folded_us, 0),
        "behind_s": max(behind_us / 1e6 - settings.engine.reorder_s - settings.engine.tick_s, 0),
        "homes": len(parts.roster.table().homes),
        "findings_off": parts.shadow.dropped,
        "odd": parts.engine.odd,
    }


def _trim(parts: Parts, settings: Settings) -> None:
    now_us = microseconds(SystemClock().now())
    try:
        position = min(parts.store.position(), parts.engine.saved_position)
        before_us = now_us - int(settings.journal.keep_days * _DAY_US)
        while parts.journal.trim(before_us, position):
            continue
        parts.journal.expire_dead_letters(now_us - DEAD_LETTER_DAYS * _DAY_US)
        keep_us = int(settings.tick_log.keep_days * _DAY_US)
        with parts.database.begin() as connection:
            tick_log.trim(connection, parts.engine.progress.now_us - keep_us)
            proof.forget(connection, now_us - proof.KEEP_US)
    except Exception as problem:  # noqa: BLE001  # no room or locked: the next minute tries again
        _log.warning("trim_failed", error=f"{type(problem).__name__}: {problem}")
