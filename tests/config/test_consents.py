"""No home is watched without a decision that somebody can show."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine

from config import audit, consents, registry
from config.consents import Basis, Decider
from config.homes import HomeState
from config.problems import ConfigProblem
from tests.databases import new_database
from tests.make import enrolment

pytestmark = pytest.mark.usefixtures("each_database")

DAY_US = 86_400_000_000
TODAY = date(2026, 11, 20)
NOW_US = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.fixture
def database() -> Engine:
    return new_database()


@pytest.fixture
def home(database: Engine) -> str:
    with database.begin() as connection:
        made = registry.enrol(connection, enrolment(1), now_us=0)
        registry.set_home_state(connection, [made.homes[0].id], HomeState.AWAITING_CONSENT)
    return made.homes[0].id


def decision(connection: Connection, **changed: object) -> consents.ConsentPlan:
    kinds = {sensor.kind.value for sensor in registry.sensors(connection)}
    values = {
        "basis": "consent",
        "decided_by": "person",
        "decided_on": TODAY,
        "review_on": TODAY + timedelta(days=180),
        "reference": "CASE-1",
        "purpose": dict.fromkeys(kinds, "to see that somebody is up and about"),
        **changed,
    }
    return consents.read_plan(values, "a test")


def state_of(connection: Connection, home: str) -> HomeState:
    return next(one.state for one in registry.homes(connection) if one.id == home)


def test_a_home_is_watched_from_its_decision_on(database: Engine, home: str) -> None:
    with database.begin() as connection:
        before = registry.revision(connection)
        kept = consents.record(connection, home, decision(connection), "officer", NOW_US, TODAY)
        assert state_of(connection, home) is HomeState.ACTIVE
        assert registry.revision(connection) > before
        assert audit.verify(connection) == []
    assert (kept.basis, kept.decided_by, kept.stands) == (Basis.CONSENT, Decider.PERSON, True)
    assert kept.purpose["motion"] == "to see that somebody is up and about"


def test_a_withdrawal_stops_the_watching_and_stays_to_be_seen(database: Engine, home: str) -> None:
    with database.begin() as connection:
        consents.record(connection, home, decision(connection), "officer", NOW_US, TODAY)
        before = registry.revision(connection)
        consents.withdraw(connection, home, "officer", "asked for it", NOW_US + 1)
        assert state_of(connection, home) is HomeState.AWAITING_CONSENT
        assert registry.revision(connection) > before
        (kept,) = consents.history(connection, home)
    assert (kept.withdrawn_us, kept.withdrawn_by, kept.why) == (
        NOW_US + 1,
        "officer",
        "asked for it",
    )


def test_a_new_decision_takes_the_place_of_the_old(database: Engine, home: str) -> None:
    with database.begin() as connection:
        consents.record(connection, home, decision(connection), "officer", NOW_US, TODAY)
        again = decision(connection, basis="best-interests", decided_by="meeting")
        consents.record(connection, home, again, "officer", NOW_US + DAY_US, TODAY)
        newest, oldest = consents.history(connection, home)
    assert newest.stands
    assert newest.basis is Basis.BEST_INTERESTS
    assert (oldest.stands, oldest.why) == (False, "replaced")


def test_a_home_that_was_paused_stays_paused(database: Engine, home: str) -> None:
    with database.begin() as connection:
        registry.set_home_state(connection, [home], HomeState.PAUSED)
        consents.record(connection, home, decision(connection), "officer", NOW_US, TODAY)
        assert state_of(connection, home) is HomeState.PAUSED


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"decided_on": TODAY + timedelta(days=3)}, "still to come"),
        ({"review_on": TODAY}, "expected a day after decided_on"),
        ({"review_on": TODAY + timedelta(days=400)}, "within a year"),
        (
            {"decided_on": TODAY - timedelta(days=90), "review_on": TODAY - timedelta(days=1)},
            "past: review it first",
        ),
        ({"basis": "best-interests"}, "their own best interests"),
        ({"decided_by": "court"}, "expected person, attorney or deputy"),
        ({"purpose": {"motion": "to see movement"}}, "purpose lacks"),
    ],
)
def test_what_is_no_decision_is_refused_and_nothing_changes(
    database: Engine, home: str, changed: dict[str, object], words: str
) -> None:
    with database.begin() as connection:
        plan = decision(connection, **changed)
        with pytest.raises(ConfigProblem, match=words):
            consents.record(connection, home, plan, "officer", NOW_US, TODAY)
        assert consents.history(connection, home) == []
        assert state_of(connection, home) is HomeState.AWAITING_CONSENT


@pytest.mark.parametrize(
    "values",
    [
        {"reference": "Mrs Example"},
        {"purpose": {"telepathy": "to know"}},
        {"purpose": {}},
        {"basis": "habit"},
        {"decided_on": "yesterday"},
        {"name": "Mrs Example"},
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_key(
    database: Engine, values: dict[str, object]
) -> None:
    with database.connect() as connection, pytest.raises(ConfigProblem, match=next(iter(values))):
        decision(connection, **values)


def test_nothing_is_withdrawn_without_a_word_or_twice(database: Engine, home: str) -> None:
    with database.begin() as connection:
        with pytest.raises(ConfigProblem, match="none that stands"):
            consents.withdraw(connection, home, "officer", "asked for it", NOW_US)
        with pytest.raises(ConfigProblem, match="why is empty"):
            consents.withdraw(connection, home, "officer", " ", NOW_US)
        with pytest.raises(ConfigProblem, match="no home 'nowhere'"):
            consents.withdraw(connection, "nowhere", "officer", "asked", NOW_US)


def test_reviews_are_listed_four_weeks_ahead_and_until_they_are_done(
    database: Engine, home: str
) -> None:
    with database.begin() as connection:
        consents.record(connection, home, decision(connection), "officer", NOW_US, TODAY)
        place = consents.history(connection, home)[0].place
        review = TODAY + timedelta(days=180)
        assert consents.due(connection, [place], review - timedelta(days=29)) == []
        (found,) = consents.due(connection, [place], review - timedelta(days=28))
        assert found.home == home
        assert consents.due(connection, [place], review + timedelta(days=99))
        assert consents.due(connection, ["elsewhere"], review) == []
        consents.withdraw(connection, home, "officer", "moved", NOW_US)
        assert consents.due(connection, [place], review) == []


def test_a_home_that_is_watched_without_a_decision_is_named(database: Engine, home: str) -> None:
    with database.begin() as connection:
        place = next(one.place for one in registry.homes(connection))
        assert consents.unrecorded(connection, [place]) == []
        registry.set_home_state(connection, [home], HomeState.ACTIVE)
        assert consents.unrecorded(connection, [place]) == [home]
        consents.record(connection, home, decision(connection), "officer", NOW_US, TODAY)
        assert consents.unrecorded(connection, [place]) == []
