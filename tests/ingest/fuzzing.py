"""What no bytes may do to parser and dialects: raise, grow, or be what nothing can keep.

``one_input`` is the target of a coverage-guided fuzzer. With atheris (not a dependency; Python
3.11 has wheels), for an hour, from a checkout:

    python -m tests.ingest.fuzz CORPUS_FOLDER -max_total_time=3600 -rss_limit_mb=2048

``python -m tests.ingest.fuzz --seed CORPUS_FOLDER`` first writes what to start from. What it
finds is kept in ``test_fuzz_finds.py``, where it runs without atheris.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final
from unittest.mock import patch

import msgspec

from config.kinds import Kind
from config.sensor_table import SensorTable
from ingest import frames, messages
from ingest.clock import instant
from ingest.decode import Decoded, decode
from ingest.dialects import DIALECTS
from ingest.message import Message
from ingest.packets import Packet, Parser, ProtocolError
from ingest.screen import screen
from tests.ingest.both_ways import carefully, said
from tests.ingest.corpus import ALL_KINDS, PREFIX, RECEIVED_US, read_corpus, table_of
from tests.shared_data import shared_data

LIMIT_BYTES: Final = 4096
"""The parser's longest payload here: small, so that a fuzzer reaches what lies beyond it."""

NAMES: Final = (*DIALECTS,)
RESTS: Final = {
    "native": ("r",),
    "zigbee2mqtt": ("hall", "hall/availability", "hall/occupancy", "bridge/devices"),
    "chirpstack": tuple(
        f"application/1/device/24e124abcdef0123/event/{event}" for event in ("up", "status", "join")
    ),
    "senml": ("x",),
    "tts": ("v3/a@t/devices/hall/up",),
    "shelly": ("hall/events/rpc", "hall/status/switch:0", "hall/online"),
    "tasmota": ("tele/hall/SENSOR", "tele/hall/STATE", "tele/hall/LWT", "stat/hall/RESULT"),
    "theengs": ("home/g/BTtoMQTT/A4C138000001",),
    "status": ("",),
}
"""Topics of each dialect that carry readings, and some that do not."""

_ADDRESS: Final = {
    "chirpstack": "24e124abcdef0123",
    "senml": "urn:x",
    "theengs": "A4C138000001",
    "native": "hall",
}
_STREAMS: Final = 2
_COLUMNS: Final = _STREAMS
_TARGETS: Final = _COLUMNS + 1
_INT64: Final = 2**63


@cache
def table() -> SensorTable:
    """Return a gateway with a device of each dialect that has every kind, and a thermometer."""
    kinds: Sequence[Kind] = ALL_KINDS
    every = [(name, _ADDRESS.get(name, "hall"), kinds, "") for name in NAMES if name != "status"]
    return table_of([*every, ("native", "warm", [Kind.TEMPERATURE], "")])


def one_input(data: bytes) -> None:
    """Judge one input: its first bytes choose the target, the rest is what comes over the wire."""
    if len(data) < 2:  # target and choice
        return
    target, choice, body = data[0] % (_TARGETS + len(NAMES)), data[1], data[2:]
    if target < _STREAMS:
        judge_stream(body, choice, is_v5=bool(target))
    elif target == _COLUMNS:
        judge_columns(body.split(b"\n"))
    else:
        name = NAMES[target - _TARGETS]
        rests = RESTS[name]
        judge_payload(name, rests[choice % len(rests)], body)


def judge_stream(body: bytes, step: int, *, is_v5: bool) -> None:
    """Hold that a stream gives the same packets however it is cut, and what is held is bounded.

    Many at once, as columns, are those that are found one by one.
    """
    whole = _packets(Parser(LIMIT_BYTES, is_v5=is_v5), [body])
    step = step or 1
    pieces = [body[at : at + step] for at in range(0, len(body), step)]
    parser = Parser(LIMIT_BYTES, is_v5=is_v5)
    cut = _packets(parser, pieces)
    assert cut == whole
    columns = _packets(Parser(LIMIT_BYTES, is_v5=is_v5, many_bytes=1), [body])
    assert columns == _packets(Parser(LIMIT_BYTES, is_v5=is_v5, many_bytes=1 << 30), [body])
    assert len(parser._tail) <= len(body)


