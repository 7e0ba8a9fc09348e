from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from alerts.alert import AlertKind
from alerts.modes import DETECTORS, Mode
from alerts.precision import ENOUGH, Precision
from alerts.switches import (
    LONGEST,
    Switch,
    SwitchRefused,
    history,
    in_force,
    read_modes,
    read_revision,
    switch,
)
from tests.alerts.shadow_world import set_mode
from tests.alerts.world import PLACE, START
from tests.databases import new_database

pytestmark = pytest.mark.usefixtures("each_database")

GOOD = Precision(true=ENOUGH)


def wish(mode: Mode = Mode.LIVE, /, **values: object) -> Switch:
    made = {"place": PLACE, "detector": "inactivity", "mode": mode, "since_us": START}
    made |= {"account": "account-sam", "evidence": "31 of 34 true", "judged": GOOD}
    return Switch(**{**made, **values})  # type: ignore[arg-type]  # as replace()


@pytest.fixture
def connection() -> Iterator[Connection]:
    with new_database().connect() as connection:
        yield connection


def test_a_place_that_nobody_switched_is_in_shadow(connection: Connection) -> None:
    modes = read_modes(connection)
    assert {modes.of(PLACE, detector.key) for detector in DETECTORS} == {Mode.SHADOW}
    assert modes.of_kind(PLACE, AlertKind.SMOKE) is Mode.LIVE
    assert read_revision(connection) == 0


def test_a_switch_names_who_when_and_on_what_evidence(connection: Connection) -> None:
    made = wish(judged=Precision(31, 3, 2), judged_from_us=START - 5)
    switch(connection, made)
    assert in_force(connection) == history(connection, [PLACE]) == [made]
    assert read_modes(connection).of(PLACE, "inactivity") is Mode.LIVE
    assert read_modes(connection).of("northmoor", "inactivity") is Mode.SHADOW


def test_the_newest_switch_is_in_force_and_the_older_ones_stay_known(
    connection: Connection,
) -> None:
    set_mode(connection, Mode.LIVE)
    before = read_revision(connection)
    set_mode(connection, Mode.OFF, since_us=START)  # the same moment: the later row counts
    set_mode(connection, Mode.LIVE, "cold")
    assert read_revision(connection) > before
    assert read_modes(connection).of(PLACE, "inactivity") is Mode.OFF
    assert [s.mode for s in history(connection, [PLACE], "inactivity")] == [Mode.OFF, Mode.LIVE]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"evidence": "  "}, "evidence"),
        ({"evidence": "x" * (LONGEST + 1)}, "evidence"),
        ({"detector": "horoscope"}, "detector"),
        ({"judged": Precision(ENOUGH - 1, 0, 40)}, "without_evidence"),
        ({"judged": Precision(), "without_evidence": " "}, "without_evidence"),
        ({"without_evidence": "x" * (LONGEST + 1)}, "without_evidence"),
    ],
)
def test_a_switch_without_a_word_of_why_is_refused(
    connection: Connection, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(SwitchRefused) as refused:
        switch(connection, wish(**wrong))
    assert refused.value.field == field
    assert history(connection, [PLACE]) == []


def test_too_little_evidence_takes_a_reason_and_keeps_it(connection: Connection) -> None:
    made = wish(judged=Precision(3, 1), without_evidence="heat wave: we answer by phone")
    switch(connection, made)
    assert history(connection, [PLACE]) == [made]


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.SHADOW])
def test_stepping_back_needs_no_evidence_but_a_reason(connection: Connection, mode: Mode) -> None:
    switch(connection, wish(mode, judged=Precision(), evidence="too many at night"))
    with pytest.raises(SwitchRefused):
        switch(connection, wish(mode, judged=Precision(), evidence=""))
