"""Keeping somebody safe from one of their contacts: for pages, REST and commands, scope first.

Whoever has the home or an alert of it open sees the contact vanish: the change feed tells of it,
and phones drop what they had kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert

from alerts import tables
from api.auth import Visitor
from api.contacting import EDITORS
from api.errors import absent
from api.resources import Resources
from api.roster import find_home
from config import contacts, people, safeguarding
from config.contacts import Contact
from config.database import hold_writers
from config.homes import Home
from config.roles import Role
from config.safeguarding import Bar
from config.vault import Vault
from ingest.clock import microseconds

LIFTERS: Final = (Role.SUPERVISOR,)
"""Roles that may let a number that was barred be a contact again."""

CHANGE: Final = "contacts"
"""What the change feed calls it; pages drop what phones had kept of homes."""


@dataclass(frozen=True, slots=True)
class Barred:
    """One contact that was taken out of a home, as its page shows it; ``number`` counts from 1."""

    number: int
    bar: Bar
    by: str
    lifted_by: str


def find(resources: Resources, visitor: Visitor, contact: str) -> tuple[Home, Contact]:
    """Return a contact that this visitor may take out, and its home; Problem 404 out of reach."""
    places = visitor.places(*EDITORS)
    with resources.database.connect() as connection:
        found = contacts.find(connection, resources.vault, places, contact)
        home = None if found is None else find_home(connection, places, found.home)
    if found is None or home is None:
        raise absent()
    return home, found


def remove(resources: Resources, visitor: Visitor, contact: str, why: str) -> str:
    """Remove a contact at once and bar the number; return the home (id).

    Problem 404 out of reach, ConfigProblem without a reason.
    """
    home, _ = find(resources, visitor, contact)
    now_us = microseconds(resources.clock())
    with resources.database.begin() as connection:
        hold_writers(connection)
        gone = bar(connection, resources.vault, contact, visitor.account.id, now_us, why)
    resources.vault.drop(gone)
    return home.id


def bar(
    connection: Connection, vault: Vault, contact: str, account: str, now_us: int, why: str
) -> Sequence[str]:
    """Remove a contact, bar its number, and tell open pages; return the keys that are to go."""
    found = contacts.owner(connection, contact)
    gone = safeguarding.bar(connection, vault, contact, account, now_us, why)
    if found is not None:
        home, place = found
        values = {"at_us": now_us, "place": place, "home": home, "what": CHANGE}
        connection.execute(insert(tables.changes).values(values))
    return gone


def lift(resources: Resources, visitor: Visitor, home: str, number: int, why: str) -> None:
    """Let a number that was barred be entered again; Problem 404 out of reach, ConfigProblem."""
    now_us, by = microseconds(resources.clock()), visitor.account.id
    with resources.database.begin() as connection:
        hold_writers(connection)
        if find_home(connection, visitor.places(*LIFTERS), home) is None:
            raise absent()
        gone = safeguarding.lift(connection, resources.vault, home, number, by, now_us, why)
    resources.vault.drop(gone)


def of_home(resources: Resources, visitor: Visitor, home: str) -> list[Barred]:
    """Return what was ever barred in a home, the oldest first; Problem 404 out of reach."""
    with resources.database.connect() as connection:
        found = find_home(connection, visitor.places(*EDITORS), home)
        if found is None:
            raise absent()
        return listed(connection, resources.vault, found.number)


def listed(connection: Connection, vault: Vault, home: int) -> list[Barred]:
    """Return what was ever barred in a home (number), the oldest first."""
    kept = safeguarding.bars(connection, vault, home)
    names = people.names(connection, frozenset({a for b in kept for a in (b.by, b.lifted_by)}))
    return [
        Barred(number, one, names.get(one.by, one.by), names.get(one.lifted_by, one.lifted_by))
        for number, one in enumerate(kept, start=1)
    ]
