"""A device moves between homes by two people: what each may do, what changes, and what stays."""

from datetime import UTC, datetime
from itertools import count

import pytest
from sqlalchemy import Engine, delete, select, update

from config import (
    audit,
    consents,
    credentials,
    device_move_rows,
    holds,
    pause_rows,
    people,
    registry,
    tables,
)
from config.consents import Basis, ConsentPlan, Decider
from config.device_moves import Carried, Move, MoveState, Wish
from config.homes import HomeState, Sensor
from config.kinds import Kind
from config.pauses import Pause, PauseReason
from config.problems import ConfigProblem
from config.roles import Role
from config.sensor_table import SensorTable
from tests.databases import new_database
from tests.make import enrolment

pytestmark = pytest.mark.usefixtures("each_database")
PLACE, HOME, GOAL, FOREIGN = "fenbridge", "home-000001", "home-000002", "home-000003"
GATE, GOAL_GATE = "gate-000001", "gate-000002"
T0 = 1_800_000_000_000_000
DAY = 86_400_000_000
KINDS = ((Kind.MOTION, "hall"), (Kind.CONTACT, "hall"), (Kind.SMOKE, "kitchen"))
MOTION, CONTACT, SMOKE = "sens-000002", "sens-000003", "sens-000004"
OLGA, ORLA, IVY, CARL = "account-olga", "account-orla", "account-ivy", "account-carl"


@pytest.fixture
def database() -> Engine:
    made = new_database()
    fill(made)
    return made


def fill(database: Engine) -> None:
    """Two homes of a place, of which the second has consented, and one of another place."""
    with database.begin() as connection:
        registry.enrol(connection, enrolment(2, kinds=KINDS), now_us=T0 - 9 * DAY)
        other = enrolment(1, kinds=KINDS, first=3, place="marlow")
        registry.enrol(connection, other, now_us=T0 - 9 * DAY)
        for id_, role in (
            (OLGA, Role.OFFICER),
            (ORLA, Role.OFFICER),
            (IVY, Role.INSTALLER),
            (CARL, Role.CARE_WORKER),
        ):
            connection.execute(
                tables.accounts.insert().values(
                    id=id_, email=f"{id_}@example.org", name=id_, password_hash="", created_us=0
                )
            )
            people.grant(connection, id_, PLACE, role)
        people.grant(connection, OLGA, PLACE, Role.INSTALLER)
        consent(connection, GOAL, *Kind)
        s = tables.sensors
        for kind in ("motion", "contact", "smoke"):
            mine = (s.c.home == 2) & (s.c.kind == kind)
            connection.execute(update(s).where(mine).values(address=f"own-{kind}"))


def consent(connection: object, home: str, *kinds: Kind) -> None:
    day = datetime.fromtimestamp(T0 / 1_000_000, UTC).date()  # a decision of that day
    plan = ConsentPlan(
        basis=Basis.CONSENT,
        decided_by=Decider.PERSON,
        decided_on=day,
        review_on=day.replace(month=day.month, year=day.year + 1),
        purpose=dict.fromkeys(kinds, "to see that somebody is up"),
    )
    consents.record(connection, home, plan, OLGA, T0, day)  # type: ignore[arg-type]


def wish(*sensors: str, room: str = "landing", **more: str) -> Wish:
    devices = [Carried(sensor, room) for sensor in sensors]
    return Wish(**{"to_home": GOAL, "devices": devices, "why": "not needed any more", **more})  # type: ignore[arg-type]


def propose(
    database: Engine,
    asked: Wish | None = None,
    by: str = OLGA,
    at_us: int = T0,
    id_: str = "move-1",
) -> Move:
    with database.begin() as connection:
        return device_move_rows.propose(connection, HOME, asked or wish(MOTION), by, id_, at_us)


_numbers = count(1)


def new_id() -> str:
    return f"made-{next(_numbers):06d}"


