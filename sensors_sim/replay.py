"""A recording through the broker, at any speed, on a virtual clock."""

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from itertools import groupby

from sensors_sim.dialects.dialect import Outgoing
from sensors_sim.recording import Recording, Slice, Tape, replay_slices
from sensors_sim.schedule import SECOND_US
from sensors_sim.target import Target, mark

_PACE_S = 0.25
"""At a finite speed, about how much wall time one slice takes."""


async def replay(
    recording: Recording | Tape,
    target: Target,
    place: str,
    gateway: str,
    *,
    speed: float = math.inf,
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """Publish a recording in the name of one gateway; return how many messages it took.

    ``speed`` is recorded time over real time. After each slice the clock is moved to its end,
    once all of it has been acknowledged. ``on_progress`` is told the moment reached and the
    messages so far. ValueError unless ``speed`` is above 0.
    """
    if not speed > 0:
        raise ValueError(f"replay: speed is {speed}, expected more than 0")
    loop = asyncio.get_running_loop()
    sent = 0
    async with AsyncExitStack() as stack:
        clock = target.clock_flood()
        if clock is not None:
            await stack.enter_async_context(clock)
        flood = await stack.enter_async_context(target.gateway_flood(gateway))
        began_s, began_us = loop.time(), None
        for part in _slices(recording, place, gateway, speed):
            if began_us is None:
                began_us = _begins_us(recording)
                await mark(clock, began_us)
            await asyncio.sleep(
                began_s + (part.end_us - began_us) / SECOND_US / speed - loop.time()
            )
            await flood.publish_all([(m.topic, m.payload) for m in part.messages])
            await mark(clock, part.end_us)
            sent += len(part.messages)
            if on_progress is not None:
                on_progress(part.end_us, sent)
    return sent


def _begins_us(recording: Recording | Tape) -> int:
    if isinstance(recording, Tape):
        return recording.messages[0][2]
    return int(recording.readings.time_us[0])


def _slices(recording: Recording | Tape, place: str, gateway: str, speed: float) -> Iterator[Slice]:
    if isinstance(recording, Tape):
        return tape_slices(recording, place, gateway)
    if math.isinf(speed):
        return replay_slices(recording, place, gateway)
    slice_us = max(SECOND_US, min(3600 * SECOND_US, round(speed * _PACE_S * SECOND_US)))
    return replay_slices(recording, place, gateway, slice_us=slice_us)


def tape_slices(tape: Tape, place: str, gateway: str) -> Iterator[Slice]:
    """Yield recorded messages under the topic of this gateway, moment by moment.

    What a hub published as ``zigbee2mqtt/...`` goes out unchanged below
    ``stillwell/v1/{place}/{gateway}/``; so does what was recorded below another gateway. An
    empty slice comes first, so that a payload without a time is received at its own.
    """
    root = f"stillwell/v1/{place}/{gateway}/"
    for at_us, messages in groupby(tape.messages, key=lambda message: message[2]):
        yield Slice(at_us, ())
        yield Slice(
            at_us,
            [Outgoing(0, root + _rest(topic), payload, at_us) for topic, payload, _ in messages],
        )


def _rest(topic: str) -> str:
    """Return a topic without the prefix of the gateway that it was recorded from."""
    levels = topic.split("/", 4)
    return levels[4] if levels[:2] == ["stillwell", "v1"] and len(levels) > 4 else topic
