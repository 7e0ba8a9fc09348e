"""Repeated, reordered and replayed findings and actions end in the same standing alerts."""

import random
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from alerts import tables
from alerts.action import Step
from alerts.alert import STANDING, AlertKind, Finding, Outcome, alert_id
from alerts.by_system import COME_BACK_US
from alerts.deliver import deliver
from alerts.ledger import Ledger
from alerts.lifecycle import Event
from alerts.refusals import Conflict
from tests.alerts.test_ledger import at, finding
from tests.alerts.world import MINUTE, START
from tests.databases import new_database

HOMES = ("home-000001", "home-000002")
KINDS = (AlertKind.SMOKE, AlertKind.NO_SIGN_OF_LIFE, AlertKind.COLD_HOME, AlertKind.OUTAGE)


def made(kind: AlertKind, home: str, onset: int) -> Finding:
    # A minute apart is one event of smoke, so each onset is half an hour of its own.
    one = finding(kind, START + onset * 30 * MINUTE, home)
    evidence = {"event": str(onset), "source": home, "first_us": one.onset_us}
    evidence |= {"last_us": one.onset_us, "received_us": one.onset_us}
    return replace(one, evidence=evidence)


findings = st.builds(made, st.sampled_from(KINDS), st.sampled_from(HOMES), st.integers(0, 2))
stories = st.lists(findings, min_size=1, max_size=8)


def standing(ledger: Ledger) -> set[tuple[str, str, str]]:
    a = tables.alerts.c
    with ledger._database.connect() as connection:
        rows = connection.execute(
            select(a.home, a.kind, a.state).where(a.state.in_([s.value for s in STANDING]))
        )
        return {tuple(row) for row in rows}


def raised(findings_: Sequence[Finding], *, at_once: bool) -> Ledger:
    ledger = Ledger(new_database(), channels=())
    if at_once:
        deliver(ledger, findings_, at(0))
    else:
        for one in findings_:
            deliver(ledger, [one], at(0))
    return ledger


SLOW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@given(stories, st.randoms(use_true_random=False), st.booleans())
@SLOW
def test_order_repetition_and_batches_change_no_standing_alert(
    story: list[Finding], chance: random.Random, at_once: bool
) -> None:
    plain = standing(raised(story, at_once=True))
    mixed = [*story, *chance.choices(story, k=3)]
    chance.shuffle(mixed)
    event(f"{len(plain)} standing")
    assert plain
    assert standing(raised(mixed, at_once=at_once)) == plain


@given(stories, st.data())
@SLOW
def test_reading_it_all_again_undoes_nothing_that_people_or_the_system_did(
    story: list[Finding], data: st.DataObject
) -> None:
    ledger = raised(story, at_once=True)
    for one in {f.id: f for f in story}.values():
        done = data.draw(st.sampled_from(("nothing", "acknowledge", "resolve", "end")))
        try:
            if done == "acknowledge":
                ledger.acknowledge(one.id, "sam", at(MINUTE))
            elif done == "resolve":
                ledger.resolve(one.id, "sam", Outcome.SEEN_WELL, "", at(MINUTE))
            elif done == "end" and one.kind is AlertKind.OUTAGE:
                deliver(ledger, [Step(Event.WORK_AGAIN, one.id, "it works")], at(MINUTE))
        except (Conflict, LookupError):
            continue  # taken in by another alert of its home
    before = standing(ledger)
    event("something stands" if before else "nothing stands")
    deliver(ledger, data.draw(st.permutations(story)), at(2 * MINUTE))
    assert standing(ledger) == before


@given(st.permutations(["contradict", "ease", "raise", "raise"]))
@SLOW
def test_late_data_closes_an_alert_for_good_however_it_is_repeated(order: list[str]) -> None:
    one = made(AlertKind.NO_SIGN_OF_LIFE, HOMES[0], 0)
    ledger = raised([one], at_once=True)
    for word in ["contradict", *order]:
        if word == "raise":
            deliver(ledger, [one], at(MINUTE))
        else:
            step = Event.CONTRADICT if word == "contradict" else Event.EASE
            deliver(ledger, [Step(step, one.id, "late data")], at(MINUTE))
    assert standing(ledger) == set()


@given(st.integers(1, 4))
@SLOW
def test_a_silence_comes_back_once_however_often_it_is_due(times: int) -> None:
    one = made(AlertKind.NO_SIGN_OF_LIFE, HOMES[0], 0)
    ledger = raised([one], at_once=True)
    ledger.resolve(one.id, "sam", Outcome.SPOKEN_TO, "", at(0))
    for _ in range(times):
        deliver(ledger, [Step(Event.COME_BACK, one.id, "no sign since")], at(COME_BACK_US))
    with ledger._database.connect() as connection:
        step = connection.execute(select(tables.alerts.c.step)).scalar_one()
    assert step == 1


def counts(ledger: Ledger) -> tuple[int, ...]:
    with ledger._database.connect() as connection:
        return tuple(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (tables.alerts, tables.history, tables.outbox, tables.changes)
        )


def test_a_restart_with_many_open_alerts_repeats_nothing() -> None:
    many = [
        replace(finding(home=f"home-{n:06d}"), id=alert_id(f"h{n}", AlertKind.NO_SIGN_OF_LIFE, 0))
        for n in range(1000)
    ]
    ledger = Ledger(new_database())
    assert deliver(ledger, many, at(0)) == len(many)
    before = counts(ledger)
    again = Ledger(ledger._database)
    assert deliver(again, many, at(MINUTE)) == 0
    assert counts(ledger) == before
