"""Pauses in SQL: begun, ended early and read; each change is a roster change and an audit row."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, or_, select, update

from config import audit, tables
from config.audit import Entry
from config.database import hold_writers
from config.homes import HomeState
from config.pauses import Pause, PauseReason, check
from config.problems import ConfigProblem

_p, _h = tables.pauses.c, tables.homes.c
_STOP: Final = (_p.ended_us.is_(None), _p.ended_us > _p.from_us)
"""What was ended before it began was never a pause."""


def read(connection: Connection) -> list[Pause]:
    """Return every pause that there ever was, by number."""
    query = select(tables.pauses).where(or_(*_STOP)).order_by(_p.number)
    return [_pause(row) for row in connection.execute(query)]


def of_home(connection: Connection, home: int) -> list[Pause]:
    """Return the pauses of a home (number), the newest first."""
    query = select(tables.pauses).where(_p.home == home).order_by(_p.number.desc())
    return [_pause(row) for row in connection.execute(query)]


def of_places(connection: Connection, places: Sequence[str], since_us: int) -> list[Pause]:
    """Return the pauses in these places that are not over or ended after ``since_us``."""
    query = (
        select(tables.pauses)
        .join(tables.homes, _h.number == _p.home)
        .where(_h.place.in_(places), _p.until_us > since_us)
        .where(or_(_p.ended_us.is_(None), _p.ended_us > since_us))
        .order_by(_p.until_us, _p.number)
    )
    return [_pause(row) for row in connection.execute(query)]


def begin(connection: Connection, pause: Pause) -> Pause:
    """Write a pause; return it with its number. ConfigProblem says what is wrong with it."""
    check(pause)
    hold_writers(connection)  # of two at once the second sees the first
    home = connection.execute(select(tables.homes).where(_h.number == pause.home)).one()
    if home.state != HomeState.ACTIVE.value:
        raise ConfigProblem(
            f"pause: the home is {home.state}, not watched; only a watched home can be paused"
        )
    clash = next(
        (
            one
            for one in of_home(connection, pause.home)
            if one.from_us < pause.until_us and pause.from_us < one.stop_us
        ),
        None,
    )
    if clash is not None:
        raise ConfigProblem(
            f"pause: pause {clash.number} of this home covers part of that time; end that one "
            "first, or extend it"
        )
    return _write(connection, pause, home.place)


def end(connection: Connection, pause: Pause, account: str, now_us: int) -> None:
    """End a pause now, before its time; ConfigProblem when it is over already."""
    mine = (_p.number == pause.number) & _p.ended_us.is_(None) & (_p.until_us > now_us)
    values = {"ended_us": now_us, "ended_by": account}
    if connection.execute(update(tables.pauses).where(mine).values(values)).rowcount != 1:
        raise ConfigProblem(f"pause: pause {pause.number} is over already; nothing is to be ended")
    place = connection.execute(select(_h.place).where(_h.number == pause.home)).scalar_one()
    _note(connection, place, pause.number, account, now_us, {"ended": now_us})


def extend(connection: Connection, pause: Pause, until_us: int, account: str, now_us: int) -> Pause:
    """Let a pause that runs end at another time: it is ended, and another follows it at once."""
    if not pause.covers(now_us):
        raise ConfigProblem(f"pause: pause {pause.number} does not run now; begin another one")
    end(connection, pause, account, now_us)
    following = replace(
        pause, number=0, from_us=now_us, until_us=until_us, account=account, made_us=now_us
    )
    return begin(connection, following)


def _write(connection: Connection, pause: Pause, place: str) -> Pause:
    values = {name: value for name, value in asdict(pause).items() if name != "number"}
    key = connection.execute(
        insert(tables.pauses).values({**values, "reason": pause.reason.value})
    ).inserted_primary_key
    if key is None:
        raise RuntimeError("pause: the database gave no number for a new row")
    detail = {"reason": pause.reason.value, "from": pause.from_us, "until": pause.until_us}
    _note(connection, place, int(key[0]), pause.account, pause.made_us, detail)
    return replace(pause, number=int(key[0]))


def _note(
    connection: Connection,
    place: str,
    number: int,
    by: str,
    at_us: int,
    detail: Mapping[str, object],
) -> None:
    audit.append(connection, Entry(place, at_us, by, "setting", f"pause:{number}", detail))
    revision = tables.roster.c.revision
    connection.execute(update(tables.roster).values(revision=revision + 1))


def _pause(row: Row[Any]) -> Pause:
    values = row._asdict()
    return Pause(**{**values, "reason": PauseReason(values["reason"])})


def home_id(connection: Connection, number: int) -> str:
    """Return the id of a home by its number."""
    found: str = connection.execute(select(_h.id).where(_h.number == number)).scalar_one()
    return found
