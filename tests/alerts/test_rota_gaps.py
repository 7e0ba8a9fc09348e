"""A gap in the rota is told to the supervisors ahead of it, once, and closed when it is filled."""

from datetime import date

from sqlalchemy import select

from alerts import rota_watch, tables
from alerts.ledger import Ledger
from config import rota_gaps, rotas
from config.rotas import DAYS
from tests.alerts.test_escalate import PLACES, ROTA, told, world
from tests.alerts.test_ledger import at
from tests.alerts.world import DAY, HOUR, PLACE, START

WEEKDAYS = {
    "team": ROTA["team"],
    "shift": [
        {"team": "day", "days": list(DAYS[:5]), "from": "00:00", "to": "00:00",
         "people": ["ann@x.org"]},
    ],
}  # fmt: skip


def put(ledger: Ledger, rota: object) -> None:
    with ledger._database.begin() as connection:
        rotas.save(connection, PLACE, rotas.read_plan(rota, "test"), "account-sue", START)


def gaps(ledger: Ledger) -> list[tuple[int, str]]:
    a = tables.alerts.c
    with ledger._database.connect() as connection:
        query = select(a.onset_us, a.state).where(a.kind == "rota-gap").order_by(a.onset_us)
        return [tuple(row) for row in connection.execute(query)]


def test_a_gap_is_told_to_the_supervisors_a_week_ahead_and_once() -> None:
    database, ledger = world()
    put(ledger, WEEKDAYS)
    assert rota_watch.watch(database, ledger, PLACES, at(0)) == 1
    assert gaps(ledger) == [(START + 5 * DAY, "open")], "Saturday"
    assert {(who, how) for who, how, _ in told(database)} == {("sue", "sms"), ("sue", "email")}
    assert rota_watch.watch(database, ledger, PLACES, at(HOUR)) == 0
    assert rota_watch.watch(database, ledger, PLACES, at(5 * DAY)) == 0, "it has begun"
    assert len(told(database)) == 2
    assert rota_watch.watch(database, ledger, PLACES, at(6 * DAY)) == 1, "the next Saturday"
    assert [state for _, state in gaps(ledger)] == ["open", "open"]


def test_a_gap_that_is_filled_or_over_is_closed_by_itself() -> None:
    database, ledger = world()
    put(ledger, WEEKDAYS)
    rota_watch.watch(database, ledger, PLACES, at(0))
    put(ledger, ROTA)
    assert rota_watch.watch(database, ledger, PLACES, at(HOUR)) == 0
    assert [state for _, state in gaps(ledger)] == ["closed"]


def test_a_team_that_will_be_on_call_in_three_weeks_is_one_gap_however_often_it_is_looked() -> None:
    database, ledger = world()
    later = [{**WEEKDAYS["shift"][0], "since": "2026-11-23"}]
    put(ledger, {**WEEKDAYS, "shift": later})
    assert rota_watch.watch(database, ledger, PLACES, at(0)) == 1
    for hours in (1, 30, 200):
        assert rota_watch.watch(database, ledger, PLACES, at(hours * HOUR)) == 0
    assert gaps(ledger) == [(START, "open")]


def test_only_what_a_change_opens_within_a_week_is_new() -> None:
    before, after = (rotas.read_plan(one, "test") for one in (ROTA, WEEKDAYS))
    opened = rota_gaps.opened(before, after, PLACES[PLACE], (), START)
    assert [(gap.start_us, gap.end_us) for gap in opened] == [(START + 5 * DAY, START + 7 * DAY)]
    assert rota_gaps.opened(after, after, PLACES[PLACE], (), START) == []
    assert rota_gaps.opened(None, after, PLACES[PLACE], (), START) == []
    assert rota_gaps.opened(after, before, PLACES[PLACE], (), START) == []


def test_a_place_without_a_rota_has_no_gap() -> None:
    database, ledger = world()
    assert rota_watch.watch(database, ledger, {}, at(0)) == 0
    assert rota_watch.watch(database, ledger, PLACES, at(0)) == 0


def test_the_end_of_the_known_bank_holidays_is_said_where_a_shift_needs_them() -> None:
    database, ledger = world()
    shift = {"team": "day", "days": ["holiday"], "from": "00:00", "to": "00:00",
             "people": ["bea@x.org"]}  # fmt: skip
    far_us = (date(2090, 1, 1) - date(1970, 1, 1)).days * DAY
    with database.connect() as connection:
        assert rota_gaps.holidays_end(connection, PLACES[PLACE], far_us) is None
    put(ledger, {**WEEKDAYS, "shift": [*WEEKDAYS["shift"], shift]})
    with database.connect() as connection:
        said = rota_gaps.holidays_end(connection, PLACES[PLACE], far_us)
        assert rota_gaps.holidays_end(connection, PLACES[PLACE], 0) is None
    assert said is not None
    assert "Install a newer govuk-bank-holidays" in said
