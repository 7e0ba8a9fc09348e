"""Recognises a message that the broker sends again although it is already committed.

A crash or a lost connection between our commit and the broker's receipt of the PUBACK makes
the broker send the message once more. Readings with a time of their own are the same reading
again, whatever we do; a payload without any time would be stamped anew and become a second
reading. The rule: a QoS 1 message is dropped when it **has the DUP flag and** its key (packet
id, payload length, hash of topic and payload) is among the last ``TAIL_MESSAGES`` committed
ones or earlier in the same chunk. The keys are committed with the readings, so it works across
a crash.

Never on DUP alone: most messages sent again were never committed (measured: 833 flags, 70
committed). Never on the key alone: the same words come under the same packet id when ids come
round. The limits, best effort as they are:

- A broker that numbers its packets anew (NATS after a kill) or forgets the flag sends what we
  cannot recognise: an untimed reading is then stored twice.
- A message is lost when an *equal* one (same topic, same bytes) was committed under the same
  packet id within the tail, and the new one was sent but not committed before a disconnect.
  Packet ids come round after 65,535 messages, the tail is a quarter of that, so it takes a
  broker that began counting anew in between.
- Two different payloads of one length share a key once in 2^32.
- The hash was a CRC-32 before November 2026: what a worker of that time has committed is not
  recognised by the first one after it.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.message import Message
from ingest.messages import DUPLICATE, of

TAIL_MESSAGES: Final = 16_384
"""How many committed messages are remembered; more than any broker has in flight to us."""

_LOW, _AT_LENGTH, _AT_ID = np.uint64(0xFFFF), np.uint64(32), np.uint64(48)

Keys = NDArray[np.uint64]
"""uint64[n]: packet id (16 bits), payload length (16 low bits), hash of topic and payload (32)."""


def no_keys() -> Keys:
    """Return the keys of no message."""
    return np.zeros(0, np.uint64)


def message_keys(messages: Sequence[Message]) -> Keys:
    """Return a key for each message, in order; 0 for QoS 0, which is never sent again."""
    columns = of(messages)
    packet_id, length = columns.packet_id, columns.payload_bytes.astype(np.uint64)
    keys = packet_id << _AT_ID | (length & _LOW) << _AT_LENGTH | columns.content >> _AT_LENGTH
    return np.where(packet_id == 0, np.uint64(0), keys)


class RecentKeys:
    """The keys of the messages committed last, at least ``limit`` of them if there were any."""

    def __init__(self, rows: Iterable[Keys] = (), limit: int = TAIL_MESSAGES) -> None:
        self._rows: deque[Keys] = deque()
        self._limit = limit
        self._count = 0
        for keys in rows:
            self.add(keys)

    def add(self, keys: Keys) -> None:
        """Remember the keys of a chunk that is now committed; forget the oldest chunks."""
        self._rows.append(keys)
        self._count += len(keys)
        while self._count - len(self._rows[0]) >= self._limit:
            self._count -= len(self._rows.popleft())

    def fresh(self, messages: Sequence[Message], keys: Keys) -> NDArray[np.bool_]:
        """Return bool[n]: False for each message that is already committed or comes twice."""
        is_fresh = np.ones(len(messages), np.bool_)
        suspects = np.flatnonzero(of(messages).has(DUPLICATE) & (keys != 0))
        if not len(suspects):
            return is_fresh
        is_fresh[suspects] = ~np.isin(keys[suspects], np.concatenate([*self._rows, no_keys()]))
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        is_fresh[suspects] &= first[inverse][suspects] == suspects
        return is_fresh
