"""Clock marks: a replay tells every process what time it is, in order with its readings.

A mark says that everything sent before it happened by ``now_us``. The topic lies under the one
that the worker subscribes to for readings, because a broker (the NATS server does) may let one
subscription run ahead of another; and outside the tree of any gateway, so none can forge it.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from ingest.message import Message, Reason, Reject
from ingest.messages import of

TOPIC: Final = "stillwell/v1/clock"
"""Where marks are published, QoS 1, not retained."""

SLICE_US: Final = 1_800_000_000
"""Most that a publisher sends between two marks; it is no future, though its mark is to come."""

_TOPIC: Final = TOPIC.encode()
_LATEST_US: Final = 253_402_300_800_000_000
"""The end of the year 9999, beyond which no calendar follows."""


class ClockMark(msgspec.Struct, frozen=True):
    """It is now ``now_us`` (microseconds since 1970 UTC); ``is_live`` hands over to the wall."""

    now_us: int
    is_live: bool = False


class Marked(NamedTuple):
    """A chunk without its marks: the messages, the last moment marked, and refused marks."""

    messages: Sequence[Message]
    rejects: Sequence[Reject]
    now_us: int | None
    is_live: bool


_DECODER = msgspec.json.Decoder(ClockMark)


def encode_mark(mark: ClockMark) -> bytes:
    """Return the payload of this mark."""
    return msgspec.json.encode(mark)


def decode_mark(payload: bytes) -> ClockMark | None:
    """Return the mark in this payload, or None when it is none."""
    try:
        mark = _DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return mark if 0 <= mark.now_us < _LATEST_US else None


def refuse_marks(chunk: Sequence[Message]) -> Marked:
    """Return the chunk with every mark refused: this process follows the wall clock."""
    columns = of(chunk)
    is_mark = columns.is_topic(_TOPIC)
    if not is_mark.any():
        return Marked(columns, (), None, is_live=False)
    rejects = [
        _refused(message, Reason.BAD_TOPIC, "clock marks count only in a replay")
        for message in columns.take(is_mark)
    ]
    return Marked(columns.take(~is_mark), rejects, None, is_live=False)


def split_at_marks(chunk: Sequence[Message]) -> Iterator[Sequence[Message]]:
    """Yield the chunk in parts that each end with a mark; the last may lack one."""
    start = 0
    for row, message in enumerate(chunk):
        if message.topic == _TOPIC:
            yield chunk[start : row + 1]
            start = row + 1
    if start < len(chunk):
        yield chunk[start:]


def split_marks(chunk: Sequence[Message], now_us: int) -> Marked:
    """Return the chunk without its marks, each message received at the mark before it.

    The subscriber stamps a chunk with one moment; in a replay a chunk may hold hours. Before
    the first mark of the chunk the moment is ``now_us``. It never goes back. What follows a
    mark that hands over to the wall clock keeps that mark's moment.
    """
    messages: list[Message] = []
    rejects: list[Reject] = []
    moment, is_live, is_marked = now_us, False, False
    for message in chunk:
        if message.topic != _TOPIC:
            messages.append(msgspec.structs.replace(message, received_us=moment))
            continue
        mark = None if message.is_retained else decode_mark(message.payload)
        if mark is None:
            what = "expected a mark of this run: now_us, is_live, not retained"
            reason = Reason.RETAINED if message.is_retained else Reason.WRONG_SHAPE
            rejects.append(_refused(message, reason, what))
            continue
        moment, is_live, is_marked = max(moment, mark.now_us), is_live or mark.is_live, True
    return Marked(messages, rejects, moment if is_marked else None, is_live)


def _refused(message: Message, reason: Reason, detail: str) -> Reject:
    return Reject(reason, TOPIC, message.payload[:256], detail, message.received_us)
