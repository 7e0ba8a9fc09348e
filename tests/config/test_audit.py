"""The audit log finds what was edited, deleted or cut, anywhere in a chain."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, delete, update

from config import audit, tables
from config.audit import Entry
from tests.databases import new_database

pytestmark = pytest.mark.usefixtures("each_database")

PLACE = "fenbridge"
COUNT = 6


def chain(count: int = COUNT) -> Engine:
    database = new_database()
    with database.begin() as connection:
        for number in range(count):
            for place in (PLACE, "northmoor"):
                audit.append(
                    connection, Entry(place, number, "bob", "setting", "rota", {"n": number})
                )
    return database


def faults(database: Engine, anchors: tuple[audit.Head, ...] = ()) -> list[tuple[str, int]]:
    with database.connect() as connection:
        return [(one.place, one.seq) for one in audit.verify(connection, anchors)]


def test_what_was_written_is_whole_and_each_place_has_its_own_chain() -> None:
    database = chain()
    assert faults(database) == []
    with database.connect() as connection:
        assert [head.seq for head in audit.heads(connection)] == [COUNT, COUNT]


@pytest.mark.parametrize(
    "column", ["at_us", "actor", "what", "subject", "detail", "previous", "hash"]
)
@pytest.mark.parametrize("seq", [1, 3, COUNT])
def test_a_row_that_was_edited_is_found(column: str, seq: int) -> None:
    database = chain()
    table = tables.audit
    value: object = 7_777 if column == "at_us" else "x" * 40
    with database.begin() as connection:
        mine = (table.c.place == PLACE) & (table.c.seq == seq)
        connection.execute(update(table).where(mine).values({column: value}))
    assert (PLACE, seq) in faults(database) or (PLACE, seq + 1) in faults(database)


@pytest.fixture(scope="module")
def whole(each_database: str) -> Engine:
    return chain()


@given(gone=st.sets(st.integers(1, COUNT), min_size=1))
@settings(max_examples=30, deadline=None)
def test_rows_that_were_deleted_are_found_also_at_the_end(whole: Engine, gone: set[int]) -> None:
    table = tables.audit
    with whole.connect() as connection:
        connection.execute(delete(table).where(table.c.place == PLACE, table.c.seq.in_(gone)))
        assert audit.verify(connection)
        connection.rollback()


def _cut(connection: Connection) -> None:
    connection.execute(delete(tables.audit).where(tables.audit.c.seq > 4))
    row = connection.execute(
        tables.audit.select().where(tables.audit.c.seq == 4, tables.audit.c.place == PLACE)
    ).one()
    heads = tables.audit_heads
    connection.execute(update(heads).where(heads.c.place == PLACE).values(seq=4, hash=row.hash))


def _rewrite(connection: Connection) -> None:
    connection.execute(delete(tables.audit).where(tables.audit.c.place == PLACE))
    connection.execute(delete(tables.audit_heads).where(tables.audit_heads.c.place == PLACE))
    for number in range(COUNT):
        audit.append(connection, Entry(PLACE, number, "eve", "setting", "rota", {}))


@pytest.mark.parametrize("forge", [_cut, _rewrite])
def test_a_forged_tail_or_chain_is_found_by_what_was_anchored_elsewhere(
    forge: Callable[[Connection], None],
) -> None:
    database = chain()
    with database.connect() as connection:
        anchors = tuple(audit.heads(connection, [PLACE]))
    assert faults(database, anchors) == []
    with database.begin() as connection:
        forge(connection)
    assert (PLACE, COUNT) in faults(database, anchors)


def test_a_chain_that_went_on_after_an_anchor_still_holds_it() -> None:
    database = chain()
    with database.connect() as connection:
        anchors = tuple(audit.heads(connection))
    with database.begin() as connection:
        audit.append(connection, Entry(PLACE, 9, "bob", "read", "home:1", {}))
    assert faults(database, anchors) == []


def test_what_is_rolled_back_leaves_no_row_and_no_hole() -> None:
    database = new_database()
    with database.connect() as connection:
        audit.append(connection, Entry(PLACE, 1, "bob", "read", "home:1", {}))
        connection.rollback()
    with database.begin() as connection:
        head = audit.append(connection, Entry(PLACE, 2, "bob", "read", "home:1", {}))
    assert head.seq == 1
    assert faults(database) == []
