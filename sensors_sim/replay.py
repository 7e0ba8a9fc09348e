"""What can be replayed, and sending it through the broker, at any speed, on a virtual clock."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from config.homes import Enrolment
from ingest.clock_mark import SLICE_US
from sensors_sim.publish import WorkerNow, publish_slice, wait_for
from sensors_sim.recording import Slice
from sensors_sim.schedule import SECOND_US
from sensors_sim.target import Target, mark

_PACE_S: Final = 0.25
"""At a finite speed, about how much wall time one slice takes."""


@dataclass(frozen=True, slots=True)
class Reel:
    """Something that can be replayed: messages from ``start_us`` to ``end_us``, in slices.

    ``gateways`` are ids by the row that messages name. ``enrolment`` is whose homes these are,
    None where the messages do not say what their sensors are. ``digest`` names the content:
    the same one gives the same messages. ``cut`` makes the slices, each ``slice_us`` long.
    ``notes`` tell what was put right or left out, ``place`` where it all goes, if to one place.
    """

    name: str
    digest: str
    start_us: int
    end_us: int
    gateways: Sequence[str]
    enrolment: Enrolment | None
    cut: Callable[[int], Iterator[Slice]]
    notes: Sequence[str] = ()
    place: str = ""

    def slices(self, speed: float = math.inf, after_us: int | None = None) -> Iterator[Slice]:
        """Yield the slices that end after this moment, of a length that suits the speed.

        Those before are made all the same, so that a gateway's numbers go on where they were.
        """
        for part in self.cut(slice_us(speed)):
            if after_us is None or part.end_us > after_us:
                yield part


@dataclass(frozen=True, slots=True)
class Watch:
    """Follows a replay: is told the moment reached and the messages so far, and may stop it."""

    on_progress: Callable[[int, int], None] = lambda _at_us, _sent: None
    is_stopping: Callable[[], bool] = lambda: False


def slice_us(speed: float) -> int:
    """Return how much one slice holds; a slice is published when its end has come."""
    if math.isinf(speed):
        return SLICE_US
    return max(SECOND_US, min(SLICE_US, round(speed * _PACE_S) * SECOND_US))


async def replay(
    reel: Reel,
    target: Target,
    *,
    speed: float = math.inf,
    after_us: int | None = None,
    watch: Watch | None = None,
    worker_now: WorkerNow | None = None,
) -> int:
    """Publish a reel in the names of its gateways; return how many messages it took.

    ``speed`` is recorded time over real time. After each slice the clock is moved to its end,
    once all of it has been acknowledged; a replay that is stopped stops there, and ``after_us``
    goes on from there. ``worker_now`` keeps it from running ahead of the worker by days.
    ValueError unless ``speed`` is above 0.
    """
    if not speed > 0:
        raise ValueError(f"replay: speed is {speed}, expected more than 0")
    watch = watch or Watch()
    worker_us = began_us = reel.start_us if after_us is None else after_us
    sent = 0
    async with AsyncExitStack() as stack:
        clock = target.clock_flood()
        if clock is not None:
            await stack.enter_async_context(clock)
        floods = [
            await stack.enter_async_context(target.gateway_flood(gateway))
            for gateway in reel.gateways
        ]
        await mark(clock, began_us)
        async for part in paced(reel, speed, after_us, watch):
            worker_us = await wait_for(worker_now, part.end_us, worker_us)
            await publish_slice(floods, part.messages)
            await mark(clock, part.end_us)
            sent += len(part.messages)
            watch.on_progress(part.end_us, sent)
    return sent


async def paced(
    reel: Reel, speed: float, after_us: int | None, watch: Watch
) -> AsyncIterator[Slice]:
    """Yield the slices that end after this moment, each when its end has come, until stopped."""
    loop = asyncio.get_running_loop()
    began_s, began_us = loop.time(), reel.start_us if after_us is None else after_us
    for part in reel.slices(speed, after_us):
        due_s = began_s + (part.end_us - began_us) / SECOND_US / speed
        while not watch.is_stopping() and loop.time() < due_s:  # noqa: ASYNC110 - a moment to come
            await asyncio.sleep(min(due_s - loop.time(), _PACE_S))
        if watch.is_stopping():
            return
        yield part
