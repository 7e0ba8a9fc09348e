"""Progress of long work: a bar on a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

LINE_S: Final = 5.0
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600


class Progress:
    """Shows a share from 0 to 1, how fast it goes and how long it will take; a context manager."""

    def __init__(self, what: str, tell: Callable[[str], None]) -> None:
        self._what, self._tell = what, tell
        self._began = self._told = time.monotonic()
        self._is_terminal = sys.stderr.isatty()
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        self._bar = Bar(
            *columns,
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not self._is_terminal,
        )
        self._task = self._bar.add_task(what, total=1.0, rate="")

    def __enter__(self) -> Self:
        self._bar.start()
        if not self._is_terminal:
            self._tell(self._what)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def show(self, share: float, where: str = "", messages: int | None = None) -> None:
        """Show that this share is done, where that is, and the rate of messages so far."""
        share = min(max(share, 0.0), 1.0)
        now = time.monotonic()
        rate = "" if messages is None else rate_of(messages, now - self._began)
        self._bar.update(self._task, completed=share, rate="  ".join(filter(None, (where, rate))))
        if not self._is_terminal and now - self._told >= LINE_S:
            self._told = now
            left = left_of(share, now - self._began)
            self._tell("  ".join(filter(None, (f"  {share:4.0%}", where, rate, left))))


def rate_of(messages: int, seconds: float) -> str:
    """Return messages per second in words."""
    return f"{messages / max(seconds, 1e-3):,.0f} messages/s"


def left_of(share: float, seconds: float) -> str:
    """Return how long the rest takes at the pace so far, nothing before there is one."""
    if share <= 0:
        return ""
    left_s = seconds * (1 - share) / share
    if left_s < _MINUTE_S:
        return f"{left_s:.0f} s left"
    if left_s < _HOUR_S:
        return f"{left_s / _MINUTE_S:.0f} min left"
    return f"{left_s / _HOUR_S:.1f} h left"
