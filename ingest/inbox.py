"""Messages read and not yet handed over, and how a copy is told from a message."""

from collections.abc import Sequence
from typing import Final

from ingest.message import Message

MAX_MESSAGES: Final = 20_000
MAX_BYTES: Final = 8 << 20


class Inbox:
    """The bounded queue of one connection.

    NATS sends an unacknowledged message again, with its packet id and the DUP flag, whenever
    its ack wait has passed (MQTT 3.1.1, 4.4 allows that only after a reconnect). Such a copy
    is dropped unacknowledged: its message is in hand or was acknowledged on this connection,
    and a second PUBACK could acknowledge a stranger that has been given the same id since.
    """

    def __init__(self) -> None:
        self._waiting: list[Message] = []
        self._waiting_bytes = 0
        self._content_of: dict[int, int] = {}

    @property
    def is_full(self) -> bool:
        """Whether reading should pause."""
        return len(self._waiting) >= MAX_MESSAGES or self._waiting_bytes >= MAX_BYTES

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        return len(self._waiting)

    def put(self, messages: Sequence[Message]) -> int:
        """Queue the messages in order; return how many copies were dropped."""
        content_of, append = self._content_of, self._waiting.append
        copies = 0
        for message in messages:
            packet_id = message.packet_id
            if packet_id:
                content = hash((message.topic, message.payload))
                if message.is_duplicate and content_of.get(packet_id) == content:
                    copies += 1
                    continue
                content_of[packet_id] = content
            self._waiting_bytes += len(message.payload)
            append(message)
        return copies

    def take(self) -> Sequence[Message]:
        """Return everything that waits, in order, and empty the queue."""
        chunk, self._waiting, self._waiting_bytes = self._waiting, [], 0
        return chunk
