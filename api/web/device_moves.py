"""Moving devices between homes on pages: proposed by one person, decided by a second one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from api import installing, moving_devices, roster
from api.auth import Needs, Visitor
from api.installing import INSTALLERS
from api.moving_devices import Deciding
from api.resources import Resources
from api.web import sensors, words
from api.web.alerts import Id
from api.web.device_move_form import Asked, context_of, read_form, wish_of, wrong_fields
from api.web.installing import sentence
from api.web.language import N_, _
from api.web.pages import page
from api.web.typed import Typed
from config import device_move_plan, device_move_rows, people
from config.device_moves import Move, MoveState
from config.homes import Home
from config.problems import ConfigProblem
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Installer = Annotated[Visitor, Depends(Needs(INSTALLERS))]
Officer = Annotated[Visitor, Depends(Needs((Role.OFFICER,)))]

_STATES: Final[Mapping[MoveState, str]] = {
    MoveState.WAITING: N_("Waits for a second person"),
    MoveState.ACCEPTED: N_("Accepted"),
    MoveState.REFUSED: N_("Refused"),
    MoveState.WITHDRAWN: N_("Taken back"),
    MoveState.LAPSED: N_("Nobody decided in time"),
}


@router.get("/homes/{home_id}/moves")
def show_moves(request: Request, visitor: Installer, home_id: Id) -> Response:
    """Show the devices of a home that may move, and its moves."""
    return _moves_page(request, visitor, installing.home_of(request, visitor, home_id), {})


@router.get("/homes/{home_id}/moves/new")
def ask_move(
    request: Request, visitor: Installer, home_id: Id, sensor: str = "", gateway: str = ""
) -> Response:
    """Ask where a device, or a gateway with all on it, goes and why."""
    home = installing.home_of(request, visitor, home_id)
    return _question(request, visitor, home, Asked(sensor[:40], gateway[:40]), {})


@router.post("/homes/{home_id}/moves/new")
async def propose_move(request: Request, visitor: Installer, home_id: Id) -> Response:
    """Show the answers to be checked, or propose the move."""
    form = {key: str(value) for key, value in (await request.form()).items()}
    return await run_in_threadpool(_propose, request, visitor, home_id, form)


@router.get("/device-moves")
def show_waiting(request: Request, visitor: Officer) -> Response:
    """List what waits for a second person."""
    resources: Resources = request.app.state.resources
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        found = device_move_rows.waiting(connection, visitor.places(Role.OFFICER), now_us)
        told = [_line(connection, resources, visitor, move, now_us) for move in found]
    return page(request, visitor, "device_moves_waiting.html", {"moves": told})


@router.get("/device-moves/{move}")
def show_move(request: Request, visitor: Officer, move: Id) -> Response:
    """Show one move, and what the second person may do."""
    return _move_page(request, visitor, move, {})


@router.post("/device-moves/{move}/accept")
def accept_move(request: Request, visitor: Officer, move: Id) -> Response:
    """Let the devices be the other home's from now on."""
    ledger = request.app.state.resources.ledger
    return _decided(request, visitor, move, lambda one: moving_devices.accept(ledger, one))


@router.post("/device-moves/{move}/refuse")
def refuse_move(request: Request, visitor: Officer, move: Id, why: Typed = "") -> Response:
    """Refuse a move with a reason."""
    ledger = request.app.state.resources.ledger
    return _decided(
        request, visitor, move, lambda one: moving_devices.refuse(ledger, one, why), why
    )


@router.post("/device-moves/{move}/withdraw")
def withdraw_move(request: Request, visitor: Installer, move: Id) -> Response:
    """Take back what the visitor proposed."""
    resources: Resources = request.app.state.resources
    one = moving_devices.deciding(resources, visitor, move)
    with resources.database.connect() as connection:
        found = moving_devices.find(connection, visitor, move)
    try:
        moving_devices.withdraw(resources.ledger, one)
    except ConfigProblem as problem:
        home = installing.home_of(request, visitor, found.home)
        return _moves_page(request, visitor, home, {"moves": sentence(problem)})
    return RedirectResponse(f"/homes/{found.home}/moves", 303)


def _propose(request: Request, visitor: Visitor, home_id: str, form: Mapping[str, str]) -> Response:
    resources: Resources = request.app.state.resources
    home = installing.home_of(request, visitor, home_id)
    asked = read_form(form)
    if form.get("step") == "change":
        return _question(request, visitor, home, asked, {})
    now_us = microseconds(resources.clock())
    try:
        with resources.database.begin() as connection:
            wish = wish_of(connection, resources, visitor, home, asked)
            if form.get("step") == "confirm":
                moving_devices.propose_for(connection, resources, visitor, home, wish)
                return RedirectResponse(f"/homes/{home.id}/moves#moves", 303)
            waited = device_move_rows.waited_for(connection, home.id)
            plan = device_move_plan.plan_of(connection, home.id, wish, now_us, waited)
    except ConfigProblem as problem:
        return _question(request, visitor, home, asked, wrong_fields(problem, asked))
    context = context_of(resources, home, asked) | {"goal": plan.to_home}
    return page(request, visitor, "device_move_check.html", context)


