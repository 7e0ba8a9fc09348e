"""MQTT 3.1.1 and 5 to the broker: packets as bytes; the other direction is ``ingest.packets``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MAX_PACKET_ID: Final = 65_535
PINGREQ: Final = b"\xc0\x00"
DISCONNECT: Final = b"\xe0\x00"

_MAX_TEXT_BYTES: Final = 65_535
_MAX_REMAINING: Final = 268_435_455
_PUBACK: Final = np.uint64(0x40020000)
_NEVER: Final = b"\xff\xff\xff\xff"


@dataclass(frozen=True, slots=True)
class Will:
    """What a client says at birth, or what the broker says for it when it is lost."""

    topic: str
    payload: bytes
    is_retained: bool = False
    qos: int = 1


def connect(
    client_id: str,
    *,
    keepalive_s: int,
    username: str | None = None,
    password: str | None = None,
    will: Will | None = None,
    is_session_clean: bool = True,
    is_v5: bool = False,
    receive_maximum: int = MAX_PACKET_ID,
) -> bytes:
    """Return a CONNECT; a password needs a user name (3.1). ValueError when that is missing.

    In MQTT 5 a session that is not clean never expires, as in 3.1.1, and at most
    ``receive_maximum`` messages are sent to us that we have not acknowledged.
    """
    if password is not None and username is None:
        raise ValueError("mqtt: a password without a user name")
    flags = 2 if is_session_clean else 0
    fields = [_text(client_id)]
    if will is not None:
        flags |= 4 | will.qos << 3 | (0x20 if will.is_retained else 0)
        fields += [*([b"\0"] if is_v5 else []), _text(will.topic), _text(will.payload)]
    if username is not None:
        flags |= 0x80
        fields.append(_text(username))
    if password is not None:
        flags |= 0x40
        fields.append(_text(password))
    head = b"\x00\x04MQTT" + bytes([5 if is_v5 else 4, flags]) + keepalive_s.to_bytes(2)
    if is_v5:
        expiry = b"" if is_session_clean else b"\x11" + _NEVER
        properties = expiry + b"\x21" + receive_maximum.to_bytes(2)
        head += bytes([len(properties)]) + properties
    return _frame(0x10, head + b"".join(fields))


def subscribe(packet_id: int, topics: Sequence[str], *, qos: int = 1, is_v5: bool = False) -> bytes:
    """Return a SUBSCRIBE of at least one topic filter (3.8)."""
    filters = b"".join(_text(topic) + bytes([qos]) for topic in topics)
    return _frame(0x82, packet_id.to_bytes(2) + (b"\0" if is_v5 else b"") + filters)


def publish(
    topic: str | bytes,
    payload: bytes,
    *,
    packet_id: int = 0,
    is_retained: bool = False,
    is_duplicate: bool = False,
) -> bytes:
    """Return a PUBLISH: QoS 1 when it has a packet id, else QoS 0 (3.3)."""
    first = 0x30 | is_retained | is_duplicate << 3
    if packet_id:
        return _frame(first | 2, _text(topic) + packet_id.to_bytes(2) + payload)
    return _frame(first, _text(topic) + payload)


def pubacks(packet_ids: Sequence[int] | NDArray[np.uint64]) -> bytes:
    """Return one PUBACK for each id, in order, as one run of bytes (3.4)."""
    return (np.asarray(packet_ids, np.uint64) | _PUBACK).astype(">u4").tobytes()


def _text(text: str | bytes) -> bytes:
    encoded = text.encode() if isinstance(text, str) else text
    if len(encoded) > _MAX_TEXT_BYTES:
        raise ValueError(f"mqtt: a field of {len(encoded)} bytes, expected at most 65535")
    return len(encoded).to_bytes(2) + encoded


def _frame(first: int, body: bytes) -> bytes:
    length = len(body)
    if length < 0x80:
        return bytes((first, length)) + body
    if length > _MAX_REMAINING:
        raise ValueError(f"mqtt: a packet of {length} bytes, expected at most {_MAX_REMAINING}")
    head = bytearray((first,))
    while length >= 0x80:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    head.append(length)
    return bytes(head) + body
