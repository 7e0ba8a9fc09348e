"""Replacing a sensor by REST, and what of a home's devices measures what."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from api import installing, sensor_replacing
from api.auth import Needs, Visitor
from api.errors import Problem
from api.installing import INSTALLERS
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import to_datetime
from api.sensor_replacing import Thing
from config.credentials import LONGEST_WHY
from config.homes import Sensor
from config.kinds import Kind
from config.problems import ConfigProblem
from config.sensor_replacements import LONGEST_ADDRESS, LONGEST_MODEL, NewDevice

router: Final = APIRouter(tags=["installing"])
Installer = Annotated[Visitor, Depends(Needs(INSTALLERS))]


class MeasuredOut(Sent):
    """A sensor: what is measured, and where; its id stays whichever device speaks for it."""

    id: str
    kind: Kind
    room: str


class OldDeviceOut(Sent):
    """A device that spoke until ``replaced``, and is heard no more."""

    gateway: str
    dialect: str
    address: str
    model: str
    replaced: datetime
    replaced_by: str
    why: str


class DeviceOut(Sent):
    """A device of the home, where it is heard, and what it took the place of, the newest first."""

    gateway: str
    dialect: str
    address: str
    model: str
    sensors: list[MeasuredOut]
    replaced: list[OldDeviceOut]


class NewDeviceIn(BaseModel):
    """What takes over, and why; an empty ``gateway``, ``dialect`` or ``model`` is the old one's."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(min_length=1, max_length=LONGEST_ADDRESS)
    why: str = Field(max_length=LONGEST_WHY)
    gateway: str = Field(default="", max_length=40)
    dialect: str = Field(default="", max_length=20)
    model: str = Field(default="", max_length=LONGEST_MODEL)


class ReplacedOut(Sent):
    """The sensors for which the new device speaks from now on."""

    dialect: str
    address: str
    model: str
    sensors: list[MeasuredOut]


@router.post("/homes/{home}/sensors/{sensor}/replacement")
def replace_sensor(
    request: Request, visitor: Installer, home: Id, sensor: Id, body: NewDeviceIn
) -> ReplacedOut:
    """Let a new device speak for this sensor and all others of its device, from now on."""
    resources: Resources = request.app.state.resources
    found = installing.home_of(request, visitor, home)
    new = NewDevice(body.address, body.gateway, body.dialect, body.model)
    try:
        made = sensor_replacing.swap_sensor(resources, visitor, found, sensor, new, why=body.why)
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    first = made[0]
    return ReplacedOut(
        dialect=first.dialect, address=first.address, model=first.model, sensors=_measured(made)
    )


def device_out(thing: Thing) -> DeviceOut:
    """Return a device as it is sent."""
    return DeviceOut(
        gateway=thing.gateway,
        dialect=thing.first.dialect,
        address=thing.first.address,
        model=thing.first.model,
        sensors=_measured(thing.sensors),
        replaced=[
            OldDeviceOut(
                gateway=one.gateway,
                dialect=one.dialect,
                address=one.address,
                model=one.model,
                replaced=to_datetime(one.replaced_us),
                replaced_by=one.replaced_by,
                why=one.why,
            )
            for one in thing.old
        ],
    )


def _measured(sensors: Sequence[Sensor]) -> list[MeasuredOut]:
    return [MeasuredOut(id=one.id, kind=one.kind, room=one.room) for one in sensors]
