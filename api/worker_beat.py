"""The worker's beat: what it reports of itself each second, and what it trims each minute."""

import gc
import threading
import time
from collections.abc import Mapping
from typing import Final

import structlog

from alerts import proof, tick_log
from api.handover import is_live
from api.worker_parts import Parts
from config import device_move_rows, holds, replacements
from config.settings import Settings
from ingest.clock import SystemClock, microseconds

BEAT_S: Final = 1.0
TRIM_S: Final = 60.0
DEAD_LETTER_DAYS: Final = 14

COLLECT_S: Final = 5.0
"""Longest that it waits all the same: a few objects in a cycle may hold large arrays."""

MOST_GAPS: Final = 200
"""Gateways with gaps that are told of, the worst first."""

_DAY_US: Final = 86_400_000_000

_log = structlog.get_logger(__name__)


def beat(parts: Parts, settings: Settings, ending: threading.Event) -> None:
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
    _end_overlaps(parts)
    _lapse_moves(parts)
    parts.roster.refresh()
    parts.shadow.refresh()
    parts.ledger.beat(
        "worker",
        beat_us=microseconds(SystemClock().now()),
        now=parts.clock.now(),
        is_live=is_live(parts.clock),
        state=state(parts, settings),
    )


def _end_overlaps(parts: Parts) -> None:
    """Hear no more of what was replaced, once its time is over by the wall."""
    now_us = microseconds(SystemClock().now())
    with parts.database.connect() as connection:
        is_due = replacements.is_due(connection, now_us)
    if is_due:
        with parts.database.begin() as connection:
            replacements.close(connection, now_us)


def _lapse_moves(parts: Parts) -> None:
    """End proposals to move a device that nobody decided in time, by the clock of the alerts."""
    now_us = microseconds(parts.clock.now())
    with parts.database.connect() as connection:
        is_due = device_move_rows.is_due(connection, now_us)
    if is_due:
        with parts.database.begin() as connection:
            device_move_rows.lapse(connection, now_us)


def state(parts: Parts, settings: Settings) -> Mapping[str, object]:
    """Return what the worker reports of itself."""
    counts, engine, follower = parts.pipeline.counts, parts.engine.progress, parts.follower.state
    is_replaying = not is_live(parts.clock)
    table = parts.roster.table()
    gaps = {
        box: count
        for box, count in parts.pipeline.positions.gaps().items()
        if table.box_id(box) is not None  # one that was replaced is missed by nobody
    }
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
        with parts.database.connect() as connection:
            held = holds.held_gateways(connection)
        parts.journal.expire_dead_letters(now_us - DEAD_LETTER_DAYS * _DAY_US, held)
        keep_us = int(settings.tick_log.keep_days * _DAY_US)
        with parts.database.begin() as connection:
            tick_log.trim(connection, parts.engine.progress.now_us - keep_us)
            proof.forget(connection, now_us - proof.KEEP_US)
    except Exception as problem:  # noqa: BLE001  # no room or locked: the next minute tries again
        _log.warning("trim_failed", error=f"{type(problem).__name__}: {problem}")
