"""Fault 2, every order: broker and worker stop and start one after the other, in any order."""

import signal
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Final

from api.rows import Row, at_least, at_most
from ingest.journal import JournalTail
from tests.brokers import RunningBroker, start_mosquitto
from tests.e2e.stack import Stack, running, until
from tests.faults import installation as at
from tests.faults import load
from tests.make import enrolment

HOMES: Final = 10
ALONE_S: Final = 1.5
"""How long one of the two runs, or neither, before the other follows."""

BACK_S: Final = 60.0
WORKER, BROKER = "worker", "broker"
ORDERS: Final = tuple(product((signal.SIGTERM, signal.SIGKILL), (WORKER, BROKER), (WORKER, BROKER)))
"""How they end, which ends first, which starts first."""


def any_order() -> Iterator[Row]:
    """Stop and start both in every order while gateways go on; all is stored in the end."""
    with (
        tempfile.TemporaryDirectory() as folder,
        start_mosquitto(Path(folder) / "mosquitto") as broker,
        running(
            Path(folder) / "site", enrolment(HOMES), with_web=False, broker_port=broker.port
        ) as stack,
    ):
        tail, back_s = JournalTail.open(stack.site.data / "journal.db"), list[float]()
        with load.Gateways(stack, has_outbox=True) as gateways:
            for how, first_down, first_up in ORDERS:
                _down(stack, broker, how, first_down)
                back_s.append(_up(stack, broker, first_up, tail))
        at.settle(stack, tail)
        stored = load.in_store(stack, gateways.keys)
        tail.close()
    yield at_least("fault.02.orders.back", len(back_s), f"of {len(ORDERS)}", len(ORDERS))
    yield at_most(
        "fault.02.orders.lost", load.lost(gateways.sent, stored), f"of {gateways.sent}", 0
    )
    yield at_most("fault.02.orders.without_receipt", gateways.waiting, "messages", 0)
    yield Row("fault.02.orders.first_commit_s", round(max(back_s), 2), "s")


def _down(stack: Stack, broker: RunningBroker, how: signal.Signals, first: str) -> None:
    end_broker = broker.kill if how is signal.SIGKILL else broker.stop
    if first == BROKER:
        end_broker()
        time.sleep(ALONE_S)
    at.end(stack, how)
    if first == WORKER:
        time.sleep(ALONE_S)
        end_broker()
    time.sleep(ALONE_S)


def _up(stack: Stack, broker: RunningBroker, first: str, tail: JournalTail) -> float:
    """Start both; return the seconds from the second one's start to the first commit."""
    stack.children[WORKER].restarts = 0  # many ends in a short while are this test's doing
    last = tail.last_seq()
    if first == BROKER:
        broker.start()
        time.sleep(ALONE_S)
    until(lambda: _runs(stack), BACK_S, "the worker is not started again")
    if first == WORKER:
        time.sleep(ALONE_S)
        assert _runs(stack), "the worker has ended for want of a broker"
        broker.start()
    began = time.monotonic()
    until(lambda: _runs(stack) and tail.last_seq() > last, BACK_S, "nothing is committed again")
    return time.monotonic() - began


def _runs(stack: Stack) -> bool:
    stack.check()
    process = stack.children[WORKER].process
    return process is not None and process.poll() is None
