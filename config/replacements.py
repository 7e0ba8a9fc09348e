"""Another box takes the place of the one that was there; the history stays.

A gateway keeps its number, and its sensors theirs: they stand for what serves the home, not for
the thing. The new box gets an id and a credential of its own. Until the overlap is over
both are heard, so that sensors can be moved over one by one and the old box can hand in what it
still holds; then what the old one says is that of a stranger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, insert, select, update

from config import announcement_rows, audit, credentials, gateway_tables, registry, tables
from config.audit import Entry
from config.credentials import LONGEST_WHY, Issued
from config.database import hold_writers
from config.gateway_tables import replaced_gateways
from config.homes import FIRST_BOX, ID_PATTERN
from config.problems import ConfigProblem

LONGEST_OVERLAP_H: Final = 720.0
"""Longest time that what was replaced goes on being heard: thirty days."""

_HOUR_US: Final = 3_600_000_000
_SYSTEM: Final = "system"
_g, _r = tables.gateways.c, replaced_gateways.c


@dataclass(frozen=True, slots=True)
class OldBox:
    """A box that was replaced; times are us since 1970 UTC, ``ended_us`` None while it is heard."""

    id: str
    replaced_us: int
    replaced_by: str
    until_us: int
    ended_us: int | None
    why: str


def replace_gateway(
    connection: Connection,
    gateway: str,
    new_id: str,
    account: str,
    now_us: int,
    *,
    overlap_h: float,
    why: str,
) -> Issued:
    """Let a new box serve in the place of this gateway (id); return its credential, this once.

    The old box is heard for the overlap, or no more at once where that is 0. ConfigProblem says
    what is wrong; nothing is changed then.
    """
    hold_writers(connection)  # of two at once the second sees that the first has replaced it
    number, place = credentials.find(connection, gateway)
    why, until_us = _checked(why, overlap_h, now_us)
    _expect_free(connection, new_id)
    connection.execute(
        insert(replaced_gateways).values(
            gateway=number,
            id=gateway,
            replaced_us=now_us,
            replaced_by=account,
            until_us=until_us,
            ended_us=None if until_us > now_us else now_us,
            why=why,
        )
    )
    connection.execute(update(tables.gateways).where(_g.number == number).values(id=new_id))
    announcement_rows.forget(connection, number)
    credentials.end_with_box(connection, gateway, until_us, now_us, by=account, why="replaced")
    issued = credentials.issue(connection, new_id, account, now_us, 0.0)
    detail = {"old": gateway, "until": until_us}
    entry = Entry(place, now_us, account, "gateway-replaced", f"gateway:{new_id}", detail)
    audit.append(connection, entry)
    return issued


def old_boxes(connection: Connection, gateway: str) -> list[OldBox]:
    """Return what this gateway (id of the box that serves) took the place of, the newest first."""
    columns = [getattr(_r, name) for name in OldBox.__slots__]
    joined = select(*columns).join(tables.gateways, _g.number == _r.gateway)
    query = joined.where(_g.id == gateway).order_by(_r.number.desc())
    return [OldBox(*row) for row in connection.execute(query)]


def boxes_of(connection: Connection, home: int) -> tuple[list[int], list[str]]:
    """Return the numbers that boxes of a home's (number) gateways count by, and their ids.

    Those of the first box of each gateway, which counts by the number of the gateway, are among
    them, and so are boxes that are heard no more.
    """
    mine = _g.home == home
    first = connection.execute(select(_g.number).where(mine)).scalars().all()
    later = select(_r.number).where(_r.gateway.in_(first)).order_by(_r.number)
    boxes = [FIRST_BOX + number for number in connection.execute(later).scalars()]
    ids = connection.execute(gateway_tables.ids_of(mine)).scalars().all()
    return [*first, *boxes], list(ids)


def successor(connection: Connection, old: str) -> str:
    """Return the box (id) that serves where this one was; ConfigProblem when it was nowhere."""
    query = select(_g.id).join(replaced_gateways, _r.gateway == _g.number).where(_r.id == old)
    found: str | None = connection.execute(query).scalar()
    if found is None:
        raise ConfigProblem(f"replace: {old} is no box that was replaced")
    return found


def end_overlap(connection: Connection, old: str, account: str, now_us: int) -> None:
    """Hear no more of this old box (id) from now on; ConfigProblem when it is not heard anyway."""
    hold_writers(connection)
    query = select(_r.number, _r.ended_us).where(_r.id == old)
    found = connection.execute(query).first()
    if found is None or found.ended_us is not None:
        raise ConfigProblem(f"replace: {old} is no box that was replaced and is still heard")
    _end_boxes(connection, [found.number], now_us, account)


def is_due(connection: Connection, now_us: int) -> bool:
    """Return whether an overlap is over that nobody has ended."""
    return connection.execute(_due(now_us).limit(1)).first() is not None


def close(connection: Connection, now_us: int) -> int:
    """End every overlap that is over by now; return how many."""
    hold_writers(connection)
    numbers = connection.execute(_due(now_us).order_by(_r.number)).scalars().all()
    _end_boxes(connection, numbers, now_us, _SYSTEM)
    return len(numbers)


def _due(now_us: int) -> Select[Any]:
    return select(_r.number).where(_r.ended_us.is_(None), _r.until_us <= now_us)


def _end_boxes(connection: Connection, numbers: Sequence[int], now_us: int, by: str) -> None:
    for number in numbers:
        joined = select(_r.id, _g.id.label("gateway"), _g.place).join(
            tables.gateways, _g.number == _r.gateway
        )
        row = connection.execute(joined.where(_r.number == number)).one()
        connection.execute(
            update(replaced_gateways).where(_r.number == number).values(ended_us=now_us)
        )
        credentials.end_with_box(connection, row.id, now_us, now_us, by=by, why="replaced")
        detail = {"old": row.id, "ended": now_us}
        entry = Entry(row.place, now_us, by, "gateway-replaced", f"gateway:{row.gateway}", detail)
        audit.append(connection, entry)
    if numbers:
        registry.bump(connection)


def read_why(why: str) -> str:
    """Return the reason without blanks around it; ConfigProblem when it is none."""
    said = why.strip()
    if not 1 <= len(said) <= LONGEST_WHY or not said.isprintable():
        raise ConfigProblem(
            f"replace: why has {len(said)} characters, expected 1..{LONGEST_WHY} without line "
            "breaks; say in a few words, without names, why it is replaced"
        )
    return said


def _checked(why: str, overlap_h: float, now_us: int) -> tuple[str, int]:
    """Return the reason without blanks around it, and when the overlap ends."""
    said = read_why(why)
    if not 0.0 <= overlap_h <= LONGEST_OVERLAP_H:
        raise ConfigProblem(
            f"replace: the overlap is {overlap_h:g} hours, expected 0..{LONGEST_OVERLAP_H:g}: for "
            "how long the old one is still heard"
        )
    return said, now_us + int(overlap_h * _HOUR_US)


def _expect_free(connection: Connection, new_id: str) -> None:
    if not ID_PATTERN.fullmatch(new_id):
        raise ConfigProblem(
            f"replace: the new id is {new_id[:40]!r}, expected 8 to 40 of a-z, 0-9 and -; leave it "
            "out and one is drawn"
        )
    taken = select(_g.id).where(_g.id == new_id).union_all(select(_r.id).where(_r.id == new_id))
    if connection.execute(taken).first() is not None:
        raise ConfigProblem(
            f"replace: {new_id} is or was the id of another gateway; leave it out and one is drawn"
        )
