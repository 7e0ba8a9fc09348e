"""A box or a sensor takes the place of another: the history stays, the old one is heard a while."""

import pytest
from sqlalchemy import Engine, select

from config import credentials, gateway_tables, moves, registry, replacements, tables
from config.credentials import MOST, Issued
from config.homes import FIRST_BOX
from config.problems import ConfigProblem
from config.sensor_table import NONE, SensorTable
from tests.databases import new_database
from tests.make import enrolment

pytestmark = pytest.mark.usefixtures("each_database")
OLD, NEW, NEWER, OTHER = "gate-000001", "gate-new-00001", "gate-new-00002", "gate-000002"
T0 = 1_800_000_000_000_000
HOUR = 3_600_000_000


@pytest.fixture
def database() -> Engine:
    made = new_database()
    with made.begin() as connection:
        registry.enrol(connection, enrolment(2), now_us=T0)
    return made


def swap(
    database: Engine,
    old: str = OLD,
    new: str = NEW,
    *,
    at_us: int = T0,
    overlap_h: float = 2.0,
    why: str = "It no longer starts",
) -> Issued:
    with database.begin() as connection:
        return replacements.replace_gateway(
            connection, old, new, "olga", at_us, overlap_h=overlap_h, why=why
        )


def table_of(database: Engine) -> SensorTable:
    with database.connect() as connection:
        return registry.load(connection)


def users(database: Engine, at_us: int) -> list[tuple[str, str]]:
    with database.connect() as connection:
        return [(one.username, one.gateway) for one in credentials.logins(connection, at_us)]


def close(database: Engine, at_us: int) -> int:
    with database.begin() as connection:
        return replacements.close(connection, at_us)


def test_sensors_stay_and_both_boxes_are_heard_until_the_overlap_is_over(database: Engine) -> None:
    before = table_of(database)
    number = before.gateway_number[OLD]
    swap(database)
    during = table_of(database)
    assert during.revision > before.revision
    assert during.sensors == before.sensors
    assert during.devices == before.devices
    assert during.gateway_number[OLD] == during.gateway_number[NEW] == number
    assert during.gateways[number].id == NEW
    assert close(database, T0 + 2 * HOUR - 1) == 0
    assert close(database, T0 + 2 * HOUR) == 1
    assert close(database, T0 + 2 * HOUR) == 0
    after = table_of(database)
    assert OLD not in after.gateway_number
    assert after.gateway_number[NEW] == number
    assert after.revision > during.revision


def test_each_box_counts_its_own_messages_and_both_are_one_gateway(database: Engine) -> None:
    number = table_of(database).gateway_number[OLD]
    swap(database)
    swap(database, NEW, NEWER, at_us=T0 + 1)
    table = table_of(database)
    boxes = [table.box_of(id_) for id_ in (OLD, NEW, NEWER)]
    assert boxes[0] == number
    assert len({*boxes}) == 3
    assert all(box > FIRST_BOX for box in boxes[1:])
    assert [table.box_id(box) for box in boxes] == [OLD, NEW, NEWER]
    assert [table.gateway_of(box) for box in boxes] == [number] * 3
    close(database, T0 + 3 * HOUR)
    table = table_of(database)
    assert [table.box_id(box) for box in boxes] == [None, None, NEWER]
    assert table.box_of(OLD) == NONE
    assert table.box_of(NEWER) == boxes[2]


def test_alerts_of_a_gateway_are_counted_on_whichever_box_serves(database: Engine) -> None:
    number = table_of(database).gateway_number[OLD]
    swap(database)
    swap(database, NEW, NEWER, at_us=T0 + 1, overlap_h=0.0)
    assert table_of(database).gateways[number].subject == OLD


def test_the_new_box_gets_a_credential_and_the_old_one_ends_with_the_overlap(
    database: Engine,
) -> None:
    with database.begin() as connection:
        credentials.issue(connection, OLD, "olga", T0 - 1, 72.0)
    issued = swap(database)
    assert (issued.gateway, issued.username) == (NEW, NEW)
    assert len(bytes.fromhex(issued.secret)) == 16
    # Each may publish under its own id only.
    assert users(database, T0 + 1) == [(OLD, OLD), (NEW, NEW)]
    with database.begin() as connection:
        assert credentials.see(connection, [NEW], T0 + 2) == 0  # in use, and the old one stays
        assert credentials.next_end_us(connection, T0 + 2) == T0 + 2 * HOUR
    assert users(database, T0 + 3) == [(OLD, OLD), (NEW, NEW)]
    assert users(database, T0 + 2 * HOUR) == [(NEW, NEW)]
    close(database, T0 + 2 * HOUR)
    with database.connect() as connection:
        assert {one.username for one in credentials.history(connection, NEW)} == {OLD, NEW}


