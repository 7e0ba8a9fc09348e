import time
from pathlib import Path

import pytest

from config.sensor_table import build_sensor_table
from ingest.clock_mark import TOPIC, decode_mark, split_marks
from ingest.decode import decode
from ingest.message import Message
from sensors_sim.datasets import read_kasteren
from sensors_sim.recording import Tape, roster
from sensors_sim.replay import replay, tape_slices
from sensors_sim.target import Login, Target
from tests.brokers import GATEWAY, PLACE, WORKER, RunningBroker
from tests.ingest.collect import Collected, collecting


def target(broker: RunningBroker) -> Target:
    """Return a target whose clock user is the worker of ``tests.brokers``."""
    return Target(
        broker.host,
        broker.port,
        {GATEWAY.name: GATEWAY.password},
        Login(WORKER.name, WORKER.password),
    )


def marks_us(collected: Collected) -> list[int]:
    marks = [decode_mark(m.payload) for m in collected.messages if m.topic == TOPIC.encode()]
    return [mark.now_us for mark in marks if mark is not None]


@pytest.mark.server
async def test_a_recording_arrives_whole_and_each_reading_before_the_mark_after_it(
    nats: RunningBroker, tmp_path: Path
) -> None:
    (tmp_path / "houseX.sensor_names").write_text("1\tFront door\n")
    path = tmp_path / "houseX.sensors"
    path.write_text("".join(f"{1_700_000_000 + 900 * i}\t60\t1\n" for i in range(200)))
    recording = read_kasteren(path)
    async with collecting(nats) as collected:
        sent = await replay(recording, target(nats), PLACE, GATEWAY.name)
        last_us = int(recording.readings.time_us[-1])
        await collected.wait_until(lambda: max(marks_us(collected), default=0) > last_us)
    moments = marks_us(collected)
    assert moments == sorted(moments)
    assert len(collected.messages) == sent + len(moments)

    enrolment = roster(recording, PLACE)
    [gateway] = enrolment.gateways
    own, recorded = GATEWAY.name.encode(), gateway.id.encode()
    received = split_marks(
        [Message(m.topic.replace(own, recorded), m.payload, 0) for m in collected.messages], 0
    )
    table = build_sensor_table(enrolment.homes, enrolment.gateways, enrolment.sensors)
    back = decode(received.messages, table)
    assert not back.rejects
    assert len(back.batch) == len(recording.readings)
    assert (back.batch.received <= back.batch.time).all()


@pytest.mark.server
async def test_a_tape_is_replayed_at_its_own_pace(nats: RunningBroker) -> None:
    tape = Tape((("zigbee2mqtt/a", b"one", 1_000_000), ("zigbee2mqtt/b", b"two", 41_000_000)))
    async with collecting(nats) as collected:
        began_s = time.monotonic()
        assert await replay(tape, target(nats), PLACE, GATEWAY.name, speed=100) == 2
        assert time.monotonic() - began_s >= 0.4
        await collected.wait_until(lambda: b"two" in collected.payloads)
    own = f"stillwell/v1/{PLACE}/{GATEWAY.name}/zigbee2mqtt"
    assert [m for m in collected.pairs if m[0] != TOPIC.encode()] == [
        (f"{own}/a".encode(), b"one"),
        (f"{own}/b".encode(), b"two"),
    ]


def test_what_was_recorded_below_another_gateway_is_told_by_this_one() -> None:
    tape = Tape((("stillwell/v1/northmoor/gateway-9/status", b"online", 5),))
    [_, moment] = tape_slices(tape, "fenbridge", "gateway-1")
    assert [m.topic for m in moment.messages] == ["stillwell/v1/fenbridge/gateway-1/status"]


async def test_a_speed_that_stands_still_is_refused() -> None:
    with pytest.raises(ValueError, match="speed is 0, expected more than 0"):
        await replay(Tape(()), Target("127.0.0.1", 1), PLACE, GATEWAY.name, speed=0)
