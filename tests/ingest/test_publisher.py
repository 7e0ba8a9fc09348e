import asyncio

import pytest

from ingest import frames
from ingest.packets import Parser
from ingest.publisher import Flood, Publisher, PublishFailedError, Will
from tests.brokers import HOST, PLACE, RunningBroker
from tests.ingest.collect import collecting
from tests.ingest.scripted import CONNACK, read_packet, scripted
from tests.servers import free_port

TREE = f"stillwell/v1/{PLACE}/gateway-0001"
READINGS, STATUS = f"{TREE}/native/r", f"{TREE}/status"
ONLINE, OFFLINE = Will(STATUS, b"online"), Will(STATUS, b"offline")


def publisher(broker: RunningBroker) -> Publisher:
    return Publisher(
        broker.host, broker.port, "gw-1", *broker.gateway, will=OFFLINE, birth=ONLINE, timeout_s=5
    )


def flood(broker: RunningBroker, name: str = "gw-1", *, window: int = 1000) -> Flood:
    return Flood(broker.host, broker.port, name, *broker.gateway, window=window, timeout_s=10)


def numbered(count: int) -> list[tuple[str | bytes, bytes]]:
    return [(READINGS, b"%d" % n) for n in range(count)]


@pytest.mark.server
async def test_a_publisher_says_its_birth_and_leaves_without_its_will(
    broker: RunningBroker,
) -> None:
    async with collecting(broker) as collected:
        async with publisher(broker) as out:
            await out.publish(READINGS, b"21.5")
        await collected.wait_for(2)
        await asyncio.sleep(0.1)
    assert collected.payloads == [b"online", b"21.5"]


@pytest.mark.server
async def test_a_publisher_comes_back_after_the_broker_did(broker: RunningBroker) -> None:
    async with collecting(broker) as collected, publisher(broker) as out:
        await asyncio.to_thread(broker.stop)
        with pytest.raises(PublishFailedError):
            await out.publish(READINGS, b"lost")
        with pytest.raises(PublishFailedError, match="cannot publish to"):
            await out.publish(READINGS, b"lost")
        await asyncio.to_thread(broker.start)
        await out.publish(READINGS, b"back")
        await collected.wait_until(lambda: b"back" in collected.payloads)
    assert b"lost" not in collected.payloads
    # What the first broker sent and never saw acknowledged, the second sends again, and says so.
    first = [message.payload for message in collected.messages if not message.is_duplicate]
    assert first.count(b"online") == 2


async def test_nobody_to_publish_to_is_a_sentence() -> None:
    port = free_port()
    for out in (Publisher(HOST, port, "x"), Flood(HOST, port, "x")):
        with pytest.raises(PublishFailedError, match=f"cannot publish to 127.0.0.1:{port}"):
            async with out:
                pass


@pytest.mark.server
@pytest.mark.parametrize("window", [1, 7, 1000])
async def test_a_flood_arrives_once_and_in_order(broker: RunningBroker, window: int) -> None:
    async with collecting(broker) as collected, flood(broker, window=window) as out:
        await out.publish_all(numbered(500))
        await out.publish_all([])
        await out.publish_all(numbered(3))
        await collected.wait_for(503)
    assert collected.pairs == [(READINGS.encode(), p) for _, p in [*numbered(500), *numbered(3)]]


@pytest.mark.server
async def test_sixty_floods_at_once_are_all_acknowledged(broker: RunningBroker) -> None:
    async def pour(n: int) -> None:
        async with flood(broker, f"gw-{n}") as out:
            await out.publish_all([(f"{TREE}/{n}", payload) for _, payload in numbered(100)])

    async with collecting(broker) as collected:
        await asyncio.gather(*(pour(n) for n in range(60)))
        await collected.wait_for(6000)
    assert len(set(collected.pairs)) == len(collected.pairs) == 6000


@pytest.mark.server
async def test_more_messages_than_packet_ids_are_no_trouble(mosquitto: RunningBroker) -> None:
    async with flood(mosquitto) as out:
        await out.publish_all(numbered(70_000))


@pytest.mark.server
async def test_large_payloads_do_not_pile_up(mosquitto: RunningBroker) -> None:
    async with collecting(mosquitto) as collected, flood(mosquitto) as out:
        await out.publish_all([(READINGS, bytes(1 << 19))] * 20)
        await collected.wait_for(20)


@pytest.mark.server
async def test_a_flood_that_is_cut_leaves_its_will(broker: RunningBroker) -> None:
    async with collecting(broker) as collected:
        cut = Flood(broker.host, broker.port, "gw-1", *broker.gateway, will=OFFLINE)
        async with cut as out:
            await out.publish_all(numbered(2))
            out.abort()
            await collected.wait_for(3)
            with pytest.raises(PublishFailedError):
                await out.publish_all(numbered(1))
    assert collected.payloads == [b"0", b"1", b"offline"]


@pytest.mark.server
async def test_a_flood_refused_at_the_door_says_why(nats: RunningBroker) -> None:
    with pytest.raises(PublishFailedError, match="wrong password"):
        async with Flood(nats.host, nats.port, "gw-1", "gateway-0001", "wrong", timeout_s=5):
            pass


async def test_a_broken_flood_says_how_far_it_got() -> None:
    async def take_ten(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_packet(reader)
        writer.write(CONNACK)
        for n in range(1, 11):
            await read_packet(reader)
            writer.write(frames.pubacks([n]))
        await writer.drain()
        await asyncio.sleep(0.1)

    async with scripted(take_ten) as broker, flood(broker, window=10) as out:
        with pytest.raises(PublishFailedError, match="10 of 100 messages") as caught:
            await out.publish_all(numbered(100))
    assert caught.value.acknowledged == 10


async def test_a_broker_that_acknowledges_nothing_is_given_up() -> None:
    async def only_listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_packet(reader)
        writer.write(CONNACK)
        await reader.read()

    async with (
        scripted(only_listen) as broker,
        Flood(HOST, broker.port, "x", timeout_s=0.3) as out,
    ):
        with pytest.raises(PublishFailedError, match=r"acknowledged nothing for 0\.3 s"):
            await out.publish_all(numbered(5))
        with pytest.raises(PublishFailedError):
            await out.publish_all(numbered(5))


async def test_an_idle_flood_pings() -> None:
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_packet(reader)
        writer.write(CONNACK)
        heard.append(await read_packet(reader))
        writer.write(b"\xd0\x00")

    async with scripted(listen) as broker, Flood(HOST, broker.port, "x", keepalive_s=1):
        await asyncio.sleep(0.8)
    assert heard == [frames.PINGREQ]


async def test_a_message_that_mqtt_cannot_say_spoils_nothing() -> None:
    async def acknowledge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_packet(reader)
        writer.write(CONNACK)
        parser = Parser()
        while data := await reader.read(1000):
            ids = [getattr(packet, "packet_id", 0) for packet in parser.feed(data)]
            writer.write(frames.pubacks(ids))

    async with scripted(acknowledge) as broker, flood(broker) as out:
        with pytest.raises(ValueError, match="at most 65535"):
            await out.publish_all([*numbered(3), ("t" * 70_000, b"")])
        out_again = asyncio.create_task(out.publish_all(numbered(3)))
        async with asyncio.timeout(5):
            await out_again


def test_an_impossible_window_is_refused() -> None:
    with pytest.raises(ValueError, match="window is 0"):
        Flood(HOST, 1883, "x", window=0)
