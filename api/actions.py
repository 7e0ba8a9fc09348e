"""What people do to alerts, for pages and REST alike: scope first, then the ledger."""

from datetime import tzinfo

from sqlalchemy import Connection

from alerts.alert import Outcome, State
from alerts.refusals import Conflict
from api import seen
from api.auth import CARE, Visitor
from api.errors import absent
from api.queries import Alert, Scope, find_alert
from api.resources import Resources
from api.web import words
from api.web.language import _
from config import people
from config.roles import Role
from ingest.clock import microseconds


def reach(visitor: Visitor) -> Scope:
    """Return the alerts this visitor may act on: all for the care team, faults for engineers."""
    return Scope(visitor.places(*CARE), visitor.places(Role.ENGINEER))


def acknowledge(
    resources: Resources, visitor: Visitor, alert: str, *, saw: str = "", note: str = ""
) -> None:
    """Take the alert on; Problem 404 when out of reach, Conflict when somebody has it.

    ``saw`` is the version that the visitor looked at: Changed when it is another now. Where
    somebody has it, Conflict says who, which tells more.
    """
    found = _require(resources, visitor, alert)
    if found.state is State.OPEN:
        seen.require(found, saw)
    resources.ledger.acknowledge(alert, visitor.account.id, resources.clock(), note)


def attend(
    resources: Resources, visitor: Visitor, alert: str, *, saw: str = "", note: str = ""
) -> None:
    """Say that one is on the way; Problem 404, Changed, Conflict when another is or it is over."""
    found = _require(resources, visitor, alert)
    if found.state in (State.OPEN, State.ACKNOWLEDGED):
        seen.require(found, saw)
    resources.ledger.attend(alert, visitor.account.id, resources.clock(), note)


def resolve(
    resources: Resources,
    visitor: Visitor,
    alert: str,
    outcome: Outcome,
    note: str,
    *,
    saw: str = "",
) -> None:
    """Say how it ended; Problem 404, Changed, Conflict when over, Refused without a needed note.

    Sent again with what the visitor saw, because the answer was lost, it is no conflict.
    """
    found = _require(resources, visitor, alert)
    if saw and seen.is_resolved_by(found, visitor.account.id, outcome):
        return
    seen.require(found, saw)
    resources.ledger.resolve(alert, visitor.account.id, outcome, note, resources.clock())


def _require(resources: Resources, visitor: Visitor, alert: str) -> Alert:
    with resources.database.connect() as connection:
        found = find_alert(connection, reach(visitor), alert)
    if found is None:
        raise absent()
    return found


def tell(connection: Connection, conflict: Conflict, resources: Resources, zone: tzinfo) -> str:
    """Return who was first, as a sentence."""
    who = people.names(connection, frozenset({conflict.actor})).get(conflict.actor, _("The system"))
    when = words.since(conflict.at_us, microseconds(resources.clock()), zone)
    if conflict.state is State.ACKNOWLEDGED:
        return _("%(who)s has had this alert since %(when)s.", who=who, when=when)
    if conflict.state is State.ATTENDING:
        return _("%(who)s has been on the way since %(when)s.", who=who, when=when)
    if conflict.state is State.RESOLVED:
        return _("%(who)s resolved this alert at %(when)s.", who=who, when=when)
    return _("%(who)s closed this alert at %(when)s.", who=who, when=when)
