"""Faults 11 and 12 on a clock that is turned by hand: channels that fail, and nobody who answers.

Webhook and mail server are real ones on this machine; only the waiting is not.
"""

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Final
from unittest.mock import patch

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from sqlalchemy import Engine, insert, select

from alerts import auditor, tables
from alerts.alert import AlertKind
from alerts.keeper import Keeper
from alerts.ledger import Ledger
from alerts.notify import email, webhook
from alerts.notify.email import Email, Server
from alerts.notify.outbox import LAST_RETRY_US, Channel, Outbox
from alerts.notify.webhook import Hook, Webhook
from api.rows import Row, at_least, at_most
from config import ladder_rows, ladders, people, recipients
from config import tables as registry
from config.recipients import Recipient
from config.roles import Role
from ingest.clock import VirtualClock, instant
from tests.alerts.listening import Listener, listening
from tests.alerts.test_ledger import finding
from tests.alerts.world import MINUTE, PLACE, START, place
from tests.databases import new_database
from tests.servers import free_port

SECOND: Final = 1_000_000
BEAT_US: Final = SECOND
HOUR_US: Final = 60 * MINUTE
PATIENCE_S: Final = 0.15
"""What stands for the seconds that channels wait: the clock of the world is turned by hand."""

RETRY_AFTER_S: Final = 240
"""What the webhook asks for with its 429, longer than most retries would wait."""

_PLACES: Final = {PLACE: place()}


def with_ladder(*rungs: dict[str, Any], fallback: dict[str, Any]) -> tuple[Engine, Ledger]:
    """Return an empty database whose place has a supervisor and this ladder."""
    database = new_database()
    with database.begin() as connection:
        row = {"id": "account-sue", "email": "sue@fenbridge.example", "name": "Sue"}
        connection.execute(insert(registry.accounts).values(**row, password_hash="", created_us=0))
        recipients.save(connection, "account-sue", Recipient(email="sue@fenbridge.example"))
        people.grant(connection, "account-sue", PLACE, Role.SUPERVISOR)
        plan = ladders.read_plan({"rung": list(rungs), "fallback": fallback}, "fault")
        ladder_rows.save(connection, PLACE, "P2", plan, "account-sue", 0)
    return database, Ledger(database, channels=())


class Mailbox:
    """A mail server that can be told to put off what it is sent; keeps what it took."""

    def __init__(self) -> None:
        self.answer, self.taken = "250 taken", list[str]()

    async def handle_DATA(self, *told: Any) -> str:  # noqa: ANN401, N802  # aiosmtpd's
        envelope: Envelope = told[2]
        if self.answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.taken.append("".join(content.decode().split()))  # a long header is folded
        return self.answer


def channels_fail() -> Iterator[Row]:
    """11: an hour of 500, 429, time-outs and slow drips; then all is well."""
    modes: dict[str, Callable[[Listener], None]] = {
        "500": lambda hook: hook.answers.extend([(500, {})] * 10_000),
        "429": _ask_for_rest,
        "hang": lambda hook: setattr(hook, "delay_s", 1.0),
        "slow_loris": lambda hook: hook.answers.extend([(0, {})] * 10_000),
    }
    for name, break_ in modes.items():
        yield from _failing(f"webhook_{name}", "webhook", break_hook=break_)
    yield from _failing("smtp_451", "email", mail="451 come again")
    yield from _failing("smtp_gone", "email", mail="")
    yield from _failing("smtp_hang", "email", mail="", instead=_silent)
    yield from _failing("smtp_slow_loris", "email", mail="", instead=_dripping)


def _ask_for_rest(hook: Listener) -> None:
    hook.answers.extend([(429, {})] * 10_000)
    hook.retry_after = str(RETRY_AFTER_S)


def _silent(_: socket.socket) -> None:
    """Greet nobody."""


def _dripping(connection: socket.socket) -> None:
    """Greet without end, a byte at a time."""
    with suppress(OSError):
        for _ in range(200):
            connection.sendall(b"2")
            time.sleep(PATIENCE_S / 3)


@contextmanager
def _answered_by(port: int, answer: Callable[[socket.socket], None]) -> Iterator[None]:
    """Let this port be a server that is no good."""
    held: list[socket.socket] = []

    def take() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                held.append(connection)
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", port)) as server:
        threading.Thread(target=take, daemon=True).start()
        yield
        server.shutdown(socket.SHUT_RDWR)
    for connection in held:
        connection.close()


