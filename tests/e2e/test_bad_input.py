"""Every bad message between two good ones, through a real broker and a whole worker."""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import select

from alerts import tables
from api import wiring
from api.health import beats
from ingest.clock import instant
from ingest.dead_letters import DeadLetters
from ingest.store.embedded import open_store_readonly
from tests.brokers import start_mosquitto
from tests.e2e.stack import Stack, running, until
from tests.make import enrolment

ROOT = "stillwell/v1/fenbridge/gate-000001"
NATIVE = f"{ROOT}/native/r"
MOTION, TEMPERATURE = "motion-0", "temperature-3"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("bad-input")
    with (
        start_mosquitto(folder / "mosquitto") as broker,
        running(folder / "site", enrolment(1), with_web=False, broker_port=broker.port) as stack,
    ):
        yield stack


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _reading(sensor: str, value: object, at_ms: object) -> bytes:
    return json.dumps({"b": "1", "s": 1, "r": [[sensor, at_ms, value]]}).encode()


def _bad() -> dict[str, tuple[str, bytes]]:
    """Return topic and payload of each bad message, by what is wrong with it."""
    now = _now_ms()
    payloads: dict[str, bytes] = {
        "three odd bytes": b"\xff\xfe\x7b",
        "bad UTF-8": b'{"b": "\xc3\x28", "s": 1, "r": []}',
        "UTF-16 with a mark": "{}".encode("utf-16"),
        "lone surrogate": b'{"b": "\\ud800", "s": 1, "r": 3}',
        "NUL": b"\x00",
        "empty": b"",
        "one byte": b"{",
        "256 KiB": b"x" * (256 << 10),
        "2 MiB": b"[" + b" " * (2 << 20) + b"]",
        "gzip": b"\x1f\x8b\x08\x00" + bytes(1000),
        "100k nesting": b"[" * 100_000,
        "a million keys": b"{" + b",".join(b'"%d":0' % i for i in range(1_000_000)) + b"}",
        "duplicate keys": b'{"b": "1", "b": "2", "s": 1, "r": 1}',
        "NaN": b'{"b": "1", "s": 1, "r": [["temperature-3", %d, NaN]]}' % now,
        "Infinity": b'{"b": "1", "s": 1, "r": [["temperature-3", %d, -Infinity]]}' % now,
        "1e400": b'{"b": "1", "s": 1, "r": [["temperature-3", %d, 1e400]]}' % now,
        "5,000 digits": b'{"b":"1","s":1,"r":[["temperature-3", %d, %s]]}' % (now, b"9" * 5000),
        "2**63": _reading(TEMPERATURE, 2**63, now),
        "true as a number": _reading(TEMPERATURE, value=True, at_ms=now),
        "a comma": _reading(TEMPERATURE, "21,5", now),
        "a string": _reading(TEMPERATURE, "21.5", now),
        "null": _reading(TEMPERATURE, None, now),
        "array at the root": b"[1, 2, 3]",
        "a Fahrenheit": _reading(TEMPERATURE, 70.5, now),
        "DS18B20 at -127": _reading(TEMPERATURE, -127, now),
        "DS18B20 at 85": _reading(TEMPERATURE, 85, now),
        "time 0": _reading(TEMPERATURE, 20, 0),
        "time -1": _reading(TEMPERATURE, 20, -1),
        "time 1e20": _reading(TEMPERATURE, 20, 1e20),
        "2099": _reading(TEMPERATURE, 20, 4_070_908_800_000),
        "seconds for milliseconds": _reading(TEMPERATURE, 20, now // 1000),
        "nanoseconds": _reading(TEMPERATURE, 20, now * 1_000_000),
        "time as words": _reading(TEMPERATURE, 20, "25:00"),
        "line protocol": _reading("a,b=c d=1\n", 1, now),
        "a formula": _reading("=cmd|' /C calc'!A0", 1, now),
        "a script": _reading("<script>alert(1)</script>", 1, now),
        "look-alike": _reading("m\u043etion-0", 1, now),
    }
    bad = {what: (NATIVE, payload) for what, payload in payloads.items()}
    good = _reading(TEMPERATURE, 20.0, now)
    topics = {
        "another gateway": "stillwell/v1/fenbridge/gate-999999/native/r",
        "another place": "stillwell/v1/northmoor/gate-000001/native/r",
        "an empty level": "stillwell/v1/fenbridge//native/r",
        "an unknown dialect": f"{ROOT}/klingon/r",
        "no gateway": "stillwell/v1/fenbridge",
        "65,535 bytes of topic": (f"{ROOT}/native/" + "x" * 65_535)[:65_535],
        "spaces and accents": f"{ROOT}/zigbee2mqtt/Wohnzimmer Bewegung \u00e9",
    }
    return bad | {what: (topic, good) for what, topic in topics.items()}


@pytest.mark.server
def test_each_bad_message_costs_nothing_but_a_dead_letter(stack: Stack) -> None:
    bad = _bad()
    worker = stack.children["worker"].process
    assert worker is not None
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="gate-000001")
    client.connect("127.0.0.1", stack.site.broker_port)
    client.loop_start()
    base_ms = _now_ms() - 60_000
    wanted: list[tuple[int, float]] = []
    for i, (topic, payload) in enumerate(bad.values()):
        for at_ms in (base_ms + 2 * i, base_ms + 2 * i + 1):
            value = 18 + (at_ms % 80) / 10
            wanted.append((at_ms * 1000, value))
            if at_ms % 2 == base_ms % 2:
                client.publish(NATIVE, _reading(TEMPERATURE, value, at_ms), qos=1)
                client.publish(topic, payload, qos=1).wait_for_publish(10)
            else:
                client.publish(NATIVE, _reading(TEMPERATURE, value, at_ms), qos=1)
    client.disconnect()
    client.loop_stop()
    until(lambda: _stored(stack, wanted) == set(wanted), 30, "good readings are missing")

    assert worker.poll() is None
    published = 3 * len(bad)
    until(lambda: _state(stack)["acknowledged"] == published, 10, f"not {published} acknowledged")
    state = _state(stack)
    until(lambda: _letters(stack) >= len(bad), 10, f"fewer than {len(bad)} dead letters")
    assert state["is_connected"]
    assert not state["problem"]


