"""From a chunk of messages to a durable row: when ``handle`` returns, the broker may forget.

Only a commit makes it return. Decode, screen and commit run in one thread of their own, so
the event loop goes on reading, and chunks are committed in the order in which they came.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
import structlog

from config.announced import Announcement
from config.sensor_table import SensorTable
from ingest.clock import Clock, Instant, SystemClock, VirtualClock, instant, microseconds
from ingest.clock_mark import SLICE_US, Marked, refuse_marks, split_at_marks, split_marks
from ingest.journal import Journal
from ingest.message import Message, Reason
from ingest.messages import of
from ingest.poison import Decode, Judged, Screen, judge_each, judge_with, poisoned
from ingest.positions import Moved, Positions
from ingest.redelivery import Keys, RecentKeys, message_keys

_log = structlog.get_logger(__name__)

_OURS = (
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(sqlite3.DataError, sqlite3.InterfaceError),
)
"""What is raised of a message that cannot be kept: by our own code, or by the journal's database,
which calls a value too large or of no type of its own. Not what a disk or a lock gives."""


@dataclass(frozen=True, slots=True)
class PipelineCounts:
    """What this process has done since it started.

    ``failures`` counts commits that failed in a row, 0 when the last one worked;
    ``last_commit_us`` is wall time (microseconds since 1970 UTC), 0 before the first.
    """

    messages: int = 0
    readings: int = 0
    strays: int = 0
    rejects: Mapping[Reason, int] = field(default_factory=dict)
    redelivered: int = 0
    poisoned: int = 0
    commits: int = 0
    failures: int = 0
    last_seq: int = 0
    last_commit_us: int = 0


class Pipeline:
    """Takes chunks from the subscriber; ``handle`` raises when a chunk was not committed.

    ``table`` gives the present roster; ``refresh`` reads it again and says whether it changed,
    and is asked when somebody unknown speaks, who may have been enrolled a moment ago.
    ``on_commit(seq)`` is called in the pipeline's thread after each commit. Clock marks move
    ``clock`` when it is a VirtualClock, after everything before them is committed: whoever
    reads the clock first and the journal second misses nothing. ``on_mark(now_us, seq)`` is
    told of each before that, with the last seq before it; no commit holds messages from both
    sides of a mark, so what a replay gives does not hang on how it was cut into chunks.
    ``on_announced`` is told what gateways announced of themselves, which is not journalled: it is
    retained by the broker, and said again.
    """

    def __init__(
        self,
        journal: Journal,
        decode: Decode,
        screen: Screen,
        table: Callable[[], SensorTable],
        clock: Clock,
        on_commit: Callable[[int], None] | None = None,
        refresh: Callable[[], bool] | None = None,
        on_mark: Callable[[int, int], None] | None = None,
        on_announced: Callable[[Sequence[Announcement]], None] | None = None,
    ) -> None:
        self._journal = journal
        self._decode = decode
        self._screen = screen
        self._table = table
        self._clock = clock
        self._on_commit = on_commit
        self._refresh = refresh
        self._on_mark = on_mark
        self._on_announced = on_announced
        self._begun: list[Sequence[Message]] = []
        self._recent = RecentKeys(journal.recent_keys())
        self._counts = PipelineCounts()
        self.positions = Positions(journal.positions())
        """How far each gateway's outbox is settled."""
        self._thread = ThreadPoolExecutor(1, "journal")

    @property
    def counts(self) -> PipelineCounts:
        """What has been done so far."""
        return self._counts

    async def handle(self, chunk: Sequence[Message]) -> None:
        """Commit everything in these messages; JournalFull and the like when that failed.

        A chunk that failed may be given again, and changes nothing until it succeeds.
        """
        if chunk:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._take, chunk)

    def close(self) -> None:
        """Finish the chunk in hand and end the thread; the journal stays open."""
        self._thread.shutdown(wait=True)

    def _take(self, chunk: Sequence[Message]) -> None:
        # A chunk that failed half way comes again whole: what it committed is not told twice.
        begun = list(chain.from_iterable(self._begun))
        is_again = bool(begun) and list(chunk[: len(begun)]) == begun
        self._begun = self._begun if is_again else []
        rest = chunk[len(begun) :] if is_again else chunk
        for part in split_at_marks(rest) if self._is_replaying() else [rest]:
            self._take_each(part)
        self._begun = []

    def _take_each(self, chunk: Sequence[Message]) -> None:
        """Commit these together; where our own code cannot keep them, in halves, down to one.

        That one becomes a dead letter, so that it costs only itself. What no message is to blame
        for, such as a full disk, is raised.
        """
        try:
            self._take_part(chunk)
        except _OURS as error:
            if len(chunk) > 1:
                half = len(chunk) // 2
                self._take_each(chunk[:half])
                self._take_each(chunk[half:])
                return
            self._take_part(chunk, error)
        self._begun.append(chunk)

    def _take_part(self, chunk: Sequence[Message], fault: Exception | None = None) -> None:
        try:
            marked = self._split(chunk)
            keys = message_keys(marked.messages)
            is_fresh = self._recent.fresh(marked.messages, keys)
            messages, fresh_keys = of(marked.messages), keys
            if not is_fresh.all():
                messages, fresh_keys = messages.take(is_fresh), keys[is_fresh]
            judged = self._judge(messages, marked) if fault is None else poisoned(chunk[0], fault)
            moved = self.positions.moved(judged.sequences)
            seq = self._commit(judged, fresh_keys, moved)
        except Exception:
            self._counts = replace(self._counts, failures=self._counts.failures + 1)
            raise
        # Nothing below may raise: the chunk is committed, and would be given again.
        self.positions.adopt(moved)
        self._count(len(chunk), len(marked.messages) - len(messages), judged, seq)
        self._follow(marked)
        self._tell(seq)
        self._announce(judged.announced)

    def _split(self, chunk: Sequence[Message]) -> Marked:
        if self._is_replaying():
            return split_marks(chunk, microseconds(self._clock.now()))
        return refuse_marks(chunk)

    def _judge(self, messages: Sequence[Message], marked: Marked) -> Judged:
        now = self._clock.now()
        if self._is_replaying():
            now = now + np.timedelta64(SLICE_US, "us")
        judged = self._judge_once(messages, now)
        if _has_stranger(judged) and self._is_roster_new():
            judged = self._judge_once(messages, now)
        batch = judged.batch
        if self._is_replaying():
            # The mark comes after what it covers: nothing was received before it happened.
            batch = replace(batch, received=np.maximum(batch.received, batch.time))
        return replace(judged, batch=batch, rejects=[*marked.rejects, *judged.rejects])

    def _is_roster_new(self) -> bool:
        try:
            return self._refresh is not None and self._refresh()
        except Exception as error:  # noqa: BLE001 - the registry may be away; readings go on
            _log.warning("roster_not_read", error=type(error).__name__)
            return False

    def _judge_once(self, messages: Sequence[Message], now: Instant) -> Judged:
        return judge_each(judge_with(self._decode, self._screen, self._table(), now), messages)

    def _is_replaying(self) -> bool:
        return isinstance(self._clock, VirtualClock) and not self._clock.is_live

    def _commit(self, judged: Judged, keys: Keys, moved: Moved) -> int:
        if not (len(judged.batch) or judged.strays or judged.rejects or moved):
            return 0
        seq = self._journal.append(judged.batch, judged.strays, judged.rejects, keys, moved)
        self._recent.add(keys)
        return seq

    def _count(self, messages: int, redelivered: int, judged: Judged, seq: int) -> None:
        before = self._counts
        rejects = Counter(before.rejects)
        rejects.update(reject.reason for reject in judged.rejects)
        self._counts = PipelineCounts(
            messages=before.messages + messages,
            readings=before.readings + len(judged.batch),
            strays=before.strays + len(judged.strays),
            rejects=rejects,
            redelivered=before.redelivered + redelivered,
            poisoned=before.poisoned + judged.poisoned,
            commits=before.commits + bool(seq),
            last_seq=seq or before.last_seq,
            last_commit_us=microseconds(SystemClock().now()) if seq else before.last_commit_us,
        )

    def _follow(self, marked: Marked) -> None:
        if marked.now_us is None or not isinstance(self._clock, VirtualClock):
            return
        if self._on_mark is not None:
            self._on_mark(marked.now_us, self._journal.last_seq())
        self._clock.advance(instant(marked.now_us))
        if marked.is_live:
            self._clock.release()

    def _tell(self, seq: int) -> None:
        if seq and self._on_commit is not None:
            try:
                self._on_commit(seq)
            except Exception:  # noqa: BLE001 - see _take: the chunk is committed
                _log.exception("commit_listener_failed", seq=seq)

    def _announce(self, announced: Sequence[Announcement]) -> None:
        if announced and self._on_announced is not None:
            try:
                self._on_announced(announced)
            except Exception:  # noqa: BLE001 - as above
                _log.exception("announcement_listener_failed")


def _has_stranger(judged: Judged) -> bool:
    unknown = {Reason.UNKNOWN_GATEWAY, Reason.UNKNOWN_SENSOR}
    return any(reject.reason in unknown for reject in judged.rejects)
