"""MQTT 3.1.1 and 5 from the broker: bytes in, packets out, no input or output.

Sources: OASIS MQTT Version 3.1.1 and Version 5.0. What we send is in ``ingest.frames``.
"""

from typing import Final

from ingest.control import (
    GRANT_REFUSED,
    Connack,
    Control,
    Disconnected,
    Pingresp,
    ProtocolError,
    Puback,
    Suback,
    control,
    variable,
)
from ingest.message import Message
from ingest.messages import Messages
from ingest.publishes import take_publishes

__all__ = [
    "FIRST_BYTES",
    "GRANT_REFUSED",
    "MAX_PAYLOAD_BYTES",
    "Connack",
    "Disconnected",
    "Packet",
    "Parser",
    "Pingresp",
    "ProtocolError",
    "Puback",
    "Suback",
]

MAX_PAYLOAD_BYTES: Final = 1 << 20
"""Longest payload that is kept unless the caller says otherwise."""

FIRST_BYTES: Final = 256
"""How much of an oversize payload is kept."""

_PUBLISH: Final = 3
_MAX_CONTROL_BYTES: Final = 65_535
_QUICK_BYTES: Final = 0x3FFF  # what two bytes of remaining length can say
_MOST_PROPERTIES: Final = 65_535

Packet = Message | Control
"""A PUBLISH arrives as the Message that the rest of ingest wants."""

MANY_BYTES: Final = 8192
"""From so many bytes on PUBLISHes are looked for all at once: below, the loop is faster."""


