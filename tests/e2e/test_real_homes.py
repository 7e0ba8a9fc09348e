"""The Kasteren and Ordonez homes through real brokers, each reading once."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from api import replay_sources, wiring
from api.health import beats
from config import registry
from config.homes import Enrolment
from ingest.batch import Batch
from ingest.clock import instant
from ingest.clock_mark import TOPIC, ClockMark, encode_mark
from ingest.store.embedded import open_store_readonly
from sensors_sim.recording import Recording, replay_messages, replay_slices, roster
from sensors_sim.reels import of_recording
from sensors_sim.replay import replay
from tests.brokers import start_mosquitto
from tests.e2e.stack import Stack, running, until
from tests.servers import require_program
from tests.shared_data import require_shared_data

PLACE = "fenbridge"
HOMES = (
    "kasteren/houseA.sensors",
    "kasteren/houseB.sensors",
    "kasteren/houseC.sensors",
    "ordonez/OrdonezA_Sensors.txt",
    "ordonez/OrdonezB_Sensors.txt",
)
Reading = tuple[str, int, float]


def _recording(name: str) -> Recording:
    recording = replay_sources.read(require_shared_data() / name)
    assert isinstance(recording, Recording)
    return recording


def _in_file(recording: Recording) -> set[Reading]:
    """Return what the file says, with the milliseconds that a gateway can send."""
    readings = recording.readings
    return {
        (recording.sensors[sensor].address, time_us // 1000 * 1000, value)
        for sensor, time_us, value in zip(
            readings.sensor.tolist(),
            readings.time_us.tolist(),
            readings.value.tolist(),
            strict=True,
        )
    }


def _read_back(stack: Stack) -> list[Reading]:
    settings = wiring.read_settings(stack.site.settings)
    with stack.database.connect() as connection:
        table = registry.load(connection)
    store = open_store_readonly(wiring.files(settings).store)
    home = stack.enrolment.homes[0].number
    batch: Batch = store.read(home, instant(0), instant(2**52))
    store.close()
    own = table.gateway_sensor[1:]
    batch = batch.take(~np.isin(batch.sensor, own))
    return [
        (table.sensors[sensor].address, int(time_us), value)
        for sensor, time_us, value in zip(
            batch.sensor.tolist(),
            batch.time.astype(np.int64).tolist(),
            batch.value.tolist(),
            strict=True,
        )
    ]


def _wait_until_stored(stack: Stack, messages: int) -> None:
    def is_stored() -> bool:
        stack.check()
        with stack.database.connect() as connection:
            state = beats(connection)["worker"].state
        return (
            int(state["messages"]) >= messages
            and state["store_seq"] == state["journal_seq"] == state["engine_seq"]
        )

    until(is_stored, 120, "not everything is in the store")


def _check(stack: Stack, recording: Recording) -> None:
    found = _read_back(stack)
    assert len(found) == len(set(found))
    missing = _in_file(recording) - set(found)
    assert not missing, f"{len(missing)} of {len(_in_file(recording))}"
    assert set(found) == _in_file(recording)


@pytest.mark.slow
@pytest.mark.parametrize("name", HOMES)
def test_our_publisher_through_the_nats_server(name: str, tmp_path: Path) -> None:
    recording = _recording(name)
    enrolment = roster(recording, PLACE)
    gateway = enrolment.gateways[0].id
    with running(tmp_path, enrolment, clock="virtual", with_web=False) as stack:
        sent = asyncio.run(replay(of_recording(recording, PLACE, gateway), stack.site.target()))
        _wait_until_stored(stack, sent)
        _check(stack, recording)


@contextmanager
def _through_mosquitto(folder: Path, enrolment: Enrolment) -> Iterator[Stack]:
    with (
        start_mosquitto(folder / "mosquitto") as broker,
        running(
            folder / "site", enrolment, clock="virtual", with_web=False, broker_port=broker.port
        ) as stack,
    ):
        yield stack


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.parametrize("name", HOMES)
def test_paho_through_mosquitto(name: str, tmp_path: Path) -> None:
    recording = _recording(name)
    enrolment = roster(recording, PLACE)
    gateway = enrolment.gateways[0].id
    slices = replay_slices(recording, PLACE, gateway)
    with _through_mosquitto(tmp_path, enrolment) as stack:
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=gateway)
        client.max_queued_messages_set(0)
        client.connect("127.0.0.1", stack.site.broker_port)
        client.loop_start()
        start = ClockMark(int(recording.readings.time_us[0]))
        client.publish(TOPIC, encode_mark(start), qos=1).wait_for_publish(10)
        sent = []
        for part in slices:
            sent += [client.publish(m.topic, m.payload, qos=1) for m in part.messages]
            sent.append(client.publish(TOPIC, encode_mark(ClockMark(part.end_us)), qos=1))
        for each in sent:
            each.wait_for_publish(60)
        client.disconnect()
        client.loop_stop()
        _wait_until_stored(stack, len(sent))
        _check(stack, recording)


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.parametrize("name", ["kasteren/houseA.sensors", "ordonez/OrdonezA_Sensors.txt"])
def test_mosquitto_pub_through_mosquitto(name: str, tmp_path: Path) -> None:
    program = require_program("mosquitto_pub", "mosquitto-clients")
    recording = _recording(name)
    enrolment = roster(recording, PLACE)
    gateway = enrolment.gateways[0].id
    messages = replay_messages(recording, PLACE, gateway)
    topics = {message.topic for message in messages}
    with _through_mosquitto(tmp_path, enrolment) as stack:
        port = str(stack.site.broker_port)
        base = [program, "-h", "127.0.0.1", "-p", port, "-q", "1", "-t"]
        # The clock stands at the end from the start: everything comes late, and is kept.
        end = encode_mark(ClockMark(int(recording.readings.time_us[-1]) + 1_000_000)).decode()
        subprocess.run([*base, TOPIC, "-m", end], check=True, timeout=30)  # noqa: S603
        for topic in topics:
            lines = b"\n".join(m.payload for m in messages if m.topic == topic)
            assert all(json.loads(line) for line in lines.split(b"\n"))
            subprocess.run(  # noqa: S603  # the client that was asked for, no shell
                [*base, topic, "-l"], input=lines + b"\n", check=True, timeout=60
            )
        _wait_until_stored(stack, len(messages))
        _check(stack, recording)
