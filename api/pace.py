"""The engine's view of clock and journal: in a replay it lives from mark to mark.

The pipeline may have committed days beyond the moment that the engine decides. Were the engine
to read them, a late reading would count as early as its machine is slow. So it is given one
mark at a time, and of the journal what was committed before that mark: what it decides hangs on
the readings and the marks alone, through a broker or without one.
"""

import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence

from alerts.progress import Progress
from api.handover import is_live
from ingest.clock import Clock, Instant, instant, microseconds
from ingest.journal import Journal
from ingest.sink import Entry, Tail


class Pace:
    """Clock and tail of the engine (ports ``Clock`` and ``Tail``).

    ``mark`` may be called from another thread; ``now`` begins a step of the engine and goes on
    to the next mark once ``progress`` says that the last one is done with.
    """

    def __init__(
        self, tail: Tail, journal: Journal, clock: Clock, progress: Callable[[], Progress]
    ) -> None:
        self._tail, self._journal, self._clock = tail, journal, clock
        self._progress = progress
        self._marks: deque[tuple[int, int]] = deque()
        self._lock = threading.Lock()
        self._now_us = microseconds(clock.now())
        self._limit = 0
        self._is_live = is_live(clock)
        self._ahead: Sequence[Entry] = ()
        self._ahead_after = 0

    def mark(self, now_us: int, seq: int) -> None:
        """Note that all up to ``seq``, and nothing after it, was told before ``now_us``."""
        with self._lock:
            self._marks.append((now_us, seq))

    @property
    def is_live(self) -> bool:
        """Whether the engine follows the wall clock, its last mark behind it."""
        return self._is_live

    def now(self) -> Instant:
        """Return the moment of the next step."""
        with self._lock:
            if not self._is_live and self._is_done():
                self._next()
            return self._clock.now() if self._is_live else instant(self._now_us)

    def wait(self, after: int, timeout_s: float) -> None:
        """Return when there may be something to do, or time is up."""
        if not self._marks:
            self._journal.wait(after, timeout_s)

    def read(self, after: int, limit_readings: int) -> Sequence[Entry]:
        """Return entries after this seq that belong to the present step."""
        if self._is_live:
            self._ahead = ()
            return self._tail.read(after, limit_readings)
        if after >= self._limit:
            return ()
        if after < self._ahead_after or not self._ahead or self._ahead[-1].seq <= after:
            # The pipeline may be days ahead: what a later mark covers is kept, not read again.
            self._ahead = self._tail.read(after, limit_readings)
        seqs = [entry.seq for entry in self._ahead]
        first, stop = bisect_right(seqs, after), bisect_right(seqs, self._limit)
        found, self._ahead = self._ahead[first:stop], self._ahead[stop:]
        self._ahead_after = found[-1].seq if found else after
        return found

    def last_seq(self) -> int:
        """Return the newest committed seq, 0 when the journal is empty."""
        return self._tail.last_seq()

    def _is_done(self) -> bool:
        progress = self._progress()
        return not progress.is_behind and progress.now_us >= self._now_us

    def _next(self) -> None:
        if self._marks:
            now_us, self._limit = self._marks.popleft()
            self._now_us = max(self._now_us, now_us)
        elif is_live(self._clock):
            self._is_live = True
        else:
            # The next mark comes after all that is committed by now.
            self._limit = self._journal.last_seq()