class Parser:
    """Cuts a byte stream, split anywhere, into packets.

    A PUBLISH with more than ``max_payload_bytes`` is skipped as it streams by and comes out,
    once its last byte has passed, with ``is_oversize`` and its first ``FIRST_BYTES``. At most
    one incomplete packet is buffered. Of the properties of MQTT 5 none says anything to us; they
    are passed over.
    """

    def __init__(
        self,
        max_payload_bytes: int = MAX_PAYLOAD_BYTES,
        *,
        is_v5: bool = False,
        many_bytes: int = MANY_BYTES,
    ) -> None:
        self._is_v5, self._many_bytes = is_v5, many_bytes
        self._max_payload_bytes = max_payload_bytes
        self._quick_bytes = min(max_payload_bytes, _QUICK_BYTES)
        self._tail = bytearray()
        self._needed = 0
        self._skipped: Message | None = None
        self._left_to_skip = 0
        self._failure: ProtocolError | None = None

    def feed(self, data: bytes, received_us: int = 0) -> list[Packet]:
        """Return the packets that end in ``data``, stamped ``received_us``, in order.

        Raises ProtocolError, then and from then on, when the peer breaks the protocol.
        """
        packets: list[Packet] = []
        for each in self.pieces(data, received_us):
            if isinstance(each, Messages):
                packets += each
            else:
                packets.append(each)
        return packets

    def pieces(self, data: bytes, received_us: int = 0) -> list[Packet | Messages]:
        """Return what ``feed`` does, with PUBLISHes that follow one another left together."""
        if self._failure is not None:
            raise self._failure
        packets: list[Packet | Messages] = []
        try:
            self._feed(data, received_us, packets)
        except ProtocolError as error:
            self._failure = error
            raise
        return packets

    def _feed(self, data: bytes, received_us: int, packets: list[Packet | Messages]) -> None:
        if self._skipped is not None:
            data = self._skip(self._skipped, data, packets)
        if self._tail:
            self._tail += data
            if len(self._tail) < self._needed:
                return
            data = bytes(self._tail)
            self._tail.clear()
        at, before = 0, -1
        if len(data) >= self._many_bytes:
            at = self._take_many(data, received_us, packets)
        while at != before:
            before = at
            at = self._take_publishes(data, at, received_us, packets)
            at = self._take_one(data, at, received_us, packets)
        self._tail += data[at:]

    def _take_many(self, data: bytes, received_us: int, packets: list[Packet | Messages]) -> int:
        """Take PUBLISHes at once, and whatever else they begin behind, such as a PINGRESP."""
        at = self._take_one(data, 0, received_us, packets) if data[0] >> 4 != _PUBLISH else 0
        found, stop = take_publishes(data, at, received_us, self._quick_bytes, is_v5=self._is_v5)
        if len(found):
            packets.append(found)
        return stop

    def _skip(self, message: Message, data: bytes, packets: list[Packet | Messages]) -> bytes:
        rest = data[self._left_to_skip :]
        self._left_to_skip -= len(data) - len(rest)
        if self._left_to_skip == 0:
            packets.append(message)
            self._skipped = None
        return rest

    def _take_publishes(
        self, data: bytes, at: int, received_us: int, out: list[Packet | Messages]
    ) -> int:
        """Take whole, small PUBLISHes and return where the first other thing begins.

        The hot path, hence one long function: 1 us a message. Whatever looks odd is left to
        ``_take_one``, which also says what is wrong with it.
        """
        end, quick, append, is_v5 = len(data), self._quick_bytes, out.append, self._is_v5
        while at + 5 <= end:
            first, length, start = data[at], data[at + 1], at + 2
            if length > 127:
                length += (data[start] << 7) - 128
                start += 1
            stop = start + length
            if first >> 4 != _PUBLISH or length > quick or stop > end or length < 2:
                break
            topic_at = start + 2
            topic_stop = topic_at + (data[start] << 8 | data[start + 1])
            qos = first >> 1 & 3
            if qos == 1 and topic_stop + 2 <= stop:
                packet_id = data[topic_stop] << 8 | data[topic_stop + 1]
                payload_at = topic_stop + 2
                if packet_id == 0:
                    break
            elif qos == 0 and topic_stop <= stop:
                packet_id, payload_at = 0, topic_stop
            else:
                break
            if is_v5:
                if payload_at >= stop or data[payload_at] > 127:
                    break
                payload_at += 1 + data[payload_at]
                if payload_at > stop:
                    break
            append(
                Message(
                    data[topic_at:topic_stop],
                    data[payload_at:stop],
                    received_us,
                    packet_id,
                    qos,
                    first & 1 == 1,
                    first & 8 == 8,
                )
            )
            at = stop
        return at

    def _take_one(
        self, data: bytes, at: int, received_us: int, out: list[Packet | Messages]
    ) -> int:
        """Take one packet of any type; return where it ends, or ``at`` when bytes are missing."""
        length, start = variable(data, at + 1)
        if start == 0:
            self._needed = len(data) - at + 1
            return at
        first = data[at]
        if first >> 4 == _PUBLISH:
            return self._take_publish(data, at, start, start + length, received_us, out)
        if length > _MAX_CONTROL_BYTES:
            raise ProtocolError(f"packet type {first >> 4} with {length} bytes")
        if start + length > len(data):
            self._needed = start + length - at
            return at
        out.append(control(first, data[start : start + length], is_v5=self._is_v5))
        return start + length

    def _take_publish(
        self,
        data: bytes,
        at: int,
        start: int,
        stop: int,
        received_us: int,
        out: list[Packet | Messages],
    ) -> int:
        first, end = data[at], len(data)
        if stop - start < 2:
            raise ProtocolError("PUBLISH too short to hold a topic")
        if end < start + 2:
            self._needed = start + 2 - at
            return at
        qos = first >> 1 & 3
        topic_stop = start + 2 + (data[start] << 8 | data[start + 1])
        payload_at = topic_stop + (2 if qos else 0)
        if qos > 1:
            raise ProtocolError(f"PUBLISH with QoS {qos}, expected 0 or 1")
        if payload_at > stop:
            raise ProtocolError("PUBLISH whose topic is longer than the packet")
        if self._is_v5:
            behind = _behind_properties(data, payload_at, stop)
            if behind == 0:
                self._needed = len(data) - at + 1
                return at
            payload_at = behind
        is_oversize = stop - payload_at > self._max_payload_bytes
        kept = min(payload_at + FIRST_BYTES, stop) if is_oversize else stop
        if end < kept:
            self._needed = kept - at
            return at
        packet_id = int.from_bytes(data[topic_stop : topic_stop + 2]) if qos else 0
        if qos and packet_id == 0:
            raise ProtocolError("PUBLISH with packet id 0")
        message = Message(
            topic=data[start + 2 : topic_stop],
            payload=data[payload_at:kept],
            received_us=received_us,
            packet_id=packet_id,
            qos=qos,
            is_retained=first & 1 == 1,
            is_duplicate=first & 8 == 8,
            is_oversize=is_oversize,
        )
        if stop > end:
            self._skipped, self._left_to_skip = message, stop - end
            return end
        out.append(message)
        return stop


def _behind_properties(data: bytes, at: int, stop: int) -> int:
    """Return where the payload begins, 0 when bytes are missing (MQTT 5, 3.3.2.3)."""
    length, start = variable(data[:stop], at)
    if start == 0:
        if len(data) >= stop:
            raise ProtocolError("PUBLISH without the length of its properties")
        return 0
    if length > _MOST_PROPERTIES or start + length > stop:
        raise ProtocolError(f"PUBLISH with {length} bytes of properties")
    return start + length
