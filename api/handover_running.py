"""What ``stillwell handover`` does, in the name of a member of a place's care team."""

from collections.abc import Callable

from sqlalchemy import Connection, select

from alerts import handovers, tables
from alerts.ledger import Ledger
from alerts.refusals import Conflict, Refused
from api import console, wiring
from api.auth import CARE
from api.rest.moments import to_datetime
from config import people
from config.people import Account
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import microseconds

Tell = Callable[[str], None]


def show(settings: Settings, place: str, *, tell: Tell) -> None:
    """Tell what was handed over at a place; ConfigProblem when there is no such place."""
    if place not in (known := wiring.places(settings)):
        expected = ", ".join(known)
        raise ConfigProblem(f"handover: there is no place {place!r}, expected one of {expected}")
    database = wiring.open_database(settings)
    console.note_read(database, place, "handover")
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.connect() as connection:
        found = handovers.read(connection, place, now_us)
        names = people.names(
            connection, frozenset(w for i in found for w in (i.given_by, i.accepted_by) if w)
        )
    for item in found:
        by = names.get(item.given_by, item.given_by)
        said = f"{item.alert} handed over by {by} at {to_datetime(item.at_us):%H:%M} UTC"
        if item.accepted_by is not None:
            said += f", accepted by {names.get(item.accepted_by, item.accepted_by)}"
        elif item.told_us is not None:
            said += ", accepted by nobody: the supervisors were told"
        tell(said)
    if not found:
        tell("nothing was handed over in the last 12 hours")


def begin(settings: Settings, place: str, by: str, *, tell: Tell) -> None:
    """Hand over what stands at a place; ConfigProblem says what is wrong."""
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account = _member(connection, by, place)
        begun = handovers.begin(connection, place, account.id, now_us)
    if not begun:
        raise ConfigProblem(f"handover: no alert of {place} is left to hand over")
    for alert in begun:
        tell(alert)
    tell(f"{len(begun)} handed over; stillwell handover accept ALERT --by EMAIL takes one over")


def accept(settings: Settings, alert: str, by: str, *, tell: Tell) -> None:
    """Take an alert over; ConfigProblem says why it cannot be."""
    database = wiring.open_database(settings)
    now = wiring.web_clock(settings, database)()
    query = select(tables.alerts.c.place).where(tables.alerts.c.id == alert)
    with database.connect() as connection:
        place = connection.execute(query).scalar()
        account = _member(connection, by, place or "")
    try:
        handovers.accept(Ledger(database), alert, account.id, now)
    except Refused as refused:
        raise ConfigProblem(f"handover: {refused}") from refused
    except Conflict as conflict:
        raise ConfigProblem(f"handover: {conflict}; nothing is left to accept") from conflict
    tell(f"{alert} is {account.name}'s now")


def _member(connection: Connection, email: str, place: str) -> Account:
    account = people.find_account(connection, email)
    held = {} if account is None else people.grants_of(connection, account.id)
    if account is None or not held.get(place, frozenset()).intersection(CARE):
        raise ConfigProblem(
            f"handover: {email} is not of the care team there, or there is no such place or alert: "
            "give a role by stillwell people give, or look the alert up by stillwell handover show"
        )
    return account
