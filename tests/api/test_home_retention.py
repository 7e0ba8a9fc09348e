"""What an ended home leaves goes by the periods of its place, daily, and never under a hold."""

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, event, func, insert, select, update

from alerts import tables as ledger
from alerts.alert import AlertKind, Outcome
from alerts.forgetting import Erased
from api import ending, home_rows
from api.audit_retention import AuditRetention
from api.ended_rows import OF
from api.home_retention import HomeRetention, Outside
from api.home_rows import Subject
from config import audit, contacts, holds, household_tables, registry, tables
from config.audit import Entry, Head
from config.endings import UNDO_DAYS, Kept
from config.homes import Enrolment, HomeState, Sensor
from config.kinds import Kind
from config.places import Place, load_places
from config.vault import Vault, open_vault
from ingest.batch import build
from ingest.clock import Instant, instant
from tests.api.enrolled import (
    BY,
    DAY_US,
    GATE,
    HOME,
    NOW_US,
    PLACE,
    Enrolled,
    enrolled,
)
from tests.api.life import FakeStore
from tests.make import enrolment

pytestmark = pytest.mark.usefixtures("each_database")

PLACES = {
    PLACE: load_places()[PLACE].model_copy(
        update={"retention_days": 30, "alert_days": 200, "household_days": 40, "device_days": 60,
                "audit_days": 365}
    )
}  # fmt: skip
HERE = Subject(1, HOME, PLACE)


class Town:
    """An ended home with household, contacts and readings, and its retention."""

    def __init__(self, enrolled: Enrolled, vault: Vault) -> None:
        self.enrolled, self.vault = enrolled, vault
        self.database = enrolled.database
        self.store = FakeStore()
        self.dropped: list[str] = []
        self.forgotten: list[Erased] = []
        outside = Outside(self.store, self.drop, self.forgotten.append)
        self.work = HomeRetention(PLACES, self.database, outside, 20.0)
        with self.database.begin() as connection:
            plan = contacts.read_plan({"contact": [CONTACT]}, "a test")
            contacts.save(connection, vault, HOME, plan, BY, NOW_US)
            fields = {"home": 1, "id": "household-000001", "revision": 1, "sealed": "x",
                      "key_safe": "", "barred": "", "saved_by": BY, "saved_us": NOW_US}  # fmt: skip
            connection.execute(insert(household_tables.households).values(fields))
            former = {"home": 1, "id": "former-000001", "from_on": "2026-01-01",
                      "until_on": "2026-02-01", "was_since_us": 0, "was_untested": False,
                      "moved_us": NOW_US, "moved_by": BY, "sealed": "x"}  # fmt: skip
            connection.execute(insert(household_tables.former_addresses).values(former))

    def drop(self, names: object) -> None:
        assert isinstance(names, list)
        self.dropped += names
        self.vault.drop(names)

    def turn(self, days: float) -> int:
        """Take the turn of so many days after the end, to its end; return the rows that went."""
        now, gone = instant(NOW_US + int(days * DAY_US)), 0
        while count := self.work.step(now):
            gone += count
        return gone

    def kept(self) -> set[str]:
        """Return the tables that hold something of the home, but its log."""
        with self.database.connect() as connection:
            return {
                table.name
                for table, mine in home_rows.rules(HERE)
                if table.name != "audit"
                and connection.execute(
                    select(func.count()).select_from(table).where(mine)
                ).scalar_one()
            }


CONTACT = {
    "kind": "contact", "name": "Mx Sam Example", "relation": "sibling", "phone": "01632 960 002",
    "language": "en", "has_key": True, "wait_min": 5,
}  # fmt: skip


@pytest.fixture
def town() -> Town:
    return Town(enrolled(), open_vault(None, [bytes(32)]))


def told(database: Engine) -> list[dict[str, int]]:
    a = tables.audit.c
    with database.connect() as connection:
        assert audit.verify(connection) == []
        query = select(a.detail).where(a.what == "retention", a.place == PLACE)
        return [json.loads(detail) for detail in connection.execute(query).scalars()]


