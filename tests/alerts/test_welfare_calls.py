"""One person at a time calls about a home that cannot be seen, and others see who."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select

from alerts import expiry, tables, welfare_calls
from alerts.alert import Unwatched
from alerts.ledger import Ledger
from alerts.refusals import Refused
from alerts.welfare_calls import LAPSES_US, CallOutcome, Outdated, Taken, WelfareCall
from config import audit
from ingest.clock import instant
from tests.alerts.world import HOUR, MINUTE, PLACE, START
from tests.databases import new_database

pytestmark = pytest.mark.usefixtures("each_database")
HOME, ANN, BEA = "home-1", "account-ann", "account-bea"


@pytest.fixture
def database() -> Engine:
    database = new_database()
    gone = [Unwatched(HOME, PLACE, START - HOUR, "gateway")]
    Ledger(database, channels=()).set_unwatched(gone, instant(START))
    return database


def claim(database: Engine, account: str, us: int = START, saw: str = "") -> WelfareCall:
    return welfare_calls.claim(database, PLACE, HOME, account, us, saw=saw)


def end(database: Engine, account: str, outcome: CallOutcome, said: str = "") -> WelfareCall:
    with database.begin() as connection:
        return welfare_calls.end(connection, HOME, 1, account, outcome, said, START + MINUTE)


def test_the_second_hears_who_is_calling_until_when(database: Engine) -> None:
    first = claim(database, ANN)
    with pytest.raises(Taken) as taken:
        claim(database, BEA, START + MINUTE)
    assert taken.value.call == first
    assert (first.called_by, first.until_us) == (ANN, START + LAPSES_US)


def test_who_says_it_again_keeps_the_call_longer(database: Engine) -> None:
    claim(database, ANN)
    again = claim(database, ANN, START + MINUTE)
    assert (again.number, again.until_us) == (1, START + MINUTE + LAPSES_US)


def test_a_call_lapses_so_that_another_may_call(database: Engine) -> None:
    claim(database, ANN)
    second = claim(database, BEA, START + LAPSES_US)
    assert (second.number, second.called_by) == (2, BEA)
    late = end(database, ANN, CallOutcome.NO_ANSWER)
    assert late.outcome is CallOutcome.NO_ANSWER


def test_who_looked_before_somebody_else_called_is_told(database: Engine) -> None:
    claim(database, ANN)
    end(database, ANN, CallOutcome.SPOKEN_TO)
    with pytest.raises(Outdated) as told:
        claim(database, BEA, START + HOUR, saw="0")
    assert told.value.call.outcome is CallOutcome.SPOKEN_TO
    assert claim(database, BEA, START + HOUR, saw="1-spoken-to").number == 2


def test_a_home_that_is_seen_needs_no_call(database: Engine) -> None:
    Ledger(database, channels=()).set_unwatched([], instant(START))
    with pytest.raises(Refused, match="seen again"):
        claim(database, ANN)


def test_an_end_is_its_callers_own_and_said_once(database: Engine) -> None:
    claim(database, ANN)
    with pytest.raises(LookupError):
        end(database, BEA, CallOutcome.NO_ANSWER)
    with pytest.raises(Refused, match="what help"):
        end(database, ANN, CallOutcome.NEEDS_HELP, " ")
    ended = end(database, ANN, CallOutcome.NEEDS_HELP, "Her daughter is on the way.")
    assert end(database, ANN, CallOutcome.NEEDS_HELP, "again") == ended
    with pytest.raises(Outdated):
        end(database, ANN, CallOutcome.NO_ANSWER)


def test_who_calls_is_in_the_audit_log_and_open_pages_are_told(database: Engine) -> None:
    claim(database, ANN)
    end(database, ANN, CallOutcome.SPOKEN_TO, "Well; the router was unplugged.")
    with database.connect() as connection:
        rows = audit.read(connection, PLACE, limit=9)
        changes = connection.execute(select(tables.changes.c.what)).scalars().all()
    noted = [(row.what, row.actor, row.subject) for row in reversed(rows)]
    assert noted == [
        ("welfare-call", ANN, f"home:{HOME}"),
        ("welfare-call-ended", ANN, f"home:{HOME}"),
    ]
    assert not any("router" in str(row.detail) for row in rows)
    assert changes == ["unwatched"] * 3


def test_calls_end_with_the_places_retention(database: Engine) -> None:
    claim(database, ANN)
    with database.begin() as connection:
        at_us = START + LAPSES_US
        assert expiry.expire(connection, PLACE, at_us, [], at_us) == {"changes": 2}
        at_us += 1
        assert expiry.expire(connection, PLACE, at_us, [HOME], at_us) == {}
        assert expiry.expire(connection, PLACE, at_us, [], at_us) == {"welfare_calls": 1}


def test_of_many_who_claim_at_once_one_has_it(database: Engine) -> None:
    if database.url.database in (None, ""):
        pytest.skip("one connection in memory: nothing happens at once")
    names = [f"account-{n}" for n in range(8)]

    def attempt(name: str) -> str:
        try:
            return claim(database, name).called_by
        except Taken as taken:
            return taken.call.called_by

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(attempt, names))) == 1
