"""Fault 18: a worker is cut off from database and broker, another takes over, the cut is mended."""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import select

from alerts import tables
from api.rows import Row, at_least, at_most
from api.site import Site, create
from api.supervisor import Child, Supervisor
from config.database import connect
from config.registry import enrol
from tests.brokers import start_mosquitto
from tests.e2e.stack import Stack, until
from tests.faults import installation as at
from tests.faults import living
from tests.faults.proxy import Proxy, proxied, to_path, to_port
from tests.faults.two_workers import (
    HOMES,
    TAKEN_OVER_S,
    _epoch,
    _is_connected,
    _messages,
    _raises,
    _second,
)
from tests.make import enrolment
from tests.postgres import start_postgres
from tests.servers import free_port

STOPS_S: Final = 60.0
"""Until a worker that was followed has noticed it, from when it can reach the database again."""


@contextmanager
def _apart(folder: Path) -> Iterator[tuple[Stack, list[Proxy]]]:
    """Run a worker on PostgreSQL that reaches database and broker through proxies."""
    with ExitStack() as stack:
        broker = stack.enter_context(start_mosquitto(folder / "mosquitto"))
        server = stack.enter_context(start_postgres())
        name = server.create()
        proxies = [
            stack.enter_context(proxied(to_port(broker.port))),
            stack.enter_context(proxied(to_path(f"{server.folder}/.s.PGSQL.5432"))),
        ]
        site, enrolled = create(
            folder / "site", enrolment(HOMES), broker_port=proxies[0].port, web_port=free_port()
        )
        database = connect(server.url(name))
        with database.begin() as connection:
            enrol(connection, enrolled, now_us=0)
        url = f"postgresql+psycopg://stillwell@127.0.0.1:{proxies[1].port}/{name}"
        text = site.settings.read_text("utf-8")
        site.settings.write_text(f'database_url = "{url}"\n{text}', "utf-8")
        supervisor = Supervisor(lambda _: None)
        stack.callback(supervisor.stop)
        child = Child("worker", site.process_command("worker"), site.logs / "worker.log")
        supervisor.add(child)
        near = Site(site.folder, broker.port, site.web_port)  # who publishes is not cut off
        passwords = json.loads(site.credentials.read_text("utf-8"))
        made = Stack(near, enrolled, database, supervisor, {"worker": child}, passwords)
        until(lambda: _is_up(made), 60, "the worker is not up")
        yield made, proxies
        database.dispose()


def _is_up(stack: Stack) -> bool:
    from api import health

    with stack.database.connect() as connection:
        beat = health.beats(connection).get(health.WORKER)
    return beat is not None and bool(beat.state.get("is_connected"))


def cut_off_and_followed() -> Iterator[Row]:
    """18: what both heard during the cut is told once; the first stops when it is mended."""
    with tempfile.TemporaryDirectory() as name, _apart(Path(name)) as (stack, proxies):
        folder = Path(name) / "second"
        direct = stack.database.url.render_as_string(hide_password=False)
        with _second(stack, folder, url=direct, broker_port=stack.site.broker_port):
            epoch, pressed = _epoch(stack), [living.press(stack, 1)]
            living.raised_s(stack, pressed[0], 60)
            time.sleep(3)
            for proxy in proxies:
                proxy.cut()
            pressed_ms = at.now_ms()
            pressed.append(living.press(stack, 2, pressed_ms))
            began, beaten_us = time.monotonic(), time.time_ns() // 1000
            until(lambda: _epoch(stack) > epoch, 180, "nobody took over")
            taken_s = time.monotonic() - began
            until(lambda: _is_connected(stack, beaten_us), 60, "the second is not connected")
            # Nobody gave a receipt for it: the gateway says it again, and both hear it.
            living.press(stack, 2, pressed_ms)
            living.raised_s(stack, pressed[1], 60)
            pressed.append(living.press(stack, 3))
            living.raised_s(stack, pressed[2], 60)
            mended = time.monotonic()
            for proxy in proxies:
                proxy.mend()
            process = stack.children["worker"].process
            assert process is not None
            process.wait(2 * STOPS_S)
            stops_s = time.monotonic() - mended
            said = stack.children["worker"].last_lines()
            pressed.append(living.press(stack, 4))
            living.raised_s(stack, pressed[3], 60)
            time.sleep(3)
            alerted, messages = at.alerted(stack), _messages(stack)
            told, again = _raises(stack), _sent_again(stack)
            epochs = _epoch(stack) - epoch
    yield at_most("fault.18.cut_taken_over_s", taken_s, "s", TAKEN_OVER_S)
    yield at_most("fault.18.cut_stops_s", stops_s, "s after it is mended", STOPS_S)
    yield at_least("fault.18.cut_says_why", int("taken over" in said), "worker", 1)
    yield at_most("fault.18.cut_epochs", epochs, "take-overs", 1)
    yield at_most("fault.18.cut_lost", len(set(pressed) - set(alerted)), f"of {len(pressed)}", 0)
    yield at_most("fault.18.cut_alerts_twice", len(alerted) - len(set(alerted)), "alerts", 0)
    yield at_most("fault.18.cut_told_twice", abs(told - len(set(alerted))), "alerts", 0)
    yield at_most("fault.18.cut_messages_twice", len(messages) - len(set(messages)), "messages", 0)
    yield at_most("fault.18.cut_sent_again", again, "messages", 0)


def _sent_again(stack: Stack) -> int:
    o = tables.outbox.c
    with stack.database.connect() as connection:
        attempts = connection.execute(select(o.attempts)).scalars().all()
    return sum(max(one - 1, 0) for one in attempts)
