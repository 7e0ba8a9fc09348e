"""Many messages as columns: bytes as they came, and where in them each message lies.

A step of the interpreter a message is what a message costs, so a stream is carried like this from
the socket to the commit; a ``Message`` is made only of one that something is odd about.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, overload

import numpy as np
from numpy.typing import NDArray

from ingest.message import Message
from ingest.octets import PAD, hashes, mixed

RETAINED: Final = 0x01
DUPLICATE: Final = 0x08
OVERSIZE: Final = 0x10
_QOS: Final = 0x06

Positions = NDArray[np.int64]
_PLACES: Final = ("topic_at", "topic_stop", "payload_at", "stop")


@dataclass(slots=True, eq=False)
class Messages(Sequence[Message]):
    """n messages; equal to any sequence of equal messages.

    ``topic_at``, ``topic_stop``, ``payload_at``, ``stop`` int64[n] are places in ``octets``;
    ``packet_id`` uint64[n], 0 for QoS 0; ``flags`` uint8[n], the low bits of a PUBLISH and
    ``OVERSIZE``; ``received_us`` int64[n].
    """

    octets: bytes
    topic_at: Positions
    topic_stop: Positions
    payload_at: Positions
    stop: Positions
    packet_id: NDArray[np.uint64]
    flags: NDArray[np.uint8]
    received_us: NDArray[np.int64]
    _content: NDArray[np.uint64] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.stop)

    def __iter__(self) -> Iterator[Message]:
        return iter(self._made())

    @overload
    def __getitem__(self, row: int) -> Message: ...
    @overload
    def __getitem__(self, row: slice) -> "Messages": ...
    def __getitem__(self, row: int | slice) -> "Message | Messages":
        if isinstance(row, slice):
            return self.take(row)
        at = range(len(self))[row]
        return next(iter(self.take(slice(at, at + 1))))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and self._made() == list(other)

    __hash__ = None  # type: ignore[assignment]  # it is a sequence of columns

    @property
    def content(self) -> NDArray[np.uint64]:
        """uint64[n]: what tells one message's topic and payload from another's, never 0."""
        if self._content is None:
            self._content = _contents(self)
        return self._content

    @property
    def payload_bytes(self) -> NDArray[np.int64]:
        """int64[n]: the length of each payload."""
        return self.stop - self.payload_at

    def has(self, flag: int) -> NDArray[np.bool_]:
        """Return bool[n]: whether this flag is set."""
        is_set: NDArray[np.bool_] = (self.flags & np.uint8(flag)) != 0
        return is_set

    def is_topic(self, topic: bytes) -> NDArray[np.bool_]:
        """Return bool[n]: whether a message has this very topic."""
        found: NDArray[np.bool_] = (self.topic_stop - self.topic_at) == len(topic)
        for row in np.flatnonzero(found).tolist():
            found[row] = self.octets[self.topic_at[row] : self.topic_stop[row]] == topic
        return found

    def take(self, rows: slice | NDArray[np.bool_]) -> "Messages":
        """Return the messages picked by a mask, or a slice; the bytes are shared."""
        return Messages(
            self.octets,
            self.topic_at[rows],
            self.topic_stop[rows],
            self.payload_at[rows],
            self.stop[rows],
            self.packet_id[rows],
            self.flags[rows],
            self.received_us[rows],
            None if self._content is None else self._content[rows],
        )

    def _made(self) -> list[Message]:
        octets, flags = self.octets, self.flags
        columns = (
            *(self.topic_at, self.topic_stop, self.payload_at, self.stop),
            *(self.received_us, self.packet_id, (flags & _QOS) >> 1),
            *(self.has(flag) for flag in (RETAINED, DUPLICATE, OVERSIZE)),
        )
        return [
            Message(octets[topic_at:topic_stop], octets[payload_at:stop], *rest)
            for topic_at, topic_stop, payload_at, stop, *rest in zip(
                *(column.tolist() for column in columns), strict=True
            )
        ]


def of(messages: Sequence[Message]) -> Messages:
    """Return these messages as columns."""
    if isinstance(messages, Messages):
        return messages
    octets = b"".join(chain.from_iterable((m.topic, m.payload) for m in messages))
    count = len(messages)
    topics = np.fromiter([len(m.topic) for m in messages], np.int64, count)
    payloads = np.fromiter([len(m.payload) for m in messages], np.int64, count)
    stop = np.cumsum(topics + payloads)
    payload_at = stop - payloads
    flags = [
        m.qos << 1 | m.is_retained | m.is_duplicate << 3 | m.is_oversize << 4 for m in messages
    ]
    return Messages(
        octets,
        payload_at - topics,
        payload_at,
        payload_at,
        stop,
        np.fromiter([m.packet_id for m in messages], np.uint64, count),
        np.array(flags, np.uint8),
        np.fromiter([m.received_us for m in messages], np.int64, count),
    )


def joined(parts: Sequence[Messages]) -> Messages:
    """Return the messages of all parts, in order."""
    if len(parts) == 1:
        return parts[0]
    sizes = np.array([len(part.octets) for part in parts], np.int64)
    offsets = np.repeat(np.cumsum(sizes) - sizes, [len(part) for part in parts])
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in (*_PLACES, "packet_id", "flags", "received_us")
    }
    for name in _PLACES:
        columns[name] += offsets
    return Messages(b"".join([*(part.octets for part in parts), PAD]), **columns)


def _contents(messages: Messages) -> NDArray[np.uint64]:
    topics = messages.topic_stop - messages.topic_at
    of_topic = hashes(messages.octets, messages.topic_at, topics)
    of_payload = hashes(messages.octets, messages.payload_at, messages.payload_bytes)
    lengths = (topics << 32 | messages.payload_bytes).astype(np.uint64)
    return mixed(of_topic ^ mixed(of_payload ^ mixed(lengths))) | np.uint64(1)
