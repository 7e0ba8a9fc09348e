"""Tells gateways what they may forget, each at most once a second."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import msgspec
import structlog

from ingest.flood import Flood, PublishFailedError
from ingest.positions import Positions, Receipt
from ingest.subscription import ConnectOptions

RECEIPTS: Final = "stillwell-receipt/v1/"
"""Outside the tree that gateways may write, so that none can forge its own."""

EVERY_S: Final = 1.0
RETRY_S: Final = 2.0

_log = structlog.get_logger(__name__)


class Receipts:
    """Publishes what ``positions`` owes, on a connection of its own.

    ``name_of`` gives the id of a gateway's box by its number, None for one that is heard no more.
    A receipt that cannot be sent is owed until it can; nothing else waits for it.
    """

    def __init__(
        self,
        options: ConnectOptions,
        positions: Positions,
        name_of: Callable[[int], str | None],
    ) -> None:
        self._options = replace(options, client_id=f"{options.client_id}-receipts")
        self._positions, self._name_of = positions, name_of
        self.sent = 0
        """How many have been taken by the broker."""
        self.problem = ""
        """Why the last ones could not be sent, empty when they could."""

    async def run(self, stop: asyncio.Event) -> None:
        """Send until ``stop``; a broker that is away is waited for."""
        while not stop.is_set():
            try:
                async with self._flood() as flood:
                    self.problem = ""
                    while not stop.is_set():
                        await self._send(flood)
                        await _rest(stop, EVERY_S)
                    await self._send(flood)
            except PublishFailedError as error:
                if not self.problem:
                    _log.warning("receipts_not_sent", reason=str(error))
                self.problem = str(error)
                await _rest(stop, RETRY_S)

    async def _send(self, flood: Flood) -> None:
        due = self._positions.take_due()
        if not due:
            return
        try:
            await flood.publish_all(list(self._messages(due)))
        except BaseException:
            self._positions.owe(due)
            raise
        self.sent += len(due)

    def _messages(self, due: Sequence[Receipt]) -> Sequence[tuple[str, bytes]]:
        named = [(self._name_of(each.gateway), each) for each in due]
        return [(RECEIPTS + name, encode(each)) for name, each in named if name is not None]

    def _flood(self) -> Flood:
        options = self._options
        return Flood(
            options.host,
            options.port,
            options.client_id,
            options.username,
            options.password,
            tls=options.tls,
        )


def encode(receipt: Receipt) -> bytes:
    """Return the payload of a receipt."""
    return msgspec.json.encode({"b": receipt.boot, "s": receipt.settled})


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