def accept(database: Engine, by: str = ORLA, at_us: int = T0 + 5, id_: str = "move-1") -> Move:
    with database.begin() as connection:
        move, _ = device_move_rows.accept(connection, id_, by, new_id, now_us=at_us, wall_us=at_us)
    return move


def refuse(database: Engine, by: str = ORLA, why: str = "it is needed there") -> Move:
    with database.begin() as connection:
        return device_move_rows.refuse(connection, "move-1", why, by, T0 + 5)


def withdraw(database: Engine, by: str = OLGA) -> Move:
    with database.begin() as connection:
        return device_move_rows.withdraw(connection, "move-1", by, T0 + 5)


def table_of(database: Engine) -> SensorTable:
    with database.connect() as connection:
        return registry.load(connection)


def sensor(database: Engine, id_: str) -> Sensor:
    return next(s for s in table_of(database).sensors.values() if s.id == id_)


def rows(database: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Everything but the notes."""
    with database.connect() as connection:
        named = (tables.homes, tables.gateways, tables.sensors)
        return {
            table.name: [tuple(row) for row in connection.execute(select(table)).all()]
            for table in named
        }


def noted(database: Engine, home: str) -> list[tuple[str, str]]:
    a = tables.audit.c
    query = select(a.what, a.actor).where(
        a.subject == f"home:{home}", a.what.startswith("device-move")
    )
    with database.connect() as connection:
        assert audit.verify(connection) == []
        return [tuple(row) for row in connection.execute(query.order_by(a.seq)).all()]


def test_a_proposal_changes_nothing_and_the_second_person_moves_the_device(
    database: Engine,
) -> None:
    before = rows(database)
    move = propose(database)
    assert rows(database) == before
    assert (move.state, move.until_us) == (MoveState.WAITING, T0 + 7 * DAY)
    old = sensor(database, MOTION)
    revision = table_of(database).revision
    moved = accept(database)
    assert (moved.state, moved.decided_by, moved.decided_us) == ("accepted", ORLA, T0 + 5)
    table = table_of(database)
    assert table.revision > revision
    # What was read stays under the numbers of the home that it was read in.
    assert table.ended[old.number] == old
    assert table.sensor_home[old.number] == old.home == 1
    assert old.number not in table.sensors
    assert table.device(1, "native", "motion-0") is None
    (new,) = [s for s in table.sensors.values() if s.room == "landing"]
    assert (new.home, new.gateway, new.kind, new.since_us) == (2, 2, Kind.MOTION, T0 + 5)
    assert new.number > max(s.number for s in (old, *before_sensors(before)))
    assert table.sensor_since[new.number] == T0 + 5
    told = [("device-move-proposed", OLGA), ("device-move-accepted", ORLA)]
    assert noted(database, HOME) == noted(database, GOAL) == told


def before_sensors(before: dict[str, list[tuple[object, ...]]]) -> list[Sensor]:
    return [Sensor(*row[:10]) for row in before["sensors"]]  # type: ignore[arg-type]


def test_the_address_of_the_device_must_be_free_where_it_goes(database: Engine) -> None:
    with database.begin() as connection:
        s = tables.sensors
        mine = (s.c.home == 2) & (s.c.kind == Kind.MOTION)
        connection.execute(update(s).where(mine).values(address="motion-0"))
    with pytest.raises(ConfigProblem, match="'motion-0' is taken at the gateway"):
        propose(database, wish(MOTION, to_gateway=GOAL_GATE))
    asked = Wish(GOAL, [Carried(MOTION, "landing", address="motion-9")], "not needed")
    propose(database, asked)
    accept(database)
    assert table_of(database).device(2, "native", "motion-9") is not None


@pytest.mark.parametrize("by", [OLGA, IVY])
def test_nobody_accepts_or_refuses_what_they_proposed(database: Engine, by: str) -> None:
    propose(database, by=by)
    with database.begin() as connection:
        people.grant(connection, IVY, PLACE, Role.OFFICER)
    before = rows(database)
    with pytest.raises(ConfigProblem, match="a second person accepts it"):
        accept(database, by)
    with pytest.raises(ConfigProblem, match="take it back instead"):
        refuse(database, by)
    assert rows(database) == before
    assert withdraw(database, by).state is MoveState.WITHDRAWN


@pytest.mark.parametrize("by", [IVY, CARL, "account-nobody", "system", ""])
def test_only_an_officer_of_the_place_decides(database: Engine, by: str) -> None:
    propose(database)
    before = rows(database)
    with pytest.raises(ConfigProblem):
        accept(database, by)
    with pytest.raises(ConfigProblem):
        refuse(database, by)
    assert rows(database) == before


def test_an_installer_proposes_and_a_care_worker_does_not(database: Engine) -> None:
    with pytest.raises(ConfigProblem, match="is no officer or installer"):
        propose(database, by=CARL)
    assert propose(database, by=IVY).proposed_by == IVY


def test_a_refusal_has_a_reason_and_a_new_proposal_may_follow(database: Engine) -> None:
    propose(database)
    with pytest.raises(ConfigProblem, match="why it is refused"):
        refuse(database, why=" ")
    moved = refuse(database)
    assert (moved.state, moved.said) == (MoveState.REFUSED, "it is needed there")
    with pytest.raises(ConfigProblem, match="it was refused meanwhile"):
        accept(database)
    with pytest.raises(ConfigProblem, match="it was refused meanwhile"):
        withdraw(database)
    propose(database, id_="move-2")
    assert noted(database, HOME)[1] == ("device-move-refused", ORLA)


def test_only_who_proposed_it_takes_it_back(database: Engine) -> None:
    propose(database)
    with pytest.raises(ConfigProblem, match="somebody else proposed it"):
        withdraw(database, ORLA)
    withdraw(database)
    with pytest.raises(ConfigProblem, match="it was withdrawn meanwhile"):
        accept(database)


def test_a_proposal_that_nobody_decides_lapses(database: Engine) -> None:
    propose(database)
    with database.begin() as connection:
        assert not device_move_rows.is_due(connection, T0 + 7 * DAY - 1)
        assert device_move_rows.waiting(connection, [PLACE], T0 + 7 * DAY) == []
    with pytest.raises(ConfigProblem, match="has lapsed"):
        accept(database, at_us=T0 + 7 * DAY)
    with database.begin() as connection:
        assert device_move_rows.is_due(connection, T0 + 7 * DAY)
        assert device_move_rows.lapse(connection, T0 + 7 * DAY) == 1
        assert device_move_rows.lapse(connection, T0 + 7 * DAY) == 0
        (move,) = device_move_rows.of_home(connection, 2)
    assert (move.state, move.decided_by) == (MoveState.LAPSED, "system")
    assert noted(database, GOAL)[-1] == ("device-move-lapsed", "system")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (wish(MOTION, to_home=HOME), "it is the same home"),
        (wish(MOTION, to_home="home-unknown"), "there is no home 'home-unknown' in this place"),
        (wish(MOTION, to_home=FOREIGN), "there is no home 'home-000003' in this place"),
        (wish("sens-000006"), "is no sensor of the home that it leaves"),
        (wish("sens-000001"), "is no sensor of the home that it leaves"),
        (wish(MOTION, MOTION), "a device is named twice"),
        (wish(), "nothing is named"),
        (wish(MOTION, room=""), "has no room"),
        (wish(MOTION, room="x" * 41), "has a room of 41 characters"),
        (wish(MOTION, room="=hall"), "expected a word for it"),
        (wish(MOTION, why="x"), "why has 1 characters"),
        (wish(MOTION, why="two\nlines"), "in one line"),
        (wish(MOTION, to_gateway=GATE), "is no gateway of the home that it goes to"),
        (wish(gateway=GOAL_GATE), "is no gateway of the home that it leaves"),
        (Wish(GOAL, [Carried(MOTION, "hall", is_exit=True)], "spare"), "is no contact"),
        (Wish(GOAL, [Carried(MOTION, "hall", address="a" * 256)], "spare"), "address has 256"),
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be_is_told_with_its_reason(
    database: Engine, asked: Wish, said: str
) -> None:
    before = rows(database)
    with pytest.raises(ConfigProblem, match=said):
        propose(database, asked)
    assert rows(database) == before
    assert noted(database, HOME) == []


def test_a_device_waits_for_one_decision_at_a_time(database: Engine) -> None:
    propose(database)
    with pytest.raises(ConfigProblem, match="it was proposed already"):
        propose(database, id_="move-2", by=ORLA)
    propose(database, wish(CONTACT), id_="move-3")


@pytest.mark.parametrize("home", [HOME, GOAL])
@pytest.mark.parametrize("state", [HomeState.PAUSED, HomeState.ENDED, HomeState.TEST])
def test_what_happened_to_a_home_since_keeps_the_move(
    database: Engine, home: str, state: HomeState
) -> None:
    propose(database)
    with database.begin() as connection:
        mine = tables.homes.c.id == home
        connection.execute(update(tables.homes).where(mine).values(state=state.value))
    before = rows(database)
    with pytest.raises(ConfigProblem, match="the home that it"):
        accept(database)
    assert rows(database) == before


@pytest.mark.parametrize("home", [1, 2])
def test_a_pause_keeps_the_move_until_it_is_over(database: Engine, home: int) -> None:
    propose(database)
    with database.begin() as connection:
        one = Pause(0, home, PauseReason.HOSPITAL, T0, T0 + 3_600_000_000, OLGA, T0, "in hospital")
        pause_rows.begin(connection, one)
    with pytest.raises(ConfigProblem, match="is paused: end the pause first"):
        accept(database)
    accept(database, at_us=T0 + 3_600_000_000)


def test_without_a_decision_that_covers_it_nothing_moves(database: Engine) -> None:
    propose(database)
    with database.begin() as connection:
        s = tables.sensors
        connection.execute(delete(s).where((s.c.home == 2) & (s.c.kind == Kind.MOTION)))
        consent(connection, GOAL, Kind.CONTACT, Kind.SMOKE)
    with pytest.raises(ConfigProblem, match="names no purpose for motion"):
        accept(database)
    with database.begin() as connection:
        connection.execute(delete(tables.consents))
    with pytest.raises(ConfigProblem, match="record it first"):
        accept(database)


def test_who_proposed_it_must_still_work_there(database: Engine) -> None:
    propose(database, by=IVY)
    with database.begin() as connection:
        people.revoke(connection, IVY, PLACE, Role.INSTALLER)
    with pytest.raises(ConfigProblem, match="works here no more"):
        accept(database)


def test_a_device_that_left_meanwhile_is_not_moved(database: Engine) -> None:
    propose(database)
    with database.begin() as connection:
        s = tables.sensors
        connection.execute(update(s).where(s.c.id == MOTION).values(ended_us=T0 + 1))
    with pytest.raises(ConfigProblem, match="is no sensor of the home that it leaves"):
        accept(database)


def test_a_legal_hold_does_not_keep_a_device_for_nothing_is_erased_by_it(
    database: Engine,
) -> None:
    with database.begin() as connection:
        holds.place(connection, HOME, "Inquiry 2026/17", OLGA, T0)
    propose(database)
    accept(database)
    assert [s.id for s in table_of(database).ended.values()] == [MOTION]


def test_a_home_without_a_sensor_of_the_person_says_since_when(database: Engine) -> None:
    propose(database)
    accept(database)
    assert table_of(database).homes[1].bare_us == 0  # the door still tells of the person
    propose(database, wish(CONTACT), id_="move-2")
    accept(database, id_="move-2", at_us=T0 + 9)
    table = table_of(database)
    assert (table.homes[1].bare_us, table.homes[2].bare_us) == (T0 + 9, 0)


def test_a_device_comes_back_to_the_hub_that_it_left(database: Engine) -> None:
    propose(database)
    accept(database)
    with database.begin() as connection:
        consent(connection, HOME, *Kind)
        (new,) = [s for s in registry.sensors(connection, 2) if s.room == "landing"]
        back = Wish(HOME, [Carried(new.id, "hall")], "the wrong one was carried")
        device_move_rows.propose(connection, GOAL, back, ORLA, "move-2", T0 + 20)
        _, ended = device_move_rows.accept(
            connection, "move-2", OLGA, lambda: "made-back-01", now_us=T0 + 30, wall_us=T0 + 30
        )
    table = table_of(database)
    device = table.device(1, "native", "motion-0")
    assert device is not None
    (number,) = device.sensors.values()
    assert (table.sensors[number].id, table.sensors[number].home) == ("made-back-01", 1)
    assert [s.id for s in ended] == [new.id]
    assert len(table.ended) == 2


def test_a_gateway_moves_whole_and_is_heard_again_with_something_new_only(
    database: Engine,
) -> None:
    with database.begin() as connection:
        issued = credentials.issue(connection, GATE, OLGA, T0, 0.0)
    asked = Wish(GOAL, [Carried(MOTION, "landing")], "the household has two", gateway=GATE)
    propose(database, asked)
    accept(database)
    table = table_of(database)
    with database.connect() as connection:
        assert issued.username not in {
            one.username for one in credentials.logins(connection, T0 + 9)
        }
    # The old one stays the place of a box in the first home; all that was on it has ended there.
    assert table.gateways[table.gateway_number[GATE]].home == 1
    assert {s.id for s in table.ended.values()} == {MOTION, CONTACT, SMOKE}
    assert [s.kind for s in table.sensors.values() if s.home == 1] == [Kind.GATEWAY_STATUS]
    (made,) = [g for g in table.gateways.values() if g.home == 2 and g.id != GOAL_GATE]
    on_it = [s for s in table.sensors.values() if s.gateway == made.number]
    assert {(s.kind, s.room, s.is_exit) for s in on_it} == {
        (Kind.GATEWAY_STATUS, "", False),
        (Kind.MOTION, "landing", False),
        (Kind.CONTACT, "hall", True),
        (Kind.SMOKE, "kitchen", False),
    }
    assert {s.home for s in on_it} == {2}
    assert table.homes[1].bare_us == T0 + 5


def test_a_device_of_a_hub_of_several_homes_stays_on_it(database: Engine) -> None:
    with database.begin() as connection:
        g = tables.gateways
        connection.execute(update(g).where(g.c.id == GATE).values(home=None))
    propose(database, wish(MOTION, to_gateway=GATE))
    accept(database)
    table = table_of(database)
    device = table.device(1, "native", "motion-0")
    assert device is not None
    (number,) = device.sensors.values()
    assert (table.sensor_home[number], table.sensors[number].room) == (2, "landing")


def test_a_device_that_stands_in_a_third_home_by_its_makers_number_is_refused(
    database: Engine,
) -> None:
    eui = "0x00158d0001a2b3c4"
    with database.begin() as connection:
        registry.add_sensors(
            connection,
            [
                Sensor(0, "sens-third", 3, 3, "zigbee2mqtt", eui, Kind.MOTION, "hall"),
                Sensor(0, "sens-zig", 1, 1, "zigbee2mqtt", "hall-motion", Kind.MOTION, "hall"),
            ],
        )
    asked = Wish(GOAL, [Carried("sens-zig", "hall", address=eui)], "spare")
    with pytest.raises(ConfigProblem, match="stands in a home already"):
        propose(database, asked)