def _state(stack: Stack) -> Mapping[str, Any]:
    with stack.database.connect() as connection:
        return beats(connection)["worker"].state


def _stored(stack: Stack, wanted: list[tuple[int, float]]) -> set[tuple[int, float]]:
    store = open_store_readonly(wiring.files(wiring.read_settings(stack.site.settings)).store)
    try:
        batch = store.read(stack.enrolment.homes[0].number, instant(0), instant(2**52))
    finally:
        store.close()
    found = set(zip(batch.time.astype("int64").tolist(), batch.value.tolist(), strict=True))
    return found & set(wanted)


def _letters(stack: Stack) -> int:
    letters = DeadLetters.open(wiring.files(wiring.read_settings(stack.site.settings)).journal)
    try:
        return sum(letters.counts().values())
    finally:
        letters.close()


def _alerts(stack: Stack, kind: str) -> list[tuple[str | None, str, int]]:
    """Return home, sentence and number of signals of each alert of this kind."""
    a = tables.alerts.c
    query = select(a.home, a.sentence, a.repeats).where(a.kind == kind).order_by(a.raised_us)
    with stack.database.connect() as connection:
        return [(row.home, row.sentence, row.repeats + 1) for row in connection.execute(query)]


def _signals(stack: Stack, kind: str) -> int:
    return sum(count for _, _, count in _alerts(stack, kind))


def _publish(stack: Stack, topic: str, payload: bytes, *, retain: bool = False) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="gate-000001")
    client.connect("127.0.0.1", stack.site.broker_port)
    client.loop_start()
    client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


@pytest.mark.server
@pytest.mark.parametrize(
    ("kind", "topic", "payload", "has_home"),
    [
        ("smoke", f"{ROOT}/zigbee2mqtt/attic/never-enrolled", b'{"smoke": true}', True),
        ("pendant", NATIVE, _reading("pendant-5", 1, 0), True),
        ("pendant", NATIVE, _reading("pendant-5", 1, 4_070_908_800_000), True),
        ("fall", f"{ROOT}/zigbee2mqtt/never", b'{"action": "fall"}', True),
        (
            "carbon-monoxide",
            "stillwell/v1/fenbridge/gate-999999/zigbee2mqtt/co",
            b'{"carbon_monoxide": true}',
            False,
        ),
        (
            "flood",
            "stillwell/v1/nowhere-at-all/gate-888888/zigbee2mqtt/leak",
            b'{"water_leak": true}',
            False,
        ),
    ],
)
def test_a_life_safety_signal_is_raised_whatever_is_wrong_with_it(
    stack: Stack, kind: str, topic: str, payload: bytes, *, has_home: bool
) -> None:
    before = _signals(stack, kind)
    _publish(stack, topic, payload)

    until(lambda: _signals(stack, kind) == before + 1, 10, f"no {kind} was raised")
    home, sentence, _ = _alerts(stack, kind)[-1]
    assert (home is not None) == has_home
    assert sentence


@pytest.mark.server
def test_a_retained_reading_is_refused_when_the_worker_subscribes(tmp_path: Path) -> None:
    with start_mosquitto(tmp_path / "mosquitto") as broker:
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id="gate-000001")
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        payload = _reading(TEMPERATURE, 21.0, _now_ms())
        client.publish(NATIVE, payload, qos=1, retain=True).wait_for_publish(10)
        client.disconnect()
        client.loop_stop()
        with running(
            tmp_path / "site", enrolment(1), with_web=False, broker_port=broker.port
        ) as stack:
            until(lambda: _state(stack)["rejects"] == 1, 10, "the retained reading was not refused")
            assert _state(stack)["readings"] == 0
