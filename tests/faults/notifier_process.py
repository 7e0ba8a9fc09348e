"""Raises, climbs and sends until it is killed; forks one such process a line of its input.

``python -m tests.faults.notifier_process DATABASE HOOK COUNT``. Each process begins with the first
finding again, as an engine does that reads its journal anew. Sixty seconds pass in one.
"""

import os
import signal
import sys
import time
from dataclasses import dataclass, replace
from typing import Final

from alerts.alert import AlertKind, Finding
from alerts.escalate import climb
from alerts.ledger import Ledger
from alerts.notify.outbox import Outbox
from alerts.notify.webhook import Hook, Webhook
from config.database import connect
from ingest.clock import Instant, instant
from tests.alerts.test_ledger import finding
from tests.alerts.world import PLACE, START, place

SPEED: Final = 60
_SOME: Final = 3


@dataclass(frozen=True, slots=True)
class FastClock:
    """A clock that every process reads alike."""

    began_ns: int

    def now(self) -> Instant:
        return instant(START + (time.time_ns() - self.began_ns) // 1000 * SPEED)


def nth(number: int) -> Finding:
    """Return one of the findings; each is of a home of its own."""
    return replace(finding(AlertKind.NO_SIGN_OF_LIFE, START - 1, f"home-{number:06d}"))


def work(url: str, hook: str, count: int, began_ns: int) -> None:
    database, clock = connect(url), FastClock(began_ns)
    ledger = Ledger(database, channels=())
    channel = Webhook(lambda _: Hook(hook, "secret"), is_private_allowed=True)
    outbox = Outbox(database, {"webhook": channel}, clock)
    number = 0
    while True:
        some = [nth(n) for n in range(number, min(number + _SOME, count))]
        number += len(some)
        ledger.raise_findings(some, clock.now())
        climb(database, {PLACE: place()}, clock.now())
        outbox.send_due()
        if not some:
            time.sleep(0.05)


def main() -> None:
    url, hook, count = sys.argv[1:]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    began_ns = time.time_ns()
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            while True:
                try:
                    work(url, hook, int(count), began_ns)
                except Exception as problem:  # noqa: BLE001  # as the worker's threads go on
                    sys.stderr.write(f"{type(problem).__name__}: {problem}\n")
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
