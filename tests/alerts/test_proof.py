"""Test alarms of a canary home: raised as every alarm is, closed at birth, sent to nobody."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, select

from alerts import auditor, proof, tables
from alerts.alert import AlertKind
from alerts.notify.nobody import Nobody
from alerts.notify.outbox import Outbox
from alerts.signals import from_row
from config import canary, registry
from config.canary import Canary
from config.homes import HomeState
from config.problems import ConfigProblem
from config.registry import enrol
from ingest.batch import build
from ingest.clock import VirtualClock, instant
from tests.alerts.test_ledger import finding
from tests.alerts.world import DAY, MINUTE, PLACE, START, place
from tests.databases import new_database
from tests.make import enrolment

pytestmark = pytest.mark.usefixtures("each_database")


def ids() -> Callable[[], str]:
    numbers = iter(range(1, 1000))
    return lambda: f"canary-{next(numbers):06d}"


@pytest.fixture
def database() -> Engine:
    return new_database()


def enrolled(database: Engine) -> Canary:
    with database.begin() as connection:
        enrol(connection, canary.joined(enrolment(1), ids()), now_us=0)
        return canary.find(connection)[0]


def raise_test(database: Engine, one: Canary, at_us: int) -> str:
    """Raise a test alarm as the engine does, from the reading of the canary's sensor."""
    from alerts.detect.roster import build_roster
    from alerts.ledger import Ledger

    with database.connect() as connection:
        table = registry.load(connection)
    number = next(s.number for s in table.sensors.values() if s.id == one.alarm)
    batch = build([number], [at_us], [1.0], [at_us])
    places = {PLACE: place()}
    found = from_row(batch, 0, build_roster(table, places), places)
    assert found.is_test
    Ledger(database).raise_findings([found], instant(at_us))
    return found.id


def test_who_publishes_knows_what_alert_to_look_for(database: Engine) -> None:
    one = enrolled(database)
    assert raise_test(database, one, START) == proof.alert_of(one, START)


def test_the_pattern_comes_before_the_alarm_in_one_message(database: Engine) -> None:
    topic, payload = proof.message(enrolled(database), START)
    readings = json.loads(payload)["r"]
    assert topic.startswith(f"stillwell/v1/{PLACE}/canary-")
    assert [(sensor, value) for sensor, _, value, _ in readings] == [
        ("motion", 1.0), ("motion", 0.0), ("alarm", 1.0),
    ]  # fmt: skip
    assert [at for _, at, _, _ in readings] == sorted(at for _, at, _, _ in readings)


def test_a_test_alarm_is_never_open_has_no_ladder_and_is_in_no_feed(database: Engine) -> None:
    alert = raise_test(database, enrolled(database), START)
    with database.connect() as connection:
        row = connection.execute(select(tables.alerts)).one()
        assert (row.id, row.state, row.is_test, row.outcome) == (alert, "closed", True, "test")
        assert not connection.execute(select(tables.escalations)).all()
        assert not connection.execute(select(tables.changes)).all()


def test_it_leaves_the_outbox_and_reaches_nobody(database: Engine) -> None:
    alert = raise_test(database, enrolled(database), START)
    with database.connect() as connection:
        assert not proof.stage(connection, alert).is_sent
    outbox = Outbox(database, {"proof": Nobody()}, VirtualClock(instant(START)))
    assert outbox.send_due("proof") == 1
    with database.connect() as connection:
        stage = proof.stage(connection, alert)
        assert stage.is_sent
        assert stage.at_us == START
        assert connection.execute(select(tables.outbox.c.channel)).scalars().all() == ["proof"]


def test_an_alarm_of_a_home_where_somebody_lives_is_no_proof(database: Engine) -> None:
    from alerts.ledger import Ledger

    enrolled(database)
    real = finding(AlertKind.NO_SIGN_OF_LIFE, START, "home-000001")
    Ledger(database).raise_findings([real], instant(START))
    with database.connect() as connection:
        assert not proof.stage(connection, real.id).is_raised


def test_no_home_with_people_can_become_a_canary_nor_a_canary_such_a_home(
    database: Engine,
) -> None:
    one = enrolled(database)
    with database.begin() as connection:
        with pytest.raises(ConfigProblem):
            registry.set_home_state(connection, ["home-000001"], HomeState.TEST)
        registry.set_home_state(connection, [one.home], HomeState.ACTIVE)
        assert canary.find(connection) == [one]


def test_test_alarms_are_forgotten_after_a_day_and_others_never(database: Engine) -> None:
    from alerts.ledger import Ledger

    one = enrolled(database)
    raise_test(database, one, START)
    kept = raise_test(database, one, START + DAY)
    real = finding(AlertKind.NO_SIGN_OF_LIFE, START, "home-000001")
    Ledger(database).raise_findings([real], instant(START))
    with database.begin() as connection:
        assert proof.forget(connection, START + DAY) == 1
        left = set(connection.execute(select(tables.alerts.c.id)).scalars())
    assert left == {kept, real.id}


def test_a_place_with_watched_homes_and_no_canary_is_named(database: Engine) -> None:
    enrolled(database)
    with database.begin() as connection:
        enrol(connection, enrolment(1, place="northmoor", first=50), now_us=0)
        assert canary.places_without(connection) == ["northmoor"]


def test_a_step_is_overdue_after_five_minutes_and_not_before(database: Engine) -> None:
    from alerts.ledger import Ledger

    Ledger(database).raise_findings(
        [finding(AlertKind.NO_SIGN_OF_LIFE, START, "home-000001")], instant(START)
    )
    with database.connect() as connection:
        assert not auditor.overdue(connection, START + 5 * MINUTE)
        (late,) = auditor.overdue(connection, START + 6 * MINUTE)
    assert (late.place, late.count, late.late_us) == (PLACE, 1, 6 * MINUTE)


def test_a_message_that_nobody_tries_to_send_is_stuck(database: Engine) -> None:
    from alerts.ledger import Ledger

    Ledger(database).raise_findings(
        [finding(AlertKind.NO_SIGN_OF_LIFE, START, "home-000001")], instant(START)
    )
    with database.connect() as connection:
        assert not auditor.stuck(connection, START + 5 * MINUTE)
        (one,) = auditor.stuck(connection, START + 6 * MINUTE)
    assert (one.channel, one.count) == ("console", 1)
