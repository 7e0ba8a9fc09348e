"""What happens when nobody does anything."""

import pytest
from sqlalchemy import select

from alerts import deadlines, tables
from alerts.alert import AlertKind, Outcome, Priority, State
from alerts.deadlines import PATIENCE
from alerts.keeper import Keeper
from alerts.ledger import Ledger
from alerts.refusals import Conflict
from ingest.clock import VirtualClock, instant
from tests.alerts.test_ledger import at, finding, row
from tests.alerts.world import HOUR, MINUTE, START
from tests.databases import new_database

pytestmark = pytest.mark.usefixtures("each_database")

SILENCE_MIN = int(PATIENCE[Priority.P2].acknowledged_min)


def raised(kind: AlertKind = AlertKind.NO_SIGN_OF_LIFE) -> tuple[Ledger, str]:
    ledger = Ledger(new_database())
    (id_,) = ledger.raise_findings([finding(kind)], at(0))
    return ledger, id_


def due_us(ledger: Ledger, alert: str) -> int | None:
    with ledger._database.connect() as connection:
        found = deadlines.find(connection, alert)
    return None if found is None else found.due_us


def test_what_was_taken_on_and_forgotten_is_open_again() -> None:
    ledger, id_ = raised()
    ledger.acknowledge(id_, "alice", at(0))
    assert ledger.time_out(at(SILENCE_MIN * MINUTE - 1)) == 0
    assert ledger.time_out(at(SILENCE_MIN * MINUTE)) == 1
    found = row(ledger, id_)
    assert (found.state, found.acknowledged_by) == ("open", None)
    with ledger._database.connect() as connection:
        events = connection.execute(select(tables.history.c.event, tables.history.c.actor)).all()
    assert events[1:] == [("acknowledge", "alice"), ("time-out", "system")]
    ledger.acknowledge(id_, "bob", at(HOUR))
    assert row(ledger, id_).acknowledged_by == "bob"


def test_who_is_on_the_way_has_longer_and_is_missed_too() -> None:
    ledger, id_ = raised()
    ledger.acknowledge(id_, "alice", at(0))
    ledger.attend(id_, "bob", at(MINUTE))
    assert row(ledger, id_).state == State.ATTENDING.value
    assert ledger.time_out(at(SILENCE_MIN * MINUTE)) == 0
    assert ledger.time_out(at(2 * HOUR + MINUTE)) == 1
    assert row(ledger, id_).state == State.OPEN.value


def test_going_without_having_taken_it_on_counts_as_both() -> None:
    ledger, id_ = raised()
    ledger.attend(id_, "bob", at(MINUTE))
    ledger.attend(id_, "bob", at(2 * MINUTE))
    found = row(ledger, id_)
    assert (found.acknowledged_by, found.acknowledged_us) == ("bob", START + MINUTE)
    assert (found.attending_by, found.attending_us) == ("bob", START + MINUTE)


def test_two_people_do_not_go_to_one_door() -> None:
    ledger, id_ = raised()
    ledger.attend(id_, "bob", at(MINUTE))
    with pytest.raises(Conflict) as clash:
        ledger.attend(id_, "alice", at(2 * MINUTE))
    assert (clash.value.state, clash.value.actor) == (State.ATTENDING, "bob")
    assert clash.value.at_us == START + MINUTE


def test_nothing_is_due_once_it_is_over() -> None:
    ledger, id_ = raised()
    ledger.attend(id_, "bob", at(0))
    ledger.resolve(id_, "bob", Outcome.SEEN_WELL, "", at(MINUTE))
    assert due_us(ledger, id_) is None
    assert ledger.time_out(at(90 * 24 * HOUR)) == 0


def test_what_comes_back_begins_one_rung_higher_each_time() -> None:
    ledger, id_ = raised()
    for step in (1, 2):
        ledger.resolve(id_, "bob", Outcome.SPOKEN_TO, "", at(step * 4 * HOUR))
        assert ledger.come_back([id_], at(step * 4 * HOUR + 3 * HOUR), "no new sign") == 1
        with ledger._database.connect() as connection:
            found = deadlines.find(connection, id_)
        assert found is not None
        assert (found.rung, found.due_us) == (step, START + step * 4 * HOUR + 3 * HOUR)


def test_a_replay_has_deadlines_only_for_what_people_took_on() -> None:
    ledger = Ledger(new_database(), is_muted=lambda: True)
    (id_,) = ledger.raise_findings([finding()], at(0))
    assert due_us(ledger, id_) is None
    ledger.acknowledge(id_, "alice", at(0))
    assert due_us(ledger, id_) is not None


def test_the_keeper_acts_on_the_present_only() -> None:
    ledger, id_ = raised()
    ledger.acknowledge(id_, "alice", at(0))
    clock = VirtualClock(instant(START + HOUR))
    database = ledger._database
    assert Keeper(database, ledger, {}, clock.now, lambda: False).keep() == 0
    assert Keeper(database, ledger, {}, clock.now, lambda: True).keep() == 1


def test_easing_and_repeats_leave_the_deadline_alone() -> None:
    ledger, id_ = raised()
    ledger.attend(id_, "bob", at(0))
    before = due_us(ledger, id_)
    ledger.ease([id_], at(MINUTE), "movement in the hall")
    assert due_us(ledger, id_) == before
    assert row(ledger, id_).state == State.ATTENDING.value
