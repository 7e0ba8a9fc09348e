"""Enrolments that somebody has begun: fields as they were typed, sealed, until they are ended."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from config.household_tables import drafts
from config.vault import Clear, Sealed, Vault

KEPT_DAYS: Final = 28
"""Days after which a draft that nobody goes on with is dropped."""

ABOUT: Final = "draft"
_d = drafts.c
_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft of this account; ``fields`` are those of an enrolment, as they were typed."""

    id: str
    place: str
    fields: Mapping[str, str]
    saved_us: int


def create(connection: Connection, vault: Vault, place: str, account: str, now_us: int) -> str:
    """Begin a draft; return its id."""
    id_ = secrets.token_hex(8)
    text = _seal(vault, id_, place, {})
    row = {"id": id_, "place": place, "account": account, "sealed": text, "saved_us": now_us}
    connection.execute(insert(drafts).values(row))
    return id_


def save(
    connection: Connection, vault: Vault, draft: Draft, fields: Mapping[str, str], now_us: int
) -> None:
    """Keep these fields over those that were kept."""
    text = _seal(vault, draft.id, draft.place, {**draft.fields, **fields})
    values = {"sealed": text, "saved_us": now_us}
    connection.execute(update(drafts).where(_d.id == draft.id).values(values))


def find(connection: Connection, vault: Vault, account: str, id_: str) -> Draft | None:
    """Return this draft of this account, or None; Locked without the keys."""
    return next((one for one in read(connection, vault, account) if one.id == id_), None)


def read(connection: Connection, vault: Vault, account: str) -> list[Draft]:
    """Return the drafts of an account, the newest first."""
    query = select(drafts).where(_d.account == account).order_by(_d.saved_us.desc(), _d.id)
    rows = connection.execute(query).all()
    opened = vault.open([Sealed(f"draft:{r.id}", ABOUT, r.sealed) for r in rows])
    return [
        Draft(r.id, r.place, json.loads(text), r.saved_us)
        for r, text in zip(rows, opened, strict=True)
        if text is not None
    ]


def remove(connection: Connection, id_: str) -> list[str]:
    """Drop a draft; return the subjects whose keys go when this is committed, none if it is gone.

    Two who end the same draft at once: the second is told so by the empty list.
    """
    gone = connection.execute(delete(drafts).where(_d.id == id_)).rowcount
    return [f"draft:{id_}"] if gone else []


def expire(connection: Connection, now_us: int) -> list[str]:
    """Drop every draft that nobody went on with; return the subjects whose keys go then."""
    old = _d.saved_us < now_us - KEPT_DAYS * _DAY_US
    ids = list(connection.execute(select(_d.id).where(old)).scalars())
    connection.execute(delete(drafts).where(_d.id.in_(ids)))
    return [f"draft:{id_}" for id_ in ids]


def _seal(vault: Vault, id_: str, place: str, fields: Mapping[str, str]) -> str:
    text = json.dumps(dict(fields), ensure_ascii=False)
    return vault.seal([Clear(f"draft:{id_}", place, ABOUT, text)])[0]
