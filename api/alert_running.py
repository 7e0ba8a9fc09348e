"""What ``stillwell alert`` does, in the name of somebody who may act on alerts of the place."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection

from alerts.alert import CHOICES, Outcome, Priority
from alerts.ledger import Ledger
from alerts.refusals import Conflict, Refused
from api import exporting, queries, wiring
from api.auth import CARE
from api.queries import Alert, Scope
from api.rest.moments import to_datetime
from config import people
from config.people import Account
from config.problems import ConfigProblem
from config.roles import Role
from config.settings import Settings
from ingest.clock import Instant, microseconds

Tell = Callable[[str], None]
Act = Callable[[Ledger, str, str, Instant], None]
"""Takes ledger, alert, account and now; raises Conflict or Refused."""

SHOWN: Final = 500
"""Alerts less urgent than P1 that are printed; of P1 every one is."""


def show(settings: Settings, place: str, *, tell: Tell) -> None:
    """Tell what stands at a place, the most urgent first; ConfigProblem without such a place."""
    if place not in (known := wiring.places(settings)):
        expected = ", ".join(known)
        raise ConfigProblem(f"alert: there is no place {place!r}, expected one of {expected}")
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    exporting.note(database, place, "alerts", now_us)
    with database.connect() as connection:
        scope = Scope((place,), (place,))
        standing = queries.queue(connection, scope, limit=SHOWN)
        total = sum(queries.count_standing(connection, scope).values())
    for alert in standing:
        raised = f"{to_datetime(alert.raised_us):%Y-%m-%d %H:%M} UTC"
        about = f"home {alert.home}" if alert.home else "no home"
        tell(f"{alert.id} {alert.priority.value} {alert.kind.value} {alert.state.value}, {about}, "
             f"raised {raised}: {alert.sentence}")  # fmt: skip
    hidden = f", {total - len(standing)} of them not shown" if total > len(standing) else ""
    tell(f"{total} alerts stand at {place}{hidden}")


def read_outcome(said: str) -> Outcome:
    """Return the outcome; ConfigProblem names those that there are."""
    try:
        return Outcome(said)
    except ValueError:
        known = ", ".join(CHOICES)
        raise ConfigProblem(f"alert: outcome is {said[:40]!r}, expected one of {known}") from None


def act(settings: Settings, alert: str, by: str, what: str, do: Act, *, tell: Tell) -> None:
    """Do this to an alert; ConfigProblem says why it may not be, and what to do instead."""
    database = wiring.open_database(settings)
    now = wiring.web_clock(settings, database)()
    with database.connect() as connection:
        account = _may_act(connection, alert, by)
    try:
        do(Ledger(database), alert, account.id, now)
    except Refused as refused:
        raise ConfigProblem(f"alert: {refused}") from refused
    except Conflict as conflict:
        with database.connect() as connection:
            names = people.names(connection, frozenset({conflict.actor}))
        who = names.get(conflict.actor, "the system")
        when = f"{to_datetime(conflict.at_us):%Y-%m-%d %H:%M} UTC"
        raise ConfigProblem(
            f"alert: it is {conflict.state.value} since {when} by {who}; `stillwell alert list` "
            "says what stands"
        ) from conflict
    tell(f"{alert} {what} {account.name}")


def _may_act(connection: Connection, alert: str, email: str) -> Account:
    account = people.find_account(connection, email)
    held = {} if account is None else people.grants_of(connection, account.id)
    cares = tuple(place for place, roles in held.items() if roles.intersection(CARE))
    mends = tuple(place for place, roles in held.items() if Role.ENGINEER in roles)
    found = queries.find_alert(connection, Scope(cares, mends), alert)
    if account is None or found is None or not _is_theirs(found, cares):
        raise ConfigProblem(
            f"alert: there is no alert {alert[:40]!r} in a place where {email[:60]} may act: look "
            "it up by `stillwell alert list`, or give a role by `stillwell people give`"
        )
    return account


def _is_theirs(alert: Alert, cares: tuple[str, ...]) -> bool:
    return alert.place in cares or alert.priority is Priority.T
