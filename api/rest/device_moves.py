"""Moving devices between homes by two people, by REST: proposed by one, decided by another."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api import idempotency, installing, moving_devices
from api.auth import Needs, Visitor
from api.errors import Problem, absent
from api.installing import INSTALLERS
from api.moving_devices import Deciding
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import to_datetime, to_datetime_or_none
from config import device_move_rows
from config.device_moves import LONGEST_ADDRESS, MOST_DEVICES, Carried, Move, MoveState, Wish
from config.problems import ConfigProblem
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(tags=["installing"])
Installer = Annotated[Visitor, Depends(Needs(INSTALLERS))]
Officer = Annotated[Visitor, Depends(Needs((Role.OFFICER,)))]
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", pattern=idempotency.PATTERN, description="Drawn by you."),
]


class CarriedIn(BaseModel):
    """A device that moves: any of its sensors, its room there, and what the other hub calls it."""

    model_config = ConfigDict(extra="forbid")

    sensor: str = Field(max_length=40)
    room: str = Field(default="", max_length=200)
    is_exit: bool = False
    address: str = Field(default="", max_length=LONGEST_ADDRESS)


class MoveIn(BaseModel):
    """What is to move where, and why; with ``gateway`` all that is on it moves."""

    model_config = ConfigDict(extra="forbid")

    to_home: str = Field(max_length=40)
    devices: list[CarriedIn] = Field(default=[], max_length=MOST_DEVICES)
    gateway: str = Field(default="", max_length=40)
    to_gateway: str = Field(default="", max_length=40)
    why: str = Field(max_length=400)


class RefusalIn(BaseModel):
    """Why a move is refused, in a few words without names."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(max_length=400)


class CarriedOut(Sent):
    """A device of a move."""

    sensor: str
    room: str
    is_exit: bool
    address: str


class MoveOut(Sent):
    """A move and where it stands; ``until`` is by when a second person decides."""

    id: str
    home: str
    to_home: str
    gateway: str
    to_gateway: str
    devices: list[CarriedOut]
    why: str
    state: MoveState
    proposed: datetime
    proposed_by: str
    until: datetime
    decided: datetime | None
    decided_by: str
    said: str


@router.get("/homes/{home}/device-moves")
def list_of_home(request: Request, visitor: Installer, home: Id) -> list[MoveOut]:
    """Return the moves from and to a home, the newest first; an installer sees their own."""
    resources: Resources = request.app.state.resources
    found = installing.home_of(request, visitor, home)
    with resources.database.connect() as connection:
        moves = moving_devices.of_home(connection, visitor, found)
    return [_out(move) for move in moves]


@router.post("/homes/{home}/device-moves")
def propose_move(
    request: Request, visitor: Installer, home: Id, body: MoveIn, key: Key = None
) -> MoveOut:
    """Propose that devices of a home move to another; nothing changes until a second one accepts.

    Sent again with the same Idempotency-Key it is proposed once.
    """
    resources: Resources = request.app.state.resources
    found = installing.home_of(request, visitor, home)
    devices = [Carried(**one.model_dump()) for one in body.devices]
    wish = Wish(body.to_home, devices, body.why, body.gateway, body.to_gateway)

    def act(connection: Connection) -> dict[str, object]:
        move = moving_devices.propose_for(connection, resources, visitor, found, wish)
        return {"id": move.id}

    try:
        if key is None:
            with resources.database.begin() as connection:
                made = act(connection)
        else:
            asked = idempotency.digest("device-move", found.id, body.model_dump())
            now_us = microseconds(resources.wall())
            by = visitor.account.id
            made = idempotency.once(resources.database, by, key, asked, now_us, act)
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem
    with resources.database.connect() as connection:
        return _out(moving_devices.find(connection, visitor, str(made["id"])))


@router.get("/places/{place}/device-moves")
def list_waiting(request: Request, visitor: Officer, place: Id) -> list[MoveOut]:
    """Return what waits for a second person in a place, the oldest first."""
    resources: Resources = request.app.state.resources
    if place not in visitor.places(Role.OFFICER):
        raise absent()
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        moves = device_move_rows.waiting(connection, [place], now_us)
    return [_out(move) for move in moves]


@router.post("/device-moves/{move}/accept")
def accept_move(request: Request, visitor: Officer, move: Id) -> MoveOut:
    """Let the devices be the other home's from now on; 422 says what keeps that."""
    resources: Resources = request.app.state.resources
    return _decided(
        request, visitor, move, lambda one: moving_devices.accept(resources.ledger, one)
    )


@router.post("/device-moves/{move}/refuse")
def refuse_move(request: Request, visitor: Officer, move: Id, body: RefusalIn) -> MoveOut:
    """Refuse a move, with a reason; 422 says what keeps that."""
    resources: Resources = request.app.state.resources
    return _decided(
        request,
        visitor,
        move,
        lambda one: moving_devices.refuse(resources.ledger, one, body.why),
    )


@router.post("/device-moves/{move}/withdraw")
def withdraw_move(request: Request, visitor: Installer, move: Id) -> MoveOut:
    """Take back what you proposed yourself; 422 says what keeps that."""
    resources: Resources = request.app.state.resources
    return _decided(
        request, visitor, move, lambda one: moving_devices.withdraw(resources.ledger, one)
    )


def _decided(
    request: Request, visitor: Visitor, move: str, act: Callable[[Deciding], Move]
) -> MoveOut:
    resources: Resources = request.app.state.resources
    try:
        return _out(act(moving_devices.deciding(resources, visitor, move)))
    except ConfigProblem as problem:
        raise Problem(422, str(problem)) from problem


def _out(move: Move) -> MoveOut:
    return MoveOut(
        id=move.id,
        home=move.home,
        to_home=move.to_home,
        gateway=move.gateway,
        to_gateway=move.to_gateway,
        devices=[
            CarriedOut(sensor=d.sensor, room=d.room, is_exit=d.is_exit, address=d.address)
            for d in move.devices
        ],
        why=move.why,
        state=move.state,
        proposed=to_datetime(move.proposed_us),
        proposed_by=move.proposed_by,
        until=to_datetime(move.until_us),
        decided=to_datetime_or_none(move.decided_us),
        decided_by=move.decided_by,
        said=move.said,
    )
