"""What the watch says by e-mail, over its own server: once, again when there is more, each hour."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog

from alerts.notify.outbox import DeliveryFailed

_log = structlog.get_logger(__name__)

LASTS_S: Final = 20.0
"""What is over sooner is not told: a process that was started again, say."""

AGAIN_S: Final = 3600.0
RETRY_S: Final = 20.0
SILENT_S: Final = 60.0
"""Seconds without a round after which the watch itself is what is late."""

Said = Sequence[tuple[str, str]]
"""(key, sentence) of each thing that is late."""


class Mailing:
    """Decides when to write and writes; ``send`` takes subject and text, or raises.

    ``hear`` is called after every round, ``run`` sends from a thread of its own, so that a slow
    server holds no round up, and a round that hangs is told too.
    """

    def __init__(
        self,
        send: Callable[[str, str], None],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send, self._now_s = send, now_s
        self._late: Said = ()
        self._heard_s = self._tried_s = now_s()
        self._since_s: dict[str, float] = {}
        self._well_s = now_s()
        self._told: set[str] = set()
        self._told_s = float("-inf")
        self.problem = ""
        """Why the last letter was not taken; empty when it was."""

    def hear(self, late: Said) -> None:
        """Note what is late now."""
        self._late, self._heard_s = list(late), self._now_s()

    def run(self, stop: threading.Event) -> None:
        """Write when it is due, until told to stop."""
        while not stop.wait(1.0):
            self.step()

    def step(self) -> bool:
        """Write if it is due; return whether a letter was taken."""
        now_s, late = self._now_s(), dict(self._late)
        if now_s - self._heard_s > SILENT_S:
            late = {"watch": "The watch itself hangs: nobody looks whether alerts arrive."}
        if late:
            self._well_s = now_s
        self._since_s = {key: self._since_s.get(key, now_s) for key in late}
        lasting = {key: what for key, what in late.items() if now_s - self._since_s[key] >= LASTS_S}
        if lasting and (set(lasting) - self._told or now_s - self._told_s >= AGAIN_S):
            subject = f"{len(lasting)} things are late"
            return self._write(
                now_s, subject if len(lasting) > 1 else next(iter(lasting.values())), lasting
            )
        if self._told and now_s - self._well_s >= LASTS_S:
            return self._write(now_s, "all is well again", {})
        return False

    def _write(self, now_s: float, subject: str, late: Mapping[str, str]) -> bool:
        if self.problem and now_s - self._tried_s < RETRY_S:
            return False
        self._tried_s = now_s
        lines = [f"- {what}" for what in late.values()] or [
            "Everything that was late is as it should be."
        ]
        text = "\n".join((*lines, "", "Told by `stillwell watch`; the System page shows more."))
        try:
            self._send(f"Stillwell: {subject}", text)
        except DeliveryFailed as problem:
            self.problem = str(problem)
            _log.warning("watch_mail_failed", error=str(problem))
            return False
        self.problem = ""
        self._told = set(late)
        self._told_s = now_s if late else float("-inf")
        return True