def _question(
    request: Request, visitor: Visitor, home: Home, asked: Asked, errors: Mapping[str, str]
) -> Response:
    context = context_of(request.app.state.resources, home, asked) | {"errors": errors}
    return page(request, visitor, "device_move.html", context, status=422 if errors else 200)


def _moves_page(
    request: Request, visitor: Visitor, home: Home, errors: Mapping[str, str]
) -> Response:
    resources: Resources = request.app.state.resources
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        devices = moving_devices.devices(connection, home)
        hubs = installing.gateways_of(connection, home.number)
        found = moving_devices.of_home(connection, visitor, home)
        told = [_line(connection, resources, visitor, move, now_us) for move in found]
    context = {
        "home": home,
        "place": resources.places[home.place],
        "devices": [
            {
                "sensor": own[0].id,
                "room": sensors.room_name(own[0].room),
                "kinds": ", ".join(words.kind(sensor.kind) for sensor in own),
            }
            for own in devices.values()
        ],
        "hubs": hubs,
        "moves": told,
        "errors": errors,
    }
    return page(request, visitor, "device_moves.html", context, status=422 if errors else 200)


def _move_page(
    request: Request, visitor: Visitor, id_: str, errors: Mapping[str, str], why: str = ""
) -> Response:
    resources: Resources = request.app.state.resources
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        move = moving_devices.find(connection, visitor, id_)
        context = {
            "place": resources.places[move.place],
            "move": _line(connection, resources, visitor, move, now_us),
            "errors": errors,
            "why": why,
        }
    return page(request, visitor, "device_move_decide.html", context, status=422 if errors else 200)


def _decided(
    request: Request,
    visitor: Visitor,
    move: str,
    act: Callable[[Deciding], Move],
    why: str = "",
) -> Response:
    one = moving_devices.deciding(request.app.state.resources, visitor, move)
    try:
        act(one)
    except ConfigProblem as problem:
        return _move_page(request, visitor, move, {_field(problem): _sentence(problem)}, why)
    return RedirectResponse(f"/device-moves/{move}", 303)


def _field(problem: ConfigProblem) -> str:
    return "why" if str(problem).startswith("move: why ") else "accept"


def _sentence(problem: ConfigProblem) -> str:
    return sentence(ConfigProblem(str(problem).splitlines()[0]))


def _line(
    connection: Connection, resources: Resources, visitor: Visitor, move: Move, now_us: int
) -> dict[str, Any]:
    zone = resources.places[move.place].zone
    names = people.names(connection, frozenset({move.proposed_by, move.decided_by}))
    labels = roster.labels(connection, [move.home, move.to_home])
    is_mine = move.proposed_by == visitor.account.id
    is_open = move.is_open(now_us)
    state = move.state if is_open or move.state is not MoveState.WAITING else MoveState.LAPSED
    return {
        "id": move.id,
        "home": move.home,
        "to_home": move.to_home,
        "from": labels.get(move.home, move.home),
        "to": labels.get(move.to_home, move.to_home),
        "what": _what(connection, move),
        "gateway": move.gateway,
        "why": move.why,
        "by": names.get(move.proposed_by, move.proposed_by),
        "when": words.moment(move.proposed_us, zone),
        "until": words.moment(move.until_us, zone),
        "state": _(_STATES[state]),
        "decided": words.moment(move.decided_us, zone) if move.decided_us else "",
        "decided_by": names.get(move.decided_by, _("the system")) if move.decided_by else "",
        "said": move.said,
        "is_open": is_open,
        "is_mine": is_mine,
        "may_decide": is_open and not is_mine and move.place in visitor.places(Role.OFFICER),
        "is_accepted": move.state is MoveState.ACCEPTED,
        "place": resources.places[move.place].name,
    }


def _what(connection: Connection, move: Move) -> Sequence[str]:
    """Return each device as words: what it measures, where it was and where it goes."""
    known = device_move_rows.sensors_named(connection, [one.sensor for one in move.devices])
    told = []
    for one in move.devices:
        own = known.get(one.sensor, [])
        kinds = ", ".join(words.kind(sensor.kind) for sensor in own)
        before = sensors.room_name(own[0].room) if own else "?"
        told.append(
            _("%(kinds)s: %(before)s to %(after)s", kinds=kinds, before=before,
              after=sensors.room_name(one.room))
        )  # fmt: skip
    return told
