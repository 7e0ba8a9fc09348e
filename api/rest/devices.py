"""The devices of a home by REST: what is there, and replacing a gateway."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from api import devices, installing, sensor_replacing
from api.auth import Needs, Visitor
from api.errors import Problem
from api.installing import INSTALLERS
from api.resources import Resources
from api.rest.homes import Id
from api.rest.installing import IssuedOut, issued_out
from api.rest.models import Sent
from api.rest.moments import to_datetime, to_datetime_or_none
from api.rest.sensor_replacing import DeviceOut, device_out
from config.credentials import LONGEST_WHY
from config.problems import ConfigProblem
from config.replacements import LONGEST_OVERLAP_H

router: Final = APIRouter(tags=["installing"])
Installer = Annotated[Visitor, Depends(Needs(INSTALLERS))]


class OldBoxOut(Sent):
    """A box that was replaced; it is heard until ``until``, no more once ``ended`` is set."""

    id: str
    replaced: datetime
    replaced_by: str
    until: datetime
    ended: datetime | None
    why: str


class HubOut(Sent):
    """A gateway of the home: the id of the box that serves, and what it took the place of."""

    gateway: str
    replaced: list[OldBoxOut]


class DevicesOut(Sent):
    """What is installed in a home."""

    gateways: list[HubOut]
    devices: list[DeviceOut]


class ReplacementIn(BaseModel):
    """Why a gateway is replaced; without ``overlap_h`` the old box is heard as settings say.

    ``id`` names the new box; empty draws one.
    """

    model_config = ConfigDict(extra="forbid")

    why: str = Field(max_length=LONGEST_WHY)
    overlap_h: float | None = Field(default=None, ge=0, le=LONGEST_OVERLAP_H)
    id: str = Field(default="", max_length=40)


@router.get("/homes/{home}/devices")
def list_devices(request: Request, visitor: Installer, home: Id) -> DevicesOut:
    """Return the gateways and devices of a home, and what each took the place of."""
    resources: Resources = request.app.state.resources
    found = installing.home_of(request, visitor, home)
    with resources.database.connect() as connection:
        hubs = devices.hubs_of(connection, found)
        things = sensor_replacing.things_of(connection, found)
    return DevicesOut(
        gateways=[_hub(hub) for hub in hubs], devices=[device_out(thing) for thing in things]
    )


@router.post("/homes/{home}/gateways/{gateway}/replacement")
def replace_gateway(
    request: Request, visitor: Installer, home: Id, gateway: Id, body: ReplacementIn
) -> IssuedOut:
    """Let a new box serve in this gateway's place; its secret is told this once."""
    resources: Resources = request.app.state.resources
    found = installing.home_of(request, visitor, home)
    try:
        issued = devices.swap_gateway(
            resources,
            visitor,
            found,
            gateway,
            overlap_h=body.overlap_h,
            why=body.why,
            box=body.id,
        )
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    return issued_out(issued, resources.broker.address)


@router.post("/homes/{home}/gateways/{gateway}/end-overlap", status_code=204)
def end_overlap(request: Request, visitor: Installer, home: Id, gateway: Id) -> None:
    """Hear no more of this box, which was replaced; 422 when it is not heard anyway."""
    resources: Resources = request.app.state.resources
    found = installing.home_of(request, visitor, home)
    try:
        devices.end_overlap(resources, visitor, found, gateway)
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem


def _hub(hub: devices.Hub) -> HubOut:
    return HubOut(
        gateway=hub.id,
        replaced=[
            OldBoxOut(
                id=box.id,
                replaced=to_datetime(box.replaced_us),
                replaced_by=box.replaced_by,
                until=to_datetime(box.until_us),
                ended=to_datetime_or_none(box.ended_us),
                why=box.why,
            )
            for box in hub.old
        ],
    )
