"""Hand-over at the end of a shift: begun for a place, each alert accepted by name."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request

from alerts.handovers import Item
from alerts.refusals import Conflict, Refused
from api import handing_over
from api.auth import CARE, Needs, Visitor
from api.errors import Problem
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import to_datetime, to_datetime_or_none

router: Final = APIRouter(tags=["hand-over"])
Carer = Annotated[Visitor, Depends(Needs(CARE))]


class ItemOut(Sent):
    """One alert that was handed over; ``due`` is until when somebody must accept it.

    People are account ids; ``told`` is when the supervisors were told of it.
    """

    alert: str
    given_by: str
    at: datetime
    due: datetime | None
    accepted_by: str | None
    accepted: datetime | None
    told: datetime | None


class HandoverOut(Sent):
    """What was handed over at a place in the last 12 hours, the newest first."""

    alerts: list[ItemOut]


@router.get("/places/{place}/handover")
def get_handover(request: Request, visitor: Carer, place: Id) -> HandoverOut:
    """Return what was handed over and who accepted it."""
    places = handing_over.places_of(visitor, place)
    found = handing_over.items(request.app.state.resources, places)
    return HandoverOut(alerts=[_item(item) for item in found])


@router.post("/places/{place}/handover")
def begin_handover(request: Request, visitor: Carer, place: Id) -> HandoverOut:
    """Hand over each alert that stands; 422 when there is none."""
    resources: Resources = request.app.state.resources
    try:
        handing_over.begin(resources, visitor, place)
    except Refused as refused:
        raise Problem(422, str(refused)) from refused
    return HandoverOut(alerts=[_item(i) for i in handing_over.items(resources, [place])])


@router.post("/alerts/{alert}/accept", status_code=204)
def accept_alert(request: Request, visitor: Carer, alert: Id) -> None:
    """Take an alert over by name; 409 when it is over, 422 says why it cannot be accepted."""
    try:
        handing_over.accept(request.app.state.resources, visitor, alert)
    except Refused as refused:
        raise Problem(422, str(refused)) from refused
    except Conflict as conflict:
        extra = {"state": conflict.state.value, "actor": conflict.actor}
        raise Problem(
            409, "This alert has ended: nothing is left to accept.", extra=extra
        ) from conflict


def _item(item: Item) -> ItemOut:
    return ItemOut(
        alert=item.alert,
        given_by=item.given_by,
        at=to_datetime(item.at_us),
        due=to_datetime_or_none(item.due_us),
        accepted_by=item.accepted_by,
        accepted=to_datetime_or_none(item.accepted_us),
        told=to_datetime_or_none(item.told_us),
    )
