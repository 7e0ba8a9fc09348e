"""The hot path of decoding: native messages of enrolled gateways, many in one go.

Whatever is odd about a message - its topic, a flag, a kind that is named, a value that is no
number - is left to ``ingest.decode``, which says what is wrong with it. Payloads are decoded line
by line, never joined into one document, so that no payload can reach into the next.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from config.sensor_table import NONE, SensorTable
from ingest.dialects.native import Document
from ingest.message import Message
from ingest.topic import parse_topic
from ingest.tracks import Sequenced

LAST_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""

_sequenced: Final = Sequenced._make
_decoder: Final = msgspec.json.Decoder(Document)


class Sender(NamedTuple):
    """An enrolled gateway: its number, and the sensors that an address alone names."""

    gateway: int
    sensors: dict[str, int]


Quick = tuple[Sender, Document]
"""A message that may be taken quickly."""


class Columns(NamedTuple):
    """What plain messages say: a row a reading, and ``sequences`` in the order of messages."""

    sensor: list[int]
    time_us: list[int]
    value: list[float]
    received_us: list[int]
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
        if gateway == NONE or self.table.gateways[gateway].place != parsed.place:
            return None
        self._known[topic] = Sender(gateway, {})
        return self._known[topic]

    def sensor(self, sender: Sender, address: str) -> int:
        """Return the one sensor at this address, NONE where there is none or several."""
        number = sender.sensors.get(address)
        if number is None:
            device = self.table.devices.get((sender.gateway, "native", address))
            if device is None or len(device.sensors) != 1:
                return NONE
            number = sender.sensors[address] = next(iter(device.sensors.values()))
        return number


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
    nothing: list[Quick | None] = [None] * len(messages)
    rows, lines, of = [], [], known.of
    for row, message in enumerate(messages):
        payload = message.payload
        if message.is_retained or message.is_oversize or not payload or b"\n" in payload:
            continue
        sender = of(message.topic)
        if sender is not None:
            rows.append((row, sender))
            lines.append(payload)
    try:
        documents = _decoder.decode_lines(b"\n".join(lines))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return nothing
    if len(documents) != len(rows):
        return nothing  # a blank payload is no line
    for (row, sender), document in zip(rows, documents, strict=True):
        nothing[row] = sender, document
    return nothing


def plain_columns(
    messages: Sequence[Message], found: Sequence[Quick], known: Senders
) -> Columns | None:
    """Return what these messages say, None when any of them is not plain.

    Column by column, for a step in the interpreter is what a message costs.
    """
    rows = [row for _, document in found for row in document.r]
    sensor = [
        sender.sensors.get(row.sensor, NONE) for sender, document in found for row in document.r
    ]
    if NONE in sensor:  # not looked up yet, or unknown
        sensor = [
            known.sensor(sender, row.sensor) for sender, document in found for row in document.r
        ]
    time_ms, value = [row.ms for row in rows], [row.value for row in rows]
    is_plain = (
        rows
        and NONE not in sensor
        and {type(each) for each in value} == {float}
        and min(time_ms) >= 0
        and max(time_ms) <= LAST_MS
        and all(row.kind is None for row in rows)
        and all(document.r for _, document in found)
    )
    if not is_plain:
        return None
    return Columns(
        sensor,
        [ms * 1000 for ms in time_ms],
        [each + 0.0 for each in value],  # turns -0.0 into 0.0
        _received(messages, found, len(rows)),
        [
            _sequenced((sender.gateway, str(document.b), document.s, document.oldest))
            for sender, document in found
            if document.s is not None and document.b is not None
        ],
    )


def _received(messages: Sequence[Message], found: Sequence[Quick], rows: int) -> list[int]:
    if rows == len(messages):
        return [message.received_us for message in messages]
    return [
        message.received_us
        for message, (_, document) in zip(messages, found, strict=True)
        for _ in document.r
    ]
