"""Messages to people: once, to the next when they cannot arrive, and none when it is over."""

import random
import threading
from typing import Any

import pytest
from sqlalchemy import Engine, Row, insert, select

from alerts import tables
from alerts.alert import Outcome
from alerts.escalate import climb
from alerts.ledger import Ledger
from alerts.notify.outbox import ASK_US, DeliveryFailed, Fate, Message, Outbox, retry_us
from config import tables as registry
from ingest.clock import VirtualClock, instant
from tests.alerts.test_escalate import PLACES, told, world
from tests.alerts.test_ledger import at, finding
from tests.alerts.test_outbox import FakeChannel
from tests.alerts.world import HOUR, MINUTE, PLACE, START

pytestmark = pytest.mark.usefixtures("each_database")


class Provider(FakeChannel):
    """Gives receipts, and tells what became of each message."""

    def __init__(self, *problems: Exception) -> None:
        super().__init__(*problems)
        self.told = Fate.UNDER_WAY

    def send(self, message: Message) -> str:
        super().send(message)
        return f"receipt-{len(self.sent)}"

    def fate(self, receipt: str) -> Fate:  # noqa: ARG002  # the port's
        return self.told


def raised() -> tuple[Engine, Ledger, str, VirtualClock]:
    database, ledger = world()
    (id_,) = ledger.raise_findings([finding()], at(0))
    climb(database, PLACES, at(0))
    return database, ledger, id_, VirtualClock(instant(START))


def rows(database: Engine) -> list[Row[Any]]:
    with database.connect() as connection:
        return list(connection.execute(select(tables.outbox).order_by(tables.outbox.c.id)))


def test_a_permanent_error_goes_on_to_the_next_step_at_once() -> None:
    database, _, _, clock = raised()
    sms = FakeChannel(DeliveryFailed("no such number", is_permanent=True))
    Outbox(database, {"sms": sms}, clock).send_due("sms")
    assert climb(database, PLACES, at(1)) == 1
    assert len(told(database)) == 5


def test_accepted_is_not_delivered_and_undelivered_goes_to_the_next_step() -> None:
    database, _, _, clock = raised()
    provider = Provider()
    outbox = Outbox(database, {"sms": provider}, clock)
    assert outbox.send_due("sms") == 1
    assert rows(database)[0].state == "sent"
    assert outbox.ask_due("sms") == 0
    clock.advance(at(ASK_US))
    assert outbox.ask_due("sms") == 0
    provider.told = Fate.LOST
    clock.advance(at(2 * ASK_US))
    assert outbox.ask_due("sms") == 1
    assert rows(database)[0].state == "bounced"
    assert climb(database, PLACES, at(2 * ASK_US)) == 1


def test_a_delivered_message_says_so() -> None:
    database, _, _, clock = raised()
    provider = Provider()
    outbox = Outbox(database, {"sms": provider}, clock)
    outbox.send_due("sms")
    provider.told = Fate.DELIVERED
    clock.advance(at(ASK_US))
    assert outbox.ask_due("sms") == 1
    assert (rows(database)[0].state, rows(database)[0].delivered_us) == (
        "delivered", START + ASK_US,
    )  # fmt: skip


def test_a_channel_that_is_not_set_up_makes_way_for_the_next_step() -> None:
    database, _, _, clock = raised()
    Outbox(database, {"console": FakeChannel()}, clock).send_due("console")
    assert rows(database)[0].state == "failed"
    assert climb(database, PLACES, at(1)) == 1


def test_an_hour_without_an_answer_delivers_once_while_the_ladder_went_on() -> None:
    database, _, _, clock = raised()
    sms, email = FakeChannel(), FakeChannel()
    sms.problems = [TimeoutError("hangs")] * 1000
    outbox = Outbox(database, {"sms": sms, "email": email}, clock, random.Random(7))  # noqa: S311  # repeatable
    for second in range(0, 3600, 5):
        clock.advance(at(second * 1_000_000))
        climb(database, PLACES, clock.now())
        outbox.send_due()
    assert not sms.sent
    assert any(who == "sue" for who, _, _ in told(database))
    assert email.sent
    sms.problems = []
    for second in range(3600, 3600 + 305, 5):
        clock.advance(at(second * 1_000_000))
        outbox.send_due()
    keys = [message.key for message in sms.sent]
    assert len(keys) == len(set(keys))
    assert {row.key for row in rows(database) if row.channel == "sms"} == set(keys)


def test_nothing_more_goes_out_once_it_is_over_or_the_person_s_enrolment_has_ended() -> None:
    database, ledger, id_, clock = raised()
    sms = FakeChannel()
    ledger.resolve(id_, "account-ann", Outcome.SEEN_WELL, "", at(1))
    Outbox(database, {"sms": sms}, clock).send_due()
    assert (sms.sent, rows(database)[0].state) == ([], "withdrawn")
    ledger.raise_findings([finding(onset_us=START + HOUR)], at(5 * HOUR))
    climb(database, PLACES, at(5 * HOUR))
    with database.begin() as connection:
        connection.execute(
            insert(registry.homes).values(
                id="home-000001", place=PLACE, label="Home", state="ended", goes_out="alone",
                residents=1, has_pets=False, risk_tier=2, enrolled_us=0,
            )
        )  # fmt: skip
    clock.advance(at(5 * HOUR))
    Outbox(database, {"sms": sms}, clock).send_due()
    assert not sms.sent
    assert {row.state for row in rows(database)} == {"withdrawn"}


def test_a_call_for_help_from_a_home_whose_enrolment_has_ended_goes_out() -> None:
    database, _, id_, clock = raised()
    a, sms = tables.alerts, FakeChannel()
    with database.begin() as connection:
        connection.execute(a.update().where(a.c.id == id_).values(priority="P1"))
        connection.execute(
            insert(registry.homes).values(
                id="home-000001", place=PLACE, label="Home", state="ended", goes_out="alone",
                residents=1, has_pets=False, risk_tier=2, enrolled_us=0,
            )
        )  # fmt: skip
    Outbox(database, {"sms": sms}, clock).send_due()
    assert len(sms.sent) == 1


def test_a_slow_channel_starves_no_other() -> None:
    database, _, _, clock = raised()
    climb(database, PLACES, at(5 * MINUTE))
    clock.advance(at(5 * MINUTE))
    free, began = threading.Event(), threading.Event()

    class Slow(FakeChannel):
        def send(self, message: Message) -> str | None:
            began.set()
            free.wait(20)
            return super().send(message)

    slow, email = Slow(), FakeChannel()
    outbox = Outbox(database, {"sms": slow, "email": email}, clock)
    thread = threading.Thread(target=outbox.send_due, args=("sms",))
    thread.start()
    assert began.wait(20)
    assert outbox.send_due("email") == 2
    free.set()
    thread.join()
    assert len(slow.sent) == 3


def test_retries_are_spread_between_half_and_the_whole_of_the_wait() -> None:
    waits = set()
    for seed in range(8):
        database, _, _, clock = raised()
        sms = FakeChannel(TimeoutError())
        Outbox(database, {"sms": sms}, clock, random.Random(seed)).send_due()  # noqa: S311  # repeatable
        waits.add(rows(database)[0].next_us - START)
    assert len(waits) == 8
    assert min(waits) >= retry_us(1) / 2
    assert max(waits) <= retry_us(1)


def test_what_a_library_says_of_an_address_is_not_kept() -> None:
    database, _, _, clock = raised()
    sms = FakeChannel(ValueError("07700900001 is no number"))
    Outbox(database, {"sms": sms}, clock).send_due()
    assert rows(database)[0].error == "ValueError: "
