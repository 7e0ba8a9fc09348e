"""Longer caps: what may be accepted, and that it is kept with who and until when."""

from dataclasses import replace

import pytest

from alerts import rosters
from config import registry
from config.allowances import Allowance, check
from config.problems import ConfigProblem
from tests.databases import new_database
from tests.make import enrolment

pytestmark = pytest.mark.usefixtures("each_database")

DAY = 86_400_000_000
GOOD = Allowance(0, 1, False, 1260, 300, 24.0, "alice", 1000 * DAY, 1028 * DAY)


def test_an_allowance_that_says_who_and_until_when_may_be_accepted() -> None:
    check(GOOD)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (replace(GOOD, account=""), "account is empty, expected the person who accepted it"),
        (replace(GOOD, cap_h=30.0), "cap_h is 30, expected at most 24"),
        (replace(GOOD, until_us=2000 * DAY), "would hold for 1000 days, expected up to 92"),
        (replace(GOOD, until_us=1000 * DAY), "would hold for 0 days"),
        (replace(GOOD, from_min=1440), "from_min is 1440, expected 0..1439"),
    ],
)
def test_nobody_accepts_what_has_no_end_no_name_or_no_sense(wrong: Allowance, told: str) -> None:
    with pytest.raises(ConfigProblem) as problem:
        check(wrong)
    assert told in str(problem.value)


def test_an_allowance_is_kept_told_to_the_engine_and_taken_back() -> None:
    database = new_database()
    with database.begin() as connection:
        home = registry.enrol(connection, enrolment(1), now_us=0).homes[0]
        before = registry.revision(connection)
        made = registry.allow(connection, replace(GOOD, home=home.number))
        table = registry.load(connection)
        assert table.allowances == (made,)
        assert registry.revision(connection) > before
        registry.end_allowance(connection, made.number, 1001 * DAY)
        assert registry.allowances(connection)[0].until_us == 1001 * DAY
    held = rosters.fields_of(table)
    assert rosters.table_of(held, table.revision).allowances == (made,)
