"""Decodes and screens a chunk so that one message that breaks our code costs only itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from config.announced import Announcement
from config.sensor_table import SensorTable
from ingest.batch import Batch, concat
from ingest.clock import Instant
from ingest.message import Message, Reason, Reject, Stray
from ingest.tracks import Sequenced

_log = structlog.get_logger(__name__)


class _Parts(Protocol):
    """What decode and screen both return: readings, and what did not become one."""

    @property
    def batch(self) -> Batch: ...
    @property
    def rejects(self) -> Sequence[Reject]: ...
    @property
    def strays(self) -> Sequence[Stray]: ...


class _Decoded(_Parts, Protocol):
    @property
    def sequences(self) -> Sequence[Sequenced]: ...
    @property
    def announced(self) -> Sequence[Announcement]: ...


class Decode(Protocol):
    """Turns messages into readings (``ingest.decode``)."""

    def __call__(self, messages: Sequence[Message], table: SensorTable, /) -> _Decoded:
        """Return what the messages hold."""
        ...


class Screen(Protocol):
    """Takes implausible readings out of a batch (``ingest.screen``)."""

    def __call__(self, batch: Batch, table: SensorTable, /, *, now: Instant) -> _Parts:
        """Return the readings that stay, and what became of the others."""
        ...


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of some messages; ``poisoned`` of them made our own code raise."""

    batch: Batch
    rejects: Sequence[Reject]
    strays: Sequence[Stray]
    sequences: Sequence[Sequenced] = ()
    poisoned: int = 0
    announced: Sequence[Announcement] = ()


Judge = Callable[[Sequence[Message]], Judged]
"""Judges some messages; may raise."""


def judge_with(decode: Decode, screen: Screen, table: SensorTable, now: Instant) -> Judge:
    """Return the judge for this roster and moment."""

    def judge(messages: Sequence[Message]) -> Judged:
        decoded = decode(messages, table)
        screened = screen(decoded.batch, table, now=now)
        return Judged(
            screened.batch,
            [*decoded.rejects, *screened.rejects],
            [*decoded.strays, *screened.strays],
            decoded.sequences,
            announced=decoded.announced,
        )

    return judge


def judge_each(judge: Judge, messages: Sequence[Message]) -> Judged:
    """Judge the messages together; where that raises, in halves, down to the message at fault.

    That one becomes a dead letter. The others keep their order.
    """
    if not messages:
        return Judged(concat([]), [], [])
    try:
        return judge(messages)
    except MemoryError:
        raise  # no message's fault
    except Exception as error:  # noqa: BLE001 - whatever a bug raises must not stop the stream
        if len(messages) == 1:
            return poisoned(messages[0], error)
    half = len(messages) // 2
    first, second = judge_each(judge, messages[:half]), judge_each(judge, messages[half:])
    return Judged(
        concat([first.batch, second.batch]),
        [*first.rejects, *second.rejects],
        [*first.strays, *second.strays],
        [*first.sequences, *second.sequences],
        first.poisoned + second.poisoned,
        [*first.announced, *second.announced],
    )


def poisoned(message: Message, error: Exception) -> Judged:
    """Return the dead letter that a message becomes which our own code cannot take."""
    name = type(error).__name__
    _log.error("message_poisoned", error=name, payload_bytes=len(message.payload))
    reject = Reject(
        Reason.WRONG_SHAPE,
        message.topic.decode("utf-8", "replace"),
        message.payload[:256],
        f"could not be read here ({name}); this is a fault of Stillwell, please report it",
        message.received_us,
    )
    return Judged(concat([]), [reject], [], poisoned=1)
