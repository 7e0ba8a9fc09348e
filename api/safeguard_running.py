"""What ``stillwell contacts safeguard``, ``safeguards`` and ``lift`` do, in somebody's name."""

from collections.abc import Callable

from sqlalchemy import Connection, select

from api import console, safeguards, wiring
from api.contacting import EDITORS
from api.contacts_file import expect_role
from api.rest.moments import to_datetime
from api.safeguards import LIFTERS, Barred
from config import contacts, keys, safeguarding, tables
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import microseconds

Tell = Callable[[str], None]


def safeguard(settings: Settings, contact: str, why: str, by: str, *, tell: Tell) -> None:
    """Take a contact out of its home; ConfigProblem says what is missing."""
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        found = contacts.owner(connection, contact)
        if found is None:
            raise ConfigProblem(
                f"contacts: there is no contact {contact[:40]!r}; `stillwell contacts show` tells "
                "the ids of a home's"
            )
        account = expect_role(connection, by, found[1], *EDITORS)
        gone = safeguards.bar(connection, vault, contact, account.id, now_us, why)
    vault.drop(gone)
    tell(f"contact {contact} is taken out of home {found[0]}; the number cannot be entered again")


def show(settings: Settings, home: str, *, tell: Tell) -> None:
    """Tell what was taken out of a home, the oldest first. This is noted."""
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    with database.begin() as connection:
        number, place = _home(connection, home)
        console.note(connection, place, "read", f"home:{home}")
        found = safeguards.listed(connection, vault, number)
    for one in found:
        tell(_line(one))
    if not found:
        tell(f"no contact was ever taken out of home {home} for safeguarding")


def lift(settings: Settings, home: str, number: int, why: str, by: str, *, tell: Tell) -> None:
    """Let a number that was barred be entered again; ConfigProblem says what is wrong."""
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account = expect_role(connection, by, _home(connection, home)[1], *LIFTERS)
        gone = safeguarding.lift(connection, vault, home, number, account.id, now_us, why)
    vault.drop(gone)
    tell("the number may be entered again; the contact itself does not come back")


def _home(connection: Connection, home: str) -> tuple[int, str]:
    """Return (number, place) of a home (id)."""
    h = tables.homes.c
    found = connection.execute(select(h.number, h.place).where(h.id == home)).first()
    if found is None:
        raise ConfigProblem(f"contacts: there is no home {home[:40]!r}")
    return found.number, found.place


def _line(one: Barred) -> str:
    when = f"{to_datetime(one.bar.at_us):%Y-%m-%d %H:%M} UTC" if one.bar.at_us else "before reasons"
    told = f"{one.number}. taken out {when}" + (f" by {one.by}: {one.bar.why}" if one.by else "")
    if not one.bar.lifted_us:
        return f"{told}; the number is barred"
    lifted = f"{to_datetime(one.bar.lifted_us):%Y-%m-%d %H:%M} UTC"
    return f"{told}; taken back {lifted} by {one.lifted_by}: {one.bar.lifted_why}"
