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


class Progress:
    """Shows a share from 0 to 1; a context manager."""

    def __init__(self, what: str, tell: Callable[[str], None]) -> None:
        self._what, self._tell = what, tell
        self._told = time.monotonic()
        self._is_terminal = sys.stderr.isatty()
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        self._bar = Bar(
            *columns,
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not self._is_terminal,
        )
        self._task = self._bar.add_task(what, total=1.0)

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

    def show(self, share: float) -> None:
        """Show that this share is done."""
        share = min(max(share, 0.0), 1.0)
        self._bar.update(self._task, completed=share)
        now = time.monotonic()
        if not self._is_terminal and now - self._told >= LINE_S:
            self._told = now
            self._tell(f"  {share:4.0%}")
