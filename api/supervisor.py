"""Runs the processes of one machine: starts, restarts with back-off, stops in order."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

BACKOFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Pause before the n-th restart; the last repeats."""

STEADY_S: Final = 60.0
"""A process that ran this long has earned a fresh back-off."""

STOP_S: Final = 6.0
"""How long a process may take to stop before it is killed."""

_PR_SET_PDEATHSIG: Final = 1


class ChildFailed(Exception):
    """A process that must not end did; the message holds its last lines."""


@dataclass(slots=True)
class Child:
    """One supervised process; its output goes to ``log``."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    is_restarted: bool = True
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restarts: int = 0
    due: float = 0.0

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches only the supervisor."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  # our own command lines
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  # prctl only
            )
        self.started = time.monotonic()

    def last_lines(self, count: int = 12) -> str:
        """Return the end of its log."""
        with contextlib.suppress(OSError):
            lines = self.log.read_text("utf-8", "replace").splitlines()
            return "\n".join(f"    {line}" for line in lines[-count:])
        return ""


def _die_with_parent() -> None:
    """Ask Linux to end this process when the supervisor is killed; see prctl(2)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Keeps its children alive; ``children`` are started and stopped in order given, reversed."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._children: list[Child] = []
        self._tell = tell

    def add(self, child: Child) -> Child:
        """Start a child and watch it from now on."""
        child.start()
        self._children.append(child)
        return child

    def check(self) -> None:
        """Restart what has ended; ChildFailed for one that is not to be restarted."""
        now = time.monotonic()
        for child in self._children:
            code = None if child.process is None else child.process.poll()
            if child.process is not None and code is not None:
                self._ended(child, code, now)
            if child.process is None and child.is_restarted and now >= child.due:
                child.start()

    def _ended(self, child: Child, code: int, now: float) -> None:
        child.process = None
        if not child.is_restarted:
            if code:
                raise ChildFailed(f"{child.name} ended with code {code}:\n{child.last_lines()}")
            return
        if now - child.started > STEADY_S:
            child.restarts = 0
        pause = BACKOFF_S[min(child.restarts, len(BACKOFF_S) - 1)]
        child.restarts += 1
        child.due = now + pause
        self._tell(f"{child.name} ended with code {code}; starting it again in {pause:g} s")
        if child.restarts > len(BACKOFF_S):
            raise ChildFailed(f"{child.name} keeps ending (code {code}):\n{child.last_lines()}")

    def stop(self) -> None:
        """End every child, the last started first, each within ``STOP_S`` seconds."""
        running = [c for c in reversed(self._children) if c.process is not None]
        for child in running:
            _end(child)
        self._children.clear()


def _end(child: Child) -> None:
    process = child.process
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
