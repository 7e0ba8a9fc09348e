"""A home is erased while worker and web run and its gateway goes on publishing."""

import signal
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from api import stores, wiring
from api.cli import app
from api.store_copy import AFTER_ALL, BEFORE_ALL
from ingest.batch import Batch
from ingest.journal import JournalTail
from tests.brokers import start_mosquitto
from tests.e2e.stack import Stack, running, until
from tests.faults import installation as at
from tests.faults import load
from tests.make import enrolment

GONE, STAYS = 1, 2


def stored(stack: Stack, home: int) -> Batch:
    store = stores.open_to_read(wiring.read_settings(stack.site.settings))
    try:
        return store.read(home, BEFORE_ALL, AFTER_ALL)
    finally:
        store.close()


def committed(stack: Stack, home: int) -> int:
    """Return how many readings of the sensors of this home the journal holds."""
    mine = [s.number for s in stack.enrolment.sensors if s.home == home]
    tail = JournalTail.open(stack.site.data / "journal.db")
    try:
        entries = tail.read(0, 10**9)
        return sum(int(np.isin(entry.batch.sensor, mine).sum()) for entry in entries)
    finally:
        tail.close()


def letters(stack: Stack) -> list[tuple[str, bytes]]:
    """Return why messages of the gateway were refused, and what is kept of them."""
    with sqlite3.connect(stack.site.data / "journal.db") as connection:
        query = "SELECT reason, first_bytes FROM dead_letters WHERE topic LIKE '%gate-000001%'"
        return connection.execute(query).fetchall()


@pytest.mark.server
@pytest.mark.slow
def test_a_home_is_erased_beside_a_worker_while_its_gateway_publishes(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    with (
        start_mosquitto(tmp_path / "broker") as broker,
        running(tmp_path / "live", enrolment(2), broker_port=broker.port) as stack,
    ):
        file = stack.site.settings
        often = file.read_text("utf-8").replace("[engine]\n", "[engine]\ncheckpoint_s = 5\n")
        file.write_text(often, "utf-8")
        assert at.end(stack, signal.SIGTERM)[0] == 0
        stack.check()
        at.wait_until_connected(stack)
        with load.Stream(stack, load.native(stack)) as stream:
            until(lambda: len(stored(stack, GONE)) > 500, 60, "nothing is stored of the home")
            words = ["subject", "erase", "home-000001", "--by", "governance@test.example"]
            done = CliRunner().invoke(app, [*words, "--settings", str(file), "--sure"])
            assert done.exit_code == 0, done.output
            assert "the running worker has stored what it had" in done.output
            sent = stream.sent
            until(lambda: stream.sent > sent + 800, 60, "the gateways publish no more")
        wanted = stream.sent // 2
        until(lambda: len(stored(stack, STAYS)) >= wanted, 60, "readings of the other are lost")
        kept = stored(stack, STAYS).time
        assert len(np.unique(kept)) == len(kept) == wanted
        assert len(stored(stack, GONE)) == committed(stack, GONE) == 0
        assert letters(stack) == [("unknown-gateway", b"")]
