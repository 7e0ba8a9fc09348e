from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, Row, Table, event, func, select
from sqlalchemy.exc import OperationalError

from alerts import tables
from alerts.alert import (
    PRIORITY,
    AlertKind,
    Finding,
    Outcome,
    Priority,
    State,
    Unwatched,
    Verdict,
    alert_id,
    short_text,
)
from alerts.ledger import Ledger
from alerts.refusals import Conflict, Refused, UnknownAlert
from ingest.clock import Instant, instant
from tests.alerts.world import HOUR, MINUTE, START
from tests.databases import new_database

pytestmark = pytest.mark.usefixtures("each_database")


def finding(
    kind: AlertKind = AlertKind.NO_SIGN_OF_LIFE, onset_us: int = START, home: str = "home-000001"
) -> Finding:
    return Finding(
        id=alert_id(home, kind, onset_us),
        kind=kind,
        priority=PRIORITY[kind],
        verdict=Verdict.PERSON,
        place="fenbridge",
        home=home,
        gateway="",
        sensor="",
        onset_us=onset_us,
        found_us=onset_us + 4 * HOUR,
        sentence="No sign of movement since 07:12 (4 h).",
        evidence={"limit": 9.5},
    )


def at(us: int) -> Instant:
    return instant(START + us)


def count(ledger: Ledger, table: Table) -> int:
    with ledger._database.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def row(ledger: Ledger, alert: str) -> Row[Any]:
    with ledger._database.connect() as connection:
        return connection.execute(select(tables.alerts).where(tables.alerts.c.id == alert)).one()


def test_raising_writes_alert_history_message_and_change_together() -> None:
    ledger = Ledger(new_database())
    assert ledger.raise_findings([finding()], at(4 * HOUR)) == [finding().id]
    for table in (tables.alerts, tables.history, tables.outbox, tables.changes):
        assert count(ledger, table) == 1


def test_a_text_that_not_every_database_can_hold_is_raised_all_the_same() -> None:
    ledger = Ledger(new_database())
    odd = replace(finding(), sentence="Pendant \0 pressed.", evidence={"source": "a\0b"})
    assert ledger.raise_findings([odd], at(0)) == [odd.id]
    found = row(ledger, odd.id)
    assert found.sentence in {"Pendant \0 pressed.", "Pendant \ufffd pressed."}
    assert found.evidence["source"].startswith("a")


def test_raising_again_changes_nothing() -> None:
    ledger = Ledger(new_database())
    ledger.raise_findings([finding()], at(0))
    assert ledger.raise_findings([finding(), finding()], at(HOUR)) == []
    assert count(ledger, tables.outbox) == 1
    assert count(ledger, tables.history) == 1


@pytest.mark.parametrize("table", ["alert_history", "outbox", "changes"])
def test_a_failure_in_any_part_leaves_nothing_behind(table: str) -> None:
    database = new_database()
    ledger = Ledger(database)

    def fail(*args: object) -> None:
        if f"INSERT INTO {table}" in str(args[2]):
            raise OperationalError("disk full", None, Exception())

    event.listen(database, "before_cursor_execute", fail)
    with pytest.raises(OperationalError):
        ledger.raise_findings([finding()], at(0))
    event.remove(database, "before_cursor_execute", fail)
    for whole in (tables.alerts, tables.history, tables.outbox, tables.changes):
        assert count(ledger, whole) == 0
    assert ledger.raise_findings([finding()], at(1)) == [finding().id]


def test_a_replay_is_muted_and_still_on_record() -> None:
    ledger = Ledger(new_database(), is_muted=lambda: True)
    ledger.raise_findings([finding()], at(0))
    with ledger._database.connect() as connection:
        assert connection.execute(select(tables.outbox.c.state)).scalar_one() == "muted"


def test_who_comes_second_is_told_who_has_it() -> None:
    ledger = Ledger(new_database())
    (id_,) = ledger.raise_findings([finding()], at(0))
    ledger.acknowledge(id_, "alice", at(MINUTE))
    ledger.acknowledge(id_, "alice", at(2 * MINUTE))
    with pytest.raises(Conflict) as conflict:
        ledger.acknowledge(id_, "bob", at(3 * MINUTE))
    assert (conflict.value.state, conflict.value.actor) == (State.ACKNOWLEDGED, "alice")
    assert conflict.value.at_us == START + MINUTE
    ledger.resolve(id_, "bob", Outcome.SEEN_WELL, "", at(4 * MINUTE))
    with pytest.raises(Conflict) as conflict:
        ledger.resolve(id_, "alice", Outcome.TEST, "", at(5 * MINUTE))
    assert (conflict.value.state, conflict.value.actor) == (State.RESOLVED, "bob")
    assert row(ledger, id_).outcome == "seen-well"


