"""Emergency access: the homes of a place for somebody who may not see them, for a stated time.

It takes a reason, ends by itself, is in the audit log, and waits in the list of information
governance until one of them says that they took notice.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, func, insert, select, update

from config import audit, people, tables
from config.access_tables import break_glass
from config.audit import Entry

LONGEST_H: Final = 4
SHORTEST_REASON: Final = 10
LONGEST_REASON: Final = 1000
_HOUR_US: Final = 3_600_000_000
_b, _a = break_glass.c, tables.accounts.c


class AccessRefused(Exception):
    """Emergency access cannot be opened as asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Access:
    """One emergency access; ``seen_by`` is empty until governance took notice."""

    id: str
    account: str
    name: str
    place: str
    reason: str
    opened_us: int
    until_us: int
    seen_by: str
    seen_us: int


def open_access(
    connection: Connection, account: str, place: str, *, reason: str, hours: int, now_us: int
) -> str:
    """Let the account see and answer for the homes of a place as a care worker, for some hours.

    Returns its id; AccessRefused says what is wrong.
    """
    why = " ".join(reason.split())
    if not SHORTEST_REASON <= len(why) <= LONGEST_REASON or not why.isprintable():
        raise AccessRefused(
            f"break-glass: the reason has {len(why)} characters, "
            f"expected {SHORTEST_REASON} to {LONGEST_REASON}"
        )
    if not 1 <= hours <= LONGEST_H:
        raise AccessRefused(f"break-glass: hours is {hours}, expected 1..{LONGEST_H}")
    id_ = secrets.token_hex(8)
    row = {
        "id": id_, "account": account, "place": place, "reason": why, "opened_us": now_us,
        "until_us": now_us + hours * _HOUR_US, "seen_by": "", "seen_us": 0,
    }  # fmt: skip
    connection.execute(insert(break_glass).values(row))
    # The reason may name somebody: the log keeps its digest, the list the words.
    detail = {"hours": hours, "reason": hashlib.sha256(why.encode()).hexdigest()}
    audit.append(connection, Entry(place, now_us, account, "break-glass", id_, detail))
    return id_


def end(connection: Connection, account: str, id_: str, *, by: str, now_us: int) -> bool:
    """End it before its time, and the account's sessions; False when none of theirs is open."""
    mine = (_b.id == id_, _b.account == account, _b.until_us > now_us)
    place = connection.execute(select(_b.place).where(*mine)).scalar()
    if place is None:
        return False
    connection.execute(update(break_glass).where(*mine).values(until_us=now_us))
    people.end_sessions(connection, account)
    audit.append(connection, Entry(place, now_us, by, "break-glass-ended", id_, {}))
    return True


def take_notice(
    connection: Connection, places: Sequence[str], id_: str, *, by: str, now_us: int
) -> bool:
    """Record that governance knows of it; False when there is none at these places."""
    query = select(_b.place, _b.account, _b.seen_us).where(_b.id == id_, _b.place.in_(places))
    row = connection.execute(query).first()
    if row is None or row.account == by:
        return False
    if row.seen_us == 0:
        statement = update(break_glass).where(_b.id == id_, _b.seen_us == 0)
        connection.execute(statement.values(seen_by=by, seen_us=now_us))
        audit.append(connection, Entry(row.place, now_us, by, "break-glass-noticed", id_, {}))
    return True


def list_of_places(connection: Connection, places: Sequence[str], *, limit: int) -> list[Access]:
    """Return what was opened at these places: not yet noticed first, then the newest."""
    query = _select().where(_b.place.in_(places))
    query = query.order_by(_b.seen_us != 0, _b.opened_us.desc(), _b.id).limit(limit)
    return [Access(*row) for row in connection.execute(query)]


def list_of_account(connection: Connection, account: str, *, now_us: int) -> list[Access]:
    """Return what this account has open now."""
    query = _select().where(_b.account == account, _b.until_us > now_us)
    return [Access(*row) for row in connection.execute(query.order_by(_b.until_us, _b.id))]


def count_unnoticed(connection: Connection, places: Sequence[str]) -> int:
    """Return how many wait for governance to take notice."""
    query = select(func.count()).where(_b.place.in_(places), _b.seen_us == 0)
    return connection.execute(query).scalar_one()


def _select() -> Select[Any]:
    return select(
        _b.id, _b.account, _a.name, _b.place, _b.reason, _b.opened_us, _b.until_us, _b.seen_by,
        _b.seen_us,
    ).join(tables.accounts, _a.id == _b.account)  # fmt: skip
