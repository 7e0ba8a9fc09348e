"""Councils merge and split: no row is lost or doubled, and gateways are heard all the while."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, select

from alerts import deadlines, tables
from alerts.alert import AlertKind, Finding, Outcome, Priority, Verdict, alert_id
from alerts.ledger import Ledger
from alerts.modes import Mode
from alerts.switches import read_modes
from api import place_move, table_copy
from api.exits import CommandFailed
from api.place_move import Plan, merging, move, splitting
from config import audit, ladder_rows, ladders, moves, people, registry, rotas
from config import tables as registry_tables
from config.problems import ConfigProblem
from config.roles import Role
from ingest.clock import instant
from ingest.decode import decode
from ingest.message import Message
from tests.alerts.shadow_world import set_mode
from tests.alerts.test_escalate import LADDER, ROTA
from tests.alerts.test_ledger import finding
from tests.databases import new_database
from tests.make import enrolment

pytestmark = pytest.mark.usefixtures("each_database")
A, B, C, D = "fenbridge", "northmoor", "willowmere", "saltmarsh"
AT = 1_793_577_600_000_000


def filled(homes: Mapping[str, int]) -> Engine:
    """Return a database in which every home has alerts in several states, and people watch."""
    database = new_database()
    ledger, first = Ledger(database), 1
    with database.begin() as connection:
        for name in ("ann", "bea", "sue"):
            connection.execute(
                insert(registry_tables.accounts).values(
                    id=f"account-{name}", email=f"{name}@x.org", name=name,
                    password_hash="", created_us=0,
                )
            )  # fmt: skip
    for place, count in homes.items():
        with database.begin() as connection:
            made = registry.enrol(connection, enrolment(count, place=place, first=first), now_us=0)
            first += count
            people.grant(connection, "account-sue", place, Role.SUPERVISOR)
            people.grant(connection, "account-ann", place, Role.OPERATOR)
        for number, home in enumerate(made.homes):
            (id_,) = ledger.raise_findings([of(place, home.id)], instant(AT))
            if number % 3 == 1:
                ledger.acknowledge(id_, "account-ann", instant(AT + 1))
            if number % 3 == 2:
                ledger.resolve(id_, "account-ann", Outcome.SEEN_WELL, "", instant(AT + 1))
        ledger.raise_findings([of(place, "")], instant(AT))
    return database


def of(place: str, home: str) -> Finding:
    kind = AlertKind.NO_SIGN_OF_LIFE if home else AlertKind.OUTAGE
    made = finding(kind, home=home or place)
    return replace(
        made,
        id=alert_id(home or place, kind, AT),
        home=home,
        place=place,
        priority=Priority.P2 if home else Priority.T,
        verdict=Verdict.PERSON if home else Verdict.OUTAGE,
    )


def count_by_place(connection: Connection, name: str) -> Counter[str]:
    table = {t.name: t for t in table_copy.every_table()}[name]
    return Counter(connection.execute(select(table.c.place)).scalars())


def test_two_places_become_one_with_all_that_hangs_on_their_homes() -> None:
    database = filled({A: 4, B: 3, D: 2})
    with database.begin() as connection:
        before = table_copy.counts(connection)
        due = {row.alert: row.due_us for row in connection.execute(select(tables.escalations))}
        done = move(connection, merging(connection, [A, B], C), account="account-sue", now_us=AT)
    with database.connect() as connection:
        after = table_copy.counts(connection)
        assert count_by_place(connection, "homes") == {C: 7, D: 2}
        assert count_by_place(connection, "gateways") == {C: 7, D: 2}
        assert count_by_place(connection, "alerts") == {C: 9, D: 3}
        # The step of each ladder, and who has the alert, are as they were.
        assert due == {
            row.alert: row.due_us for row in connection.execute(select(tables.escalations))
        }
        assert audit.verify(connection) == []
        assert {audit.read(connection, p, limit=1)[0].what for p in (A, B)} == {"moved-out"}
        moved_in = [row for row in audit.read(connection, C, limit=99) if row.what == "moved-in"]
        assert len(moved_in) == 7 + 2
        assert people.grants_of(connection, "account-sue")[C] == {Role.SUPERVISOR}
    grown = {name for name in before if after[name] != before[name]}
    assert grown <= {"audit", "audit_heads", "gateway_topics", "grants", "detector_modes"}
    assert done.places == {"homes": 7, "gateways": 7, "alerts": 9, "unwatched": 0,
                           "unwatched_times": 0, "shadow_findings": 0, "cap_proposals": 0,
                           "handovers": 0, "welfare_calls": 0, "gone_subjects": 0}  # fmt: skip
    assert any("will see every home" in line for line in done.warnings)


@given(
    homes=st.lists(st.integers(0, 4), min_size=2, max_size=2),
    where=st.lists(st.sampled_from([A, B, C, D]), min_size=8, max_size=8),
)
@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.too_slow],
)
def test_whatever_moves_where_no_row_is_lost_or_doubled(homes: list[int], where: list[str]) -> None:
    database = filled({A: homes[0], B: homes[1]})
    with database.begin() as connection:
        before, rows = table_copy.counts(connection), connection.execute(
            select(registry_tables.homes.c.number, registry_tables.homes.c.place)
        ).all()  # fmt: skip
        plans: dict[str, dict[str, list[int]]] = {A: {}, B: {}}
        expected = Counter[str]()
        for row, target in zip(rows, where, strict=False):
            expected[target] += 1
            if target != row.place:
                plans[row.place].setdefault(target, []).append(row.number)
        for source, plan in plans.items():
            move(connection, Plan([source], plan, is_whole=False), account="account-sue", now_us=AT)
        after = table_copy.counts(connection)
        grows = {"audit", "audit_heads", "gateway_topics", "grants", "sessions"}
        assert {n: c for n, c in after.items() if n not in grows} == {
            n: c for n, c in before.items() if n not in grows
        }
        assert count_by_place(connection, "homes") == expected
        query = select(registry_tables.homes.c.id, registry_tables.homes.c.place)
        place_of = dict(connection.execute(query).all())
        for alert in connection.execute(select(tables.alerts)):
            assert alert.home is None or alert.place == place_of[alert.home]
        assert audit.verify(connection) == []
    database.dispose()


def test_a_gateway_is_heard_under_its_old_place_and_under_its_new_one_and_no_other() -> None:
    database = filled({A: 1, B: 1})
    with database.begin() as connection:
        move(connection, merging(connection, [A], C), account="account-sue", now_us=AT)
        table = registry.load(connection)
    hub = next(gateway for gateway in table.gateways.values() if gateway.place == C)
    assert hub.old_places == (A,)
    sensor = next(s for s in table.sensors.values() if s.dialect == "native")
    payload = f'{{"r": [["{sensor.address}", {AT // 1000}, 1.0]]}}'.encode()

    def heard(place: str, dialect: str = "native/r") -> int:
        topic = f"stillwell/v1/{place}/{hub.id}/{dialect}".encode()
        found = decode([Message(topic, payload, AT)], table)
        return len(found.batch)

    assert [heard(A), heard(C), heard(B), heard(D)] == [1, 1, 0, 0]

    with database.begin() as connection:  # and back again
        moves.move(connection, [hub.home or 0], A)
        back = registry.load(connection).gateways[hub.number]
    assert (back.place, back.old_places) == (A, (C,))


def test_ladders_rota_and_live_detectors_hold_at_a_new_place_and_not_over_its_own() -> None:
    database = filled({A: 2, B: 1})
    plan = ladders.read_plan(LADDER, "test")
    with database.begin() as connection:
        rotas.save(connection, A, rotas.read_plan(ROTA, "test"), "account-sue", 0)
        ladder_rows.save(connection, A, "P2", plan, "account-sue", 0)
        set_mode(connection, Mode.LIVE)  # of Fenbridge
        done = move(connection, merging(connection, [A], C), account="account-sue", now_us=AT)
        assert ladder_rows.find(connection, C, "P2") == plan
        assert read_modes(connection).of(C, "inactivity") is Mode.LIVE
        assert done.warnings == []
        set_mode(connection, Mode.SHADOW, place=B)
        more = move(connection, merging(connection, [C], B), account="account-sue", now_us=AT)
        assert read_modes(connection).of(B, "inactivity") is Mode.SHADOW
    assert any("inactivity is live at willowmere and shadow" in line for line in more.warnings)


def test_an_alert_that_is_moved_can_be_ended_and_its_people_told() -> None:
    database = filled({A: 1})
    with database.begin() as connection:
        move(connection, merging(connection, [A], C), account="account-sue", now_us=AT)
        alert = connection.execute(
            select(tables.alerts.c.id).where(tables.alerts.c.home.is_not(None))
        ).scalar_one()
        assert deadlines.find(connection, alert) is not None
    Ledger(database).resolve(alert, "account-ann", Outcome.SEEN_WELL, "", instant(AT + 5))
    with database.connect() as connection:
        assert audit.read(connection, C, limit=1)[0].subject == f"alert:{alert}"
        assert audit.verify(connection) == []


def test_a_split_file_says_every_mistake_and_then_moves_what_it_names(tmp_path: Path) -> None:
    database = filled({A: 3, B: 1})
    file = tmp_path / "split.csv"
    file.write_text(
        "home,place\nhome-000001,willowmere\nhome-000004,willowmere\nnobody,willowmere\n"
        "home-000001,saltmarsh\nhome-000002,atlantis\nhome-000003,fenbridge\n"
    )
    with database.begin() as connection:
        with pytest.raises(ConfigProblem) as problem:
            splitting(connection, A, file, [A, B, C, D])
        told = str(problem.value)
        for line in ("row 3: 'home-000004' is no home of fenbridge", "row 4: 'nobody'",
                     "row 5: home-000001 stands in row 2 already", "row 6: place is 'atlantis'",
                     "row 7: place is 'fenbridge'"):  # fmt: skip
            assert line in told
        file.write_bytes(b"home,place\nhome-000001,caf\xe9\n")
        with pytest.raises(ConfigProblem, match=r"line 2; it seems to be Windows-1252"):
            splitting(connection, A, file, [A, B, C, D])
        file.write_text("home,place\nhome-000001,willowmere\nhome-000003,saltmarsh\n")
        plan = splitting(connection, A, file, [A, B, C, D])
        move(connection, plan, account="account-sue", now_us=AT)
        assert count_by_place(connection, "homes") == {A: 1, B: 1, C: 1, D: 1}
        # The outage of the old place is still its own.
        assert count_by_place(connection, "alerts") == {A: 2, B: 2, C: 1, D: 1}


def test_a_row_that_would_be_lost_stops_the_move(monkeypatch: pytest.MonkeyPatch) -> None:
    database = filled({A: 2})

    def losing(connection: Connection, numbers: list[int], place: str) -> int:
        connection.execute(registry_tables.allowances.delete())
        connection.execute(tables.history.delete())
        return moves_move(connection, numbers, place)

    moves_move = moves.move
    monkeypatch.setattr(moves, "move", losing)
    with (
        pytest.raises(CommandFailed, match="alert_history had"),
        database.begin() as connection,
    ):
        move(connection, merging(connection, [A], C), account="account-sue", now_us=AT)
    with database.connect() as connection:
        assert count_by_place(connection, "homes") == {A: 2}


def test_every_table_that_names_a_place_has_a_rule() -> None:
    named = {table.name for table in table_copy.every_table() if "place" in table.c}
    ruled = [place_move.MOVES, place_move.COPIED, place_move.STAYS]
    assert sum(map(len, ruled)) == len(frozenset().union(*ruled))
    assert named == frozenset().union(*ruled), "say in api/place_move.py what becomes of its rows"
