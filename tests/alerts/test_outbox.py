from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, Row, select

from alerts import tables
from alerts.alert import AlertKind, Priority
from alerts.ledger import Ledger
from alerts.notify.outbox import (
    LAST_RETRY_US,
    LEASE_US,
    DeliveryFailed,
    Message,
    Outbox,
    retry_us,
)
from ingest.clock import VirtualClock, instant, microseconds
from tests.alerts.test_ledger import finding
from tests.alerts.world import HOUR, START
from tests.databases import new_database

pytestmark = pytest.mark.usefixtures("each_database")


class FakeChannel:
    def __init__(self, *problems: Exception) -> None:
        self.problems, self.sent = list(problems), list[Message]()

    def send(self, message: Message) -> str | None:
        if self.problems:
            raise self.problems.pop(0)
        self.sent.append(message)
        return None


def queue(database: Engine, *, is_muted: bool = False) -> None:
    Ledger(database, is_muted=lambda: is_muted).raise_findings([finding()], instant(START))


def row(database: Engine) -> Row[Any]:
    with database.connect() as connection:
        return connection.execute(select(tables.outbox)).one()


def world(channel: FakeChannel) -> tuple[Engine, VirtualClock, Outbox]:
    database, clock = new_database(), VirtualClock(instant(START))
    return database, clock, Outbox(database, {"console": channel}, clock)


def test_a_message_is_sent_once_and_marked() -> None:
    channel = FakeChannel()
    database, _, outbox = world(channel)
    queue(database)
    assert outbox.send_due() == 1
    assert outbox.send_due() == 0
    assert (row(database).state, row(database).attempts) == ("sent", 1)
    assert [m.key for m in channel.sent] == [f"{finding().id}:console:0"]


def test_a_storm_of_other_messages_does_not_hold_up_a_p1() -> None:
    channel = FakeChannel()
    database, _, outbox = world(channel)
    queue(database)
    fire = replace(
        finding(), id="f" * 32, kind=AlertKind.NO_SIGN_OF_LIFE, priority=Priority.P1, home="other"
    )
    Ledger(database).raise_findings([fire], instant(START))
    outbox.send_due()
    assert [m.alert for m in channel.sent] == [fire.id, finding().id]


def test_a_failing_channel_is_tried_again_later_under_the_same_key() -> None:
    channel = FakeChannel(DeliveryFailed("500"), TimeoutError("slow"))
    database, clock, outbox = world(channel)
    queue(database)
    for wait_us, sent in ((0, 0), (1, 0), (5_000_000, 0), (15_000_000, 1)):
        clock.advance(instant(START + wait_us))
        assert outbox.send_due() == sent, wait_us
    assert row(database).attempts == 3
    assert len(channel.sent) == 1


def test_a_permanent_failure_is_not_tried_again() -> None:
    channel = FakeChannel(DeliveryFailed("no such number", is_permanent=True))
    database, clock, outbox = world(channel)
    queue(database)
    outbox.send_due()
    clock.advance(instant(START + HOUR))
    assert outbox.send_due() == 0
    assert (row(database).state, row(database).error) == (
        "failed",
        "DeliveryFailed: no such number",
    )


def test_a_muted_message_never_goes_out() -> None:
    channel = FakeChannel()
    database, clock, outbox = world(channel)
    queue(database, is_muted=True)
    clock.advance(instant(START + HOUR))
    assert outbox.send_due() == 0
    assert row(database).state == "muted"


def test_a_sender_that_died_is_followed_by_another_after_its_lease() -> None:
    class Death(BaseException):
        pass

    class Dying(FakeChannel):
        def send(self, message: Message) -> str | None:
            raise Death(message.key)

    database, clock, dying = world(Dying())
    queue(database)
    with pytest.raises(Death):
        dying.send_due()
    channel = FakeChannel()
    outbox = Outbox(database, {"console": channel}, clock)
    assert outbox.send_due() == 0
    clock.advance(instant(START + LEASE_US))
    assert outbox.send_due() == 1
    assert row(database).attempts == 2


def test_nothing_is_locked_while_a_channel_sends() -> None:
    database, clock = new_database(), VirtualClock(instant(START))

    class Writing(FakeChannel):
        def send(self, message: Message) -> str | None:
            Ledger(database).ease([message.alert], clock.now(), "meanwhile")
            return super().send(message)

    queue(database)
    channel = Writing()
    assert Outbox(database, {"console": channel}, clock).send_due() == 1


def test_retries_back_off_up_to_a_cap() -> None:
    waits = [retry_us(n) for n in range(1, 40)]
    assert waits[0] == 5_000_000
    assert waits == sorted(waits)
    assert waits[-1] == LAST_RETRY_US


@pytest.mark.parametrize(
    ("asked_s", "least_s", "most_s"), [(200, 200, 200), (9e9, 300, 300), (0, 2.5, 5)]
)
def test_who_asks_to_be_left_alone_is_up_to_the_cap(
    asked_s: float, least_s: float, most_s: float
) -> None:
    database, clock, outbox = world(FakeChannel(DeliveryFailed("busy", wait_s=asked_s)))
    queue(database)
    outbox.send_due()
    wait_s = (row(database).next_us - microseconds(clock.now())) / 1e6
    assert least_s <= wait_s <= most_s
