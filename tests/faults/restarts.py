"""Ten thousand alerts stand open; worker (engine, ladder, sender) and web are restarted."""

import json
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from alerts import tables
from api import wiring
from api.rows import Row, at_least, at_most
from config.kinds import Kind
from tests.brokers import start_mosquitto
from tests.e2e.stack import Stack, running, until
from tests.faults import installation as at
from tests.faults import living
from tests.make import enrolment

ALERTS: Final = 10_000
HOMES: Final = 100
UP_S: Final = 60.0
"""Until the restarted worker has read its whole journal and acts again."""

_APART_MS: Final = 120_000
"""Presses further apart than a minute are calls of their own."""

_QUIET_S: Final = 10.0
"""What would be told once more is told within this."""


def many_open(alerts: int = ALERTS) -> Iterator[Row]:
    """H8: killed, stopped, and killed without its memory: nothing is raised or sent again."""
    with (
        tempfile.TemporaryDirectory() as folder,
        start_mosquitto(Path(folder) / "mosquitto") as broker,
        running(Path(folder) / "site", enrolment(HOMES), broker_port=broker.port) as stack,
    ):
        _press(stack, alerts)
        until(lambda: _raised(stack) >= alerts, 600, "alerts are missing")
        until(lambda: not _waiting(stack), 900, "messages wait")
        began_s = []
        for number, is_forgotten in ((signal.SIGKILL, False), (signal.SIGTERM, False),
                                     (signal.SIGKILL, True)):  # fmt: skip
            began_s.append(_restart(stack, number, is_forgotten=is_forgotten))
        yield at_most("fault.h8.up_again_s", max(began_s), f"s, {alerts} alerts open", UP_S)
        ours = len(at.alerts(stack))
        yield at_least("fault.h8.open", ours, "alerts", alerts)
        yield at_most("fault.h8.alerts_more", ours - alerts, "alerts", 0)
        yield at_most("fault.h8.raised_again", _raised(stack) - ours, "times", 0)
        yield at_most("fault.h8.sent_again", _sent_again(stack), "messages", 0)
        yield at_most("fault.h8.steps_again", _steps_again(stack), "steps of ladders", 0)


def _press(stack: Stack, alerts: int) -> None:
    """Press every pendant so many times, each time two minutes after the last; all are late."""
    pendants, now_ms = at.sensors(stack, Kind.PENDANT), at.now_ms()
    times = -(-alerts // len(pendants))
    gateways = {gateway.number: gateway for gateway in stack.enrolment.gateways}
    messages = []
    for sensor in pendants:
        gateway = gateways[sensor.gateway]
        first = now_ms - times * _APART_MS
        kind, at_ms = sensor.kind.value, range(first, now_ms, _APART_MS)
        said = [[sensor.address, one, 1.0, kind] for one in at_ms]
        topic = f"stillwell/v1/{gateway.place}/{gateway.id}/native/r"
        messages.append((topic, json.dumps({"r": said}).encode()))
    at.publish(stack, messages)


def _restart(stack: Stack, number: signal.Signals, *, is_forgotten: bool) -> float:
    """End worker and web; return the seconds until all of the journal was read again."""
    files = wiring.files(wiring.read_settings(stack.site.settings))
    seq = living.beat(stack, "journal_seq")
    web = stack.children["web"].process
    assert web is not None
    web.send_signal(number)
    at.end(stack, number)
    web.wait(30)
    if is_forgotten:
        files.checkpoint.unlink(missing_ok=True)
    began, since_us = time.monotonic(), time.time_ns() // 1000
    until(lambda: at.is_connected(stack, since_us), 180, "the worker is not up")
    until(lambda: living.beat(stack, "engine_seq") >= seq, 300, "the journal is not read")
    until(lambda: _answers(stack), 60, "the web is not up")
    up_s = time.monotonic() - began
    time.sleep(_QUIET_S)
    until(lambda: not _waiting(stack), 300, "messages wait")
    return up_s


def _answers(stack: Stack) -> bool:
    stack.check()
    try:
        return bool(stack.get("/health"))
    except OSError:
        return False


def _waiting(stack: Stack) -> bool:
    stack.check()
    o = tables.outbox.c
    query = select(func.count()).where(o.state.in_(("pending", "leased")))
    with stack.database.connect() as connection:
        return bool(connection.execute(query).scalar_one())


def _raised(stack: Stack) -> int:
    """Return how often a call for help was raised; what is broken meanwhile is another matter."""
    h, a = tables.history.c, tables.alerts.c
    query = select(func.count()).join(tables.alerts, a.id == h.alert)
    query = query.where(h.event == "raise", a.priority == "P1")
    with stack.database.connect() as connection:
        return int(connection.execute(query.select_from(tables.history)).scalar_one())


def _sent_again(stack: Stack) -> int:
    """Return how many attempts there were beyond one for each message."""
    o = tables.outbox.c
    with stack.database.connect() as connection:
        rows = connection.execute(select(o.attempts)).scalars().all()
    return sum(max(attempts - 1, 0) for attempts in rows)


def _steps_again(stack: Stack) -> int:
    h = tables.history.c
    query = select(h.alert, h.note).where(h.event == "escalate")
    with stack.database.connect() as connection:
        found = Counter(connection.execute(query).all())
    return sum(number - 1 for number in found.values())
