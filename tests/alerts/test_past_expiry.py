"""Rosters and settings of the past go once the engine's log names them no more."""

import pytest
from sqlalchemy import Connection, insert, select

from alerts import past_expiry, past_tables, rosters
from tests.databases import new_database

pytestmark = pytest.mark.usefixtures("each_database")

TICK = {
    "what": "tick", "now_us": 1, "told_us": 1, "history": 0, "position": 0, "received_us": 0,
    "modes": 0, "before_us": 0, "folded_us": 0, "since_us": 0, "origin": 0, "is_caught_up": True,
    "count": 0,
}  # fmt: skip
CHANGES = [
    (1, "home", 1, "a"), (1, "home", 2, "b"), (2, "home", 1, "c"), (3, "home", 2, ""),
    (5, "home", 1, "d"), (6, "home", 1, ""),
]  # fmt: skip
"""Revision, subject, number and fields; empty is gone."""


def write(connection: Connection, *ticks: tuple[int, str]) -> None:
    rows = [dict(zip(("revision", "subject", "number", "fields"), row, strict=True))
            for row in CHANGES]  # fmt: skip
    connection.execute(insert(past_tables.rosters), rows)
    kept = [{"hash": name, "first_us": 0, "content": "{}"} for name in ("old", "new")]
    connection.execute(insert(past_tables.settings), kept)
    for revision, settings in ticks:
        values = {**TICK, "revision": revision, "settings": settings}
        connection.execute(insert(past_tables.ticks).values(values))


def left(connection: Connection) -> list[tuple[int, int, str]]:
    c = past_tables.rosters.c
    query = select(c.revision, c.number, c.fields).order_by(c.id)
    return [(row.revision, row.number, row.fields) for row in connection.execute(query)]


def test_what_the_oldest_step_knew_and_all_that_came_later_stays() -> None:
    with new_database().begin() as connection:
        write(connection, (4, "new"), (6, "new"))
        before = {r: rosters.fields_at(connection, {r})[r] for r in (4, 5, 6)}
        assert past_expiry.due(connection) == {"roster_history": 3, "settings_history": 1}
        assert past_expiry.expire(connection) == {"roster_history": 3, "settings_history": 1}
        assert left(connection) == [(2, 1, "c"), (5, 1, "d"), (6, 1, "")]
        assert {r: rosters.fields_at(connection, {r})[r] for r in (4, 5, 6)} == before
        assert connection.execute(select(past_tables.settings.c.hash)).scalars().all() == ["new"]
        assert past_expiry.expire(connection) == {}


def test_a_thing_that_was_gone_before_leaves_nothing() -> None:
    with new_database().begin() as connection:
        write(connection, (6, "new"))
        past_expiry.expire(connection)
        assert left(connection) == []


def test_an_empty_log_says_nothing() -> None:
    with new_database().begin() as connection:
        write(connection)
        assert past_expiry.due(connection) == {}
        assert past_expiry.expire(connection) == {}
        assert len(left(connection)) == len(CHANGES)
