"""What ``stillwell contacts`` does: reads and replaces contacts in somebody's name."""

import tomllib
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from api import exporting, wiring
from api.contacting import EDITORS
from api.web import words
from config import contacts, keys, people
from config.contacts import Contact
from config.people import Account
from config.problems import ConfigProblem, read_text
from config.roles import Role
from config.settings import Settings
from ingest.clock import microseconds


def show(settings: Settings, home: str, *, tell: Callable[[str], None]) -> None:
    """Tell the contacts of a home, in order."""
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.connect() as connection:
        place = _place_of(connection, home)
        found = contacts.read(connection, keys.open_vault(settings, database), home)
    exporting.note(database, place, f"home:{home}", now_us, what="contacts")
    for contact in found:
        tell(_line(contact, now_us))


def save(
    settings: Settings, home: str, file: Path, by: str, *, tell: Callable[[str], None]
) -> None:
    """Replace the contacts of a home by those of the file; ConfigProblem says what is wrong."""
    plan = contacts.read_plan(read_toml(file, "contacts"), file.name)
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        place = _place_of(connection, home)
        account = expect_role(connection, by, place, *EDITORS)
        saved, gone = contacts.save(connection, vault, home, plan, account.id, now_us)
    vault.drop(gone)
    tell(f"{len(saved)} contacts of home {home} are saved")


def stale(settings: Settings, place: str, *, tell: Callable[[str], None]) -> None:
    """Tell the contacts that must be confirmed again."""
    places = wiring.places(settings)
    if place and place not in places:
        raise ConfigProblem(
            f"contacts: there is no place {place!r}, expected one of {', '.join(places)}"
        )
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.connect() as connection:
        vault = keys.open_vault(settings, database)
        found = contacts.stale(connection, vault, [place] if place else list(places), now_us)
    for key in sorted({contact.place for contact in found}):
        exporting.note(database, key, "contacts", now_us, what="stale")
    for contact in found:
        tell(f"{contact.place}, home {contact.home}: {_line(contact, now_us)}")
    tell(f"{len(found)} contacts were not confirmed for {contacts.STALE_DAYS} days")


def expect_role(connection: Connection, email: str, place: str, *roles: Role) -> Account:
    """Return the account; ConfigProblem when it holds none of these roles at the place."""
    account = people.find_account(connection, email)
    held = people.grants_of(connection, account.id).get(place, frozenset()) if account else ()
    if account is None or not set(roles) & set(held):
        wanted = " or ".join(role.value for role in roles)
        raise ConfigProblem(f"--by {email!r} is no {wanted} of {place}; name one who is")
    return account


def read_toml(file: Path, command: str) -> dict[str, object]:
    """Return what is in this TOML file; ConfigProblem when it cannot be read."""
    try:
        return tomllib.loads(read_text(file, command))
    except tomllib.TOMLDecodeError as problem:
        raise ConfigProblem(f"{command}: {file.name} is not TOML: {problem}") from problem


def _place_of(connection: Connection, home: str) -> str:
    found = contacts.place_of(connection, home)
    if found is None:
        raise ConfigProblem(f"contacts: there is no home {home!r}")
    return found


def _line(contact: Contact, now_us: int) -> str:
    what = contact.kind.value + (f", {contact.relation}" if contact.relation else "")
    key = ", has a key" if contact.has_key else ""
    when = words.ago(contact.confirmed_us, now_us)
    old = " - CONFIRM AGAIN" if contact.is_stale(now_us) else ""
    who = f"{contact.position}. {contact.id} {contact.name} ({what}{key}) {contact.phone}"
    return f"{who}, confirmed {when}{old}"
