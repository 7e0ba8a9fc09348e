"""Keeps the heads of the audit chains outside the database once a day: in a file, by webhook."""

import json
import threading
from pathlib import Path

import structlog
from sqlalchemy import Engine

from alerts.notify.outbox import Channel, DeliveryFailed, Message
from api.rest.moments import to_datetime
from config import audit
from config.audit import Head
from ingest.clock import SystemClock, microseconds

_log = structlog.get_logger()


class Anchoring:
    """Appends to ``file``, and tells each place's webhook the head of its own chain.

    ``webhook`` is None where there is none. The file is written first: what a webhook misses is
    in it, and a webhook that is down is not tried again before the next day.
    """

    def __init__(self, database: Engine, file: Path, webhook: Channel | None = None) -> None:
        self._database, self._file, self._webhook = database, file, webhook
        self._day = last_day(file)

    def step(self, now_us: int) -> int:
        """Anchor every head if this day has none yet; return how many were. OSError if it fails."""
        at = to_datetime(now_us)
        if self._day == at.date().isoformat():
            return 0
        with self._database.connect() as connection:
            found = audit.heads(connection)
        write(self._file, found, at.isoformat())
        self._day = at.date().isoformat()
        for head in found if self._webhook is not None else ():
            self._send(head, now_us)
        return len(found)

    def run(self, stop: threading.Event, *, idle_s: float = 60.0) -> None:
        """Anchor once a day until told to stop; a failure is logged and tried again."""
        while not stop.wait(idle_s):
            try:
                self.step(microseconds(SystemClock().now()))
            except Exception:  # noqa: BLE001  # a full disk or a locked database passes
                _log.exception("anchor_failed")

    def _send(self, head: Head, now_us: int) -> None:
        key = f"audit:{head.place}:{head.seq}"
        said = Message(
            f"audit:{head.seq}", key, head.hash, place=head.place, created_us=now_us, kind="audit"
        )
        try:
            if self._webhook is not None:
                self._webhook.send(said)
        except DeliveryFailed as problem:
            _log.info("anchor_not_sent", place=head.place, why=str(problem))


def write(file: Path, heads: list[Head], at: str) -> None:
    """Append heads to a file, one JSON line each; OSError when it cannot be written."""
    rows = [{"place": h.place, "seq": h.seq, "hash": h.hash, "at": at} for h in heads]
    with file.open("a", encoding="utf-8") as out:
        out.writelines(f"{json.dumps(row)}\n" for row in rows)


def last_day(file: Path) -> str:
    """Return the day of the newest anchor in a file, empty when there is none to be read."""
    try:
        lines = file.read_text("utf-8").splitlines()
        return str(json.loads(lines[-1])["at"])[:10] if lines else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""
