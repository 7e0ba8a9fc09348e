"""Walk tests in SQL: begun and ended by name; each change is a roster change and an audit row."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from config import audit, tables
from config.audit import Entry
from config.database import hold_writers
from config.gateway_tables import walk_tests
from config.homes import HomeState
from config.problems import ConfigProblem
from config.walk_tests import LENGTH_US, WalkTest

_w, _h = walk_tests.c, tables.homes.c
_OF_NOBODY = {
    HomeState.AWAITING_CONSENT: "record the consent first: without it nothing is kept of the home, "
    "so nothing could be shown",
    HomeState.ENDED: "the home has ended; enrol it again",
    HomeState.TEST: "nobody lives in this home, and its alarms are tests at any time",
}


def read(connection: Connection) -> list[WalkTest]:
    """Return every walk test that there ever was, by number."""
    return [_test(row) for row in connection.execute(select(walk_tests).order_by(_w.number))]


def newest(connection: Connection, home: int) -> WalkTest | None:
    """Return the newest walk test of a home (number), None when there was none."""
    query = select(walk_tests).where(_w.home == home).order_by(_w.number.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else _test(row)


def begin(connection: Connection, home: int, account: str, now_us: int) -> WalkTest:
    """Begin a walk test of sixty minutes; ConfigProblem says why it cannot be."""
    hold_writers(connection)  # a second one would outlast the end of the first, unseen
    found = connection.execute(select(_h.id, _h.place, _h.state).where(_h.number == home)).one()
    if (why := _OF_NOBODY.get(HomeState(found.state))) is not None:
        raise ConfigProblem(f"walk test: {why}")
    last = newest(connection, home)
    if last is not None and last.covers(now_us):
        raise ConfigProblem("walk test: one is under way in this home; end that one first")
    test = WalkTest(0, home, now_us, now_us + LENGTH_US, account)
    values = {name: value for name, value in asdict(test).items() if name != "number"}
    key = connection.execute(insert(walk_tests).values(values)).inserted_primary_key
    if key is None:
        raise RuntimeError("walk test: the database gave no number for a new row")
    detail = {"begun": now_us, "until": test.until_us}
    _note(connection, found.place, found.id, account, now_us, detail)
    return replace(test, number=int(key[0]))


def end(
    connection: Connection, home: int, account: str, now_us: int, said: Mapping[str, object]
) -> None:
    """End the walk test that is under way; ConfigProblem when none is.

    ``said`` are the figures that it came to, for the audit log.
    """
    found = connection.execute(select(_h.id, _h.place).where(_h.number == home)).one()
    last = newest(connection, home)
    if last is None or not last.covers(now_us):
        raise ConfigProblem("walk test: none is under way in this home; it has ended by itself")
    values = {"ended_us": now_us, "ended_by": account}
    mine = (_w.number == last.number) & _w.ended_us.is_(None)
    connection.execute(update(walk_tests).where(mine).values(values))
    _note(connection, found.place, found.id, account, now_us, {"ended": now_us, **said})


def _note(
    connection: Connection,
    place: str,
    home: str,
    by: str,
    at_us: int,
    detail: Mapping[str, object],
) -> None:
    audit.append(connection, Entry(place, at_us, by, "walk-test", f"home:{home}", detail))
    revision = tables.roster.c.revision  # registry reads these rows, so it cannot be asked
    connection.execute(update(tables.roster).values(revision=revision + 1))


def _test(row: Row[Any]) -> WalkTest:
    return WalkTest(**row._asdict())
