"""Fault 18: a worker freezes, another takes over, and the first wakes: it writes nothing more."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from alerts import tables
from api.rows import Row, at_least, at_most
from tests.brokers import start_mosquitto
from tests.e2e.stack import Stack, running, until
from tests.faults import installation as at
from tests.faults import living
from tests.make import enrolment

HOMES = 8
TAKEN_OVER_S = 60.0


@contextmanager
def _second(
    stack: Stack, folder: Path, *, url: str = "", broker_port: int = 0
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker with a data folder of its own, on the same database and broker.

    ``url`` and ``broker_port`` are its own ways there.
    """
    folder.mkdir()
    text = stack.site.settings.read_text("utf-8").replace("worker-", "second-")
    lines = [
        f"port = {broker_port}" if broker_port and line.startswith("port = ") else line
        for line in text.replace(str(stack.site.data), str(folder / "data")).splitlines()
        if not line.startswith("database_url")
    ]
    file = folder / "site.toml"
    database = url or stack.site.database_url
    file.write_text("\n".join([f'database_url = "{database}"', *lines]), "utf-8")
    command = [sys.executable, "-m", "api", "worker", "--settings", str(file)]
    with (
        (folder / "worker.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,  # noqa: S603
    ):
        try:
            yield process
        finally:
            process.terminate()


def _epoch(stack: Stack) -> int:
    with stack.database.connect() as connection:
        return int(connection.execute(select(tables.leases.c.epoch)).scalar_one())


def _raises(stack: Stack) -> int:
    """Return how many alerts of life safety pages were told of."""
    c = tables.changes.c
    ids = [row.id for row in at.alerts(stack)]
    query = select(c.id).where(c.alert.in_(ids), c.what == "raise")
    with stack.database.connect() as connection:
        return len(connection.execute(query).all())


def _messages(stack: Stack) -> list[str]:
    with stack.database.connect() as connection:
        return list(connection.execute(select(tables.outbox.c.key)).scalars())


def frozen_and_followed() -> Iterator[Row]:
    """18: of two workers one acts; the one that froze is fenced when it wakes, and stops."""
    with (
        tempfile.TemporaryDirectory() as folder,
        start_mosquitto(Path(folder) / "mosquitto") as broker,
        running(
            Path(folder) / "site", enrolment(HOMES), with_web=False, broker_port=broker.port
        ) as stack,
        _second(stack, Path(folder) / "second"),
    ):
        first, epoch = at.pid(stack), _epoch(stack)
        pressed = [living.press(stack, 1)]
        living.raised_s(stack, pressed[0], 60)
        time.sleep(3)
        acting = _epoch(stack) - epoch
        os.kill(first, signal.SIGSTOP)
        began, beaten_us = time.monotonic(), time.time_ns() // 1000
        until(lambda: _epoch(stack) > epoch, 120, "nobody took over")
        taken_s = time.monotonic() - began
        until(lambda: _is_connected(stack, beaten_us), 60, "the second is not connected")
        pressed.append(living.press(stack, 2))
        living.raised_s(stack, pressed[1], 60)
        os.kill(first, signal.SIGCONT)
        process = stack.children["worker"].process
        assert process is not None
        process.wait(60)
        said = stack.children["worker"].last_lines()
        pressed.append(living.press(stack, 3))
        living.raised_s(stack, pressed[2], 60)
        time.sleep(3)
        alerted, messages = at.alerted(stack), _messages(stack)
        told = _raises(stack)
        yield at_most("fault.18.took_over_from_a_living_worker", acting, "times", 0)
        yield at_most("fault.18.taken_over_s", taken_s, "s", TAKEN_OVER_S)
        yield at_least("fault.18.woken_stops", int("taken over" in said), "worker", 1)
        yield at_most("fault.18.epochs", _epoch(stack) - epoch, "take-overs", 1)
        yield at_most("fault.18.lost", len(set(pressed) - set(alerted)), f"of {len(pressed)}", 0)
        yield at_most("fault.18.alerts_twice", len(alerted) - len(set(alerted)), "alerts", 0)
        yield at_most("fault.18.told_twice", abs(told - len(set(alerted))), "alerts", 0)
        yield at_most("fault.18.messages_twice", len(messages) - len(set(messages)), "messages", 0)


def _is_connected(stack: Stack, since_us: int) -> bool:
    from api import health

    with stack.database.connect() as connection:
        beat = health.beats(connection)[health.WORKER]
    return beat.beat_us > since_us and bool(beat.state["is_connected"])
