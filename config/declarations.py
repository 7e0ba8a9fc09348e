"""What people decided for a place: ladders, rota, alert budget, texts; every version is kept.

Of a place and subject the newest is in force, over what the place file says.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select

from config import audit, tables
from config.audit import Entry

_d: Final = tables.declarations.c


@dataclass(frozen=True, slots=True)
class Declaration:
    """One version: ``account`` is who saved it and ``why``, ``content`` JSON values."""

    id: int
    place: str
    subject: str
    since_us: int
    account: str
    content: dict[str, Any]
    why: str = ""


class Stale(Exception):
    """Somebody saved another version meanwhile: ``now``. Nothing of ours was written."""

    def __init__(self, now: Declaration) -> None:
        super().__init__(f"{now.subject} of {now.place} was saved by somebody else meanwhile")
        self.now = now


def save(
    connection: Connection,
    place: str,
    subject: str,
    content: object,
    account: str,
    now_us: int,
    *,
    why: str = "",
    read: int | None = None,
    detail: Mapping[str, object] = MappingProxyType({}),
) -> int:
    """Write a new version and return its id; what is wrong with its content was found before.

    ``read`` is the id of the version that was changed, 0 where there was none: Stale when that is
    the newest no more; the caller's transaction must then end without a trace. ``detail`` (ids and
    codes) goes into the audit log, beside which version followed which.
    """
    values = {"place": place, "subject": subject, "since_us": now_us, "account": account}
    connection.execute(insert(tables.declarations).values(**values, content=content, why=why))
    # Looked at after the first write, for then no other transaction can write.
    made, *last = history(connection, place, subject, limit=2)
    if read is not None and last and last[0].id != read:
        raise Stale(last[0])
    noted = {
        "content": hashlib.sha256(json.dumps(content).encode()).hexdigest(),
        "version": made.id,
        "version_before": last[0].id if last else 0,
        **detail,
    }
    audit.append(connection, Entry(place, now_us, account, "setting", subject, noted))
    return made.id


def newest(connection: Connection, place: str, subject: str) -> Declaration | None:
    """Return the version in force, or None when there never was one."""
    return next(iter(history(connection, place, subject, limit=1)), None)


def history(
    connection: Connection, place: str, subject: str, *, limit: int = 100
) -> list[Declaration]:
    """Return the versions, the newest first."""
    query = (
        select(*(_d[name] for name in Declaration.__slots__))
        .where(_d.place == place, _d.subject == subject)
        .order_by(_d.id.desc())
        .limit(limit)
    )
    return [Declaration(*row) for row in connection.execute(query)]


def latest(connection: Connection, places: Sequence[str], subject: str) -> list[Declaration]:
    """Return the version in force of each of these places that has one."""
    ids = select(func.max(_d.id)).where(_d.place.in_(places), _d.subject == subject)
    query = select(*(_d[name] for name in Declaration.__slots__))
    query = query.where(_d.id.in_(ids.group_by(_d.place))).order_by(_d.place)
    return [Declaration(*row) for row in connection.execute(query)]


def changes(connection: Connection, place: str, *, limit: int = 20) -> list[Declaration]:
    """Return what was decided for a place, of any subject, the newest first."""
    query = select(*(_d[name] for name in Declaration.__slots__)).where(_d.place == place)
    query = query.order_by(_d.id.desc()).limit(limit)
    return [Declaration(*row) for row in connection.execute(query)]
