import math
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from config.kinds import Kind
from config.sensor_table import build_sensor_table
from ingest.clock_mark import SLICE_US, TOPIC, decode_mark, split_marks
from ingest.decode import decode
from ingest.flood import PublishFailedError
from ingest.message import Message
from sensors_sim import readings
from sensors_sim.datasets import read_kasteren
from sensors_sim.readings import Readings
from sensors_sim.recording import BadRecording, RecordedSensor, Recording, Tape, roster
from sensors_sim.reels import of_recording, of_scenario, of_tape
from sensors_sim.replay import Watch, paced, replay, slice_us
from sensors_sim.scenario import parse
from sensors_sim.schedule import SECOND_US
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
        sent = await replay(of_recording(recording, PLACE, GATEWAY.name), target(nats))
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
        assert await replay(of_tape(tape, PLACE, GATEWAY.name), target(nats), speed=100) == 2
        assert time.monotonic() - began_s >= 0.4
        await collected.wait_until(lambda: b"two" in collected.payloads)
    own = f"stillwell/v1/{PLACE}/{GATEWAY.name}/zigbee2mqtt"
    assert [m for m in collected.pairs if m[0] != TOPIC.encode()] == [
        (f"{own}/a".encode(), b"one"),
        (f"{own}/b".encode(), b"two"),
    ]


def told(tape: Tape, gateway: str = "") -> list[tuple[int, list[str]]]:
    """Return (the mark after it, topics) of each slice."""
    reel = of_tape(tape, "fenbridge", gateway)
    return [(part.end_us, [m.topic for m in part.messages]) for part in reel.slices()]


def test_what_was_recorded_below_another_gateway_is_told_by_this_one() -> None:
    tape = Tape((("stillwell/v1/northmoor/gateway-9/status", b"online", 5),))
    assert told(tape, "gateway-1") == [
        (1_000_000, ["stillwell/v1/fenbridge/gateway-1/status"]),
    ]


def test_recorded_gateways_speak_for_themselves_unless_one_is_named() -> None:
    topics = [f"stillwell/v1/northmoor/gateway-{i}/zigbee2mqtt/a" for i in (2, 1, 2)]
    tape = Tape(tuple((topic, b"on", i) for i, topic in enumerate(topics)))
    reel = of_tape(tape, "fenbridge", "")
    assert reel.gateways == ["gateway-2", "gateway-1"]
    [part] = reel.slices()
    assert [(m.gateway, m.topic) for m in part.messages] == [
        (0, topics[0]),
        (0, topics[0]),
        (1, topics[1]),
    ]
    with pytest.raises(BadRecording, match=r"topic 'z/a', which names no gateway: .* --gateway"):
        of_tape(Tape((("z/a", b"on", 1),)), "fenbridge", "")


def test_a_message_without_a_time_is_received_at_its_own_second() -> None:
    tape = Tape((("z/a", b"", 1_400_000), ("z/b", b"", 1_900_000), ("z/c", b"", 9_000_001)))
    below = "stillwell/v1/fenbridge/gateway-1/z"
    assert of_tape(tape, "fenbridge", "gateway-1").start_us == 1_000_000
    assert told(tape, "gateway-1") == [
        (9_000_000, [f"{below}/a", f"{below}/b"]),
        (10_000_000, [f"{below}/c"]),
    ]


@pytest.mark.parametrize("speed", [0.5, 1, 60, 3600, 1e6, math.inf])
def test_no_slice_is_longer_than_what_is_no_future(speed: float) -> None:
    assert SECOND_US <= slice_us(speed) <= SLICE_US
    assert slice_us(speed) % SECOND_US == 0


def test_a_scenario_goes_on_where_it_was_left() -> None:
    scenario = parse(
        'seed = 3\nplaces = ["fenbridge"]\nhomes_per_place = 2\nzigbee_homes_per_place = 1\n'
        "days = 1\n",
        file="s.toml",
    )
    reel = of_scenario(scenario)
    whole = list(reel.slices())
    assert whole[-1].end_us == reel.end_us
    assert list(reel.slices(after_us=whole[20].end_us)) == whole[21:]
    assert of_scenario(scenario).digest == reel.digest
    assert of_scenario(msgspec.structs.replace(scenario, seed=4)).digest != reel.digest


async def test_a_replay_that_is_to_stop_does_so_between_two_slices() -> None:
    reel = of_recording(
        Recording(
            (RecordedSensor("hall motion", Kind.MOTION),),
            Readings(np.zeros(9, np.int32), np.arange(9) * SLICE_US, np.ones(9)),
        ),
        "fenbridge",
        "gateway-1",
    )
    seen: list[int] = []
    watch = Watch(lambda _at, _sent: None, lambda: len(seen) == 3)
    async for part in paced(reel, math.inf, None, watch):
        seen.append(part.end_us)  # noqa: PERF401 - the condition looks at it meanwhile
    assert seen == [SLICE_US, 2 * SLICE_US, 3 * SLICE_US]
    rest = [part.end_us async for part in paced(reel, math.inf, seen[-1], Watch())]
    assert rest == [n * SLICE_US for n in range(4, 10)]


@pytest.mark.server
async def test_a_broker_that_is_lost_is_told_as_such(nats: RunningBroker) -> None:
    tape = Tape(tuple((f"z/{i}", b"on", i * SECOND_US) for i in range(50)))
    reached: list[int] = []

    def lose_it(at_us: int, _sent: int) -> None:
        reached.append(at_us)
        if len(reached) == 3:
            nats.kill()

    with pytest.raises(PublishFailedError):
        await replay(of_tape(tape, PLACE, GATEWAY.name), target(nats), watch=Watch(lose_it))
    assert reached == [SECOND_US, 2 * SECOND_US, 3 * SECOND_US]


async def test_a_speed_that_stands_still_is_refused() -> None:
    reel = of_tape(Tape((("z/a", b"on", 1),)), PLACE, GATEWAY.name)
    with pytest.raises(ValueError, match="speed is 0, expected more than 0"):
        await replay(reel, Target("127.0.0.1", 1), speed=0)


def test_an_empty_recording_is_told() -> None:
    with pytest.raises(BadRecording, match=r"r.csv holds no message"):
        of_tape(Tape(()), "fenbridge", "gateway-1", name="r.csv")
    with pytest.raises(BadRecording, match=r"r.csv holds no reading"):
        of_recording(Recording((), readings.empty()), "fenbridge", "gateway-1", name="r.csv")
