"""Moves the journal into a store, at its own pace: a store that is down delays history only."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from ingest.sink import HomeColumn, Store, Tail

LIMIT_READINGS: Final = 50_000
"""Readings moved in one transaction of the store, about."""

GATHER_S: Final = 0.1
"""Pause after waking, so that a store takes a few larger appends a second, not hundreds."""

IDLE_S: Final = 0.5
"""Longest wait for the journal before looking again."""

TEND_S: Final = 2.0
"""Time between two rounds of looking after the store."""

LONGEST_PAUSE_S: Final = 30.0
"""Longest pause after failures; the first is a quarter of a second, each the double."""

_FIRST_PAUSE_S: Final = 0.25
_log = structlog.get_logger(__name__)


class JournalBehind(Exception):
    """The store has taken more than the journal holds: the journal was replaced or lost."""


@dataclass(frozen=True, slots=True)
class FollowerState:
    """How far a follower is. ``failures`` counts those in a row; ``error`` is the last, or ""."""

    position: int
    last_seq: int
    failures: int
    error: str


class Follower:
    """Reads entries after the store's own position and appends them, for ever.

    ``wait(after, timeout_s)`` returns when the journal has grown (``Journal.wait``); without
    it the follower looks again now and then. ``tend`` is called about every ``TEND_S`` while
    the store is up to date (``EmbeddedStore.finish_days``).
    """

    def __init__(
        self,
        tail: Tail,
        store: Store,
        home_of_sensor: Callable[[], HomeColumn],
        *,
        wait: Callable[[int, float], object] | None = None,
        tend: Callable[[], object] | None = None,
        limit_readings: int = LIMIT_READINGS,
    ) -> None:
        self._tail = tail
        self._store = store
        self._home_of_sensor = home_of_sensor
        self._wait = wait
        self._tend = tend
        self._tend_at = 0.0
        self._limit = limit_readings
        self._state = FollowerState(0, 0, 0, "")

    @property
    def state(self) -> FollowerState:
        """How far it is, as of its last step."""
        return self._state

    def step(self) -> int:
        """Move the next entries and return how many; 0 when the store has everything.

        Whatever the tail or the store raises passes through; then nothing was moved.
        JournalBehind when the store is ahead of the journal, so that no reading is skipped.
        """
        position, last = self._store.position(), self._tail.last_seq()
        if last < position:
            raise JournalBehind(
                f"store: it has taken journal rows up to {position}, but the journal ends at"
                f" {last}; open the journal with read_up_to={position}, or restore its files"
            )
        entries = self._tail.read(position, self._limit) if last > position else ()
        if entries:
            self._store.append(entries, self._home_of_sensor())
            position = entries[-1].seq
        self._state = FollowerState(position, last, 0, "")
        return len(entries)

    def run(self, stop: threading.Event) -> None:
        """Step until ``stop`` is set; after a failure try again later, from the same position."""
        while not stop.is_set():
            try:
                moved = self.step()
                if self._state.last_seq > self._state.position:
                    continue
                self._look_after_store()
                if moved:
                    stop.wait(GATHER_S)
                else:
                    self._rest(stop)
            except Exception as error:  # noqa: BLE001 - whatever a store raises, it is tried again
                stop.wait(self._pause_after(error))

    def _look_after_store(self) -> None:
        if self._tend is not None and time.monotonic() >= self._tend_at:
            self._tend_at = time.monotonic() + TEND_S
            self._tend()

    def _rest(self, stop: threading.Event) -> None:
        if self._wait is None:
            stop.wait(IDLE_S)
        else:
            self._wait(self._state.position, IDLE_S)

    def _pause_after(self, error: Exception) -> float:
        failures = self._state.failures + 1
        pause_s: float = min(_FIRST_PAUSE_S * 2 ** min(failures - 1, 20), LONGEST_PAUSE_S)
        self._state = FollowerState(
            self._state.position,
            self._state.last_seq,
            failures,
            f"{type(error).__name__}: {error}",
        )
        _log.warning(
            "store_append_failed",
            position=self._state.position,
            failures=failures,
            pause_s=pause_s,
            error=self._state.error,
        )
        return pause_s
