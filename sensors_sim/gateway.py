"""A home gateway on the wire: birth and last will, and an outbox while the broker is away."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

import structlog

from ingest.publisher import Publisher, PublishFailedError, Will
from sensors_sim.dialects.dialect import Outgoing
from sensors_sim.target import Target

OUTBOX_MESSAGES: Final = 10_000
"""When the outbox is full the oldest are dropped."""

RETRY_S: Final = 2.0
ACKNOWLEDGED_S: Final = 10.0
"""A broker that takes longer to acknowledge counts as lost."""

_log = structlog.get_logger(__name__)


class LiveGateway:
    """Publishes in order, at QoS 1, and keeps what the broker has not acknowledged."""

    def __init__(self, gateway_id: str, topic: str, target: Target) -> None:
        self._id = gateway_id
        password = target.passwords.get(gateway_id)
        self._publisher = Publisher(
            target.host,
            target.port,
            gateway_id,
            None if password is None else gateway_id,
            password,
            will=Will(f"{topic}/status", b"offline"),
            birth=Will(f"{topic}/status", b"online"),
            timeout_s=ACKNOWLEDGED_S,
        )
        self._outbox: deque[Outgoing] = deque(maxlen=OUTBOX_MESSAGES)
        self._filled = asyncio.Event()

    def send(self, messages: Sequence[Outgoing]) -> None:
        """Put messages into the outbox; ``run`` publishes them."""
        self._outbox.extend(messages)
        self._filled.set()

    @property
    def waiting(self) -> int:
        """How many messages have not been acknowledged."""
        return len(self._outbox)

    async def run(self) -> None:
        """Stay connected and publish what is sent, until cancelled."""
        while True:
            try:
                async with self._publisher:
                    await self._drain()
            except PublishFailedError as error:
                _log.warning("gateway_lost_broker", gateway=self._id, reason=str(error))
                await asyncio.sleep(RETRY_S)

    async def _drain(self) -> None:
        while True:
            while self._outbox:
                message = self._outbox[0]
                await self._publisher.publish(message.topic, message.payload)
                # A full outbox may have dropped it meanwhile.
                if self._outbox and self._outbox[0] is message:
                    self._outbox.popleft()
            self._filled.clear()
            await self._filled.wait()