def test_kind_by_kind_goes_on_its_day_and_last_the_home_itself(town: Town) -> None:
    town.enrolled.end()
    before = town.kept()
    assert OF[Kept.HOUSEHOLD] - {"persons"} <= before
    assert town.turn(39) == 0
    assert town.kept() == before
    assert town.turn(40) == 3
    assert town.kept() == (before - OF[Kept.HOUSEHOLD]) | {"gone_subjects"}
    assert town.turn(59) == 0
    assert town.turn(60) > 6
    left = town.kept()
    assert not left & OF[Kept.DEVICES]
    assert {"homes", "endings", "consents"} <= left
    assert town.forgotten[0].home == [1]
    assert len(town.forgotten[0].sensor) == 7
    assert town.turn(199) == 0
    town.turn(200)
    assert town.kept() == set()
    assert sorted(told(town.database)[0]) == ["contacts", "former_addresses", "households"]
    assert "homes" in told(town.database)[-1]
    with town.database.connect() as connection:
        assert [home.id for home in registry.homes(connection)] == ["home-000002"]
        assert len(registry.sensors(connection)) == 7


def test_an_open_alert_keeps_whom_to_call_and_the_devices_until_a_person_ends_it(
    town: Town,
) -> None:
    town.enrolled.end()
    smoke = town.enrolled.raise_alert(AlertKind.SMOKE)
    assert town.turn(100) == 0
    assert OF[Kept.HOUSEHOLD] - {"persons"} <= town.kept()
    with town.database.begin() as connection:
        ended = update(ledger.alerts).where(ledger.alerts.c.id == smoke)
        connection.execute(ended.values(state="resolved"))
    town.turn(101)
    assert not town.kept() & (OF[Kept.HOUSEHOLD] | OF[Kept.DEVICES])


