"""Nothing is lost and nothing is acknowledged too early, on real brokers."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.publisher import Flood
from tests.brokers import PLACE, RunningBroker
from tests.ingest.collect import collecting

pytestmark = pytest.mark.server

TOPIC = f"stillwell/v1/{PLACE}/gateway-0001/native/r"


def numbered(count: int) -> list[bytes]:
    return [b"%d" % n for n in range(count)]


def flood(broker: RunningBroker) -> Flood:
    return Flood(broker.host, broker.port, "gateway-0001", *broker.gateway, timeout_s=10)


async def send(broker: RunningBroker, payloads: list[bytes]) -> None:
    async with flood(broker) as publisher:
        await publisher.publish_all([(TOPIC, payload) for payload in payloads])


@contextmanager
def foreign_client(broker: RunningBroker) -> Iterator[paho.Client]:
    client = paho.Client(CallbackAPIVersion.VERSION2, "foreign")
    client.max_queued_messages_set(0)
    client.username_pw_set(*broker.gateway)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


async def test_a_thousand_messages_of_a_foreign_client_arrive_once_and_in_order(
    broker: RunningBroker,
) -> None:
    async with collecting(broker) as collected:
        with foreign_client(broker) as client:
            for payload in numbered(1000):
                client.publish(TOPIC, payload, qos=1)
            await collected.wait_for(1000)
        counts = collected.subscriber.counts
    assert collected.payloads == numbered(1000)
    assert {message.topic for message in collected.messages} == {TOPIC.encode()}
    assert (counts.received, counts.handled, counts.repeats) == (1000, 1000, 0)
    assert counts.acknowledged == 1000
    assert counts.chunks <= 1000


async def test_qos_0_and_retained_messages_arrive_as_such(broker: RunningBroker) -> None:
    with foreign_client(broker) as client:
        client.publish(TOPIC, b"kept", qos=1, retain=True).wait_for_publish(5)
        async with collecting(broker) as collected:
            client.publish(TOPIC, b"light", qos=0)
            await collected.wait_for(2)
    kept, light = collected.messages
    assert (kept.payload, kept.is_retained) == (b"kept", True)
    assert (light.payload, light.is_retained, light.qos, light.packet_id) == (b"light", False, 0, 0)


async def test_what_was_not_handled_is_not_acknowledged(broker: RunningBroker) -> None:
    async with collecting(broker, is_open=False) as held:
        await send(broker, numbered(300))
        await held.wait_until(lambda: held.offered > 0)
        held.failures.extend(OSError("still no space") for _ in range(1000))
        held.gate.set()
        await held.wait_until(lambda: held.subscriber.counts.handle_failures > 0)
        assert held.subscriber.counts.acknowledged == 0
    assert held.messages == []
    async with collecting(broker) as collected:
        await collected.wait_for(300)
    assert collected.payloads == numbered(300)


async def test_a_dropped_connection_gives_the_chunk_in_hand_back(mosquitto: RunningBroker) -> None:
    async with collecting(mosquitto, is_open=False) as first:
        await send(mosquitto, numbered(50))
        await first.wait_until(lambda: first.offered > 0)
        async with collecting(mosquitto, is_open=True) as thief:  # the same client id takes over
            await thief.wait_for(50)
            await first.wait_until(lambda: not first.subscriber.is_connected)
            first.stop.set()
            first.gate.set()
    assert thief.payloads == numbered(50)
    assert first.subscriber.counts.acknowledged == 0


async def test_a_handle_that_fails_three_times_loses_nothing(broker: RunningBroker) -> None:
    async with collecting(broker) as collected:
        collected.failures.extend(OSError(28, "No space left on device") for _ in range(3))
        await send(broker, numbered(200))
        await collected.wait_until(lambda: collected.subscriber.counts.handle_failures > 0)
        assert "No space left" in (collected.subscriber.problem or "")
        assert collected.subscriber.is_connected
        await collected.wait_for(200)
        await send(broker, [b"after"])
        await collected.wait_for(201)
        counts = collected.subscriber.counts
    assert collected.payloads == [*numbered(200), b"after"]
    assert (counts.handle_failures, counts.connects, counts.losses) == (3, 1, 0)
    assert counts.acknowledged == 201
    assert collected.subscriber.problem is None


async def test_nothing_comes_again_after_it_was_acknowledged(broker: RunningBroker) -> None:
    async with collecting(broker) as first:
        await send(broker, numbered(300))
        await first.wait_for(300)
    async with collecting(broker) as second:
        await send(broker, [b"next"])
        await second.wait_for(1)
        await asyncio.sleep(0.2)
    assert second.payloads == [b"next"]


async def test_a_slow_disk_costs_neither_the_session_nor_a_double_acknowledgement(
    nats: RunningBroker,
) -> None:
    async with collecting(nats, is_open=False, keepalive_s=1) as collected:
        await send(nats, numbered(100))
        await collected.wait_until(lambda: collected.subscriber.counts.repeats > 0)
        collected.gate.set()
        await collected.wait_for(100)
        await send(nats, [b"next"])
        await collected.wait_for(101)
        counts = collected.subscriber.counts
    assert collected.payloads == [*numbered(100), b"next"]
    assert (counts.connects, counts.acknowledged) == (1, 101)


async def test_reading_rests_while_the_handle_does_and_nothing_is_lost(
    mosquitto: RunningBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.inbox.MAX_MESSAGES", 100)
    async with collecting(mosquitto, is_open=False) as collected:
        await send(mosquitto, numbered(5000))
        await collected.wait_until(lambda: collected.subscriber.counts.received >= 100)
        await asyncio.sleep(0.2)
        assert collected.subscriber.counts.received <= 1000
        collected.gate.set()
        await collected.wait_for(5000)
    assert collected.payloads == numbered(5000)


async def test_it_reconnects_when_the_broker_restarts(broker: RunningBroker) -> None:
    async with collecting(broker) as collected:
        await send(broker, numbered(100))
        await collected.wait_for(100)
        await asyncio.to_thread(broker.stop)
        await collected.wait_until(lambda: not collected.subscriber.is_connected)
        assert "broker" in (collected.subscriber.problem or "")
        await asyncio.to_thread(broker.start)
        await send(broker, numbered(100))
        await collected.wait_for(200)
        assert collected.subscriber.is_connected
        assert collected.subscriber.counts.lost_sessions == 0
    assert collected.payloads == numbered(100) * 2


async def test_a_killed_broker_mid_stream_loses_nothing_it_delivered(
    mosquitto: RunningBroker,
) -> None:
    async with collecting(mosquitto, is_open=False) as collected:
        await send(mosquitto, numbered(500))
        await collected.wait_until(lambda: collected.offered > 0)
        await asyncio.sleep(2.5)  # mosquitto saves its sessions every second or two
        await asyncio.to_thread(mosquitto.kill)
        await asyncio.to_thread(mosquitto.start)
        collected.gate.set()
        await collected.wait_until(lambda: collected.subscriber.counts.connects == 2)
        await collected.wait_until(lambda: set(collected.payloads) == set(numbered(500)))


async def test_a_stop_finishes_and_acknowledges_the_chunk_in_hand(broker: RunningBroker) -> None:
    async with collecting(broker, is_open=False) as collected:
        await send(broker, numbered(100))
        await collected.wait_until(lambda: collected.offered > 0)
        asyncio.get_running_loop().call_later(0.2, collected.gate.set)
    done = collected.payloads
    assert done == numbered(len(done))
    assert len(done) > 0
    assert collected.subscriber.counts.acknowledged == len(done)
    async with collecting(broker) as again:
        await again.wait_until(lambda: len(again.messages) >= 100 - len(done))
    assert again.payloads == numbered(100)[len(done) :]