def _failing(
    name: str, channel: str, *, break_hook: Callable[[Listener], None] | None = None,
    mail: str | None = None, instead: Callable[[socket.socket], None] | None = None,
) -> Iterator[Row]:  # fmt: skip
    """Let the first step's channel fail for an hour, while the second step's works."""
    first = {"webhook": ["place"], "email": ["role:supervisor"]}
    other = "email" if channel == "webhook" else "webhook"
    database, ledger = with_ladder(
        {"who": first[channel], "channel": [channel], "wait_min": 10},
        fallback={"who": first[other], "channel": [other], "wait_min": 30},
    )
    box, port = Mailbox(), free_port()
    with ExitStack() as stack:
        hook = stack.enter_context(listening())
        for module in (webhook, email):
            for key in ("TIMEOUT_S", "DEADLINE_S"):
                stack.enter_context(patch.object(module, key, PATIENCE_S))
        bad = ExitStack()
        if instead is not None:
            bad.enter_context(_answered_by(port, instead))
        server = Controller(box, hostname="127.0.0.1", port=port)
        if mail != "":
            server.start()
            stack.callback(server.stop)
        clock = VirtualClock(instant(START))
        channels: dict[str, Channel] = {
            "webhook": Webhook(lambda _: Hook(hook.url, "secret"), is_private_allowed=True),
            "email": Email(Server("127.0.0.1", port, "stillwell@fenbridge.example", "none")),
        }
        outbox = Outbox(database, channels, clock, random.Random(11))  # noqa: S311  # repeatable
        keeper = Keeper(database, ledger, _PLACES, clock.now, lambda: True)
        if break_hook is not None:
            break_hook(hook)
        box.answer = mail or box.answer
        ledger.raise_findings([finding()], clock.now())
        _pass(HOUR_US, clock, keeper, outbox)
        steps = _steps(database)
        if break_hook is not None:
            hook.answers, hook.delay_s, hook.retry_after = [], 0.0, ""
        bad.close()
        if mail == "":
            server.start()
            stack.callback(server.stop)
        box.answer = "250 taken"
        mine = _first_key(database)
        tries = _tries(database, mine)
        before = _arrived(channel, mine, hook, box)
        _pass(LAST_RETRY_US + 10 * SECOND, clock, keeper, outbox)
        delivered = _arrived(channel, mine, hook, box) - before
        sent_us = _sent_us(database, mine)
    recovery_us = START + HOUR_US
    late_s = float("inf") if sent_us is None else (sent_us - recovery_us) / SECOND
    yield at_most(f"fault.11.{name}_after_recovery_s", late_s, "s", LAST_RETRY_US / SECOND)
    yield at_most(f"fault.11.{name}_delivered_again", abs(delivered - 1), f"of {delivered}", 0)
    # 0 min the first step, 10 and 40 min the fallback, whatever the first one's channel did
    off = [abs(at - due * MINUTE) for at, due in zip(steps, (0, 10, 40), strict=False)]
    yield Row(f"fault.11.{name}_tries", tries, "in the hour")
    if name == "webhook_429":
        least_s = HOUR_US / SECOND / (tries - 1)
        yield at_least(f"fault.11.{name}_left_alone_s", least_s, "s between", RETRY_AFTER_S)
    yield at_least(f"fault.11.{name}_steps", len(steps), "steps", 3)
    yield at_most(f"fault.11.{name}_off_time_s", max(off) / SECOND, "s", 5 * BEAT_US / SECOND)


def _pass(us: int, clock: VirtualClock, keeper: Keeper, outbox: Outbox | None) -> None:
    """Let time pass by five seconds at a time."""
    end = clock.now() + us
    while clock.now() < end:
        clock.advance(clock.now() + 5 * SECOND)
        keeper.keep()
        if outbox is not None:
            outbox.send_due()


def _steps(database: Engine) -> list[int]:
    """Return when each step of the ladder was taken, us after the start."""
    h = tables.history.c
    query = select(h.at_us).where(h.event == "escalate").order_by(h.id)
    with database.connect() as connection:
        return [at_us - START for at_us in connection.execute(query).scalars()]


def _first_key(database: Engine) -> str:
    with database.connect() as connection:
        key: str = connection.execute(select(tables.outbox.c.key).order_by("id")).scalars().first()  # type: ignore[assignment]  # one is there
        return key


def _tries(database: Engine, key: str) -> int:
    o = tables.outbox.c
    with database.connect() as connection:
        return int(connection.execute(select(o.attempts).where(o.key == key)).scalar_one())


def _sent_us(database: Engine, key: str) -> int | None:
    o = tables.outbox.c
    query = select(o.sent_us).where(o.key == key, o.state == "sent")
    with database.connect() as connection:
        return connection.execute(query).scalar()


def _arrived(channel: str, key: str, hook: Listener, box: Mailbox) -> int:
    if channel == "webhook":
        return sum(headers.get("webhook-id") == key for _, headers, _ in hook.asked)
    return sum(key.replace(":", ".") in line for line in box.taken)


def nobody_answers(hours: int = 2) -> Iterator[Row]:
    """12: every step at its time, across a restart; who looks from outside sees a late one."""
    database, ledger = with_ladder(
        {"who": ["role:supervisor"], "channel": ["email"], "wait_min": 5},
        {"who": ["place"], "channel": ["webhook"], "wait_min": 10},
        fallback={"who": ["role:supervisor"], "channel": ["email"], "wait_min": 15},
    )
    clock = VirtualClock(instant(START))
    ledger.raise_findings([finding(AlertKind.NO_SIGN_OF_LIFE)], clock.now())
    due = [0, 5, *range(15, hours * 60, 15)]
    keeper = Keeper(database, ledger, _PLACES, clock.now, lambda: True)
    for beat in range(hours * 3600 - 60):
        clock.advance(instant(START + beat * BEAT_US))
        if beat % 600 == 599:  # a restart: nothing is kept but the database
            keeper = Keeper(database, Ledger(database, channels=()), _PLACES, clock.now,
                            lambda: True)  # fmt: skip
        keeper.keep()
    steps = _steps(database)
    off = [abs(at - minute * MINUTE) for at, minute in zip(steps, due, strict=False)]
    yield at_most("fault.12.steps_missing", abs(len(due) - len(steps)), f"of {len(due)}", 0)
    yield at_most("fault.12.off_time_beats", max(off) / BEAT_US, "beats", 1)
    last_due_us = START + due[-1] * MINUTE + 15 * MINUTE
    with database.connect() as connection:
        early = auditor.overdue(connection, last_due_us + 5 * MINUTE)
        late = auditor.overdue(connection, last_due_us + 5 * MINUTE + BEAT_US)
    yield at_most("fault.12.flagged_too_soon", len(early), "places", 0)
    yield at_least("fault.12.flagged_after_5_min", len(late), "places", 1)
