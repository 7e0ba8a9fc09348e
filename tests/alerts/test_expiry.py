"""What is over goes with everything that hangs on it; what stands or is held stays."""

from typing import Any

import pytest
from sqlalchemy import Connection, Table, func, insert, select

from alerts import expiry, tables
from alerts.precision import Said
from alerts.shadow_rows import ShadowState
from tests.alerts.shadow_world import finding, record, say
from tests.databases import new_database

pytestmark = pytest.mark.usefixtures("each_database")

PLACE = "fenbridge"
OLD_US, BEFORE_US, NEW_US = 1_000_000, 2_000_000, 3_000_000


def alert(
    connection: Connection, name: str, *, state: str = "closed", at_us: int = OLD_US,
    place: str = PLACE, home: str | None = "home-1",
) -> None:  # fmt: skip
    """Write an alert with a row in every table that refers to alerts."""
    write(
        connection, tables.alerts, id=name, place=place, home=home, kind="smoke", priority="P1",
        verdict="person", state=state, step=0, is_eased=False, is_late=False, repeats=0,
        onset_us=0, raised_us=0, updated_us=at_us, sentence="", short_text="", evidence={},
        note="",
    )  # fmt: skip
    write(
        connection, tables.history, alert=name, at_us=0, event="raise", state_from="",
        state_to="open", actor="system", note="",
    )  # fmt: skip
    write(connection, tables.escalations, alert=name, rung=0, loop=0, rung_us=0)
    write(connection, tables.handovers, place=place, alert=name, given_by="alice", at_us=0)
    write(
        connection, tables.contact_attempts, alert=name, contact="contact-1", means="phone",
        contact_kind="contact", actor="alice", at_us=0, said="",
    )  # fmt: skip
    write(
        connection, tables.outbox, alert=name, key=name, channel="email", text="", state="sent",
        attempts=1, next_us=0, created_us=0, error="",
    )  # fmt: skip


def write(connection: Connection, table: Table, **values: Any) -> None:  # noqa: ANN401  # any column
    connection.execute(insert(table).values(values))


def kept(connection: Connection, table: Table) -> list[str]:
    column = table.c.id if table is tables.alerts else table.c.alert
    return list(connection.execute(select(column).order_by(column)).scalars())


def everything(connection: Connection, held: list[str]) -> int:
    gone = 0
    while ended := expiry.expire(connection, PLACE, BEFORE_US, held, BEFORE_US):
        gone += sum(ended.values())
    return gone


def test_an_old_alert_goes_with_every_row_that_refers_to_it_and_others_stay() -> None:
    with new_database().begin() as connection:
        alert(connection, "a-old")
        alert(connection, "b-resolved", state="resolved")
        alert(connection, "c-recent", at_us=NEW_US)
        alert(connection, "d-elsewhere", place="northmoor")
        stands = ["open", "acknowledged", "attending"]
        for state in stands:
            alert(connection, f"e-{state}", state=state)
        assert expiry.due(connection, PLACE, BEFORE_US, []) == {"alerts": 2}
        assert everything(connection, []) == 2
        left = ["c-recent", "d-elsewhere", *sorted(f"e-{state}" for state in stands)]
        referring = [
            table
            for table in tables.metadata.sorted_tables
            if any(key.column.table is tables.alerts for key in table.foreign_keys)
        ]
        assert len(referring) >= 5
        for table in (tables.alerts, *referring):
            assert kept(connection, table) == left, table.name


def test_a_hold_keeps_its_home_and_what_is_of_no_home() -> None:
    with new_database().begin() as connection:
        alert(connection, "a-held", home="home-1")
        alert(connection, "b-free", home="home-2")
        alert(connection, "c-area", home=None)
        everything(connection, ["home-1"])
        assert kept(connection, tables.alerts) == ["a-held", "c-area"]
        everything(connection, [])
        assert kept(connection, tables.alerts) == []


def test_findings_go_with_what_was_said_of_them_unless_they_stand() -> None:
    with new_database().begin() as connection:
        over = record(connection, finding(home="home-1"), ShadowState.OVER)
        stands = record(connection, finding(home="home-2"))
        for one in (over, stands):
            say(connection, one, Said.TRUE)
        far_us = 4_000_000_000_000_000
        assert expiry.expire(connection, PLACE, far_us, [], far_us) == {"shadow_findings": 1}
        found = connection.execute(select(tables.shadow_findings.c.id)).scalars().all()
        told = connection.execute(select(tables.adjudications.c.finding)).scalars().all()
        assert (found, told) == ([stands], [stands])


def test_the_feed_of_changes_goes_by_its_age() -> None:
    with new_database().begin() as connection:
        for at_us in (OLD_US, NEW_US):
            write(connection, tables.changes, at_us=at_us, place=PLACE, what="raise")
        assert everything(connection, []) == 1
        assert connection.execute(select(tables.changes.c.at_us)).scalars().all() == [NEW_US]


def test_a_call_deletes_only_some_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "AT_ONCE", 2)
    with new_database().begin() as connection:
        for number in range(5):
            alert(connection, f"alert-{number}")
        assert expiry.expire(connection, PLACE, BEFORE_US, [], BEFORE_US) == {"alerts": 2}
        count = connection.execute(select(func.count()).select_from(tables.alerts)).scalar_one()
        assert (count, everything(connection, [])) == (3, 3)
