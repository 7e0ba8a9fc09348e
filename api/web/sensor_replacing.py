"""Replacing a sensor: which device takes over and why, a check of the answers, and it is done."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from api import installing, sensor_replacing
from api.auth import Needs, Visitor
from api.errors import absent
from api.installing import INSTALLERS
from api.resources import Resources
from api.sensor_replacing import Candidate, Thing
from api.web import sensors, words
from api.web.alerts import Id
from api.web.installing import sentence
from api.web.language import _
from api.web.pages import page
from api.web.phrases import spoken
from api.web.typed import Typed
from config.announced import ZIGBEE
from config.homes import Home, Sensor
from config.places import Place
from config.problems import ConfigProblem
from config.sensor_replacements import NewDevice
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Installer = Annotated[Visitor, Depends(Needs(INSTALLERS))]

OTHER: Final = "other"
"""What a form says for a device that no gateway announces."""

MOST_SHOWN: Final = 50
"""Announced devices that the page offers; any other is named by its address."""


@router.get("/homes/{home_id}/sensors/{sensor}/replace")
def ask_sensor(request: Request, visitor: Installer, home_id: Id, sensor: Id) -> Response:
    """Ask which device takes the place of this one, and why."""
    home = installing.home_of(request, visitor, home_id)
    return _question(request, visitor, home, sensor, {})


@router.post("/homes/{home_id}/sensors/{sensor}/replace")
def replace_sensor(
    request: Request,
    visitor: Installer,
    home_id: Id,
    sensor: Id,
    device: Typed = "",
    address: Typed = "",
    model: Typed = "",
    why: Typed = "",
    step: Typed = "check",
) -> Response:
    """Show the answers to be checked, or let the new device speak from now on."""
    resources: Resources = request.app.state.resources
    home = installing.home_of(request, visitor, home_id)
    kept = {
        "device": device,
        "address": address.strip(),
        "model": model.strip(),
        "why": why.strip(),
    }
    thing, offered = _asked(resources, home, sensor)
    new = _new_device(kept, offered)
    errors = _wrong(kept, new, has_choice=bool(offered))
    if errors or new is None or step == "change":
        return _question(request, visitor, home, sensor, kept, errors)
    try:
        if step == "confirm":
            sensor_replacing.swap_sensor(resources, visitor, home, sensor, new, why=why)
            return RedirectResponse(f"/homes/{home_id}/devices?replaced={sensor}#things", 303)
        swap = sensor_replacing.plan(resources, home, sensor, new, why=why)
    except ConfigProblem as problem:
        field = _field(problem, kept, has_choice=bool(offered))
        told = {field: spoken(sentence(problem))}
        return _question(request, visitor, home, sensor, kept, told)
    context = {
        **_of_thing(resources, home, thing),
        "kept": kept,
        "new": swap.after[0],
        "gateway": new.gateway if new.gateway != thing.gateway else "",
    }
    return page(request, visitor, "sensor_check.html", context)


def listed(request: Request, things: Sequence[Thing], place: Place) -> dict[str, Any]:
    """Return what the page of a home's devices shows of its sensors, by device.

    A sensor that was replaced a moment ago stands in the query of the address.
    """
    newest = request.query_params.get("replaced", "")
    return {
        "things": [_listed(thing, place) for thing in things],
        "replaced": next(
            (
                _name(thing)
                for thing in things
                if thing.old and newest in {sensor.id for sensor in thing.sensors}
            ),
            "",
        ),
    }


def _listed(thing: Thing, place: Place) -> dict[str, Any]:
    return {
        "sensor": thing.first.id,
        "gateway": thing.gateway,
        "address": thing.first.address,
        "name": _name(thing),
        "old": [
            {
                "address": one.address,
                "when": words.moment(one.replaced_us, place.zone),
                "why": one.why,
            }
            for one in thing.old
        ],
    }


def _name(thing: Thing) -> str:
    """Return what a device is called: where it is and what it measures."""
    return f"{sensors.room_name(thing.first.room)}: {', '.join(_kinds(thing.sensors))}"


def _kinds(of: Sequence[Sensor]) -> list[str]:
    return [words.kind(one.kind) + (_(", way out") if one.is_exit else "") for one in of]


def _asked(resources: Resources, home: Home, sensor: str) -> tuple[Thing, list[Candidate]]:
    """Return the device and what may take its place; Problem 404 where the home has none such."""
    with resources.database.connect() as connection:
        try:
            thing = sensor_replacing.find_thing(connection, home, sensor)
        except LookupError as problem:
            raise absent() from problem
        return thing, sensor_replacing.candidates(connection, home, thing)


def _question(
    request: Request,
    visitor: Visitor,
    home: Home,
    sensor: str,
    kept: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
) -> Response:
    resources: Resources = request.app.state.resources
    thing, offered = _asked(resources, home, sensor)
    now_us = microseconds(resources.clock())
    context = {
        **_of_thing(resources, home, thing),
        "kept": kept,
        "offered": [_offered(one, now_us) for one in offered[:MOST_SHOWN]],
        "other": OTHER,
        "errors": errors or {},
    }
    return page(request, visitor, "sensor_replace.html", context, status=422 if errors else 200)


def _of_thing(resources: Resources, home: Home, thing: Thing) -> dict[str, Any]:
    return {
        "home": home,
        "place": resources.places[home.place],
        "sensor": thing.first.id,
        "name": _name(thing),
        "old": thing.first,
    }


def _offered(one: Candidate, now_us: int) -> dict[str, Any]:
    device = one.proposal.seen.device
    return {
        "key": one.key,
        "name": device.name,
        "model": " ".join(filter(None, (device.vendor, device.model))),
        "ieee": device.ieee,
        "new_since": words.ago(one.proposal.seen.first_us, now_us) if one.proposal.is_late else "",
    }


def _new_device(kept: Mapping[str, str], offered: Sequence[Candidate]) -> NewDevice | None:
    """Return the device that was chosen or named, None where nothing was."""
    chosen = next((one for one in offered if one.key == kept["device"]), None)
    if chosen is not None:
        return NewDevice(chosen.proposal.seen.device.name, chosen.gateway, ZIGBEE)
    if kept["device"] == OTHER or not offered:
        return NewDevice(kept["address"], model=kept["model"]) if kept["address"] else None
    return None


def _wrong(kept: Mapping[str, str], new: NewDevice | None, *, has_choice: bool) -> dict[str, str]:
    errors = {}
    if new is None and has_choice and kept["device"] != OTHER:
        errors["device"] = _("Select the new device, or another one and type its address")
    elif new is None:
        errors["address"] = _("Type the address of the new device")
    if not kept["why"]:
        errors["why"] = _("Say in a few words why it is replaced")
    return errors


def _field(problem: ConfigProblem, kept: Mapping[str, str], *, has_choice: bool) -> str:
    """Return the field that a refusal belongs to."""
    said = str(problem)
    if said.startswith("replace: why"):
        return "why"
    if said.startswith("replace: the model"):
        return "model"
    return "device" if has_choice and kept["device"] != OTHER else "address"
