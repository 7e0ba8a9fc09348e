"""Whom to call about a home, in order: the person, contacts and responders.

Names and numbers of third parties: they are sealed by a key of each contact, shown with the home
and an alert of it, and stand in no message, topic or log.
"""

import json
import secrets
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection, RowMapping, Select, delete, insert, select, update

from config import audit, safeguarding, tables
from config.audit import Entry
from config.database import hold_writers
from config.problems import ConfigProblem, describe
from config.vault import Clear, Sealed, Vault, key_name

STALE_DAYS: Final = 180
"""Days after which nobody may rely on a contact that was not confirmed again."""

MOST: Final = 20
"""Contacts of one home."""

WORDS: Final = ("name", "relation", "phone")
"""What is sealed of a contact."""

ABOUT: Final = "contact"
_DAY_US: Final = 86_400_000_000
_c, _h = tables.contacts.c, tables.homes.c


class ContactKind(StrEnum):
    """Who somebody is to the home."""

    PERSON = "person"
    CONTACT = "contact"
    RESPONDER = "responder"


class ContactPlan(BaseModel):
    """One contact as it is entered; ``wait_min`` is how long to let it ring before the next.

    ``id`` names one that is there already; without it the contact is new.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str | None = Field(default=None, pattern="^[a-z0-9-]{8,40}$")
    kind: ContactKind
    name: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]+$")
    relation: str = Field(default="", max_length=60, pattern=r"^[^\x00-\x1f]*$")
    phone: str = Field(min_length=3, max_length=40, pattern=r"^\+?[0-9][0-9 ]*$")
    language: str = Field(default="en", pattern="^(en|cy)$")
    has_key: bool = False
    wait_min: float = Field(default=3.0, ge=0.5, le=60)


class ContactsPlan(BaseModel):
    """A file of contacts: one ``[[contact]]`` table each, in the order of calling."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contact: list[ContactPlan] = Field(max_length=MOST)


class Contact(BaseModel):
    """A contact as it is kept; ``confirmed_us`` is when its number was last known to be right."""

    model_config = ConfigDict(frozen=True)

    id: str
    home: str
    place: str
    kind: ContactKind
    position: Annotated[int, Field(ge=1)]
    name: str
    relation: str
    phone: str
    language: str
    has_key: bool
    wait_min: float
    confirmed_by: str
    confirmed_us: int

    def is_stale(self, now_us: int) -> bool:
        """Return whether nobody has confirmed it for 180 days."""
        return now_us - self.confirmed_us >= STALE_DAYS * _DAY_US


def read_plan(values: object, where: str) -> ContactsPlan:
    """Return the plan in these values; ConfigProblem lists every mistake with its key."""
    try:
        return ContactsPlan.model_validate(values)
    except ValidationError as problem:
        told = describe("contacts", ContactsPlan, problem, lambda _: where)
        raise ConfigProblem(told) from problem


def save(
    connection: Connection, vault: Vault, home: str, plan: ContactsPlan, account: str, now_us: int
) -> tuple[list[Contact], list[str]]:
    """Replace the contacts of this home (id); who entered one has confirmed it.

    One whose words are as before keeps its date. Return the contacts, and the keys of what is no
    longer said, of those that are gone or edited: drop them once the transaction has ended.
    ConfigProblem says what is wrong.
    """
    hold_writers(connection)  # nobody is barred between what is read here and what is written
    found = connection.execute(select(_h.number, _h.place).where(_h.id == home)).first()
    if found is None:
        raise ConfigProblem(f"contacts: there is no home {home!r}")
    before = {contact.id: contact for contact in read(connection, vault, home)}
    barred = safeguarding.barred(connection, vault, found.number)
    named = [wish.id for wish in plan.contact if wish.id]
    strange = [id_ for id_ in named if id_ not in before]
    if strange or len(named) != len(set(named)):
        raise ConfigProblem(
            f"contacts: id {(strange or named)[0]!r} is not a contact of this home, or stands "
            "twice; leave it out for a new one"
        )
    if any(safeguarding.digits(wish.phone) in barred for wish in plan.contact):
        raise ConfigProblem(
            "contacts: one of these numbers was removed from this home for safeguarding and may "
            "not be entered again: ask your supervisor before you do anything"
        )
    mine = select(_c.id, _c.sealed).where(_c.home == found.number)
    held = {row.id: row.sealed for row in connection.execute(mine)}
    connection.execute(delete(tables.contacts).where(_c.home == found.number))
    rows = rows_of(plan, found.number, account, now_us, before)
    edited = {row["id"] for row in rows if row["id"] in before and _is_edited(row, before)}
    sealed = seal(vault, found.place, rows, fresh=edited)
    for row in sealed:
        connection.execute(insert(tables.contacts).values(row))
    saved = read(connection, vault, home)
    detail = {"contacts": [contact.id for contact in saved]}
    entry = Entry(found.place, now_us, account, "contacts", f"home:{home}", detail)
    audit.append(connection, entry)
    used = {key_name(subject(row["id"]), row["sealed"]) for row in sealed}
    return saved, sorted({key_name(subject(id_), text) for id_, text in held.items()} - used)


