from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from alerts.adjudications import Adjudication, adjudicate, count, find_finding, history
from alerts.adjudications import list_findings as listed
from alerts.alert import AlertKind
from alerts.precision import Precision, Said
from alerts.shadow_rows import ShadowState
from tests.alerts.shadow_world import finding, record, say
from tests.alerts.world import DAY, HOUR, PLACE, START
from tests.databases import new_database

pytestmark = pytest.mark.usefixtures("each_database")

ALWAYS = {"from_us": 0, "to_us": 2**62}


@pytest.fixture
def connection() -> Iterator[Connection]:
    with new_database().connect() as connection:
        yield connection


def test_the_last_word_counts_and_every_word_is_kept(connection: Connection) -> None:
    id_ = record(connection, finding())
    words = [
        Adjudication(Said.TRUE, "account-sam", START, "on the floor"),
        Adjudication(Said.TRUE, "account-sam", START + 5, "on the floor"),  # a double click
        Adjudication(Said.FALSE, "account-ann", START + 9, "no: she was at her sister's"),
    ]
    for word in words:
        adjudicate(connection, id_, word)
    assert history(connection, id_) == [words[0], words[2]]
    found = find_finding(connection, [PLACE], id_)
    assert found is not None
    assert (found.said, found.account, found.note) == (Said.FALSE, "account-ann", words[2].note)
    assert count(connection, [PLACE], **ALWAYS) == {(PLACE, "inactivity"): Precision(false=1)}


def test_counts_are_by_place_and_detector_over_the_period(connection: Connection) -> None:
    for day, said in enumerate([Said.TRUE, Said.TRUE, Said.FALSE, Said.UNCLEAR, None]):
        id_ = record(connection, finding(onset_us=START + day * DAY))
        if said is not None:
            say(connection, id_, said)
    say(connection, record(connection, finding(AlertKind.NOT_BACK)), Said.TRUE)
    say(connection, record(connection, finding(AlertKind.COLD_HOME)), Said.FALSE)
    say(connection, record(connection, finding(place="northmoor", home="home-x")), Said.FALSE)

    both = count(connection, [PLACE, "northmoor"], **ALWAYS)
    assert both == {
        (PLACE, "inactivity"): Precision(true=3, false=1, unclear=1, awaiting=1),
        (PLACE, "cold"): Precision(false=1),
        ("northmoor", "inactivity"): Precision(false=1),
    }
    assert ("northmoor", "inactivity") not in count(connection, [PLACE], **ALWAYS)
    found_us = START + 4 * HOUR
    one_day = count(connection, [PLACE], from_us=found_us + DAY, to_us=found_us + 2 * DAY)
    assert one_day == {(PLACE, "inactivity"): Precision(true=1)}


def test_what_a_detector_that_is_off_holds_is_shown_and_counted_nowhere(
    connection: Connection,
) -> None:
    id_ = record(connection, finding(), ShadowState.HELD)
    assert find_finding(connection, [PLACE], id_) is None
    assert listed(connection, [PLACE], limit=9) == []
    assert count(connection, [PLACE], **ALWAYS) == {}


def test_findings_are_listed_newest_first_each_once(connection: Connection) -> None:
    made = [record(connection, finding(onset_us=START + i // 2, home=f"h{i}")) for i in range(7)]
    record(connection, finding(place="northmoor", home="elsewhere"))
    seen: list[str] = []
    before: tuple[int, str] | None = None
    while page := listed(connection, [PLACE], before=before, limit=2):
        seen += [found.id for found in page]
        before = (page[-1].found_us, page[-1].id)
    assert sorted(seen) == sorted(made)
    assert len(seen) == len(set(seen))
    times = [f.found_us for f in listed(connection, [PLACE], limit=9)]
    assert times == sorted(times, reverse=True)


def test_the_list_is_narrowed_to_what_waits_or_was_judged_and_by_kind(
    connection: Connection,
) -> None:
    waits = record(connection, finding())
    was = record(connection, finding(AlertKind.COLD_HOME))
    say(connection, was, Said.UNCLEAR)
    say(connection, was, Said.TRUE)
    assert [f.id for f in listed(connection, [PLACE], is_judged=False, limit=9)] == [waits]
    assert [f.id for f in listed(connection, [PLACE], is_judged=True, limit=9)] == [was]
    cold = listed(connection, [PLACE], kinds=[AlertKind.COLD_HOME], limit=9)
    assert [(f.id, f.detector, f.said) for f in cold] == [(was, "cold", Said.TRUE)]
