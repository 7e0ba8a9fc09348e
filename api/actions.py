"""What people do to alerts, for pages and REST alike: scope first, then the ledger."""

from datetime import tzinfo

from sqlalchemy import Connection

from alerts.alert import Outcome, State
from alerts.refusals import Conflict
from api.auth import CARE, Visitor
from api.errors import absent
from api.queries import Scope, find_alert
from api.resources import Resources
from api.web import words
from config import people
from config.roles import Role
from ingest.clock import microseconds


def reach(visitor: Visitor) -> Scope:
    """Return the alerts this visitor may act on: all for the care team, faults for engineers."""
    return Scope(visitor.places(*CARE), visitor.places(Role.ENGINEER))


def acknowledge(resources: Resources, visitor: Visitor, alert: str) -> None:
    """Take the alert on; Problem 404 when out of reach, Conflict when somebody has it."""
    _require(resources, visitor, alert)
    resources.ledger.acknowledge(alert, visitor.account.id, resources.clock())


def attend(resources: Resources, visitor: Visitor, alert: str) -> None:
    """Say that one is on the way; Problem 404, Conflict when another is or it is over."""
    _require(resources, visitor, alert)
    resources.ledger.attend(alert, visitor.account.id, resources.clock())


def resolve(
    resources: Resources, visitor: Visitor, alert: str, outcome: Outcome, note: str
) -> None:
    """Say how it ended; Problem 404, Conflict when it is over, Refused without a needed note."""
    _require(resources, visitor, alert)
    resources.ledger.resolve(alert, visitor.account.id, outcome, note, resources.clock())


def _require(resources: Resources, visitor: Visitor, alert: str) -> None:
    with resources.database.connect() as connection:
        if find_alert(connection, reach(visitor), alert) is None:
            raise absent()


def tell(connection: Connection, conflict: Conflict, resources: Resources, zone: tzinfo) -> str:
    """Return who was first, as a sentence."""
    who = people.names(connection, frozenset({conflict.actor})).get(conflict.actor, "The system")
    when = words.since(conflict.at_us, microseconds(resources.clock()), zone)
    if conflict.state is State.ACKNOWLEDGED:
        return f"{who} has had this alert since {when}."
    if conflict.state is State.ATTENDING:
        return f"{who} has been on the way since {when}."
    if conflict.state is State.RESOLVED:
        return f"{who} resolved this alert at {when}."
    return f"{who} closed this alert at {when}."
