import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import paho.mqtt.client as paho
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion

from ingest import frames
from ingest.message import Message
from ingest.packets import (
    FIRST_BYTES,
    Connack,
    Packet,
    Parser,
    Pingresp,
    ProtocolError,
    Puback,
    Suback,
)

NOW_US = 1_795_000_000_000_000
LIMIT = 300

messages = st.builds(
    lambda topic, payload, packet_id, is_retained, is_duplicate: Message(
        topic, payload, NOW_US, packet_id, int(packet_id > 0), is_retained, is_duplicate
    ),
    st.binary(max_size=200),
    st.binary(max_size=LIMIT),
    st.integers(0, 65_535),
    st.booleans(),
    st.booleans(),
)


def encode(message: Message) -> bytes:
    return frames.publish(
        message.topic,
        message.payload,
        packet_id=message.packet_id,
        is_retained=message.is_retained,
        is_duplicate=message.is_duplicate,
    )


def parse(pieces: list[bytes], limit: int = LIMIT) -> list[Packet]:
    parser = Parser(limit)
    return [packet for piece in pieces for packet in parser.feed(piece, NOW_US)]


def split(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


@given(st.lists(messages, max_size=8), st.lists(st.integers(0, 10_000), max_size=12))
def test_what_is_encoded_is_parsed_however_the_stream_is_split(
    sent: list[Message], cuts: list[int]
) -> None:
    stream = b"".join(encode(message) for message in sent)
    assert parse(split(stream, cuts)) == sent


@given(st.integers(LIMIT + 1, 70_000), st.integers(0, 1), st.lists(st.integers(0, 80_000)))
@example(LIMIT + 1, 1, [])
@example(70_000, 1, list(range(0, 70_100, 7)))
def test_an_oversize_payload_is_skipped_and_still_named(
    size: int, packet_id: int, cuts: list[int]
) -> None:
    good = Message(b"a/b", b"21", NOW_US, 7, 1)
    huge = frames.publish("a/huge", b"x" * size, packet_id=packet_id)
    packets = parse(split(encode(good) + huge + encode(good), cuts))
    first, oversize, last = packets
    assert (first, last) == (good, good)
    assert oversize == Message(
        b"a/huge", b"x" * FIRST_BYTES, NOW_US, packet_id, packet_id, is_oversize=True
    )


def test_the_largest_packet_that_mqtt_can_carry_passes_by() -> None:
    longest = 268_435_455
    head = b"\x32\xff\xff\xff\x7f" + b"\x00\x03a/b" + b"\x00\x09"
    rest = longest - len(head) + 5
    block = bytes(1 << 20)
    parser = Parser(1 << 20)
    packets = list(parser.feed(head))
    while rest:
        packets += parser.feed(block[:rest])
        rest -= min(rest, len(block))
        assert len(parser._tail) < 4 << 20
    packets += parser.feed(encode(Message(b"a/b", b"21", NOW_US, 7, 1)))
    huge, good = packets
    assert isinstance(huge, Message)
    assert isinstance(good, Message)
    assert (huge.is_oversize, huge.packet_id, good.payload) == (True, 9, b"21")


def test_an_oversize_payload_is_never_buffered() -> None:
    parser = Parser(1000)
    stream = frames.publish("a/huge", b"x" * 3_000_000, packet_id=9)
    for at in range(0, len(stream) - 1000, 1000):
        assert parser.feed(stream[at : at + 1000]) == []
        assert len(parser._tail) < 2000


def test_a_payload_of_exactly_the_limit_is_not_oversize() -> None:
    (packet,) = parse([frames.publish("a", b"x" * LIMIT, packet_id=1)])
    assert isinstance(packet, Message)
    assert not packet.is_oversize
    assert len(packet.payload) == LIMIT


def test_a_large_packet_in_small_pieces_takes_linear_time() -> None:
    stream = frames.publish("a", b"x" * 1_000_000, packet_id=1)
    pieces = [stream[at : at + 100] for at in range(0, len(stream), 100)]
    (packet,) = parse(pieces, 1_000_000)
    assert isinstance(packet, Message)
    assert packet.payload == b"x" * 1_000_000


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=5))
@example(b"\x30\x02\xff\xff", [])
@example(b"\x32\x03\x00\x01a", [])
@example(b"\x30\xff\xff\xff\xff\x01", [2])
@settings(max_examples=500)
def test_random_bytes_raise_nothing_but_protocol_error(noise: bytes, cuts: list[int]) -> None:
    parser = Parser(50)
    try:
        for piece in split(noise, cuts):
            parser.feed(piece)
    except ProtocolError as error:
        with pytest.raises(ProtocolError, match=str(error)):
            parser.feed(b"")


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (b"\x30\x01\x00", "too short to hold a topic"),
        (b"\x30\x04\x00\x09ab", "topic is longer than the packet"),
        (b"\x32\x05\x00\x01a\x00\x00", "packet id 0"),
        (b"\x34\x05\x00\x01a\x00\x01", "QoS 2"),
        (b"\x30\xff\xff\xff\xff\x01", "longer than four bytes"),
        (b"\x21\x02\x00\x00", "flags 1"),
        (b"\x20\x03\x00\x00\x00", "packet type 2 with 3 bytes"),
        (b"\x10\x00", "packet type 1 with 0 bytes"),
        (b"\x90\xff\xff\x7f", "packet type 9 with 2097151 bytes"),
    ],
)
def test_a_violation_says_what_was_wrong(stream: bytes, said: str) -> None:
    with pytest.raises(ProtocolError, match=said):
        parse([stream])


