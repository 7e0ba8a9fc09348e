import pytest
from sqlalchemy import Engine, select

from alerts import tables
from alerts.lease import SILENT_S, Lease, LeaseLost
from alerts.ledger import Ledger
from alerts.notify.outbox import Outbox
from ingest.clock import VirtualClock, instant
from tests.alerts.test_ledger import finding
from tests.alerts.test_outbox import FakeChannel
from tests.alerts.world import START
from tests.databases import new_database

pytestmark = pytest.mark.usefixtures("each_database")


def taken_over() -> tuple[Engine, Lease, Lease]:
    """Return a database, a worker that was silent for too long, and the one that took over."""
    database = new_database()
    first, second = Lease(database, "first"), Lease(database, "second")
    assert first.try_take(0.0)
    assert not second.try_take(100.0)
    assert second.try_take(100.0 + SILENT_S)
    return database, first, second


def alerts(database: Engine) -> list[str]:
    with database.connect() as connection:
        return list(connection.execute(select(tables.alerts.c.id)).scalars())


def outbox_state(database: Engine) -> str:
    with database.connect() as connection:
        return str(connection.execute(select(tables.outbox.c.state)).scalar_one())


def test_a_worker_that_renews_is_not_followed() -> None:
    database = new_database()
    first, second = Lease(database, "first"), Lease(database, "second")
    assert first.try_take(0.0)
    for second_s in range(0, 60, 5):
        first.renew()
        assert not second.try_take(float(second_s))


def test_a_worker_that_was_followed_writes_nothing_more() -> None:
    database, first, second = taken_over()
    with pytest.raises(LeaseLost):
        Ledger(first.fenced).raise_findings([finding()], instant(START))
    assert alerts(database) == []
    assert Ledger(second.fenced).raise_findings([finding()], instant(START)) == [finding().id]
    with pytest.raises(LeaseLost):
        first.renew()
    second.renew()


def test_a_worker_that_was_followed_sends_nothing_more() -> None:
    database, first, second = taken_over()
    Ledger(database).raise_findings([finding()], instant(START))
    channel, clock = FakeChannel(), VirtualClock(instant(START))
    with pytest.raises(LeaseLost):
        Outbox(first.fenced, {"console": channel}, clock).send_due()
    assert (channel.sent, outbox_state(database)) == ([], "pending")
    assert Outbox(second.fenced, {"console": channel}, clock).send_due() == 1


def test_the_same_folder_and_a_lease_that_was_released_need_no_waiting() -> None:
    database, _, second = taken_over()
    again, other = Lease(database, "second"), Lease(database, "other")
    assert again.try_take(0.0)
    with pytest.raises(LeaseLost):
        second.renew()
    assert not other.try_take(0.0)
    again.release()
    assert other.try_take(0.0)


def test_of_two_that_wait_one_takes_over() -> None:
    database, _, _ = taken_over()
    waiting = [Lease(database, "third"), Lease(database, "fourth")]
    assert [one.try_take(0.0) for one in waiting] == [False, False]
    assert [one.try_take(SILENT_S) for one in waiting] == [True, False]
