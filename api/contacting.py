"""Contacts of homes and attempts to reach them, for pages, REST and commands: scope first."""

from collections.abc import Sequence
from dataclasses import dataclass

from alerts import attempts
from alerts.attempts import Attempt, Means, Result
from api.auth import CARE, HOMES, Visitor
from api.errors import absent
from api.queries import Alert, Scope, find_alert
from api.resources import Resources
from api.roster import find_home
from config import contacts
from config.contacts import Contact, ContactsPlan
from config.keyring import Locked
from config.roles import Role
from ingest.clock import microseconds

EDITORS = (Role.SUPERVISOR, Role.OFFICER)
"""Roles that say whom to call about a home."""


@dataclass(frozen=True, slots=True)
class Calling:
    """Where the calls about an alert stand: whose turn it is, and when the person was reached."""

    contacts: Sequence[Contact]
    attempts: Sequence[Attempt]
    next: Contact | None
    spoken_us: int | None
    locked: str = ""
    """Why names and numbers cannot be read; then there are no contacts here."""


def contacts_of(resources: Resources, visitor: Visitor, home: str) -> list[Contact]:
    """Return a home's contacts in order; Problem 404 when it is not the visitor's."""
    with resources.database.connect() as connection:
        if find_home(connection, visitor.places(*HOMES), home) is None:
            raise absent()
        return contacts.read(connection, resources.vault, home)


def save(resources: Resources, visitor: Visitor, home: str, plan: ContactsPlan) -> list[Contact]:
    """Replace a home's contacts; Problem 404 out of reach, ConfigProblem says what is wrong."""
    now_us = microseconds(resources.clock())
    with resources.database.begin() as connection:
        if find_home(connection, visitor.places(*EDITORS), home) is None:
            raise absent()
        vault, by = resources.vault, visitor.account.id
        saved, gone = contacts.save(connection, vault, home, plan, by, now_us)
    vault.drop(gone)
    return saved


def confirm(resources: Resources, visitor: Visitor, contact: str) -> Contact:
    """Vouch for a contact today; Problem 404 when it is not of the visitor's places."""
    places, now_us = visitor.places(*HOMES), microseconds(resources.clock())
    with resources.database.begin() as connection:
        if contacts.find(connection, resources.vault, places, contact) is None:
            raise absent()
        contacts.confirm(connection, contact, visitor.account.id, now_us)
        found = contacts.find(connection, resources.vault, places, contact)
    if found is None:
        raise absent()
    return found


def stale(resources: Resources, visitor: Visitor, place: str) -> list[Contact]:
    """Return a place's contacts that nobody confirmed for 180 days; Problem 404 if not ours."""
    if place not in visitor.places(*HOMES):
        raise absent()
    with resources.database.connect() as connection:
        return contacts.stale(connection, resources.vault, [place], microseconds(resources.clock()))


def calling(resources: Resources, visitor: Visitor, alert: str) -> Calling:
    """Return where the calls about an alert stand; Problem 404 when it is out of reach."""
    found = _find(resources, visitor, alert, HOMES)
    listed: Sequence[Contact] = ()
    locked = ""
    with resources.database.connect() as connection:
        tried = attempts.read(connection, alert)
        spoken_us = attempts.spoken_us(connection, alert)
        try:
            if found.home:
                listed = contacts.read(connection, resources.vault, found.home)
        except Locked as problem:  # without names an alert is still an alert
            locked = str(problem)
    return Calling(listed, tried, attempts.next_contact(listed, tried), spoken_us, locked)


def begin(resources: Resources, visitor: Visitor, alert: str, contact: str, means: Means) -> int:
    """Say that a contact of the alert's home is being tried; Problem 404, or Refused."""
    found = _find(resources, visitor, alert, CARE)
    with resources.database.begin() as connection:
        whom = contacts.find(connection, resources.vault, [found.place], contact)
        if whom is None or whom.home != found.home:
            raise absent()
        now_us = microseconds(resources.clock())
        return attempts.begin(connection, alert, whom, means, visitor.account.id, now_us)


def end(
    resources: Resources, visitor: Visitor, alert: str, attempt: int, result: Result, said: str
) -> None:
    """Say what came of an attempt; Problem 404, or Refused when it was said before."""
    _find(resources, visitor, alert, CARE)
    with resources.database.begin() as connection:
        if attempts.find(connection, alert, attempt) is None:
            raise absent()
        now_us = microseconds(resources.clock())
        attempts.end(connection, attempt, result, said, visitor.account.id, now_us)


def _find(resources: Resources, visitor: Visitor, alert: str, roles: Sequence[Role]) -> Alert:
    with resources.database.connect() as connection:
        found = find_alert(connection, Scope(visitor.places(*roles)), alert)
    if found is None:
        raise absent()
    return found
