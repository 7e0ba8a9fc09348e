"""MQTT 5: the same messages whatever their properties, a session that lasts, reasons that say."""

from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest import frames
from ingest.message import Message
from ingest.packets import Connack, Disconnected, Parser, ProtocolError, Puback, Suback
from ingest.publisher import Flood
from tests.brokers import RunningBroker, start_mosquitto
from tests.ingest.collect import collecting
from tests.ingest.test_packets import NOW_US, messages, split

TOPIC = "stillwell/v1/place-0001/gateway-0001/native/r"


def encode(message: Message, properties: bytes) -> bytes:
    """Return the PUBLISH with these properties; its id comes before them."""
    topic = len(message.topic).to_bytes(2) + message.topic
    packet_id = message.packet_id.to_bytes(2) if message.packet_id else b""
    length = len(properties)
    size = bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])
    first = 0x30 | message.is_retained | message.qos << 1 | message.is_duplicate << 3
    return frames._frame(first, topic + packet_id + size + properties + message.payload)


@given(
    st.lists(st.tuples(messages, st.binary(max_size=300)), max_size=8),
    st.lists(st.integers(0, 10_000), max_size=12),
)
def test_properties_are_passed_over_however_the_stream_is_cut(
    sent: list[tuple[Message, bytes]], cuts: list[int]
) -> None:
    stream = b"".join(encode(*each) for each in sent)
    parser = Parser(300, is_v5=True)
    found = [packet for piece in split(stream, cuts) for packet in parser.feed(piece, NOW_US)]
    assert found == [message for message, _ in sent]


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=5))
@example(b"\x30\x03\x00\x01a", [])
@example(b"\x30\x04\x00\x01a\x80", [3])
@example(b"\x20\x00\x40\x01\x00", [])
@settings(max_examples=300)
def test_random_bytes_raise_nothing_but_protocol_error(noise: bytes, cuts: list[int]) -> None:
    parser = Parser(50, is_v5=True)
    try:
        for piece in split(noise, cuts):
            parser.feed(piece)
    except ProtocolError:
        return
    assert len(parser._tail) <= len(noise)


def test_control_packets_say_why() -> None:
    stream = b"\x20\x03\x00\x87\x00\x90\x05\x00\x05\x00\x01\x87\x40\x03\x12\x34\x10\xe0\x01\x8e"
    refused, suback, puback, gone = Parser(is_v5=True).feed(stream)
    assert isinstance(refused, Connack)
    assert refused.refusal == "the broker refused: this user is not authorised"
    assert suback == Suback(5, (1, 0x87))
    assert puback == Puback(0x1234, 0x10)
    assert isinstance(gone, Disconnected)
    assert gone.sentence != ""
    (old,) = Parser(is_v5=True).feed(b"\x20\x02\x00\x01")
    assert isinstance(old, Connack)
    assert "does not speak MQTT 5" in str(old.refusal)


async def test_a_session_outlives_its_connection(mosquitto: RunningBroker) -> None:
    async with collecting(mosquitto, is_v5=True) as collected:
        await collected.wait_until(lambda: collected.subscriber.problem is None)
    async with Flood(mosquitto.host, mosquitto.port, "gateway-0001") as out:
        await out.publish_all([(TOPIC, b"%d" % n) for n in range(2000)])
    async with collecting(mosquitto, is_v5=True) as collected:
        await collected.wait_for(2000)
        assert collected.payloads == [b"%d" % n for n in range(2000)]
        await collected.wait_until(lambda: collected.subscriber.counts.acknowledged == 2000)


async def test_a_broker_without_mqtt_5_is_named(nats: RunningBroker) -> None:
    async with collecting(nats, is_v5=True, is_answered=False) as collected:
        await collected.wait_until(lambda: collected.subscriber.counts.losses > 0)
        assert collected.subscriber.problem


async def test_a_wrong_password_is_named(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text("")
    extra = f"password_file {passwords}\n"
    with start_mosquitto(tmp_path / "mosquitto", extra) as broker:
        async with collecting(
            broker, is_v5=True, user=("who", "geheim"), is_answered=False
        ) as collected:
            await collected.wait_until(lambda: collected.subscriber.counts.losses > 0)
            assert "user" in str(collected.subscriber.problem)
