"""Measures of a place: SQL and a plain loop say the same of every log, and what is meant."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Table, insert, select

from alerts import tables
from alerts.alert import AlertKind, Outcome
from alerts.ledger import Ledger
from alerts.measures import Measures, Share, measure
from ingest.clock import instant
from tests.alerts.test_ledger import finding
from tests.alerts.world import DAY, HOUR, MINUTE, PLACE, START
from tests.databases import new_database
from tests.naive import measures as naive

pytestmark = pytest.mark.usefixtures("each_database")
SECOND = 1_000_000
TEAMS = {"alice": "responders", "bob": "desk"}


def hour_of(us: int) -> int:
    return (us // HOUR) % 24


def of(database: Engine, *, days: float = 7, now_us: int = START + 30 * DAY) -> Measures:
    with database.connect() as connection:
        return measure(
            connection, PLACE, START, START + int(days * DAY), homes=10, now_us=now_us,
            hour_of=hour_of, team_of=TEAMS,
        )  # fmt: skip


def rows(database: Engine, table: Table) -> Sequence[Mapping[str, Any]]:
    with database.connect() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def by_loop(database: Engine, *, days: float = 7, now_us: int = START + 30 * DAY) -> Measures:
    log = naive.Log(
        rows(database, tables.alerts), rows(database, tables.history),
        rows(database, tables.contact_attempts), rows(database, tables.outbox),
    )  # fmt: skip
    return naive.measure(
        log, PLACE, START, START + int(days * DAY), homes=10, now_us=now_us, hour_of=hour_of,
        team_of=TEAMS,
    )  # fmt: skip


STEPS = st.tuples(
    st.sampled_from(["acknowledge", "confirm", "attend", "resolve", "time-out", "raise"]),
    st.sampled_from(["alice", "bob", "carol", "system"]),
    st.integers(0, 400),
    st.sampled_from(["", "spoken-to", "seen-well: up", "needs-help", "spoken-to-nobody"]),
)
ATTEMPTS = st.tuples(
    st.sampled_from(["answered", "no-answer", None]),
    st.sampled_from(["person", "contact"]),
    st.integers(0, 400),
    st.booleans(),
)
ALERTS = st.fixed_dictionaries(
    {
        "place": st.sampled_from([PLACE, PLACE, PLACE, "northmoor"]),
        "kind": st.sampled_from(["smoke", "no-sign-of-life", "cold-home", "outage"]),
        "priority": st.sampled_from(["P1", "P2", "P3", "T"]),
        "at": st.integers(-2, 8 * 24 * 4),
        "ago": st.integers(0, 300),
        "received": st.none() | st.integers(0, 60),
        "outcome": st.sampled_from([None, *(o.value for o in Outcome)]),
        "is_test": st.sampled_from([False, False, False, True]),
        "steps": st.lists(STEPS, max_size=4),
        "attempts": st.lists(ATTEMPTS, max_size=2),
        "sent": st.lists(
            st.tuples(
                st.sampled_from(["sent", "failed", "bounced", "muted", "delivered"]),
                st.sampled_from(["alice", "place", None]),
            ),
            max_size=2,
        ),
    }
)


def write(database: Engine, log: Sequence[Mapping[str, Any]]) -> None:
    with database.begin() as connection:
        for number, alert in enumerate(log):
            id_, raised_us = f"alert-{number:04d}", START + alert["at"] * 15 * MINUTE
            received = alert["received"]
            evidence = {} if received is None else {"received_us": raised_us - received * SECOND}
            connection.execute(
                insert(tables.alerts).values(
                    id=id_, place=alert["place"], kind=alert["kind"], priority=alert["priority"],
                    verdict="person", state="open", step=0, is_eased=False, is_late=False,
                    repeats=0, onset_us=raised_us - alert["ago"] * SECOND, raised_us=raised_us,
                    updated_us=raised_us, sentence="", short_text="", evidence=evidence, note="",
                    outcome=alert["outcome"], is_test=alert["is_test"],
                )
            )  # fmt: skip
            for event, actor, after_s, note in alert["steps"]:
                connection.execute(
                    insert(tables.history).values(
                        alert=id_, at_us=raised_us + after_s * SECOND, event=event, actor=actor,
                        state_from="", state_to="", note=note,
                    )
                )  # fmt: skip
            for result, kind, after_s, has_end in alert["attempts"]:
                at_us = raised_us + after_s * SECOND
                connection.execute(
                    insert(tables.contact_attempts).values(
                        alert=id_, contact="contact-1", contact_kind=kind, means="phone",
                        actor="alice", at_us=at_us, result=result, said="",
                        ended_us=at_us + 30 * SECOND if has_end else None,
                    )
                )  # fmt: skip
            for position, (state, recipient) in enumerate(alert["sent"]):
                connection.execute(
                    insert(tables.outbox).values(
                        alert=id_, key=f"{id_}:{position}", channel="email", text="",
                        state=state, attempts=0, next_us=0, created_us=0, error="",
                        recipient=recipient,
                    )
                )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(log=st.lists(ALERTS, max_size=14))
def test_sql_and_a_plain_loop_say_the_same_of_every_log(log: list[dict[str, Any]]) -> None:
    database = new_database()
    write(database, log)
    assert of(database) == by_loop(database)
    early = START + DAY
    assert of(database, now_us=early) == by_loop(database, now_us=early)
    database.dispose()


def test_a_log_of_nothing_gives_nothing_and_no_rate() -> None:
    database = new_database()
    found = of(database)
    assert (found.whole.alerts, found.attend.median_s, found.actionable) == (0, None, Share(0, 0))
    assert found.per_100_homes_a_week(3, 0) is None


def test_an_hour_of_ten_alerts_is_a_storm() -> None:
    database = new_database()
    found = [finding(AlertKind.NO_SIGN_OF_LIFE, START + HOUR, f"home-{n:06d}") for n in range(12)]
    Ledger(database).raise_findings(found, instant(START + HOUR))
    assert of(database).storms == (1, 12)


def test_response_is_measured_from_the_event_and_from_the_receipt() -> None:
    database = new_database()
    late = {"at": 4, "ago": 100, "received": 0, "steps": [("acknowledge", "alice", 50, "")]}
    common: dict[str, Any] = {
        "place": PLACE, "kind": "smoke", "priority": "P1", "outcome": None, "is_test": False,
        "attempts": [], "sent": [],
    }  # fmt: skip
    write(database, [{**common, **late}])
    found = of(database).whole
    assert (found.event, found.receipt) == ((0, 1), (1, 1))


def test_rates_are_per_hundred_homes_and_week() -> None:
    assert of(new_database(), days=14).per_100_homes_a_week(4, 10) == pytest.approx(20.0)


def test_of_ten_resolved_two_that_needed_help_are_actionable_with_an_interval() -> None:
    share = Share(2, 10)
    low, high = share.interval
    assert low == pytest.approx(0.057, abs=0.001)
    assert high == pytest.approx(0.510, abs=0.001)
