"""The end of an enrolment ends everything of a home in one act, and can be taken back."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, func, select

from alerts import tables as ledger
from alerts.action import Step
from alerts.alert import AlertKind, Outcome
from alerts.deliver import deliver
from alerts.lifecycle import Event
from alerts.refusals import Refused
from api import ending
from api.ending import Wish
from config import (
    audit,
    consents,
    credentials,
    endings,
    gateway_tables,
    holds,
    pause_rows,
    registry,
    tables,
    walk_test_rows,
)
from config.endings import UNDO_DAYS, EndReason, Kept
from config.homes import HomeState
from config.places import load_places
from config.problems import ConfigProblem
from ingest.clock import instant
from tests.api.enrolled import (
    BY,
    DAY_US,
    GATE,
    HOME,
    NOW_US,
    OTHER,
    PLACE,
    TODAY,
    Enrolled,
    enrolled,
)

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def town() -> Enrolled:
    return enrolled()


def state_of(database: Engine, home: str = HOME) -> HomeState:
    with database.connect() as connection:
        return next(one.state for one in registry.homes(connection) if one.id == home)


def alert_of(database: Engine, alert: str) -> tuple[str, str | None, str | None]:
    a = ledger.alerts.c
    with database.connect() as connection:
        query = select(a.state, a.outcome, a.resolved_by).where(a.id == alert)
        row = connection.execute(query).one()
    return row.state, row.outcome, row.resolved_by


def rows(database: Engine) -> dict[str, int]:
    """Return how many rows each table of the registry and the ledger has."""
    every = [*tables.metadata.sorted_tables, *ledger.metadata.sorted_tables]
    with database.connect() as connection:
        return {t.name: connection.execute(select(func.count()).select_from(t)).scalar_one()
                for t in every}  # fmt: skip


def noted(database: Engine, what: str) -> list[dict[str, object]]:
    a = tables.audit.c
    with database.connect() as connection:
        assert audit.verify(connection) == []
        query = select(a.detail).where(a.what == what, a.subject == f"home:{HOME}")
        return [json.loads(detail) for detail in connection.execute(query).scalars()]


def test_an_end_leaves_nothing_of_the_home_running(town: Enrolled) -> None:
    cold = town.raise_alert(AlertKind.COLD_HOME)
    done = town.end()
    assert state_of(town.database) is HomeState.ENDED
    assert done.ended == endings.Ended((GATE,), (), 1, 1, 1, 1, 1)
    assert [one.id for one in done.closed] == [cold]
    later = NOW_US + 1
    with town.database.connect() as connection:
        assert credentials.logins(connection, later) == []
        assert all(one.stop_us <= later for one in pause_rows.of_home(connection, 1))
        assert registry.visits(connection, 1) == []
        assert all(one.until_us <= later for one in registry.allowances(connection))
        test = walk_test_rows.newest(connection, 1)
        assert test is not None
        assert not test.covers(later)
        assert not any(one.stands for one in consents.history(connection, HOME))
    assert alert_of(town.database, cold) == ("resolved", "enrolment-ended", BY)
    (said,) = noted(town.database, "end-home")
    assert said["reason"] == "died"
    assert said["closed"] == [cold]
    assert said["gateways"] == [GATE]


def test_the_other_home_goes_on_as_before(town: Enrolled) -> None:
    with town.database.begin() as connection:
        credentials.issue(connection, "gate-000002", BY, NOW_US, 1.0)
    cold = town.raise_alert(AlertKind.COLD_HOME, OTHER)
    town.end()
    assert state_of(town.database, OTHER) is HomeState.ACTIVE
    assert alert_of(town.database, cold)[0] == "open"
    with town.database.connect() as connection:
        assert [one.gateway for one in credentials.logins(connection, NOW_US)] == ["gate-000002"]


def test_a_standing_p1_keeps_the_home_until_it_is_settled_or_named(town: Enrolled) -> None:
    smoke = town.raise_alert(AlertKind.SMOKE)
    before = rows(town.database)
    with pytest.raises(ConfigProblem, match=f"alert {smoke} .*settle it"):
        town.end()
    assert rows(town.database) == before
    assert state_of(town.database) is HomeState.ACTIVE
    fall = town.raise_alert(AlertKind.FALL)
    with pytest.raises(ConfigProblem, match=fall):
        town.end(p1=frozenset({smoke}))  # it came after the page was shown
    assert alert_of(town.database, smoke)[0] == "open"
    town.end(p1=frozenset({smoke, fall}))
    assert alert_of(town.database, smoke) == ("resolved", "enrolment-ended", BY)


def test_a_settled_p1_keeps_nobody(town: Enrolled) -> None:
    smoke = town.raise_alert(AlertKind.SMOKE)
    town.site.ledger.resolve(smoke, BY, Outcome.SEEN_WELL, "", instant(NOW_US))
    town.end()
    assert alert_of(town.database, smoke) == ("resolved", "seen-well", BY)


@pytest.mark.parametrize(
    ("on", "says"),
    [
        (TODAY + timedelta(days=1), "still to come"),
        (TODAY - timedelta(days=101), "before the home was enrolled on 2026-08-12"),
    ],
)
def test_a_day_that_cannot_be_is_refused_and_nothing_is_saved(
    town: Enrolled, on: date, says: str
) -> None:
    before = rows(town.database)
    with pytest.raises(ConfigProblem, match=says):
        town.end(on=on)
    assert rows(town.database) == before


def test_a_home_ends_once(town: Enrolled) -> None:
    town.end()
    with pytest.raises(ConfigProblem, match="has ended on 2026-11-20 already"):
        town.end()


def test_a_home_of_another_place_or_of_nobody_is_not_there(town: Enrolled) -> None:
    wish = Wish(EndReason.WITHDREW, TODAY)
    for places, home in ((["northmoor"], HOME), ([PLACE], "home-999999")):
        with pytest.raises(LookupError):
            ending.end(town.site, places, home, wish, BY)
        with pytest.raises(LookupError):
            ending.take_back(town.site, places, home, "a mistake", BY)
    assert state_of(town.database) is HomeState.ACTIVE


def test_a_gateway_that_others_speak_through_is_moved_first(town: Enrolled) -> None:
    s = tables.sensors
    with town.database.begin() as connection:
        one = connection.execute(select(s.c.number).where(s.c.home == 2).limit(1)).scalar_one()
        connection.execute(s.update().where(s.c.number == one).values(gateway=1, address="moved"))
    with pytest.raises(ConfigProblem, match=f"home {OTHER} hangs on a gateway of this home"):
        town.end()


def test_a_gateway_of_several_homes_goes_on_and_is_named(town: Enrolled) -> None:
    s, g = tables.sensors, tables.gateways
    with town.database.begin() as connection:
        connection.execute(g.update().where(g.c.number == 2).values(home=None))
        one = connection.execute(select(s.c.number).where(s.c.home == 1).limit(1)).scalar_one()
        connection.execute(s.update().where(s.c.number == one).values(gateway=2, address="moved"))
        credentials.issue(connection, "gate-000002", BY, NOW_US, 1.0)
    done = town.end()
    assert (done.ended.gateways, done.ended.shared) == ((GATE,), ("gate-000002",))
    with town.database.connect() as connection:
        assert [one.gateway for one in credentials.logins(connection, NOW_US)] == ["gate-000002"]


def test_what_was_mistaken_is_taken_back_with_new_credentials(town: Enrolled) -> None:
    town.end()
    town.now_us += 3 * DAY_US
    back = ending.take_back(town.site, [PLACE], HOME, "the wrong home was named", BY)
    assert state_of(town.database) is HomeState.ACTIVE
    assert [one.gateway for one in back.issued] == [GATE]
    assert back.issued[0].secret not in repr(back)
    with town.database.connect() as connection:
        (login,) = credentials.logins(connection, town.now_us)
        assert login.username == back.issued[0].username
        kept = consents.history(connection, HOME)
        assert [one.stands for one in kept] == [True]
        old = gateway_tables.credentials.c
        ended = connection.execute(select(old.ended_us).order_by(old.number)).scalars().all()
        assert ended == [NOW_US, None]
        assert registry.visits(connection, 1) == []
        assert endings.standing(connection, HOME) is None
    (said,) = noted(town.database, "take-back-end")
    assert said["gateways"] == [GATE]
    with pytest.raises(ConfigProblem, match="no end of this enrolment stands"):
        ending.take_back(town.site, [PLACE], HOME, "once more", BY)
    assert town.end().ending.number == 2


def test_it_can_be_taken_back_for_a_stated_time_and_with_a_reason(town: Enrolled) -> None:
    made = town.end()
    assert made.ending.until_us == NOW_US + UNDO_DAYS * DAY_US
    with pytest.raises(ConfigProblem, match="say what was mistaken"):
        ending.take_back(town.site, [PLACE], HOME, " ", BY)
    town.now_us = made.ending.until_us
    with pytest.raises(ConfigProblem, match="enrol the home again"):
        ending.take_back(town.site, [PLACE], HOME, "too late", BY)
    assert state_of(town.database) is HomeState.ENDED


def test_what_the_engine_decided_before_it_knew_is_not_raised(town: Enrolled) -> None:
    silence = town.raise_alert(AlertKind.NO_SIGN_OF_LIFE)
    town.end()
    town.now_us += 4 * 3_600_000_000
    step = Step(Event.COME_BACK, silence, "resolved, and nobody has been seen since")
    deliver(town.site.ledger, [step], instant(town.now_us))
    assert alert_of(town.database, silence)[0] == "resolved"
    late = town.raise_alert(AlertKind.VERY_COLD_HOME)
    with town.database.connect() as connection:
        a = ledger.alerts.c
        assert connection.execute(select(a.id).where(a.id == late)).first() is None


def test_a_call_for_help_is_raised_after_the_end_too(town: Enrolled) -> None:
    town.end()
    town.now_us += DAY_US
    pendant = town.raise_alert(AlertKind.PENDANT)
    assert alert_of(town.database, pendant)[0] == "open"


def test_nobody_chooses_the_outcome_of_an_end(town: Enrolled) -> None:
    cold = town.raise_alert(AlertKind.COLD_HOME)
    with pytest.raises(Refused, match="ending the home's enrolment"):
        town.site.ledger.resolve(cold, BY, Outcome.ENROLMENT_ENDED, "", instant(NOW_US))


def test_a_hold_is_told_and_keeps_nobody_from_ending(town: Enrolled) -> None:
    with town.database.begin() as connection:
        holds.place(connection, HOME, "Inquiry 2026/17", BY, NOW_US)
        found = ending.outlook(connection, town.site, [PLACE], HOME)
    assert found.holds == 1
    town.end()
    assert state_of(town.database) is HomeState.ENDED


def test_the_days_follow_from_what_the_place_keeps() -> None:
    place = load_places()[PLACE].model_copy(
        update={"retention_days": 30, "alert_days": 200, "household_days": 40, "device_days": 20,
                "audit_days": 400}
    )  # fmt: skip
    until = TODAY + timedelta(days=UNDO_DAYS)
    found = endings.last_days(place, TODAY, until, 25.0)
    day = {kept: (on - TODAY).days for kept, on in found.items()}
    assert day == {
        Kept.READINGS: 30, Kept.ALERTS: 200, Kept.HOUSEHOLD: 40, Kept.DEVICES: 30,
        Kept.HOME: 200, Kept.AUDIT: 400,
    }  # fmt: skip
    # One that died long ago: nothing goes while the end can be taken back.
    early = endings.last_days(place, TODAY - timedelta(days=90), until, 25.0)
    assert early[Kept.HOUSEHOLD] == until
    assert early[Kept.READINGS] == TODAY + timedelta(days=30)


def test_an_outlook_counts_what_would_end(town: Enrolled) -> None:
    cold = town.raise_alert(AlertKind.COLD_HOME)
    with town.database.connect() as connection:
        found = ending.outlook(connection, town.site, [PLACE], HOME)
        assert (found.pauses, found.visits, list(found.gateways)) == (1, 1, [GATE])
        assert [one.id for one in found.alerts] == [cold]
        assert found.p1 == []
        assert found.undo_until == TODAY + timedelta(days=UNDO_DAYS)
        wrong = ending.mistakes(connection, replace(found), Wish(EndReason.CARE, TODAY))
    assert wrong == []
