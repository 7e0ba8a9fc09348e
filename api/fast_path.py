"""The fast path: a replay without a broker, through the same pipeline, store and engine.

Everything but MQTT is the worker's own code, so the alerts are those of the real path: the
same ids, times and kinds.
"""

from collections.abc import Callable, Iterable, Iterator

from api import wiring
from api.worker import Parts, build
from config.settings import Settings
from ingest.clock_mark import SLICE_US, TOPIC, ClockMark, encode_mark
from ingest.message import Message
from sensors_sim.encode import Encoder
from sensors_sim.fleet import Fleet
from sensors_sim.recording import Slice


def slices_of(fleet: Fleet, encoder: Encoder, start_us: int, end_us: int) -> Iterator[Slice]:
    """Yield a scenario's messages slice by slice, as a back-fill through the broker sends them."""
    while start_us < end_us:
        next_us = min(start_us + SLICE_US, end_us)
        yield Slice(next_us, encoder.encode(fleet.between(start_us, next_us)))
        start_us = next_us


async def feed(
    settings: Settings,
    start_us: int,
    slices: Iterable[Slice],
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """Take these slices in, one after another; return how many messages there were.

    The settings must say ``clock = "virtual"``, and no worker may run on the same data folder:
    the journal has one writer. ``on_progress`` is told the moment reached and the messages so
    far.
    """
    parts = build(settings, is_linked=lambda: True)
    sent = 0
    try:
        await parts.pipeline.handle([_mark(start_us)])
        for part in slices:
            chunk = [Message(m.topic.encode(), m.payload, m.time_us) for m in part.messages]
            await parts.pipeline.handle([*chunk, _mark(part.end_us)])
            _settle(parts)
            sent += len(chunk)
            if on_progress is not None:
                on_progress(part.end_us, sent)
        parts.engine.checkpoint(wiring.files(settings).checkpoint)
    finally:
        parts.pipeline.close()
        parts.store.close()
        parts.journal.close()
        parts.database.dispose()
    return sent


def _settle(parts: Parts) -> None:
    """Let engine and store take everything that is committed."""
    while parts.engine.step().is_behind:
        continue
    while parts.follower.step():
        continue


def _mark(at_us: int) -> Message:
    return Message(TOPIC.encode(), encode_mark(ClockMark(at_us)), at_us)
