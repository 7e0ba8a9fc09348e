"""What comes off the broker and what becomes of it when it is not a reading."""

from dataclasses import dataclass
from enum import StrEnum

import msgspec


class Message(msgspec.Struct, frozen=True, gc=False):
    """One PUBLISH as received.

    A Struct, because one is made per message: 0.06 us against 0.70 us for a frozen dataclass.

    ``received_us`` is the receipt time (microseconds since 1970 UTC, the process clock).
    ``packet_id`` is 0 for QoS 0. An oversize payload was skipped: ``payload`` then holds only
    its first bytes and ``is_oversize`` is true.
    """

    topic: bytes
    payload: bytes
    received_us: int
    packet_id: int = 0
    qos: int = 0
    is_retained: bool = False
    is_duplicate: bool = False
    is_oversize: bool = False


class Reason(StrEnum):
    """Why something became a dead letter."""

    BAD_TOPIC = "bad-topic"
    UNKNOWN_GATEWAY = "unknown-gateway"
    WRONG_PLACE = "wrong-place"
    UNKNOWN_DIALECT = "unknown-dialect"
    UNKNOWN_SENSOR = "unknown-sensor"
    RETAINED = "retained"
    OVERSIZE = "oversize"
    EMPTY = "empty"
    NOT_UTF8 = "not-utf8"
    NOT_JSON = "not-json"
    WRONG_SHAPE = "wrong-shape"
    NO_VALUE = "no-value"
    NOT_A_NUMBER = "not-a-number"
    IMPLAUSIBLE = "implausible"
    BAD_TIME = "bad-time"
    FUTURE = "future"
    STALE = "stale"
    BEFORE_MOVE = "before-move"
    NO_CONSENT = "no-consent"
    REFUSED_BY_STORE = "refused-by-store"


@dataclass(frozen=True, slots=True)
class Reject:
    """A message, or one reading of it, that was not stored.

    ``first_bytes`` holds at most 256 bytes of the payload; ``detail`` says what was expected.
    """

    reason: Reason
    topic: str
    first_bytes: bytes
    detail: str
    received_us: int


class Stray(msgspec.Struct, frozen=True):
    """A P1 signal that has no safe place in the columns, and is raised all the same.

    It comes from an unknown sensor or gateway, a retained message, or a clock that is wrong.
    ``place`` and ``gateway`` are ids, ``home`` and ``sensor`` numbers, each empty or -1 when
    unknown; ``reason`` is why it strayed. ``key`` tells one event from the next: the claimed
    event time, or a hash of the payload of a retained message. ``claimed_us`` is the time the
    device claimed, None when it claimed none that can be read.
    """

    place: str
    gateway: str
    home: int
    sensor: int
    address: str
    kind: str
    reason: str
    key: str
    claimed_us: int | None
    received_us: int
