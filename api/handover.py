"""A replay hands over to the wall clock once and for good, also when the worker is killed then."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from ingest.clock import Clock, VirtualClock
from ingest.message import Message
from ingest.mqtt import Handle

_RETRY_S: Final = 1.0
_log = structlog.get_logger(__name__)


def is_live(clock: Clock) -> bool:
    """Whether this clock is the wall's, so that messages may go out."""
    return not isinstance(clock, VirtualClock) or clock.is_live


def keeping_live(handle: Handle, clock: Clock, live: Path) -> Handle:
    """Return ``handle`` so that it returns, and a mark is acknowledged, once ``live`` is written.

    A worker that lost it would stand still in the past, with its messages held back.
    """
    if is_live(clock):
        return handle

    is_kept = False

    async def handle_and_keep(chunk: Sequence[Message]) -> None:
        nonlocal is_kept
        await handle(chunk)
        while is_live(clock) and not is_kept:
            is_kept = await asyncio.to_thread(_is_written, live)
            if not is_kept:
                await asyncio.sleep(_RETRY_S)

    return handle_and_keep


def _is_written(path: Path) -> bool:
    try:
        path.touch()
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as problem:
        _log.warning("handover_not_kept", error=str(problem))
        return False
    return True
