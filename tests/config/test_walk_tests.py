"""Walk tests: sixty minutes of one home, begun and ended by name, over by themselves."""

import pytest
from sqlalchemy import Engine, select, update

from config import audit, registry, tables, walk_test_rows, walk_tests
from config.homes import HomeState
from config.problems import ConfigProblem
from config.walk_tests import LENGTH_US, WalkTest
from tests.databases import new_database
from tests.make import enrolment

pytestmark = pytest.mark.usefixtures("each_database")
T0 = 1_800_000_000_000_000
MINUTE = 60_000_000
TEST = WalkTest(1, 7, T0, T0 + LENGTH_US, "ivy")


@pytest.fixture
def database() -> Engine:
    made = new_database()
    with made.begin() as connection:
        registry.enrol(connection, enrolment(2), now_us=T0)
    return made


def begin(database: Engine, home: int = 1, at_us: int = T0) -> WalkTest:
    with database.begin() as connection:
        return walk_test_rows.begin(connection, home, "ivy", at_us)


@pytest.mark.parametrize(
    ("home", "onset_us", "received_us", "who"),
    [
        (7, T0, T0, "ivy"),
        (7, T0 + MINUTE, T0 + 2 * MINUTE, "ivy"),
        (7, T0 + LENGTH_US - 1, T0 + LENGTH_US - 1, "ivy"),
        (8, T0 + MINUTE, T0 + 2 * MINUTE, ""),
        (7, T0 - 1, T0 + MINUTE, ""),
        (7, T0 + MINUTE, T0 + LENGTH_US, ""),
        (7, T0 + LENGTH_US, T0 + LENGTH_US, ""),
    ],
)
def test_only_what_began_and_came_in_within_the_test_of_its_own_home_is_a_test(
    home: int, onset_us: int, received_us: int, who: str
) -> None:
    assert walk_tests.tester([TEST], home, onset_us, received_us) == who


def test_event_and_receipt_in_two_tests_are_real() -> None:
    second = WalkTest(2, 7, TEST.until_us, TEST.until_us + LENGTH_US, "ivy")
    assert walk_tests.tester([TEST, second], 7, T0 + MINUTE, second.from_us + MINUTE) == ""


def test_a_test_ends_by_itself_after_sixty_minutes_and_no_later_by_any_row() -> None:
    assert LENGTH_US == 60 * MINUTE
    late = WalkTest(1, 7, T0, T0 + LENGTH_US, "ivy", ended_us=T0 + 2 * LENGTH_US)
    assert late.stop_us == T0 + LENGTH_US
    assert not late.covers(T0 + LENGTH_US)


def test_it_reaches_the_roster_and_stays_after_its_end(database: Engine) -> None:
    with database.connect() as connection:
        before = registry.revision(connection)
    begin(database)
    with database.begin() as connection:
        table = registry.load(connection)
        assert table.revision > before
        assert table.tester(1, T0 + 1, T0 + 2) == "ivy"
        assert table.tester(2, T0 + 1, T0 + 2) == ""
        walk_test_rows.end(connection, 1, "olga", T0 + 5 * MINUTE, {"heard": 3})
        after = registry.load(connection)
        assert after.revision > table.revision
        assert after.tester(1, T0 + 5 * MINUTE, T0 + 5 * MINUTE) == ""
        assert after.tester(1, T0 + 1, T0 + 2) == "ivy"
        said = select(tables.audit.c.subject).where(tables.audit.c.what == "walk-test")
        assert len(list(connection.execute(said))) == 2
        assert audit.verify(connection) == []


def test_one_is_under_way_at_most_and_a_next_one_after_it(database: Engine) -> None:
    begin(database)
    with pytest.raises(ConfigProblem, match="end that one first"):
        begin(database, at_us=T0 + LENGTH_US - 1)
    assert begin(database, at_us=T0 + LENGTH_US).number == 2
    assert begin(database, home=2).home == 2


def test_what_is_over_cannot_be_ended(database: Engine) -> None:
    begin(database)
    for home, at_us in ((1, T0 + LENGTH_US), (2, T0)):
        with (
            pytest.raises(ConfigProblem, match="it has ended by itself"),
            database.begin() as connection,
        ):
            walk_test_rows.end(connection, home, "olga", at_us, {})


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (HomeState.AWAITING_CONSENT, "record the consent first"),
        (HomeState.ENDED, "the home has ended"),
        (HomeState.TEST, "nobody lives in this home"),
    ],
)
def test_a_home_where_nothing_is_to_be_tested_is_refused(
    database: Engine, state: HomeState, told: str
) -> None:
    with database.begin() as connection:
        connection.execute(update(tables.homes).values(state=state.value))
    with pytest.raises(ConfigProblem, match=told):
        begin(database)
