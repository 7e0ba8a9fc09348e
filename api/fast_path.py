"""The fast path: a replay without a broker, through the same pipeline, store and engine.

Everything but MQTT is the worker's own code, so the alerts are those of the real path: the
same ids, times and kinds.
"""

import math
import time
from collections.abc import Callable, Mapping
from typing import Final

from api import wiring
from api.worker_parts import Parts, build
from config.settings import Settings
from ingest.clock import VirtualClock, instant
from ingest.clock_mark import TOPIC, ClockMark, encode_mark
from ingest.message import Message
from sensors_sim.replay import Reel, Watch, paced

KEEP_S: Final = 10.0
"""How often the engine's memory is written, so that a replay that was killed can go on."""


async def feed(
    settings: Settings,
    reel: Reel,
    *,
    speed: float = math.inf,
    after_us: int | None = None,
    watch: Watch | None = None,
    on_kept: Callable[[], None] = lambda: None,
) -> Mapping[str, int]:
    """Take a reel in, slice after slice; return how many readings were refused, by reason.

    It goes on where the data folder's engine stopped, on a clock that begins with the reel or,
    when that was stopped before, at ``after_us``. The settings must say ``clock = "virtual"``,
    and no worker may run on the same data folder: the journal has one writer. ``watch`` is told
    of a moment once all of it is in journal, store and alerts; ``on_kept`` is called when the
    engine's memory is on disk too, every few seconds and at the end.
    """
    watch = watch or Watch()
    began_us = reel.start_us if after_us is None else after_us
    parts = build(settings, replayed=VirtualClock(instant(began_us)))
    sent, kept_s = 0, time.monotonic()

    def keep() -> None:
        if parts.engine.checkpoint(wiring.files(settings).checkpoint):
            on_kept()

    try:
        _settle(parts)
        await parts.pipeline.handle([_mark(began_us)])
        _settle(parts)
        async for part in paced(reel, speed, after_us, watch):
            chunk = [Message(m.topic.encode(), m.payload, m.time_us) for m in part.messages]
            await parts.pipeline.handle([*chunk, _mark(part.end_us)])
            _settle(parts)
            sent += len(chunk)
            watch.on_progress(part.end_us, sent)
            if time.monotonic() - kept_s >= KEEP_S:
                keep()
                kept_s = time.monotonic()
        keep()
    finally:
        parts.pipeline.close()
        parts.store.close()
        parts.journal.close()
        parts.database.dispose()
    return {reason.value: count for reason, count in parts.pipeline.counts.rejects.items()}


def _settle(parts: Parts) -> None:
    """Let engine and store take everything that is committed."""
    while parts.engine.step().is_behind:
        continue
    while parts.follower.step():
        continue


def _mark(at_us: int) -> Message:
    return Message(TOPIC.encode(), encode_mark(ClockMark(at_us)), at_us)
