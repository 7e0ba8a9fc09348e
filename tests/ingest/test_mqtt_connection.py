"""Whatever the network and the broker do, the subscriber says so and comes back."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from numpy.random import default_rng

from ingest import frames, session
from ingest.backoff import delay_s
from ingest.clock import VirtualClock, instant
from ingest.mqtt import ConnectOptions, Subscriber
from tests.brokers import HOST, RunningBroker, start_mosquitto
from tests.ingest.collect import collecting
from tests.ingest.scripted import CONNACK, accept, read_packet, scripted
from tests.servers import free_port

TOPIC = "stillwell/v1/place-0001/gateway-0001/r"


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten every pause by a factor of ten."""

    def hasty_delay_s(attempt: int, *_: object, base_s: float, cap_s: float) -> float:
        return min(cap_s, base_s * 2.0**attempt) / 10

    monkeypatch.setattr("ingest.mqtt.delay_s", hasty_delay_s)
    monkeypatch.setattr("ingest.session.delay_s", hasty_delay_s)


def test_the_back_off_doubles_to_its_cap_and_is_never_the_same() -> None:
    rng = default_rng(1)
    full = [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    drawn = [delay_s(n, rng, base_s=0.5, cap_s=30) for n in range(9)]
    assert all(most / 2 <= each <= most for each, most in zip(drawn, full, strict=True))
    assert len(set(drawn)) == 9
    assert delay_s(10_000, rng, base_s=0.5, cap_s=30) <= 30
    assert delay_s(3, default_rng(5), base_s=1, cap_s=9) == delay_s(
        3, default_rng(5), base_s=1, cap_s=9
    )


def options(port: int) -> ConnectOptions:
    return ConnectOptions(HOST, port, "worker", "geheim-9", "worker-geheim", ("a/#",))


def test_options_do_not_show_secrets() -> None:
    assert "geheim" not in repr(options(1))


def nobody(port: int) -> RunningBroker:
    def cannot() -> None:
        raise AssertionError

    return RunningBroker(HOST, port, (None, None), (None, None), cannot, cannot, cannot)


async def test_it_stops_while_nobody_listens() -> None:
    async with collecting(nobody(free_port()), is_answered=False) as collected:
        assert collected.subscriber.problem == "not connected yet"
        await collected.wait_until(lambda: collected.subscriber.counts.losses == 3)
        assert "broker 127.0.0.1:" in (collected.subscriber.problem or "")
        assert not collected.subscriber.is_connected


@pytest.mark.server
async def test_a_wrong_password_is_said_and_tried_again(nats: RunningBroker) -> None:
    wrong = (nats.worker[0], "wrong")
    async with collecting(nats, user=wrong, is_answered=False) as collected:
        await collected.wait_until(lambda: collected.subscriber.counts.losses == 3)
        assert "wrong password" in (collected.subscriber.problem or "")
    assert collected.subscriber.counts.connects == 0


@pytest.mark.server
async def test_a_topic_that_is_not_granted_is_said_and_the_others_work(
    nats: RunningBroker,
) -> None:
    topics = ("stillwell/v1/#", "somebody/else")
    async with collecting(nats, topics=topics) as collected:
        await collected.wait_until(lambda: collected.subscriber.counts.grant_failures >= 2)
        problem = collected.subscriber.problem or ""
        assert "somebody/else" in problem
        assert "stillwell/v1" not in problem
        assert collected.subscriber.is_connected


@pytest.mark.server
async def test_a_topic_granted_later_clears_the_problem() -> None:
    async def refuse_then_grant(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_packet(reader)
        writer.write(CONNACK)
        first = await read_packet(reader)
        writer.write(b"\x90\x03" + first[2:4] + b"\x80")
        second = await read_packet(reader)
        assert second[4:] == first[4:]
        writer.write(b"\x90\x03" + second[2:4] + b"\x01")
        await reader.read()

    async with scripted(refuse_then_grant) as broker, collecting(broker) as collected:
        await collected.wait_until(lambda: collected.subscriber.problem is None)
        assert collected.subscriber.counts.grant_failures == 1


async def test_a_lower_grant_than_qos_1_is_a_problem() -> None:
    async def grant_qos_0(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_packet(reader)
        writer.write(CONNACK)
        asked = await read_packet(reader)
        writer.write(b"\x90\x03" + asked[2:4] + b"\x00")
        await reader.read()

    async with scripted(grant_qos_0) as broker, collecting(broker) as collected:
        assert "granted QoS 0" in (collected.subscriber.problem or "")


async def test_a_broker_that_falls_silent_is_left_within_one_and_a_half_keep_alives() -> None:
    left_after_s: list[float] = []

    async def fall_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        began_s = asyncio.get_running_loop().time()
        while await reader.read(100):
            pass
        left_after_s.append(asyncio.get_running_loop().time() - began_s)

    async with scripted(fall_silent) as broker, collecting(broker, keepalive_s=1) as collected:
        await collected.wait_until(lambda: len(left_after_s) > 0)
    assert 1.0 < left_after_s[0] < 1.8
    assert collected.subscriber.counts.losses == 1


async def test_a_broker_that_answers_pings_is_kept() -> None:
    async def answer_pings(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        while (await read_packet(reader)) == frames.PINGREQ:
            writer.write(b"\xd0\x00")

    async with scripted(answer_pings) as broker, collecting(broker, keepalive_s=1) as collected:
        await asyncio.sleep(2)
        assert collected.subscriber.is_connected
    assert collected.subscriber.counts.losses == 0


async def test_a_broker_that_breaks_the_protocol_is_left_with_the_reason() -> None:
    async def talk_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.write(b"\x34\x05\x00\x01a\x00\x01")
        await reader.read()

    async with (
        scripted(talk_nonsense) as broker,
        collecting(broker, is_answered=False) as collected,
    ):
        await collected.wait_until(lambda: collected.subscriber.counts.losses > 0)
        assert "PUBLISH with QoS 2" in (collected.subscriber.problem or "")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xd0\x00", b""])
async def test_what_is_not_a_broker_is_said_so(answer: bytes) -> None:
    async def answer_oddly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(answer)
        await writer.drain()

    async with (
        scripted(answer_oddly) as broker,
        collecting(broker, is_answered=False) as collected,
    ):
        await collected.wait_until(lambda: collected.subscriber.counts.losses == 2)
    assert collected.subscriber.counts.connects == 0
    assert collected.subscriber.problem


async def test_a_broker_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "ANSWER_S", 0.1)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def never_grant(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_packet(reader)
        writer.write(CONNACK)
        while await read_packet(reader):
            writer.write(b"\xd0\x00")

    for script, reason in ((say_nothing, "no CONNACK"), (never_grant, "no SUBACK")):
        async with (
            scripted(script) as broker,
            collecting(broker, is_answered=False, keepalive_s=1) as collected,
        ):
            subscriber = collected.subscriber
            await collected.wait_until(lambda: subscriber.counts.losses == 1)  # noqa: B023 - awaited
            assert reason in (subscriber.problem or "")


async def test_acknowledgements_are_one_write_in_order() -> None:
    acknowledged = asyncio.Queue[bytes]()

    async def send_three(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        sent = [
            frames.publish(TOPIC, b"a", packet_id=9),
            frames.publish(TOPIC, b"b"),
            frames.publish(TOPIC, b"c", packet_id=3),
            frames.publish(TOPIC, b"a", packet_id=9, is_duplicate=True),
        ]
        writer.write(b"".join(sent))
        acknowledged.put_nowait(await reader.read(1000))
        await reader.read()

    async with scripted(send_three) as broker, collecting(broker) as collected:
        async with asyncio.timeout(5):
            assert await acknowledged.get() == frames.pubacks([9, 3])
        assert collected.payloads == [b"a", b"b", b"c"]
        assert collected.subscriber.counts.repeats == 1


async def test_receipt_times_are_those_of_the_process_clock() -> None:
    async def send_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.write(frames.publish(TOPIC, b"a", packet_id=1))
        await reader.read()

    done = asyncio.Event()
    seen: list[int] = []
    stop = asyncio.Event()
    clock = VirtualClock(instant(1_700_000_000_000_000))

    async with scripted(send_one) as broker, asyncio.timeout(5):

        async def handle(chunk: object) -> None:
            assert isinstance(chunk, Sequence)
            seen.extend(message.received_us for message in chunk)
            done.set()

        subscriber = Subscriber(options(broker.port), clock, handle)
        running = asyncio.create_task(subscriber.run(stop))
        await done.wait()
        assert subscriber.last_message_us == 1_700_000_000_000_000
        assert subscriber.connected_since == instant(1_700_000_000_000_000)
        stop.set()
        await running
    assert seen == [1_700_000_000_000_000]


async def test_a_handle_that_hangs_does_not_hold_up_a_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "GRACE_S", 0.2)

    async def send_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.write(frames.publish(TOPIC, b"a", packet_id=1))
        said = await reader.read()
        assert frames.pubacks([1]) not in said

    async with (
        asyncio.timeout(5),
        scripted(send_one) as broker,
        collecting(broker, is_open=False) as collected,
    ):
        await collected.wait_until(lambda: collected.offered > 0)
    assert collected.subscriber.counts.acknowledged == 0


async def test_a_loss_is_seen_while_the_inbox_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.inbox.MAX_MESSAGES", 1)

    async def send_and_leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        for packet_id in (1, 2, 3):
            writer.write(frames.publish(TOPIC, b"a", packet_id=packet_id))
            await asyncio.sleep(0.05)
        writer.transport.abort()

    async with (
        scripted(send_and_leave) as broker,
        collecting(broker, is_open=False, keepalive_s=1) as collected,
    ):
        await collected.wait_until(lambda: collected.subscriber.counts.received >= 2)
        await collected.wait_until(lambda: not collected.subscriber.is_connected)
        collected.gate.set()
        await collected.wait_until(lambda: collected.subscriber.counts.connects == 2)
    assert collected.subscriber.counts.handled >= 1


@pytest.mark.server
async def test_a_session_that_the_broker_forgot_is_noticed(tmp_path: Path) -> None:
    with start_mosquitto(tmp_path, "queue_qos0_messages false") as mosquitto:
        async with collecting(mosquitto) as collected:
            await asyncio.to_thread(mosquitto.stop)
            (tmp_path / "mosquitto.db").unlink()
            await asyncio.to_thread(mosquitto.start)
            await collected.wait_until(lambda: collected.subscriber.counts.connects == 2)
            assert collected.subscriber.counts.lost_sessions == 1