def _packets(parser: Parser, pieces: Sequence[bytes]) -> tuple[list[Packet], bool]:
    """Return the packets and whether the peer broke the protocol.

    Those of the piece that breaks it are lost with it, which depends on the cut; so only what
    an unbroken stream gave is returned.
    """
    found: list[Packet] = []
    for piece in pieces:
        try:
            found += parser.feed(piece, RECEIVED_US)
        except ProtocolError:
            return [], True
    return found, False


def judge_columns(payloads: Sequence[bytes]) -> None:
    """Hold that native payloads that are read at once say what they say one by one."""
    topic = f"{PREFIX}/native/r".encode()
    chunk = [
        Message(topic, payload, RECEIVED_US + at, at + 1, 1) for at, payload in enumerate(payloads)
    ]
    with patch("ingest.decode._MANY", 0):
        together = said(decode(messages.of(chunk), table()))
    assert together == said(carefully(chunk, table()))


def judge_payload(name: str, rest: str, payload: bytes) -> None:
    """Hold that a payload is decoded, screened and can be kept; together with a good neighbour."""
    topic = f"{PREFIX}/{name}/{rest}".rstrip("/").encode()
    made = decode([Message(topic, payload, RECEIVED_US, 1, 1)], table())
    _hold(made)
    screened = screen(made.batch, table(), now=instant(RECEIVED_US))
    _texts([reject.detail for reject in screened.rejects])
    good = Message(f"{PREFIX}/native/r".encode(), b'{"r":[["hall",1,1]]}', RECEIVED_US, 2, 1)
    both = decode([Message(topic, payload, RECEIVED_US, 1, 1), good], table())
    assert len(both.batch) + len(both.rejects) + len(both.strays) + both.quiet > 0


def _hold(made: Decoded) -> None:
    """Hold that every value can be written to the journal."""
    for reject in made.rejects:
        _texts([reject.topic, reject.detail])
        assert len(reject.first_bytes) <= 256  # what a dead letter promises
    for stray in made.strays:
        msgspec.json.encode(stray)
    for place in made.sequences:
        _texts([place.boot])
        assert -_INT64 <= place.sequence < _INT64


def _texts(texts: Sequence[str]) -> None:
    for text in texts:
        text.encode()


def seeds() -> Iterator[bytes]:
    """Yield inputs to start from: the recorded payloads where they are, and a few streams."""
    for target in range(_STREAMS):
        for step in (0, 1, 7):
            stream = frames.publish("a/b", b"{}", packet_id=1) + b"\x40\x02\x00\x01\xd0\x00"
            yield bytes([target, step]) + b"\x20\x02\x00\x00\x90\x03\x00\x01\x01" + stream
    plain = b'{"b":"x","s":%d,"r":[["warm",1780000000000,%b]]}'
    for odd in (b"", b"[]", b'{"oldest":1,"b":"x","s":4,"r":[]}', plain % (5, b"1e3")):
        listed = [plain % (n, b"19.25") for n in range(1, 4)]
        yield bytes([_COLUMNS, 0]) + b"\n".join([*listed, odd, *listed])
    for at, name in enumerate(NAMES):
        for choice in range(len(RESTS[name])):
            for text in (b"{}", b"[]", b"1", b"true", b'"on"', b"online", b'{"r":[["hall",1,1]]}'):
                yield bytes([_TARGETS + at, choice]) + text
    folder = shared_data()
    for payload in () if folder is None else read_corpus(folder):
        if payload.dialect in NAMES:
            yield bytes([_TARGETS + NAMES.index(payload.dialect), 0]) + payload.message().payload
