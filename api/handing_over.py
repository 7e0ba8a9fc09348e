"""Hand-over of alerts at the end of a shift, for pages, REST and commands: scope first."""

from collections.abc import Sequence

from alerts import handovers
from alerts.handovers import Item
from alerts.refusals import Refused
from api.auth import CARE, Visitor
from api.errors import absent
from api.queries import Scope, find_alert
from api.resources import Resources
from ingest.clock import microseconds


def places_of(visitor: Visitor, place: str = "") -> tuple[str, ...]:
    """Return the places whose alerts this visitor answers, or the named one; Problem 404."""
    own = visitor.places(*CARE)
    if place and place not in own:
        raise absent()
    return (place,) if place else own


def begin(resources: Resources, visitor: Visitor, place: str) -> list[str]:
    """Hand over what stands at a place; Problem 404, Refused when nothing is left to hand over."""
    places_of(visitor, place)
    with resources.database.begin() as connection:
        now_us = microseconds(resources.clock())
        begun = handovers.begin(connection, place, visitor.account.id, now_us)
    if not begun:
        raise Refused("No alert of this place is left to hand over: nothing has to be accepted.")
    return begun


def accept(resources: Resources, visitor: Visitor, alert: str) -> None:
    """Take an alert over by name; Problem 404, Refused, or Conflict when it is over."""
    with resources.database.connect() as connection:
        if find_alert(connection, Scope(visitor.places(*CARE)), alert) is None:
            raise absent()
    handovers.accept(resources.ledger, alert, visitor.account.id, resources.clock())


def items(resources: Resources, places: Sequence[str]) -> list[Item]:
    """Return what was handed over at these places in the last 12 hours, the newest first."""
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        return [item for place in places for item in handovers.read(connection, place, now_us)]
