"""Contacts of homes, and who was tried about an alert."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request

from alerts.refusals import Refused
from api import contacting
from api.auth import CARE, HOMES, Needs, Visitor
from api.contacting import EDITORS, Calling
from api.errors import Problem
from api.resources import Resources
from api.rest.contact_models import (
    AttemptEndIn,
    AttemptIn,
    AttemptOut,
    CallingOut,
    ContactOut,
    ContactsOut,
)
from api.rest.homes import Id
from api.rest.moments import to_datetime, to_datetime_or_none
from config.contacts import Contact, ContactsPlan
from config.problems import ConfigProblem
from ingest.clock import microseconds

router: Final = APIRouter(tags=["contacts"])
Reader = Annotated[Visitor, Depends(Needs(HOMES))]
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]
Carer = Annotated[Visitor, Depends(Needs(CARE))]
Number = Annotated[int, Path(ge=1, le=2**31)]


@router.get("/homes/{home}/contacts")
def list_contacts(request: Request, visitor: Reader, home: Id) -> ContactsOut:
    """Return whom to call about a home, in order."""
    resources: Resources = request.app.state.resources
    return _contacts(resources, contacting.contacts_of(resources, visitor, home))


@router.post("/homes/{home}/contacts")
def save_contacts(request: Request, visitor: Editor, home: Id, body: ContactsPlan) -> ContactsOut:
    """Replace the contacts of a home; each that is new or changed is confirmed by the caller."""
    resources: Resources = request.app.state.resources
    try:
        return _contacts(resources, contacting.save(resources, visitor, home, body))
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem


@router.post("/contacts/{contact}/confirm")
def confirm_contact(request: Request, visitor: Reader, contact: Id) -> ContactOut:
    """Vouch for a contact: its number is right today."""
    resources: Resources = request.app.state.resources
    return _contact(contacting.confirm(resources, visitor, contact), resources)


@router.get("/places/{place}/stale-contacts")
def list_stale_contacts(request: Request, visitor: Reader, place: Id) -> ContactsOut:
    """Return contacts that nobody confirmed for 180 days, the oldest first."""
    resources: Resources = request.app.state.resources
    return _contacts(resources, contacting.stale(resources, visitor, place))


@router.get("/alerts/{alert}/attempts")
def list_attempts(request: Request, visitor: Reader, alert: Id) -> CallingOut:
    """Return who was tried about an alert, and whose turn it is."""
    resources: Resources = request.app.state.resources
    return _calling(resources, contacting.calling(resources, visitor, alert))


@router.post("/alerts/{alert}/attempts")
def begin_attempt(request: Request, visitor: Carer, alert: Id, body: AttemptIn) -> CallingOut:
    """Say whom one is trying; without a result the contact's time runs from now."""
    resources: Resources = request.app.state.resources
    try:
        made = contacting.begin(resources, visitor, alert, body.contact, body.means)
        if body.result is not None:
            contacting.end(resources, visitor, alert, made, body.result, body.said)
    except Refused as refused:
        raise Problem(422, str(refused)) from refused
    return _calling(resources, contacting.calling(resources, visitor, alert))


@router.post("/alerts/{alert}/attempts/{attempt}")
def end_attempt(
    request: Request, visitor: Carer, alert: Id, attempt: Number, body: AttemptEndIn
) -> CallingOut:
    """Say what came of an attempt."""
    resources: Resources = request.app.state.resources
    try:
        contacting.end(resources, visitor, alert, attempt, body.result, body.said)
    except Refused as refused:
        raise Problem(422, str(refused)) from refused
    return _calling(resources, contacting.calling(resources, visitor, alert))


def _contacts(resources: Resources, found: list[Contact]) -> ContactsOut:
    return ContactsOut(contacts=[_contact(contact, resources) for contact in found])


def _contact(contact: Contact, resources: Resources) -> ContactOut:
    fields = contact.model_dump(exclude={"place", "confirmed_us"})
    is_stale = contact.is_stale(microseconds(resources.clock()))
    return ContactOut(**fields, confirmed=to_datetime(contact.confirmed_us), is_stale=is_stale)


def _calling(resources: Resources, calling: Calling) -> CallingOut:
    tried = [
        AttemptOut(
            id=one.id,
            contact=one.contact,
            contact_kind=one.contact_kind,
            means=one.means,
            actor=one.actor,
            at=to_datetime(one.at_us),
            due=to_datetime_or_none(one.due_us),
            result=one.result,
            ended=to_datetime_or_none(one.ended_us),
            said=one.said,
        )
        for one in calling.attempts
    ]
    turn = None if calling.next is None else _contact(calling.next, resources)
    spoken = to_datetime_or_none(calling.spoken_us)
    return CallingOut(attempts=tried, next=turn, spoken=spoken)
