"""At the end of a shift each alert is accepted by name, or the supervisors hear of it."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from alerts import handovers, tables
from alerts.alert import AlertKind, Finding, Outcome
from alerts.keeper import Keeper
from alerts.ledger import Ledger
from alerts.refusals import Conflict, Refused
from tests.alerts.test_escalate import PLACES, told, world
from tests.alerts.test_ledger import at, finding, row
from tests.alerts.world import HOUR, MINUTE, PLACE, START

SILENCE = finding().id


def smoke() -> Finding:
    evidence = {"event": "1", "source": "smoke-1", "first_us": START, "last_us": START}
    return replace(finding(AlertKind.SMOKE), evidence={**evidence, "received_us": START})


def handed_over() -> tuple[Ledger, list[str]]:
    database, ledger = world()
    ledger.raise_findings([finding(), smoke()], at(0))
    ledger.acknowledge(SILENCE, "account-ann", at(MINUTE))
    with database.begin() as connection:
        connection.execute(update(tables.escalations).values(due_us=START + 9 * HOUR))
        return ledger, handovers.begin(connection, PLACE, "account-ann", START + 2 * MINUTE)


def expire(ledger: Ledger, us: int) -> int:
    return handovers.expire(ledger._database, ledger, at(us))


def test_each_standing_alert_is_handed_over_the_most_urgent_first_and_once() -> None:
    ledger, begun = handed_over()
    assert begun == [smoke().id, SILENCE]
    with ledger._database.begin() as connection:
        assert handovers.begin(connection, PLACE, "account-ann", START + 3 * MINUTE) == []


def test_who_accepts_has_it_from_then_on_and_nobody_is_told() -> None:
    ledger, begun = handed_over()
    for alert in begun:
        handovers.accept(ledger, alert, "account-bea", at(5 * MINUTE))
    taken = row(ledger, SILENCE)
    assert (taken.state, taken.acknowledged_by) == ("acknowledged", "account-bea")
    assert expire(ledger, 20 * MINUTE) == 0
    assert told(ledger._database) == []


def test_what_nobody_accepts_in_ten_minutes_is_open_again_and_goes_to_the_supervisor() -> None:
    ledger, _ = handed_over()
    assert expire(ledger, 11 * MINUTE) == 0
    assert expire(ledger, 12 * MINUTE) == 2
    assert {who for who, _, _ in told(ledger._database)} == {"sue"}
    assert row(ledger, SILENCE).state == "open"
    assert expire(ledger, 13 * MINUTE) == 0
    with ledger._database.connect() as connection:
        assert all(i.told_us for i in handovers.read(connection, PLACE, START + HOUR))


def test_an_alert_that_ended_meanwhile_is_told_to_nobody() -> None:
    ledger, begun = handed_over()
    for alert in begun:
        ledger.resolve(alert, "account-bea", Outcome.SEEN_WELL, "", at(4 * MINUTE))
    assert expire(ledger, 12 * MINUTE) == 2
    assert told(ledger._database) == []
    with pytest.raises(Conflict):
        handovers.accept(ledger, SILENCE, "account-bea", at(13 * MINUTE))


def test_who_hands_over_cannot_accept_and_what_is_not_handed_over_is_taken_on_instead() -> None:
    ledger, _ = handed_over()
    with pytest.raises(Refused, match="somebody else has to accept"):
        handovers.accept(ledger, SILENCE, "account-ann", at(3 * MINUTE))
    handovers.accept(ledger, SILENCE, "account-bea", at(3 * MINUTE))
    with pytest.raises(Refused, match="take it on instead"):
        handovers.accept(ledger, SILENCE, "account-bea", at(4 * MINUTE))


def test_the_keeper_keeps_the_ten_minutes() -> None:
    ledger, _ = handed_over()
    keeper = Keeper(ledger._database, ledger, PLACES, lambda: at(12 * MINUTE), lambda: True)
    assert keeper.keep() >= 2
    o = tables.outbox.c
    with ledger._database.connect() as connection:
        keys = list(connection.execute(select(o.key).where(o.recipient == "account-sue")).scalars())
    assert any(":h" in key for key in keys)
