"""Faults 1 and 2: kill -9 of the worker, and of worker and broker, while readings stream in."""

import random
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from api.rows import Row, at_least, at_most
from ingest.journal import JournalTail
from tests.brokers import RunningBroker, start_mosquitto
from tests.e2e.stack import Stack, running, until
from tests.faults import installation as at
from tests.faults import load
from tests.make import enrolment

HOMES: Final = 30
PACE_PER_S: Final = 300
FIRST_COMMIT_S: Final = 5.0


def worker_killed(kills: int, *, is_timed: bool) -> Iterator[Row]:
    """Kill the worker that often, each time once it has committed something again."""
    rng, commits_s = random.Random(11), []  # noqa: S311  # when to kill
    name = "fault.01" if is_timed else "fault.01.untimed"
    with (
        tempfile.TemporaryDirectory() as folder,
        start_mosquitto(Path(folder) / "mosquitto") as broker,
        running(
            Path(folder) / "site",
            load.half_untimed(HOMES),
            with_web=False,
            broker_port=broker.port,
        ) as stack,
    ):
        tail = JournalTail.open(stack.site.data / "journal.db")
        kit = load.native(stack) if is_timed else load.untimed(stack)
        with load.Stream(stack, kit) as stream:
            for _ in range(kills):
                time.sleep(rng.uniform(0.1, 1.0))
                commits_s.append(kill_worker(stack, tail))
        at.settle(stack, tail)
        found = load.in_journal(tail, kit.keys)
        stored = load.in_store(stack, kit.keys) if is_timed else found
        tail.close()
    yield at_most(f"{name}.lost", load.lost(stream.sent, found), f"of {stream.sent}", 0)
    if is_timed:
        yield at_most(f"{name}.lost_in_store", load.lost(stream.sent, stored), "readings", 0)
        yield at_most(f"{name}.duplicated", load.repeated(found), f"in {kills} kills", 0)
        yield at_most(f"{name}.first_commit_s", max(commits_s), "s", FIRST_COMMIT_S)
        yield at_least(f"{name}.per_s", stream.sent / stream.seconds, "msg/s", PACE_PER_S)
    else:
        yield Row(f"{name}.duplicated", load.repeated(found), f"in {kills} kills")


def both_killed(kills: int, *, has_outbox: bool) -> Iterator[Row]:
    """Kill worker or broker at random, and look what of the gateways' readings came."""
    rng = random.Random(12)  # noqa: S311  # what to kill, and when
    name = "fault.02" if has_outbox else "fault.02.without_outbox"
    with (
        tempfile.TemporaryDirectory() as folder,
        start_mosquitto(Path(folder) / "mosquitto") as broker,
        running(
            Path(folder) / "site", enrolment(HOMES), with_web=False, broker_port=broker.port
        ) as stack,
    ):
        tail = JournalTail.open(stack.site.data / "journal.db")
        with load.Gateways(stack, has_outbox=has_outbox) as gateways:
            for turn in range(kills):
                time.sleep(rng.uniform(0.3, 1.5))
                if turn % 2:
                    kill_broker(stack, broker)
                else:
                    kill_worker(stack, tail)
        at.settle(stack, tail)
        found = load.in_journal(tail, gateways.keys)
        stored = load.in_store(stack, gateways.keys)
        tail.close()
    missing, sent = load.lost(gateways.sent, found), f"of {gateways.sent}"
    if not has_outbox:
        yield Row(f"{name}.lost", missing, sent)
        return
    yield at_most(f"{name}.lost", missing, sent, 0)
    yield at_most(f"{name}.lost_in_store", load.lost(gateways.sent, stored), "readings", 0)
    yield at_most(f"{name}.duplicated_in_store", load.repeated(stored), f"in {kills} kills", 0)
    yield at_most(f"{name}.without_receipt", gateways.waiting, "messages", 0)
    yield Row(f"{name}.sent_again", load.repeated(found), "readings")


def kill_worker(stack: Stack, tail: JournalTail) -> float:
    """Return the seconds from the start of the next worker to its first commit."""
    child = stack.children["worker"]
    child.restarts = 0  # many ends in a short while are this test's doing
    at.end(stack, signal.SIGKILL)
    last = tail.last_seq()

    def has_committed() -> bool:
        stack.check()
        return tail.last_seq() > last

    until(has_committed, 30, "the next worker commits nothing")
    return time.monotonic() - child.started


def kill_broker(stack: Stack, broker: RunningBroker) -> None:
    """Kill the broker, and start it again a moment later."""
    broker.kill()
    time.sleep(0.2)
    broker.start()
    stack.check()
