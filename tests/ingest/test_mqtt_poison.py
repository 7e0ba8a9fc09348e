"""Odd topics and huge payloads cost nothing but themselves, on real brokers."""

import pytest

from ingest.message import Message
from ingest.packets import FIRST_BYTES
from ingest.publisher import Flood
from tests.brokers import PLACE, RunningBroker
from tests.ingest.collect import Collected, collecting

pytestmark = pytest.mark.server

OWN = f"stillwell/v1/{PLACE}/gateway-0001"
GOOD = f"{OWN}/native/r"

POISON_TOPICS = [
    f"{OWN}/with space/é∆/日本",
    f"{OWN}//",
    f"{OWN}/a.b/*/>",
    f"{OWN}/{{}}\"';=,\\",
    f"{OWN}/%s%n",
]


def flood(broker: RunningBroker) -> Flood:
    return Flood(broker.host, broker.port, "gateway-0001", *broker.gateway, timeout_s=10)


async def sandwich(broker: RunningBroker, fillings: list[tuple[str, bytes]]) -> Collected:
    """Send each filling between two good messages and return when all have arrived."""
    sent = [(GOOD, b"first")]
    for filling in fillings:
        sent += [filling, (GOOD, b"good")]
    async with collecting(broker, max_payload_bytes=1 << 20) as collected, flood(broker) as out:
        await out.publish_all(sent)
        await collected.wait_for(len(sent))
        await collected.wait_until(lambda: collected.subscriber.counts.acknowledged == len(sent))
    assert [topic.decode() for topic, _ in collected.pairs] == [topic for topic, _ in sent]
    assert collected.subscriber.counts.connects == 1
    assert collected.subscriber.counts.losses == 0
    return collected


async def test_poison_topics_arrive_between_good_messages(mosquitto: RunningBroker) -> None:
    longest = OWN + "/" + "x" * (65_535 - len(OWN) - 1)
    await sandwich(mosquitto, [(topic, b"odd") for topic in [*POISON_TOPICS, longest]])


async def test_poison_topics_without_spaces_arrive_through_nats(nats: RunningBroker) -> None:
    topics = [topic for topic in POISON_TOPICS if " " not in topic and ">" not in topic]
    await sandwich(nats, [(topic, b"odd") for topic in [*topics, f"{OWN}/é∆/日本"]])


async def test_poison_payloads_arrive_as_they_are(broker: RunningBroker) -> None:
    payloads = [b"", b"\x00", b"\xff\xfe{", b"[" * 100_000, b"x" * (256 << 10)]
    collected = await sandwich(broker, [(GOOD, payload) for payload in payloads])
    assert collected.payloads[1::2] == payloads


async def test_an_oversize_payload_is_acknowledged_and_the_next_message_arrives(
    mosquitto: RunningBroker,
) -> None:
    huge = b"y" * (2 << 20)
    collected = await sandwich(mosquitto, [(GOOD, huge), (GOOD, b"z" * (1 << 20))])
    _, oversize, _, largest, _ = collected.messages
    assert isinstance(oversize, Message)
    assert oversize.is_oversize
    assert oversize.payload == huge[:FIRST_BYTES]
    assert not largest.is_oversize
    assert len(largest.payload) == 1 << 20
    assert collected.subscriber.counts.oversize == 1