def test_a_hold_that_is_set_while_others_end_is_seen_before_this_one_does(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.enrolled.end()
    look = town.work._due

    def hold_after_a_look(connection: Connection, now: Instant) -> object:
        monkeypatch.setattr(town.work, "_due", look)
        found = look(connection, now)
        assert found
        with town.database.begin() as other:
            holds.place(other, HOME, "a case", BY, NOW_US)
        return found

    monkeypatch.setattr(town.work, "_due", hold_after_a_look)
    assert town.turn(40) == 0
    assert OF[Kept.HOUSEHOLD] - {"persons"} <= town.kept()


def test_keys_go_with_the_household_so_that_no_backup_can_be_read(town: Town) -> None:
    with town.database.connect() as connection:
        sealed = connection.execute(select(tables.contacts.c.sealed)).scalar_one()
        (found,) = contacts.read(connection, town.vault, HOME)
    town.enrolled.end()
    town.turn(40)
    assert f"contact:{found.id}" in town.dropped
    assert town.vault.open_row(f"contact:{found.id}", "contact", sealed) is None


def test_nothing_goes_while_the_end_can_be_taken_back_or_was(town: Town) -> None:
    long_ago = (instant(NOW_US).astype("datetime64[D]").item()) - timedelta(days=90)
    town.enrolled.end(on=long_ago)
    before = town.kept()
    assert town.turn(UNDO_DAYS - 0.5) == 0
    assert town.kept() == before
    town.enrolled.now_us = NOW_US + 5 * DAY_US
    ending.take_back(town.enrolled.site, [PLACE], HOME, "a mistake", BY)
    assert town.turn(900) == 0
    assert town.kept() == before


def test_a_home_that_goes_on_loses_nothing(town: Town) -> None:
    before = town.kept()
    assert town.turn(5000) == 0
    assert town.kept() == before


def test_a_hold_keeps_everything_until_it_is_lifted(town: Town) -> None:
    town.enrolled.end()
    before = town.kept()
    with town.database.begin() as connection:
        hold = holds.place(connection, HOME, "Inquiry 2026/17", BY, NOW_US)
    assert town.turn(900) == 0
    assert town.kept() == before | {"legal_holds"}
    with town.database.begin() as connection:
        holds.lift(connection, [PLACE], hold.number, "it is over", BY, NOW_US)
    town.turn(901)
    assert town.kept() == set()


def test_devices_wait_for_the_last_reading_and_the_home_for_the_last_alert(town: Town) -> None:
    cold = town.enrolled.raise_alert(AlertKind.COLD_HOME)
    town.enrolled.end()
    town.store.batches[1] = build([2], [NOW_US], [1.0], [NOW_US])
    town.turn(100)
    assert "sensors" in town.kept()
    town.store.batches.clear()
    town.turn(101)
    assert "sensors" not in town.kept()
    town.turn(300)
    assert {"homes", "alerts"} <= town.kept()
    with town.database.begin() as connection:
        h = ledger.history
        connection.execute(h.delete().where(h.c.alert == cold))
        for table in (ledger.escalations, ledger.outbox):
            connection.execute(table.delete().where(table.c.alert == cold))
        connection.execute(ledger.alerts.delete().where(ledger.alerts.c.id == cold))
    town.turn(301)
    assert town.kept() == set()


def test_a_sensor_of_another_home_on_its_gateway_keeps_the_gateway_and_not_the_home(
    town: Town,
) -> None:
    """No door enrols one there; should one stand there all the same, it goes on being heard."""
    town.enrolled.end()
    with town.database.begin() as connection:
        hub = next(one for one in registry.gateways(connection) if one.id == GATE)
        strange = Sensor(0, "sens-strange", 2, hub.number, "native", "next-door", Kind.MOTION)
        registry.add_sensors(connection, [strange])
    town.turn(60)
    assert not town.kept() & OF[Kept.DEVICES]
    town.turn(200)
    assert town.kept() == set()
    with town.database.connect() as connection:
        left = {one.id: one.home for one in registry.gateways(connection)}
        assert left[GATE] is None
        device = registry.load(connection).devices[hub.number, "native", "next-door"]
        assert device
        noted = select(tables.audit.c.subject).where(tables.audit.c.what == "retention")
        assert f"gateway:{GATE}" in connection.execute(noted).scalars().all()
        assert audit.verify(connection) == []


@pytest.mark.parametrize("days", [1, 30, 45])
def test_the_turn_of_a_day_asks_as_often_for_hundreds_of_ended_homes_as_for_one(
    town: Town, days: int
) -> None:
    town.enrolled.end()
    smoke = town.enrolled.raise_alert(AlertKind.SMOKE)  # keeps the first home, whatever is due
    one = asked(town, days)
    with town.database.begin() as connection:
        made = registry.enrol(connection, renamed(enrolment(300)), now_us=0)
        row = connection.execute(select(tables.endings)).mappings().one()
        more = [{**row, "number": None, "home": home.number} for home in made.homes]
        for values in more:
            del values["number"]
        connection.execute(insert(tables.endings), more)
        registry.set_home_state(connection, [home.id for home in made.homes], HomeState.ENDED)
    assert smoke
    assert asked(town, days) == one


def asked(town: Town, days: int) -> int:
    """Return how many statements a day's turn needs; it starts anew."""
    said: list[str] = []

    def count(*args: object) -> None:
        said.append(str(args[2]))

    work = HomeRetention(PLACES, town.database, town.work._outside, 20.0)
    event.listen(town.database, "before_cursor_execute", count)
    try:
        assert work.step(instant(NOW_US + days * DAY_US)) == 0
    finally:
        event.remove(town.database, "before_cursor_execute", count)
    return len(said)


def renamed(made: Enrolment) -> Enrolment:
    """Return the homes with ids that no home of the town has."""
    return Enrolment(
        tuple(replace(one, id=f"more-{one.id}") for one in made.homes),
        tuple(replace(one, id=f"more-{one.id}") for one in made.gateways),
        tuple(replace(one, id=f"more-{one.id}") for one in made.sensors),
    )


def test_a_dry_run_tells_and_deletes_nothing(town: Town) -> None:
    town.enrolled.end()
    before = town.kept()
    now = instant(NOW_US + 45 * DAY_US)
    assert town.work.would_go(now)[PLACE] == {"contacts": 1, "former_addresses": 1, "households": 1}
    assert town.kept() == before
    assert town.work.would_go(instant(NOW_US))[PLACE] == {}


def test_the_log_still_says_of_whom_after_the_rows_have_gone(town: Town) -> None:
    with town.database.connect() as connection:
        (found,) = contacts.read(connection, town.vault, HOME)
    with town.database.begin() as connection:
        contacts.confirm(connection, found.id, BY, NOW_US)
    town.enrolled.end()
    asked = said_of(town.database)
    assert {f"contact:{found.id}", "gateway:gate-000001"} <= asked
    town.turn(60)
    assert not town.kept() & (OF[Kept.HOUSEHOLD] | OF[Kept.DEVICES])
    assert said_of(town.database) == asked


def said_of(database: Engine) -> set[str]:
    """Return the subjects of the audit log that are known to be of the home."""
    rules = {table.name: (table, mine) for table, mine in home_rows.rules(HERE)}
    table, mine = rules["audit"]
    with database.connect() as connection:
        return set(connection.execute(select(table.c.subject).where(mine)).scalars())


def test_the_log_of_an_expired_alert_is_still_the_homes(town: Town) -> None:
    from alerts import expiry

    cold = town.enrolled.raise_alert(AlertKind.COLD_HOME)
    other = town.enrolled.raise_alert(AlertKind.COLD_HOME, "home-000002")
    for alert in (cold, other):
        town.enrolled.site.ledger.resolve(alert, BY, Outcome.SEEN_WELL, "", instant(NOW_US))
    assert f"alert:{cold}" in said_of(town.database)
    with town.database.begin() as connection:
        after_us = NOW_US + DAY_US
        assert expiry.expire(connection, PLACE, after_us, [], after_us)["alerts"] == 2
    assert f"alert:{cold}" in said_of(town.database)
    assert f"alert:{other}" not in said_of(town.database)


# The audit log's own period.


def long_log(database: Engine, *, young: int = 3) -> list[Head]:
    """Write five old rows and some young ones; return the heads after each."""
    heads = []
    with database.begin() as connection:
        connection.execute(tables.audit.delete())
        connection.execute(tables.audit_heads.delete())
        times = [NOW_US - 4000 * DAY_US + n for n in range(5)] + [NOW_US - n for n in range(young)]
        for at_us in times:
            entry = Entry(PLACE, at_us, BY, "read", f"home:{HOME}", {})
            heads.append(audit.append(connection, entry))
    return heads


def cut(database: Engine, places: dict[str, Place], now: Instant) -> int:
    work, gone = AuditRetention(places, database), 0
    while count := work.step(now):
        gone += count
    return gone


def test_old_rows_of_the_log_go_and_the_chain_is_whole(town: Town) -> None:
    heads = long_log(town.database)
    now = instant(NOW_US)
    assert AuditRetention(PLACES, town.database).would_go(now)[PLACE] == 5
    assert cut(town.database, PLACES, now) == 5
    with town.database.connect() as connection:
        assert audit.verify(connection, heads) == []
        rows = audit.read(connection, PLACE, limit=50)
        assert [row.seq for row in rows] == [9, 8, 7, 6]
        assert json.loads(rows[0].detail)["rows"] == 5
    assert cut(town.database, PLACES, now) == 0
    assert cut(town.database, PLACES, now + np.timedelta64(400, "D")) == 4  # its own first note too
    with town.database.connect() as connection:
        assert audit.verify(connection) == []


def test_rows_that_somebody_cut_off_at_the_beginning_are_missed(town: Town) -> None:
    heads = long_log(town.database)
    with town.database.begin() as connection:
        a = tables.audit
        connection.execute(a.delete().where(a.c.seq <= 2))
    with town.database.connect() as connection:
        assert audit.verify(connection)
    with town.database.begin() as connection:
        forged = {"place": PLACE, "seq": 2, "hash": heads[1].hash}
        connection.execute(tables.audit_starts.insert().values(forged))
    with town.database.connect() as connection:
        (fault,) = audit.verify(connection)
    assert "no row says that they went" in fault.what


def test_an_anchor_of_the_last_row_that_went_must_fit(town: Town) -> None:
    heads = long_log(town.database)
    cut(town.database, PLACES, instant(NOW_US))
    wrong = Head(PLACE, 5, heads[2].hash)
    with town.database.connect() as connection:
        assert [fault.seq for fault in audit.verify(connection, [wrong])] == [5]


def test_a_hold_at_a_place_keeps_its_whole_log(town: Town) -> None:
    with town.database.begin() as connection:
        hold = holds.place(connection, HOME, "Inquiry 2026/17", BY, NOW_US)
    long_log(town.database)
    assert cut(town.database, PLACES, instant(NOW_US)) == 0
    with town.database.begin() as connection:
        holds.lift(connection, [PLACE], hold.number, "it is over", BY, NOW_US)
    assert cut(town.database, PLACES, instant(NOW_US)) == 5


def test_a_log_of_old_rows_alone_ends_with_the_note_that_they_went(town: Town) -> None:
    long_log(town.database, young=0)
    assert cut(town.database, PLACES, instant(NOW_US)) == 5
    with town.database.connect() as connection:
        assert audit.verify(connection) == []
        rows = audit.read(connection, PLACE, limit=50)
    assert {row.what for row in rows} == {audit.CUT}
