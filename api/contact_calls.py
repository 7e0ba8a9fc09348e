"""What ``stillwell contacts confirm``, ``calls``, ``try`` and ``said`` do, in somebody's name."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import Connection

from alerts import attempts
from alerts.attempts import Attempt, Means, Result
from alerts.refusals import Refused
from api import console, queries, wiring
from api.auth import CARE, HOMES
from api.contacts_file import expect_role
from api.queries import Alert, Scope
from api.rest.moments import to_datetime
from config import contacts, keys, people
from config.contacts import Contact
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import microseconds

Tell = Callable[[str], None]
Word = TypeVar("Word", bound=StrEnum)
Said = TypeVar("Said")


def confirm(settings: Settings, contact: str, by: str, *, tell: Tell) -> None:
    """Vouch for a contact today; ConfigProblem when there is none, or it is not theirs."""
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        found = contacts.find(connection, vault, list(wiring.places(settings)), contact)
        if found is None:
            raise ConfigProblem(
                f"contacts: there is no contact {contact[:40]!r}; `stillwell contacts stale` and "
                "`contacts show` tell their ids"
            )
        account = expect_role(connection, by, found.place, *HOMES)
        contacts.confirm(connection, contact, account.id, now_us)
    tell(f"{contact} is confirmed by {account.name}, and asked for again in "
         f"{contacts.STALE_DAYS} days")  # fmt: skip


def show(settings: Settings, alert: str, *, tell: Tell) -> None:
    """Tell who was tried about an alert and whose turn it is; ConfigProblem without such a one."""
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    with database.begin() as connection:
        found = _alert(connection, settings, alert)
        console.note(connection, found.place, "read", f"alert:{found.id}")
        tried = attempts.read(connection, alert)
        listed = contacts.read(connection, vault, found.home) if found.home else []
        names = people.names(connection, frozenset(one.actor for one in tried))
    known = {contact.id: contact for contact in listed}
    for one in tried:
        tell(_line(one, known, names.get(one.actor, "the system")))
    due = attempts.next_contact(listed, tried)
    if due is not None:
        tell(f"next: {due.id} {due.name} ({due.kind.value}) {due.phone}")
    elif not listed:
        tell("no contact is known: there is nobody to try")
    else:
        tell("next: nobody, while one is tried or the person has answered")


def begin(settings: Settings, alert: str, contact: str, means: str, by: str, *, tell: Tell) -> None:
    """Say that a contact is being tried; ConfigProblem says why it may not be."""
    wanted = _one_of(Means, means, "means")
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        found = _alert(connection, settings, alert)
        account = expect_role(connection, by, found.place, *CARE)
        whom = contacts.find(connection, vault, [found.place], contact)
        if whom is None or whom.home != found.home:
            raise ConfigProblem(
                f"contacts: {contact[:40]!r} is no contact of this alert's home; `stillwell "
                f"contacts calls {alert}` tells whose turn it is"
            )
        number = _plainly(
            lambda: attempts.begin(connection, alert, whom, wanted, account.id, now_us)
        )
    tell(f"attempt {number}: {whom.name} is being tried by {wanted.value}; "
         f"counts as no answer after {whom.wait_min:g} min")  # fmt: skip


def end(
    settings: Settings, alert: str, attempt: int, result: str, said: str, by: str, *, tell: Tell
) -> None:
    """Say what came of an attempt; ConfigProblem says why that may not be."""
    wanted = _one_of(Result, result, "result")
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        found = _alert(connection, settings, alert)
        account = expect_role(connection, by, found.place, *CARE)
        if attempts.find(connection, alert, attempt) is None:
            raise ConfigProblem(
                f"contacts: alert {alert} has no attempt {attempt}; `stillwell contacts calls "
                f"{alert}` lists them"
            )
        _plainly(lambda: attempts.end(connection, attempt, wanted, said, account.id, now_us))
    tell(f"attempt {attempt}: {wanted.value}")


def _alert(connection: Connection, settings: Settings, alert: str) -> Alert:
    places = tuple(wiring.places(settings))
    found = queries.find_alert(connection, Scope(places, places), alert)
    if found is None:
        raise ConfigProblem(
            f"contacts: there is no alert {alert[:40]!r}; `stillwell alert list` says what stands"
        )
    return found


def _plainly(do: Callable[[], Said]) -> Said:
    try:
        return do()
    except Refused as refused:
        raise ConfigProblem(f"contacts: {refused}") from refused


def _one_of(kind: type[Word], said: str, what: str) -> Word:
    known = [one.value for one in kind if one.value != Result.TIMED_OUT.value]
    if said not in known:
        raise ConfigProblem(
            f"contacts: {what} is {said[:40]!r}, expected one of {', '.join(known)}"
        )
    return kind(said)


def _line(one: Attempt, known: dict[str, Contact], actor: str) -> str:
    whom = known[one.contact].name if one.contact in known else one.contact
    said = f": {one.said}" if one.said else ""
    at = f"{to_datetime(one.at_us):%Y-%m-%d %H:%M} UTC"
    return f"attempt {one.id}, {at}, {actor} tried {whom} by {one.means}: " + (
        f"{one.result}{said}" if one.result else "going on"
    )
