"""Fault 17, the broker's part: its file of sessions is cut while it is down.

Started by the shipped script, the broker sets aside what it cannot read and serves again; what
was queued in it comes again from the gateways, and the worker says that its session is gone.
"""

import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from api import health
from api.rows import Row, at_least, at_most
from ingest.journal import JournalTail
from tests.brokers import RunningBroker, start_mosquitto
from tests.e2e.stack import Stack, running, until
from tests.faults import installation as at
from tests.faults import load
from tests.make import enrolment

SCRIPT: Final = Path(__file__).parents[2] / "ingest" / "brokers" / "start-mosquitto"
HOMES: Final = 10


def cut_sessions(turns: int = 4) -> Iterator[Row]:
    """Cut ``mosquitto.db`` that often, under gateways with an outbox; look what came."""
    rng = random.Random(171)  # noqa: S311  # where to cut
    with (
        tempfile.TemporaryDirectory() as folder,
        start_mosquitto(Path(folder) / "mosquitto", starter=SCRIPT) as broker,
        running(
            Path(folder) / "site", enrolment(HOMES), with_web=False, broker_port=broker.port
        ) as stack,
    ):
        tail = JournalTail.open(stack.site.data / "journal.db")
        with load.Gateways(stack, has_outbox=True) as gateways:
            unserved = sum(
                not _is_served_after_cut(stack, broker, Path(folder) / "mosquitto", rng)
                for _ in range(turns)
            )
        at.settle(stack, tail)
        found = load.in_journal(tail, gateways.keys)
        until(lambda: _lost_sessions(stack) > 0, 10, "a session that is gone is not told")
        told = _lost_sessions(stack)
        aside = len([*(Path(folder) / "mosquitto").glob("mosquitto.db.damaged-*")])
        tail.close()
    yield at_most("fault.17.broker_db.not_served", unserved, f"of {turns}", 0)
    yield at_least("fault.17.broker_db.set_aside", aside, f"of {turns}", 1)
    yield at_most(
        "fault.17.broker_db.lost", load.lost(gateways.sent, found), f"of {gateways.sent}", 0
    )
    yield at_least("fault.17.broker_db.lost_sessions_told", told, f"of {turns}", 1)


def _is_served_after_cut(
    stack: Stack, broker: RunningBroker, folder: Path, rng: random.Random
) -> bool:
    time.sleep(2.5)  # it saves every second
    broker.kill()
    file = folder / "mosquitto.db"
    whole = file.read_bytes()
    file.write_bytes(whole[: rng.randrange(len(whole) // 2, len(whole) - 2)])
    try:
        broker.start()
        at.wait_until_connected(stack, 30)
    except (TimeoutError, AssertionError, OSError, subprocess.SubprocessError):
        return False
    return True


def _lost_sessions(stack: Stack) -> int:
    with stack.database.connect() as connection:
        return int(health.beats(connection)[health.WORKER].state["lost_sessions"])
