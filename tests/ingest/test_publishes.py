"""Many PUBLISHes at once are cut as they are one by one, whatever the stream holds."""

from collections.abc import Sequence

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest import frames
from ingest.message import Message
from ingest.messages import Messages
from ingest.packets import MANY_BYTES, Packet, Parser, ProtocolError
from tests.ingest.test_packets import LIMIT, NOW_US, encode, split

topics = st.one_of(
    st.binary(max_size=300),
    st.sampled_from([b"stillwell/v1/fenbridge/gate-000001/native/r", b"a/21", b"", b"a\0b"]),
)
payloads = st.one_of(
    st.binary(max_size=LIMIT + 20),
    st.sampled_from(
        [b"", b'{"b":"x","s":7,"r":[["a",1,2]]}', b"2\0\0\x0221", b"\x32\x05\0\1a\0\1"]
    ),
)
packets = st.one_of(
    st.builds(
        lambda topic, payload, packet_id, is_retained, is_duplicate: encode(
            Message(topic, payload, 0, packet_id, int(packet_id > 0), is_retained, is_duplicate)
        ),
        topics,
        payloads,
        st.one_of(st.integers(0, 300), st.sampled_from([0x3132, 0x3000, 0x0032, 0xFFFF])),
        st.booleans(),
        st.booleans(),
    ),
    st.sampled_from([b"\xd0\x00", b"\x40\x02\x00\x01", b"\x32\x05\0\1a\0\0", b"\x34\x05\0\1a\0\1"]),
)


def parse(pieces: Sequence[bytes], *, is_v5: bool, many_bytes: int) -> tuple[list[Packet], str]:
    """Return the packets of a stream, and what broke it."""
    parser = Parser(LIMIT, is_v5=is_v5, many_bytes=many_bytes)
    found: list[Packet] = []
    try:
        for piece in pieces:
            found += parser.feed(piece, NOW_US)
    except ProtocolError as error:
        return found, str(error)
    return found, ""


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(st.lists(packets, max_size=8).map(b"".join), st.binary(max_size=400)),
    st.lists(st.integers(0, 4000), max_size=4),
    st.booleans(),
)
@example(b"\x30\x03\0\1a", [], False)  # the positional form hypothesis takes
@example(encode(Message(b"a/21", b"x", 0, 7, 1)) * 3, [], False)
def test_at_once_is_as_one_by_one(stream: bytes, cuts: list[int], is_v5: bool) -> None:
    pieces = split(stream, cuts)
    at_once = parse(pieces, is_v5=is_v5, many_bytes=1)
    found, why = parse(pieces, is_v5=is_v5, many_bytes=1 << 30)
    # What came before the fault in the same read was never handed over.
    assert at_once[1] == why
    assert at_once[0] == found


def test_a_stream_comes_as_columns() -> None:
    message = Message(b"stillwell/v1/a/b/native/r", b'{"r":[]}', NOW_US, 9, 1)
    count = 2 * MANY_BYTES // len(encode(message))
    stream = b"\xd0\x00" + encode(message) * count + b"\xd0\x00" + encode(message)
    pong, many, other, last = Parser().pieces(stream, NOW_US)
    assert isinstance(many, Messages)
    assert many == [message] * count
    assert pong == other
    assert last == message


def test_what_mimics_a_beginning_costs_speed_and_nothing_else() -> None:
    inner = frames.publish("a/b", b"not sent", packet_id=3)
    sent = [Message(b"a/b", inner * 20, NOW_US, n + 1, 1) for n in range(300)]
    stream = b"".join(encode(message) for message in sent)
    assert Parser().feed(stream, NOW_US) == sent
