"""A home gateway on the wire: birth and last will, and an outbox kept until the receipt.

Native messages are numbered and kept until Stillwell's receipt says that they are stored; the
broker's own acknowledgement promises nothing about us. What other dialects write has no number,
and is kept until the broker has it.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec
import structlog

from ingest.publisher import Publisher, PublishFailedError, Will
from ingest.receipts import RECEIPTS
from sensors_sim.dialects.dialect import Outgoing
from sensors_sim.target import Target

OUTBOX_MESSAGES: Final = 10_000
"""When the outbox is full the oldest are dropped."""

RETRY_S: Final = 2.0
ACKNOWLEDGED_S: Final = 10.0
"""A broker that takes longer to acknowledge counts as lost."""

RECEIPT_S: Final = 5.0
"""Without a receipt for so long, everything that was not receipted is sent again."""

_log = structlog.get_logger(__name__)


class _Receipt(msgspec.Struct):
    b: str | int
    s: int


_decoder: Final = msgspec.json.Decoder(_Receipt)


class LiveGateway:
    """Publishes in order, at QoS 1.

    With ``boot`` (that of its messages' numbers) it listens for receipts and keeps what has
    none; without, it keeps what the broker has not acknowledged. What it ``announces`` it says
    at each connection, retained, as a hub does at its start.
    """

    def __init__(
        self,
        gateway_id: str,
        topic: str,
        target: Target,
        boot: str | None = None,
        *,
        announces: Sequence[Outgoing] = (),
    ) -> None:
        self._id, self._boot, self._announces = gateway_id, boot, announces
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
            listens_to=None if boot is None else RECEIPTS + gateway_id,
            on_message=self._hear,
        )
        self._outbox: deque[Outgoing] = deque()
        self._kept: deque[Outgoing] = deque()
        self._filled = asyncio.Event()
        self._moved_s = 0.0
        self.dropped = 0
        """How many messages a full outbox has cost."""

    def send(self, messages: Sequence[Outgoing]) -> None:
        """Put messages into the outbox; ``run`` publishes them."""
        self._outbox.extend(messages)
        while self.waiting > OUTBOX_MESSAGES:
            (self._kept or self._outbox).popleft()
            self.dropped += 1
        self._filled.set()

    @property
    def waiting(self) -> int:
        """How many messages have not been acknowledged, or have no receipt yet."""
        return len(self._outbox) + len(self._kept)

    async def run(self) -> None:
        """Stay connected and publish what is sent, until cancelled."""
        while True:
            try:
                async with self._publisher:
                    for said in self._announces:
                        await self._publisher.publish(said.topic, said.payload, is_retained=True)
                    self._send_again()
                    await self._drain()
            except PublishFailedError as error:
                _log.warning("gateway_lost_broker", gateway=self._id, reason=str(error))
                await asyncio.sleep(RETRY_S)

    async def _drain(self) -> None:
        while True:
            while self._outbox:
                message = self._outbox[0]
                await self._publisher.publish(message.topic, self._payload(message))
                # A receipt, or a full outbox, may have taken it meanwhile.
                if self._outbox and self._outbox[0] is message:
                    self._outbox.popleft()
                    if self._boot is not None and message.sequence:
                        self._kept.append(message)
            self._filled.clear()
            if await self._is_quiet_for(RECEIPT_S if self._kept else None):
                self._send_again()

    async def _is_quiet_for(self, seconds: float | None) -> bool:
        """Wait for something to send; True when no receipt has come for so long."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                await self._filled.wait()
        except TimeoutError:
            return bool(self._kept) and loop.time() - self._moved_s >= RECEIPT_S
        # It may never be idle, and still nothing is receipted.
        return bool(self._kept) and loop.time() - self._moved_s >= 2 * RECEIPT_S

    def _send_again(self) -> None:
        self._outbox.extendleft(reversed(self._kept))
        self._kept.clear()
        self._moved_s = asyncio.get_running_loop().time()

    def _payload(self, message: Outgoing) -> bytes:
        """Return the payload, with the lowest number that is still kept."""
        if self._boot is None or not message.sequence:
            return message.payload
        kept = self._kept[0] if self._kept else message
        return b'{"oldest":%d,%b' % (kept.sequence, message.payload[1:])

    def _hear(self, payload: bytes) -> None:
        try:
            receipt = _decoder.decode(payload)
        except msgspec.MsgspecError:
            _log.warning("gateway_receipt_garbled", gateway=self._id)
            return
        if str(receipt.b) != self._boot:
            return
        for messages in (self._kept, self._outbox):
            while messages and 0 < messages[0].sequence <= receipt.s:
                messages.popleft()
                self._moved_s = asyncio.get_running_loop().time()
