"""A legal hold is set and lifted by somebody, with a reason, and both are in the audit log."""

import pytest
from sqlalchemy import Engine, select

from config import audit, holds, tables
from config.problems import ConfigProblem
from config.registry import enrol
from tests.databases import new_database
from tests.make import enrolment

pytestmark = pytest.mark.usefixtures("each_database")
HOME, OTHER = "home-000001", "home-000002"


@pytest.fixture
def database() -> Engine:
    made = new_database()
    with made.begin() as connection:
        enrol(connection, enrolment(2), now_us=1)
    return made


def test_a_hold_stands_until_it_is_lifted_and_forbids_erasing_that_home_only(
    database: Engine,
) -> None:
    with database.begin() as connection:
        made = holds.place(connection, HOME, "Inquiry 2026/17", "gwen", 10)
        assert holds.held(connection) == {1}
        assert holds.held_gateways(connection) == ["gate-000001"]
        with pytest.raises(holds.Held, match=f"number {made.number}"):
            holds.expect_free(connection, 1)
        holds.expect_free(connection, 2)
        lifted = holds.lift(connection, ["fenbridge"], made.number, "it is over", "hugh", 20)
        holds.expect_free(connection, 1)
        assert holds.held(connection) == frozenset()
    assert (lifted.set_by, lifted.set_us, lifted.lifted_by, lifted.lifted_us) == (
        "gwen", 10, "hugh", 20
    )  # fmt: skip


def test_of_two_holds_one_may_be_lifted_and_the_other_stands(database: Engine) -> None:
    with database.begin() as connection:
        one = holds.place(connection, HOME, "Inquiry 2026/17", "gwen", 10)
        two = holds.place(connection, HOME, "Claim 31", "gwen", 11)
        holds.lift(connection, ["fenbridge"], one.number, "it is over", "gwen", 20)
        with pytest.raises(holds.Held, match=f"number {two.number}"):
            holds.expect_free(connection, 1)
        listed = holds.of_places(connection, ["fenbridge", "northmoor"])
    assert [hold.number for hold in listed] == [two.number, one.number]


def test_both_are_in_the_audit_log_without_the_reason(database: Engine) -> None:
    with database.begin() as connection:
        made = holds.place(connection, HOME, "Inquiry 2026/17", "gwen", 10)
        holds.lift(connection, ["fenbridge"], made.number, "it is over", "hugh", 20)
        rows = connection.execute(select(tables.audit).order_by(tables.audit.c.seq)).all()
        assert not audit.verify(connection)
    assert [(row.what, row.actor, row.subject) for row in rows] == [
        ("hold", "gwen", f"home:{HOME}"), ("lift-hold", "hugh", f"home:{HOME}"),
    ]  # fmt: skip
    assert not [row for row in rows if "Inquiry" in row.detail]


@pytest.mark.parametrize("reason", ["", "  ", "x", "y" * 501, "two\nlines"])
def test_a_reason_that_says_nothing_is_refused_and_nothing_is_saved(
    database: Engine, reason: str
) -> None:
    with database.begin() as connection:
        with pytest.raises(ConfigProblem, match="expected 3 to 500 in one line"):
            holds.place(connection, HOME, reason, "gwen", 10)
        assert holds.of_home(connection, HOME) == []


def test_what_is_not_there_is_not_lifted(database: Engine) -> None:
    with database.begin() as connection:
        made = holds.place(connection, HOME, "Inquiry 2026/17", "gwen", 10)
        for places, number in ((["northmoor"], made.number), (["fenbridge"], made.number + 1)):
            with pytest.raises(ConfigProblem, match="there is no hold"):
                holds.lift(connection, places, number, "it is over", "gwen", 20)
        holds.lift(connection, ["fenbridge"], made.number, "it is over", "gwen", 20)
        with pytest.raises(ConfigProblem, match="lifted already"):
            holds.lift(connection, ["fenbridge"], made.number, "it is over", "gwen", 20)
        with pytest.raises(ConfigProblem, match="no home 'nobody00'"):
            holds.place(connection, "nobody00", "Inquiry 2026/17", "gwen", 10)
