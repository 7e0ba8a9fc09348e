"""Messages read and not yet acknowledged: what waits, and what is in hand."""

from collections.abc import Sequence
from typing import Final

from ingest.message import Message

MAX_MESSAGES: Final = 20_000
MAX_BYTES: Final = 8 << 20


class Inbox:
    """The bounded queue behind the chunk in hand.

    A broker may not use a packet id again before it was acknowledged (MQTT 3.1.1, 2.3.1), so
    the same id with the same content is a copy: NATS sends one whenever its ack wait has
    passed. Copies are dropped, or the second PUBACK would acknowledge a stranger.
    """

    def __init__(self) -> None:
        self._waiting: list[Message] = []
        self._waiting_bytes = 0
        self._unacknowledged: dict[int, Message] = {}

    @property
    def is_full(self) -> bool:
        """Whether reading should pause."""
        return len(self._waiting) >= MAX_MESSAGES or self._waiting_bytes >= MAX_BYTES

    def put(self, messages: Sequence[Message]) -> int:
        """Queue the messages in order; return how many copies were dropped."""
        unacknowledged, append = self._unacknowledged, self._waiting.append
        before = len(self._waiting)
        for message in messages:
            if message.packet_id:
                known = unacknowledged.get(message.packet_id)
                if known is not None and _is_copy(message, known):
                    continue
                unacknowledged[message.packet_id] = message
            self._waiting_bytes += len(message.payload)
            append(message)
        return len(messages) - (len(self._waiting) - before)

    def take(self) -> Sequence[Message]:
        """Return everything that waits, in order, and empty the queue."""
        chunk, self._waiting, self._waiting_bytes = self._waiting, [], 0
        return chunk

    def settle(self, chunk: Sequence[Message]) -> Sequence[int]:
        """Forget a handled chunk; return the packet ids to acknowledge, in order."""
        packet_ids = [message.packet_id for message in chunk if message.packet_id]
        for packet_id in packet_ids:
            self._unacknowledged.pop(packet_id, None)
        return packet_ids


def _is_copy(message: Message, known: Message) -> bool:
    return message.topic == known.topic and message.payload == known.payload
