"""Ladders and rotas as people saved them; every version is kept.

Of a place and subject the newest is in force.

"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from config import audit, tables
from config.audit import Entry

_d: Final = tables.declarations.c


@dataclass(frozen=True, slots=True)
class Declaration:
    """One version: ``account`` is who saved it, ``content`` JSON values."""

    id: int
    place: str
    subject: str
    since_us: int
    account: str
    content: dict[str, Any]


def save(
    connection: Connection, place: str, subject: str, content: object, account: str, now_us: int
) -> None:
    """Write a new version; what is wrong with its content was found before."""
    values = {"place": place, "subject": subject, "since_us": now_us, "account": account}
    connection.execute(insert(tables.declarations).values(**values, content=content))
    detail = {"content": hashlib.sha256(json.dumps(content).encode()).hexdigest()}
    audit.append(connection, Entry(place, now_us, account, "setting", subject, detail))


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
