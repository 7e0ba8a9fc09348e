"""The clock of a process: the wall, or a virtual now that a replay moves.

Only shell code (the engine's tick, the outbox, the supervisor) holds a Clock; everything
else is given ``now``.
"""

import threading
import time
from typing import Protocol

import numpy as np

Instant = np.datetime64
"""A moment in UTC, always ``datetime64[us]``."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> Instant:
        """Return the present moment in UTC, ``datetime64[us]``."""
        ...


def instant(us: int) -> Instant:
    """Return the moment ``us`` microseconds after 1970 in UTC."""
    return np.datetime64(us, "us")


def microseconds(moment: Instant) -> int:
    """Return the whole microseconds between 1970 in UTC and this moment."""
    return int(moment.astype("datetime64[us]").astype(np.int64))


class SystemClock:
    """The wall clock of this machine."""

    def now(self) -> Instant:
        """Return the wall clock's time."""
        return instant(time.time_ns() // 1000)


class VirtualClock:
    """A clock that stands still until it is set; ``release`` hands over to the wall clock.

    It never goes back: an earlier mark is ignored, so a redelivered one does no harm.
    """

    def __init__(self, start: Instant) -> None:
        self._now = start
        self._is_live = False
        self._lock = threading.Lock()

    @property
    def is_live(self) -> bool:
        """Whether the wall clock has taken over."""
        return self._is_live

    def now(self) -> Instant:
        """Return the last mark, or the wall clock's time once released."""
        with self._lock:
            return SystemClock().now() if self._is_live else self._now

    def advance(self, to: Instant) -> None:
        """Move to ``to`` if that is later."""
        with self._lock:
            self._now = max(self._now, to)

    def release(self) -> None:
        """Follow the wall clock from now on."""
        with self._lock:
            self._is_live = True
