"""Sensors that a home's gateways announce, by REST: what they propose, and accepting it."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from api import installing, proposing
from api.auth import Needs, Visitor
from api.errors import Problem
from api.installing import INSTALLERS
from api.proposing import Hub, Refused
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import to_datetime, to_datetime_or_none
from config.announced import MOST_DEVICES
from config.kinds import Kind
from config.problems import ConfigProblem
from config.proposals import WHY, Choice, Proposal, State, Use

router: Final = APIRouter(tags=["installing"])
Installer = Annotated[Visitor, Depends(Needs(INSTALLERS))]


class ProposalOut(Sent):
    """An announced device: ``kinds`` is what accepting adds, ``why`` says why it cannot be.

    ``name`` is empty where it may be a person's; ``left_out`` are kinds without a purpose in the
    consent; ``room`` is a suggestion, ``rooms`` where it is enrolled.
    """

    ieee: str
    name: str
    model: str
    vendor: str
    state: State
    may_be_accepted: bool
    why: str
    kinds: list[Kind]
    left_out: list[Kind]
    uses: list[Use]
    room: str
    rooms: list[str]
    first: datetime
    gone: datetime | None


class HubOut(Sent):
    """What a gateway announced last; ``silent`` are enrolled addresses that it does not know.

    ``refused`` is what was wrong with a newer announcement, ``left_out`` how many had no room.
    """

    gateway: str
    announced: datetime | None
    refused: str
    left_out: int
    devices: list[ProposalOut]
    silent: list[str]


class ChoiceIn(BaseModel):
    """A device to accept: its Zigbee address, its room, and what it was put on."""

    model_config = ConfigDict(extra="forbid")

    ieee: str = Field(max_length=18)
    room: str = Field(default="", max_length=200)
    use: str = Field(default=Use.AS_SAID.value, max_length=20)


class AcceptIn(BaseModel):
    """What is accepted, all or none."""

    model_config = ConfigDict(extra="forbid")

    devices: list[ChoiceIn] = Field(max_length=MOST_DEVICES)


class SensorOut(Sent):
    """A sensor that the home has now."""

    sensor: str
    address: str
    kind: Kind
    room: str
    is_exit: bool


@router.get("/homes/{home}/announced")
def list_announced(request: Request, visitor: Installer, home: Id) -> list[HubOut]:
    """Return what each gateway of the home announces."""
    resources: Resources = request.app.state.resources
    found = installing.home_of(request, visitor, home)
    return [
        _hub(hub, proposing.refusal(resources, found, hub))
        for hub in proposing.read(resources, found)
    ]


@router.post("/homes/{home}/announced")
def accept_announced(
    request: Request, visitor: Installer, home: Id, body: AcceptIn
) -> list[SensorOut]:
    """Enrol announced devices, all or none; 422 says of each what is wrong."""
    resources: Resources = request.app.state.resources
    found = installing.home_of(request, visitor, home)
    choices = [Choice(one.ieee, one.room, one.use) for one in body.devices]
    try:
        made = proposing.accept_for(resources, visitor, found, choices)
    except Refused as problem:
        mistakes = [{"ieee": ieee, "said": said} for ieee, said in problem.mistakes]
        raise Problem(422, str(problem), extra={"mistakes": mistakes}) from problem
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return [
        SensorOut(sensor=s.id, address=s.address, kind=s.kind, room=s.room, is_exit=s.is_exit)
        for s in made
    ]


def _hub(hub: Hub, refused: str) -> HubOut:
    return HubOut(
        gateway=hub.id,
        announced=to_datetime_or_none(hub.at_us),
        refused=refused,
        left_out=hub.left_out,
        devices=[_proposal(one) for one in hub.proposals],
        silent=[sensor.address for sensor in hub.silent],
    )


def _proposal(one: Proposal) -> ProposalOut:
    device = one.seen.device
    return ProposalOut(
        ieee=device.ieee,
        name=device.name,
        model=device.model,
        vendor=device.vendor,
        state=one.state,
        may_be_accepted=one.may_be_accepted,
        why=WHY.get(one.state, ""),
        kinds=list(one.kinds or device.kinds),
        left_out=list(one.left_out),
        uses=list(one.uses),
        room=one.room,
        rooms=list(one.rooms),
        first=to_datetime(one.seen.first_us),
        gone=to_datetime_or_none(one.seen.gone_us),
    )
