"""A chain that others add to and cut while it is verified is whole, on both databases."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from api import auditing
from config import audit
from config.audit import Entry, Head
from config.database import steady
from config.settings import Settings
from tests.config.test_consents_at_once import database

__all__ = ["database"]
PLACE, DAY_US = "fenbridge", 86_400_000_000


def add(engine: Engine, *days: int) -> None:
    with engine.begin() as connection:
        for day in days:
            entry = Entry(PLACE, day * DAY_US, "bob", "read", "home:h", {})
            audit.append(connection, entry)


def cut_and_add(engine: Engine) -> None:
    """Do what the retention of the log and one more reader do."""
    with engine.begin() as connection:
        assert audit.cut(connection, PLACE, 4 * DAY_US, 9 * DAY_US, 100) == 3
    add(engine, 9)


@pytest.fixture
def meanwhile(database: Engine, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the log be cut, and a row be added, right after a verification has begun; once."""
    add(database, *range(1, 9))
    done: list[str] = []
    look: Callable[[Connection, str], Head] = audit._start

    def look_then_cut(connection: Connection, place: str) -> Head:
        found = look(connection, place)
        if not done:
            done.append(place)
            cut_and_add(database)
        return found

    monkeypatch.setattr(audit, "_start", look_then_cut)
    return done


def test_what_is_cut_while_a_chain_is_verified_is_no_gap(
    database: Engine, meanwhile: list[str]
) -> None:
    with steady(database) as connection:
        assert audit.verify(connection) == []
    assert meanwhile == [PLACE]
    with steady(database) as connection:
        assert audit.verify(connection) == []
        assert audit.starts(connection)[PLACE].seq == 3


def test_the_command_tells_no_gap_while_retention_cuts(
    database: Engine, meanwhile: list[str], tmp_path: Path
) -> None:
    url = database.url.render_as_string(hide_password=False)
    said: list[str] = []
    auditing.verify(Settings(data=tmp_path, database_url=url), None, tell=said.append)
    assert meanwhile == [PLACE]
    assert said == ["8 rows in 1 chains are whole; 0 anchors hold"]


def test_a_steady_reader_hinders_no_writer_and_sees_the_new_when_it_looks_again(
    database: Engine,
) -> None:
    add(database, 1)
    with steady(database) as connection:
        before = audit.heads(connection)
        add(database, 2)
        assert audit.heads(connection) == before
    with steady(database) as connection:
        assert [head.seq for head in audit.heads(connection)] == [2]