def test_a_repeat_counted_in_between_is_no_conflict() -> None:
    ledger = Ledger(new_database())
    (id_,) = ledger.raise_findings([finding()], at(0))
    overtakes = ["UPDATE alerts SET is_eased = true"]

    def overtake(connection: Connection, *args: object) -> None:
        if "UPDATE alerts" in str(args[1]) and overtakes:
            connection.exec_driver_sql(overtakes.pop())

    event.listen(ledger._database, "before_cursor_execute", overtake)
    ledger.resolve(id_, "alice", Outcome.SEEN_WELL, "", at(1))
    assert (row(ledger, id_).state, row(ledger, id_).is_eased) == ("resolved", True)


def test_other_needs_a_note_and_an_unknown_alert_is_named() -> None:
    ledger = Ledger(new_database())
    (id_,) = ledger.raise_findings([finding()], at(0))
    with pytest.raises(Refused, match="needs a note"):
        ledger.resolve(id_, "alice", Outcome.OTHER, " ", at(1))
    with pytest.raises(UnknownAlert, match="nope"):
        ledger.acknowledge("nope", "alice", at(1))


def test_movement_eases_a_silence_once_and_leaves_it_open() -> None:
    ledger = Ledger(new_database())
    (id_,) = ledger.raise_findings([finding()], at(0))
    assert ledger.ease([id_], at(1), "moving again") == 1
    assert ledger.ease([id_], at(2), "moving again") == 0
    assert (row(ledger, id_).state, row(ledger, id_).is_eased) == ("open", True)


def test_a_home_that_falls_quiet_again_takes_the_easing_back() -> None:
    ledger = Ledger(new_database())
    (first,) = ledger.raise_findings([finding()], at(0))
    ledger.ease([first], at(1), "moving again")
    ledger.raise_findings([finding(onset_us=START + HOUR)], at(5 * HOUR))
    assert not row(ledger, first).is_eased


def test_a_resolved_silence_comes_back_after_three_hours_one_step_up() -> None:
    ledger = Ledger(new_database())
    (id_,) = ledger.raise_findings([finding()], at(0))
    ledger.resolve(id_, "alice", Outcome.SPOKEN_TO, "", at(HOUR))
    assert ledger.come_back([id_], at(4 * HOUR - 1), "still quiet") == 0
    assert ledger.come_back([id_], at(4 * HOUR), "still quiet") == 1
    again = row(ledger, id_)
    assert (again.state, again.step, again.outcome) == ("open", 1, None)
    assert count(ledger, tables.outbox) == 2


def test_only_a_technical_alert_closes_when_the_thing_works_again() -> None:
    ledger = Ledger(new_database())
    silent = finding(AlertKind.SENSOR_SILENT)
    person = finding(AlertKind.VERY_COLD_HOME)
    ids = ledger.raise_findings([silent, person], at(0))
    assert ledger.work_again(ids, at(1), "heard again") == 1
    assert row(ledger, silent.id).state == "closed"
    assert row(ledger, person.id).state == "open"


def test_unwatched_homes_are_replaced_and_only_changes_are_told() -> None:
    ledger = Ledger(new_database())
    one = Unwatched("home-000001", "fenbridge", START, "gateway")
    two = Unwatched("home-000002", "fenbridge", START, "sensor")
    ledger.set_unwatched([one, two], at(0))
    ledger.set_unwatched([one, two], at(1))
    assert count(ledger, tables.changes) == 2
    ledger.set_unwatched([two], at(2))
    assert count(ledger, tables.changes) == 3
    assert count(ledger, tables.unwatched) == 1


def test_a_heartbeat_is_one_row_a_process() -> None:
    ledger = Ledger(new_database())
    for beat in (1, 2):
        ledger.beat("worker", beat_us=beat, now=at(0), is_live=True, state={"position": beat})
    with ledger._database.connect() as connection:
        beats = connection.execute(select(tables.heartbeats)).all()
    assert [(b.beat_us, b.state["position"]) for b in beats] == [(2, 2)]


@pytest.mark.parametrize("priority", Priority)
def test_the_short_text_is_short_and_says_nothing_of_the_person(priority: Priority) -> None:
    text = short_text(priority, "3f9a" + "0" * 28)
    assert len(text) <= 160
    assert text.endswith("Ref 3F9A.")
    assert "home" not in text.lower()