def _is_edited(row: dict[str, Any], before: dict[str, Contact]) -> bool:
    return any(getattr(before[row["id"]], name) != row[name] for name in WORDS)


def rows_of(
    plan: ContactsPlan, home: int, account: str, now_us: int, before: dict[str, Contact]
) -> list[dict[str, Any]]:
    """Return the rows of these contacts of a home (number), still in the clear."""
    rows = []
    for position, wish in enumerate(plan.contact, start=1):
        words = wish.model_dump(exclude={"id"}, mode="json")
        old = before.get(wish.id or "")
        kept = old is not None and all(getattr(old, k) == v for k, v in words.items())
        row = {
            **words,
            "id": wish.id or secrets.token_hex(8),
            "home": home,
            "position": position,
            "confirmed_by": old.confirmed_by if kept and old else account,
            "confirmed_us": old.confirmed_us if kept and old else now_us,
        }
        rows.append(row)
    return rows


def seal(
    vault: Vault, place: str, rows: Iterable[dict[str, Any]], *, fresh: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Return these rows as the table keeps them; those (ids) that are ``fresh`` by a new key."""
    listed = list(rows)
    words = [json.dumps({n: row[n] for n in WORDS}, ensure_ascii=False) for row in listed]
    texts = [Clear(subject(row["id"]), place, ABOUT, word, row["id"] in fresh)
             for row, word in zip(listed, words, strict=True)]  # fmt: skip
    return [
        {**{k: v for k, v in row.items() if k not in WORDS}, "sealed": text}
        for row, text in zip(listed, vault.seal(texts), strict=True)
    ]


def subject(contact: str) -> str:
    """Return under which name the key of this contact (id) is kept."""
    return f"contact:{contact}"


def place_of(connection: Connection, home: str) -> str | None:
    """Return the place of this home (id), or None when there is none."""
    return connection.execute(select(_h.place).where(_h.id == home)).scalar()


def read(connection: Connection, vault: Vault, home: str) -> list[Contact]:
    """Return the contacts of this home (id) in the order of calling; Locked without the keys."""
    rows = connection.execute(_query().where(_h.id == home).order_by(_c.position))
    return _contacts(vault, rows.mappings())


def find(
    connection: Connection, vault: Vault, places: Sequence[str], contact: str
) -> Contact | None:
    """Return a contact of these places, or None; Locked without the keys."""
    query = _query().where(_c.id == contact, _h.place.in_(places))
    found = _contacts(vault, connection.execute(query).mappings())
    return found[0] if found else None


def named(connection: Connection, vault: Vault, contact: str) -> tuple[str, str] | None:
    """Return a contact's name and relation, of whatever place; None when it is gone."""
    sealed = connection.execute(select(_c.sealed).where(_c.id == contact)).scalar()
    words = None if sealed is None else vault.open_row(subject(contact), ABOUT, sealed)
    return None if words is None else (words["name"], words["relation"])


def owner(connection: Connection, contact: str) -> tuple[str, str] | None:
    """Return the home (id) and the place of this contact, or None when it is gone."""
    query = select(_h.id, _h.place).join(tables.contacts, _c.home == _h.number)
    found = connection.execute(query.where(_c.id == contact)).first()
    return None if found is None else (found.id, found.place)


def confirm(connection: Connection, contact: str, account: str, now_us: int) -> None:
    """Record that this account knows the contact to be right today."""
    values = {"confirmed_by": account, "confirmed_us": now_us}
    connection.execute(update(tables.contacts).where(_c.id == contact).values(values))
    found = owner(connection, contact)
    place = audit.INSTALLATION if found is None else found[1]
    entry = Entry(place, now_us, account, "confirm-contact", f"contact:{contact}", {})
    audit.append(connection, entry)


def stale(
    connection: Connection, vault: Vault, places: Sequence[str], now_us: int
) -> list[Contact]:
    """Return contacts of these places that nobody confirmed for 180 days, the oldest first."""
    before_us = now_us - STALE_DAYS * _DAY_US
    query = _query().where(_h.place.in_(places), _c.confirmed_us <= before_us)
    rows = connection.execute(query.order_by(_c.confirmed_us, _c.id))
    return _contacts(vault, rows.mappings())


def _query() -> Select[Any]:
    columns = [column for column in _c if column.name not in ("home", "number")]
    return select(*columns, _h.id.label("home"), _h.place).join(tables.homes, _h.number == _c.home)


def _contacts(vault: Vault, rows: Iterable[RowMapping]) -> list[Contact]:
    """Return these rows opened; a contact whose key was dropped is erased, and is left out."""
    listed = [dict(row) for row in rows]
    opened = vault.open([Sealed(subject(row["id"]), ABOUT, row.pop("sealed")) for row in listed])
    return [
        Contact.model_validate({**row, **json.loads(words)})
        for row, words in zip(listed, opened, strict=True)
        if words is not None
    ]
