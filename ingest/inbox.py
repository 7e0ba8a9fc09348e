"""Messages read and not yet handed over, and how a copy is told from a message."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ingest.message import Message
from ingest.messages import DUPLICATE, Messages, joined, of

MAX_MESSAGES: Final = 20_000
MAX_BYTES: Final = 8 << 20
_PACKET_IDS: Final = 65_536


class Inbox:
    """The bounded queue of one connection.

    NATS sends an unacknowledged message again, with its packet id and the DUP flag, whenever
    its ack wait has passed (MQTT 3.1.1, 4.4 allows that only after a reconnect). Such a copy
    is dropped unacknowledged: its message is in hand or was acknowledged on this connection,
    and a second PUBACK could acknowledge a stranger that has been given the same id since.
    """

    def __init__(self) -> None:
        self._parts: list[Messages] = []
        self._seen_parts = 0
        self._waiting = self._waiting_bytes = 0
        self._content_of = np.zeros(_PACKET_IDS, np.uint64)  # 0: nothing under this id yet

    @property
    def is_full(self) -> bool:
        """Whether reading should pause."""
        return self._waiting >= MAX_MESSAGES or self._waiting_bytes >= MAX_BYTES

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        return self._waiting

    def put(self, messages: Sequence[Message]) -> int:
        """Queue the messages in order; return how many copies were dropped."""
        part, copies = of(messages), 0
        if part.has(DUPLICATE).any():
            self._note_contents()
            is_copy = self._copies(part)
            copies = int(np.count_nonzero(is_copy))
            part = part.take(~is_copy) if copies else part
            self._seen_parts += len(part) > 0
        if len(part):
            self._parts.append(part)
            self._waiting += len(part)
            self._waiting_bytes += int(part.payload_bytes.sum())
        return copies

    def take(self) -> Messages:
        """Return everything that waits, in order, and empty the queue."""
        parts, seen = self._parts, self._seen_parts
        self._parts, self._seen_parts, self._waiting, self._waiting_bytes = [], 0, 0, 0
        if not parts:
            return of(())
        chunk = joined(parts)
        if seen < len(parts):
            self._note(chunk)
        return chunk

    def _note_contents(self) -> None:
        """Note what waits under which id; without a copy in sight that is left to ``take``."""
        for part in self._parts[self._seen_parts :]:
            self._note(part)
        self._seen_parts = len(self._parts)

    def _note(self, part: Messages) -> None:
        # Of several under one id the last stays, as NumPy promises for plain indices.
        self._content_of[part.packet_id] = part.content

    def _copies(self, part: Messages) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return which of these are copies, one by one, and note the contents of the others."""
        content_of = self._content_of
        found = np.zeros(len(part), np.bool_)
        rows = zip(part.packet_id, part.content, part.has(DUPLICATE), strict=True)
        for row, (packet_id, content, is_duplicate) in enumerate(rows):
            if packet_id:
                found[row] = is_duplicate and content_of[packet_id] == content
                content_of[packet_id] = content
        return found