def test_a_new_credential_of_the_new_box_leaves_the_old_box_alone(database: Engine) -> None:
    with database.begin() as connection:
        credentials.issue(connection, OLD, "olga", T0 - 1, 72.0)
    swap(database)
    with database.begin() as connection:
        second = credentials.issue(connection, NEW, "olga", T0 + 1, 0.0)
        credentials.see(connection, [second.username], T0 + 2)
    assert users(database, T0 + 3) == [(OLD, OLD), (second.username, NEW)]


def test_without_an_overlap_the_old_box_is_shut_out_at_once(database: Engine) -> None:
    with database.begin() as connection:
        credentials.issue(connection, OLD, "olga", T0 - 1, 72.0)
    swap(database, overlap_h=0.0)
    assert users(database, T0) == [(NEW, NEW)]
    assert OLD not in table_of(database).gateway_number


def test_the_overlap_can_be_ended_before_its_time(database: Engine) -> None:
    swap(database)
    with database.begin() as connection:
        replacements.end_overlap(connection, OLD, "olga", T0 + 1)
    assert OLD not in table_of(database).gateway_number
    with (
        database.begin() as connection,
        pytest.raises(ConfigProblem, match="is no box that was replaced and is still heard"),
    ):
        replacements.end_overlap(connection, OLD, "olga", T0 + 2)


def test_what_it_replaced_is_told_the_newest_first(database: Engine) -> None:
    swap(database)
    swap(database, NEW, NEWER, at_us=T0 + 1, overlap_h=0.0, why="Wrong model")
    with database.connect() as connection:
        told = replacements.old_boxes(connection, NEWER)
    assert [(one.id, one.why, one.ended_us) for one in told] == [
        (NEW, "Wrong model", T0 + 1),
        (OLD, "It no longer starts", None),
    ]
    assert told[0].replaced_by == "olga"


def test_who_replaced_it_is_in_the_audit_log(database: Engine) -> None:
    swap(database)
    close(database, T0 + 2 * HOUR)
    a = tables.audit.c
    with database.connect() as connection:
        query = select(a.actor, a.subject).where(a.what == "gateway-replaced").order_by(a.seq)
        assert connection.execute(query).all() == [
            ("olga", f"gateway:{NEW}"),
            ("system", f"gateway:{NEW}"),
        ]


@pytest.mark.parametrize(
    ("new", "overlap_h", "why", "said"),
    [
        (OTHER, 1.0, "Broken", "is or was the id of another gateway"),
        (OLD, 1.0, "Broken", "is or was the id of another gateway"),
        ("short", 1.0, "Broken", "expected 8 to 40 of a-z, 0-9 and -"),
        ("gate_new_00001", 1.0, "Broken", "expected 8 to 40 of a-z, 0-9 and -"),
        (NEW, -1.0, "Broken", "expected 0..720"),
        (NEW, 721.0, "Broken", "expected 0..720"),
        (NEW, float("nan"), "Broken", "expected 0..720"),
        (NEW, 1.0, " ", "why has 0 characters"),
        (NEW, 1.0, "two\nlines", "without line breaks"),
        (NEW, 1.0, "x" * 201, "why has 201 characters"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_changed(
    database: Engine, new: str, overlap_h: float, why: str, said: str
) -> None:
    before = table_of(database)
    with pytest.raises(ConfigProblem, match=said):
        swap(database, new=new, overlap_h=overlap_h, why=why)
    after = table_of(database)
    assert (after.revision, after.gateways) == (before.revision, before.gateways)


def test_a_gateway_with_too_many_credentials_is_replaced_once_some_are_revoked(
    database: Engine,
) -> None:
    for turn in range(MOST):
        with database.begin() as connection:
            credentials.issue(connection, OLD, "olga", T0 + turn, 72.0)
    with pytest.raises(ConfigProblem, match="revoke those that nobody uses first"):
        swap(database, at_us=T0 + 10)
    assert OLD in table_of(database).gateway_number
    assert NEW not in table_of(database).gateway_number


def test_the_id_of_an_old_box_is_never_given_again(database: Engine) -> None:
    swap(database, overlap_h=0.0)
    with database.connect() as connection:
        assert "is not given again" in registry.taken(connection)["gateway", OLD]
    with pytest.raises(ConfigProblem, match="is or was the id"):
        swap(database, OTHER, OLD)


def test_an_old_box_is_heard_under_the_place_that_its_home_had(database: Engine) -> None:
    swap(database)
    with database.begin() as connection:
        moves.move(connection, [1], "northdale")
    gateway = table_of(database).gateways[1]
    assert gateway.may_claim("northdale")
    assert gateway.may_claim("fenbridge")
    with database.connect() as connection:
        ids = connection.execute(
            gateway_tables.ids_of(tables.gateways.c.place == "northdale")
        ).scalars()
        assert {*ids} == {OLD, NEW}


def test_a_home_knows_every_box_it_ever_had(database: Engine) -> None:
    swap(database, overlap_h=0.0)
    with database.connect() as connection:
        numbers, ids = replacements.boxes_of(connection, 1)
    assert {*ids} == {OLD, NEW}
    assert numbers == [1, table_of(database).box_of(NEW)]