def test_control_packets_are_parsed() -> None:
    stream = b"\x20\x02\x01\x00\x90\x04\x00\x05\x01\x80\x40\x02\x12\x34\xd0\x00"
    expected = [Connack(is_session_present=True, code=0), Suback(5, (1, 128)), Puback(0x1234)]
    assert parse([stream]) == [*expected, Pingresp()]


def test_a_refusal_is_readable() -> None:
    assert Connack(is_session_present=False, code=0).refusal is None
    assert "wrong password" in (Connack(is_session_present=False, code=5).refusal or "")
    assert "code 77" in (Connack(is_session_present=False, code=77).refusal or "")


@given(st.lists(st.integers(1, 65_535), max_size=50))
def test_many_pubacks_are_one_run_of_bytes(packet_ids: list[int]) -> None:
    assert parse([frames.pubacks(packet_ids)]) == [Puback(each) for each in packet_ids]


def test_frames_refuse_what_mqtt_cannot_say() -> None:
    with pytest.raises(ValueError, match="65536 bytes"):
        frames.publish("t" * 65_536, b"")
    with pytest.raises(ValueError, match="without a user name"):
        frames.connect("c", keepalive_s=60, password="p")


class Paho(paho.Client):
    """The oracle: paho on one end of a socket pair, ours on the other."""

    def __init__(self, client_id: str, *, is_session_clean: bool = True) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id, clean_session=is_session_clean)
        self.near, self.far = socket.socketpair()
        self.got: list[Message] = []
        self.on_message = lambda _client, _userdata, message: self._keep(message)

    def _create_socket(self) -> socket.socket:
        return self.near

    def _keep(self, message: paho.MQTTMessage) -> None:
        self.got.append(
            Message(
                message.topic.encode(),
                bytes(message.payload),
                NOW_US,
                message.mid,
                message.qos,
                message.retain,
                message.dup,
            )
        )

    def sent(self) -> bytes:
        return self.far.recv(1 << 20)

    def hear(self, data: bytes) -> None:
        self.far.sendall(data)
        self.near.setblocking(False)
        self.loop_read(100)


@contextmanager
def connected_paho() -> Iterator[Paho]:
    client = Paho("oracle")
    try:
        client.connect("localhost")
        client.sent()
        client.hear(b"\x20\x02\x00\x00")
        yield client
    finally:
        client.near.close()
        client.far.close()


def test_paho_writes_the_same_connect() -> None:
    client = Paho("gateway-1", is_session_clean=False)
    client.username_pw_set("gateway-1", "geheim-é")
    client.will_set("stillwell/v1/p/g/status", b"offline", qos=1, retain=True)
    client.connect("localhost", keepalive=30)
    ours = frames.connect(
        "gateway-1",
        keepalive_s=30,
        username="gateway-1",
        password="geheim-é",
        will=frames.Will("stillwell/v1/p/g/status", b"offline", is_retained=True),
        is_session_clean=False,
    )
    assert client.sent() == ours
    client.near.close()
    client.far.close()


def test_paho_writes_the_same_subscribe_publish_and_puback() -> None:
    with connected_paho() as client:
        client.subscribe([("stillwell/v1/#", 1), ("clock/+", 1)])
        assert client.sent() == frames.subscribe(1, ["stillwell/v1/#", "clock/+"])
        client.publish("a/é", b"x" * 200, qos=1, retain=True)
        assert client.sent() == frames.publish("a/é", b"x" * 200, packet_id=2, is_retained=True)
        client.publish("a", b"y")
        assert client.sent() == frames.publish("a", b"y")
        client.hear(frames.publish("a", b"z", packet_id=77))
        assert client.sent() == frames.pubacks([77])
        client.disconnect()
        assert client.sent() == frames.DISCONNECT


@given(
    st.lists(
        st.builds(
            lambda topic, payload, packet_id, is_retained: Message(
                topic.encode(), payload, NOW_US, packet_id, int(packet_id > 0), is_retained
            ),
            st.text(st.characters(codec="utf-8", exclude_characters="+#\0"), min_size=1),
            st.binary(max_size=300),
            st.integers(0, 65_535),
            st.booleans(),
        ),
        max_size=5,
    )
)
@settings(max_examples=40, deadline=None)
def test_paho_reads_what_we_read(sent: list[Message]) -> None:
    stream = b"".join(encode(message) for message in sent)
    with connected_paho() as client:
        for message in sent:
            client.hear(encode(message))
        assert client.got == sent == parse([stream])
