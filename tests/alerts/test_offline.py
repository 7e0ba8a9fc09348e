"""How long homes could not be seen: kept as it begins and ends, and summed over any time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, select

from alerts import offline, tables
from alerts.alert import Unwatched
from alerts.ledger import Ledger
from alerts.offline import Offline, covered
from config import tables as registry
from ingest.clock import instant
from tests.databases import new_database

HOUR = 3_600_000_000
pytestmark = pytest.mark.usefixtures("each_database")


def with_homes(**enrolled_h: int) -> tuple[Engine, Ledger]:
    database = new_database()
    with database.begin() as connection:
        for number, (home, hour) in enumerate(enrolled_h.items(), 1):
            values: dict[str, object] = {column.name: 1 for column in registry.homes.c}
            values |= {
                "number": number, "id": home, "place": "fenbridge", "label": home,
                "state": "active", "goes_out": "alone", "enrolled_us": hour * HOUR, "sector": "",
            }  # fmt: skip
            connection.execute(insert(registry.homes).values(values))
    return database, Ledger(database)


def gone(home: str, since_h: int, reason: str = "gateway") -> Unwatched:
    return Unwatched(home, "fenbridge", since_h * HOUR, reason)


def measured(database: Engine, start_h: int, stop_h: int) -> Offline:
    with database.connect() as connection:
        return offline.measure(connection, "fenbridge", start_h * HOUR, stop_h * HOUR)


def test_a_time_begins_when_the_home_was_last_seen_and_ends_when_it_is_seen_again() -> None:
    database, ledger = with_homes(north=0, south=0)
    ledger.set_unwatched([gone("north", 10)], instant(12 * HOUR))
    ledger.set_unwatched([], instant(14 * HOUR))
    assert measured(database, 0, 24) == Offline(1, 4 * HOUR, 48 * HOUR)
    assert measured(database, 11, 13) == Offline(1, 2 * HOUR, 4 * HOUR)
    assert measured(database, 14, 24) == Offline(0, 0, 20 * HOUR)


def test_one_that_goes_on_counts_to_the_end_and_another_reason_is_the_same_time() -> None:
    database, ledger = with_homes(north=0)
    ledger.set_unwatched([gone("north", 10)], instant(12 * HOUR))
    ledger.set_unwatched([gone("north", 10, "outage")], instant(13 * HOUR))
    assert measured(database, 0, 20).offline_us == 10 * HOUR
    with database.connect() as connection:
        assert len(connection.execute(select(tables.unwatched_times)).all()) == 1


def test_times_that_overlap_count_once_and_a_home_counts_from_its_enrolment() -> None:
    database, ledger = with_homes(north=0, late=20)
    ledger.set_unwatched([gone("north", 10)], instant(12 * HOUR))
    ledger.set_unwatched([gone("north", 11)], instant(15 * HOUR))
    ledger.set_unwatched([gone("late", 0)], instant(16 * HOUR))
    assert measured(database, 0, 24) == Offline(2, (16 - 10 + 4) * HOUR, (24 + 4) * HOUR)


def test_homes_of_other_places_and_paused_homes_do_not_count() -> None:
    database, ledger = with_homes(north=0, south=0)
    ledger.set_unwatched([gone("north", 0), gone("south", 0)], instant(HOUR))
    with database.begin() as connection:
        h = registry.homes.c
        connection.execute(registry.homes.update().where(h.id == "north").values(state="paused"))
    assert measured(database, 0, 10) == Offline(1, 10 * HOUR, 10 * HOUR)
    with database.connect() as connection:
        assert offline.measure(connection, "northmoor", 0, 10 * HOUR) == Offline()


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))))
def test_the_union_of_times_is_what_a_plain_count_of_minutes_gives(
    spans: list[tuple[int, int]],
) -> None:
    minutes = np.zeros(40, np.bool_)
    for begin, end in spans:
        minutes[begin:end] = True
    assert covered(sorted(spans)) == minutes.sum()
