"""Reels of what can be replayed: recordings, recorded messages, scenarios."""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Final

import msgspec

from ingest.clock_mark import SLICE_US
from sensors_sim.dialects.dialect import Outgoing
from sensors_sim.encode import Encoder
from sensors_sim.fleet import Fleet
from sensors_sim.publish import BOOT, DAY_US
from sensors_sim.recording import BadRecording, Recording, Slice, Tape, roster, slices
from sensors_sim.replay import Reel
from sensors_sim.scenario import Scenario
from sensors_sim.schedule import SECOND_US

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ROOT: Final = ("stillwell", "v1")
_LEVELS: Final = 5


def of_recording(
    recording: Recording, place: str, gateway: str, *, name: str = "", digest: str = ""
) -> Reel:
    """Return a recording told by native gateways of this place; BadRecording if it is empty."""
    made = recording.deliveries
    if not len(made):
        raise BadRecording(f"recording: {name or 'it'} holds no reading")
    enrolment = roster(recording, place, seed=zlib.crc32(gateway.encode()), gateway=gateway)
    return Reel(
        name,
        digest,
        int(made.sent_us[0]),
        int(made.sent_us[-1]),
        [each.id for each in enrolment.gateways],
        enrolment,
        lambda slice_us: slices(enrolment, made, slice_us=slice_us),
        recording.notes,
        place,
    )


def of_scenario(scenario: Scenario, name: str = "scenario") -> Reel:
    """Return the days before the scenario's ``end``, the same every time."""
    end_us = (scenario.end - _EPOCH) // timedelta(microseconds=1)
    start_us = end_us - scenario.days * DAY_US
    enrolment = Fleet(scenario, end_us).enrolment
    return Reel(
        name,
        hashlib.sha256(msgspec.json.encode(scenario)).hexdigest(),
        start_us,
        end_us,
        [gateway.id for gateway in enrolment.gateways],
        enrolment,
        partial(_lived, scenario, start_us, end_us),
    )


def _lived(scenario: Scenario, start_us: int, end_us: int, slice_us: int) -> Iterator[Slice]:
    # A fleet of its own for each run: it is asked for its days in order.
    fleet = Fleet(scenario, end_us)
    return slices_of(fleet, Encoder(fleet.enrolment, BOOT), start_us, end_us, slice_us=slice_us)


def slices_of(
    fleet: Fleet, encoder: Encoder, start_us: int, end_us: int, *, slice_us: int = SLICE_US
) -> Iterator[Slice]:
    """Yield a fleet's messages slice by slice, as a back-fill through the broker sends them."""
    while start_us < end_us:
        next_us = min(start_us + slice_us, end_us)
        yield Slice(next_us, encoder.encode(fleet.deliveries(start_us, next_us)))
        start_us = next_us


def of_tape(tape: Tape, place: str, gateway: str, *, name: str = "", digest: str = "") -> Reel:
    """Return recorded messages, each below the gateway that it was recorded from.

    With ``gateway`` they all go out in its name: what a hub published as ``zigbee2mqtt/...``
    unchanged below ``stillwell/v1/{place}/{gateway}/``, and so what was recorded below another
    gateway. BadRecording when there is no message, or one names no gateway and none is given.
    """
    if not tape.messages:
        raise BadRecording(f"recording: {name or 'it'} holds no message")
    sent: list[Outgoing] = []
    rows: dict[str, int] = {}
    for topic, payload, at_us in tape.messages:
        own, below = _told_by(topic)
        if not gateway and not own:
            raise BadRecording(
                f"recording: {name or 'it'} has topic {topic!r}, which names no gateway: say in"
                " whose name with --gateway"
            )
        to = f"stillwell/v1/{place}/{gateway}/{below}" if gateway else topic
        sent.append(Outgoing(rows.setdefault(gateway or own, len(rows)), to, payload, at_us))
    return Reel(
        name,
        digest,
        sent[0].time_us // SECOND_US * SECOND_US,
        sent[-1].time_us,
        list(rows),
        None,
        lambda _slice_us: _by_second(sent),
        tape.notes,
        place,
    )


def _by_second(sent: Sequence[Outgoing]) -> Iterator[Slice]:
    """Yield a slice for each second in which there are messages, up to the next such second.

    A payload without a time is taken for received at the mark before it, so to the second.
    """
    held: list[Outgoing] = []
    for second, messages in groupby(sent, key=lambda message: message.time_us // SECOND_US):
        if held:
            yield Slice(second * SECOND_US, held)
        held = sorted(messages, key=lambda message: message.gateway)
    yield Slice(held[-1].time_us // SECOND_US * SECOND_US + SECOND_US, held)


def _told_by(topic: str) -> tuple[str, str]:
    """Return (gateway, the rest of the topic); no gateway where the topic names none."""
    levels = topic.split("/", _LEVELS - 1)
    if tuple(levels[:2]) == _ROOT and len(levels) == _LEVELS:
        return levels[3], levels[4]
    return "", topic
