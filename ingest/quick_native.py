"""The hot path of decoding: native messages of enrolled gateways, many in one go.

Whatever is odd about a message - its topic, a flag, a kind that is named, a value that is no
number - is left to ``ingest.decode``, which says what is wrong with it. Payloads are decoded line
by line. The decoder of lines takes a new line for any other space, so each payload must begin with
a brace and end with one: no document holds ``}`` and ``{`` with nothing but a new line between,
and so none can reach into the next.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain, repeat
from typing import Final, NamedTuple

import msgspec
import numpy as np

from config.sensor_table import NONE, SensorTable
from ingest.batch import Batch, build
from ingest.dialects.native import Document
from ingest.message import Message
from ingest.topic import parse_topic
from ingest.tracks import Sequenced

LAST_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""

_BORDER: Final = b"}\n{"
_PLAIN: Final = {float}
_UNNAMED: Final = {None}
_sequenced: Final[Callable[..., Sequenced]] = tuple.__new__
"""A third of the time that the class itself takes."""

_decoder: Final = msgspec.json.Decoder(Document)


class Sender(NamedTuple):
    """A box of an enrolled gateway: its number, and the sensors that an address alone names."""

    box: int
    sensors: dict[str, int]


Quick = tuple[Sender, Document]
"""A message that may be taken quickly."""


class Plain(NamedTuple):
    """What plain messages say, and ``sequences`` in the order of messages."""

    batch: Batch
    sequences: list[Sequenced]


class Senders:
    """The gateways of one roster by topic, looked up once; unknown topics are not remembered."""

    def __init__(self, table: SensorTable) -> None:
        self.table = table
        self._known: dict[bytes, Sender] = {}

    def of(self, topic: bytes) -> Sender | None:
        """Return who writes under this topic, None unless it is ``.../native/r`` of its own."""
        known = self._known.get(topic)
        if known is not None:
            return known
        parsed = parse_topic(topic)
        if parsed is None or parsed.dialect != "native" or parsed.rest != "r":
            return None
        gateway = self.table.gateway_number.get(parsed.gateway, NONE)
        if gateway == NONE or not self.table.gateways[gateway].may_claim(parsed.place):
            return None
        self._known[topic] = Sender(self.table.box_of(parsed.gateway), {})
        return self._known[topic]

    def sensor(self, sender: Sender, address: str) -> int:
        """Return the one sensor at this address, NONE where there is none or several."""
        number = sender.sensors.get(address)
        if number is None:
            number = self.sensor_of(sender.box, address)
            if number != NONE:
                sender.sensors[address] = number
        return number

    def sensor_of(self, box: int, address: str) -> int:
        """Return the one sensor at this address of a box, NONE where none or several are."""
        device = self.table.devices.get((self.table.gateway_of(box), "native", address))
        if device is None or len(device.sensors) != 1:
            return NONE
        return next(iter(device.sensors.values()))


class _Same:
    """A roster as a key: the same object, not an equal one."""

    def __init__(self, table: SensorTable) -> None:
        self.table = table

    def __hash__(self) -> int:
        return id(self.table)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.table is self.table


@lru_cache(2)
def _senders(same: _Same) -> Senders:
    return Senders(same.table)


def senders(table: SensorTable) -> Senders:
    """Return the gateways of this roster."""
    return _senders(_Same(table))


def quick(messages: Sequence[Message], known: Senders) -> Sequence[Quick | None]:
    """Return for each message what may be taken quickly; all None when one cannot be decoded."""
    every = _all(messages, known)
    if every is not None:
        return every
    found: list[Quick | None] = [None] * len(messages)
    rows, lines = [], []
    for row, message in enumerate(messages):
        payload = message.payload
        if message.is_retained or message.is_oversize or not _is_line(payload):
            continue
        sender = known.of(message.topic)
        if sender is not None:
            rows.append((row, sender))
            lines.append(payload)
    documents = _documents(b"\n".join(lines), len(rows))
    for (row, sender), document in zip(rows, documents, strict=False):
        found[row] = sender, document
    return found


def _is_line(payload: bytes) -> bool:
    return payload.startswith(b"{") and payload.endswith(b"}") and b"\n" not in payload


def _all(messages: Sequence[Message], known: Senders) -> Sequence[Quick] | None:
    """Return what ``quick`` does where it is nothing but native messages of known gateways."""
    payloads = [message.payload for message in messages]
    lines = b"\n".join(payloads)
    is_plain = (
        all(payloads)
        and lines.count(b"\n") == lines.count(_BORDER) == len(payloads) - 1
        and lines.startswith(b"{")
        and lines.endswith(b"}")
        and True not in [message.is_retained for message in messages]
        and True not in [message.is_oversize for message in messages]
    )
    if not is_plain:
        return None
    found = [known.of(message.topic) for message in messages]
    senders = [sender for sender in found if sender is not None]
    documents = _documents(lines, len(payloads)) if len(senders) == len(found) else ()
    return [*zip(senders, documents, strict=True)] if documents else None


def _documents(lines: bytes, count: int) -> Sequence[Document]:
    """Return the document of each line, none at all when one cannot be decoded."""
    try:
        documents = _decoder.decode_lines(lines)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ()
    return documents if len(documents) == count else ()  # a blank payload is no line


def plain(messages: Sequence[Message], found: Sequence[Quick], known: Senders) -> Plain | None:
    """Return what these messages say, None when any of them is not plain.

    Column by column, for a step in the interpreter is what a message costs.
    """
    senders, documents = zip(*found, strict=True)
    counts = [len(document.r) for document in documents]
    rows = list(chain.from_iterable([document.r for document in documents]))
    if len(rows) != len(found):
        senders = tuple(chain.from_iterable(map(repeat, senders, counts)))
    pairs = list(zip(senders, rows, strict=True))
    sensor = [sender.sensors.get(row.sensor, NONE) for sender, row in pairs]
    if NONE in sensor:  # not looked up yet, or unknown
        sensor = [known.sensor(sender, row.sensor) for sender, row in pairs]
    time_ms, value = [row.ms for row in rows], [row.value for row in rows]
    is_plain = (
        0 not in counts
        and NONE not in sensor
        and {*map(type, value)} == _PLAIN
        and min(time_ms) >= 0
        and max(time_ms) <= LAST_MS
        and {row.kind for row in rows} == _UNNAMED
    )
    if not is_plain:
        return None
    received_us = [message.received_us for message in messages]
    if len(rows) != len(found):
        received_us = list(chain.from_iterable(map(repeat, received_us, counts)))
    batch = build(sensor, time_ms, value, received_us)
    return Plain(
        # Adding 0.0 turns -0.0 into 0.0.
        replace(
            batch, time=(batch.time.view(np.int64) * 1000).view("M8[us]"), value=batch.value + 0.0
        ),
        [
            _sequenced(Sequenced, (sender.box, str(document.b), document.s, document.oldest, 0))
            for sender, document in found
            if document.s is not None and document.b is not None
        ],
    )
