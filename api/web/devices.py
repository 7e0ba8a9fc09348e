"""The devices of a home, and replacing one: a question, a check of the answers, the result."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from api import devices, installing, sensor_replacing
from api.auth import Needs, Visitor
from api.errors import absent
from api.installing import INSTALLERS
from api.resources import Resources
from api.web import sensor_replacing as replacing
from api.web import words
from api.web.alerts import Id
from api.web.installing import issued_lines, sentence
from api.web.language import N_, _
from api.web.pages import page
from api.web.typed import Typed
from config.homes import Home
from config.places import Place
from config.problems import ConfigProblem
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Installer = Annotated[Visitor, Depends(Needs(INSTALLERS))]

OVERLAPS_H: Final = {"72": N_("for 3 days"), "24": N_("for one day"), "0": N_("no longer")}
"""For how many hours the old one may go on being heard, as the page offers it."""

_HOUR_US: Final = 3_600_000_000


@router.get("/homes/{home_id}/devices")
def show_devices(request: Request, visitor: Installer, home_id: Id) -> Response:
    """Show the gateways of a home, and what may be done with each."""
    return devices_page(request, visitor, installing.home_of(request, visitor, home_id))


@router.get("/homes/{home_id}/gateways/{gateway}/replace")
def ask_gateway(request: Request, visitor: Installer, home_id: Id, gateway: Id) -> Response:
    """Ask why a gateway is replaced, and for how long the old one is still heard."""
    home = installing.home_of(request, visitor, home_id)
    return _question(request, visitor, home, gateway, {})


@router.post("/homes/{home_id}/gateways/{gateway}/replace")
def replace_gateway(
    request: Request,
    visitor: Installer,
    home_id: Id,
    gateway: Id,
    why: Typed = "",
    overlap: Typed = "",
    step: Typed = "check",
) -> Response:
    """Show the answers to be checked, or let the new box serve and show its credential."""
    resources: Resources = request.app.state.resources
    home = installing.home_of(request, visitor, home_id)
    kept = {"why": why.strip(), "overlap": overlap}
    if errors := _wrong(kept):
        return _question(request, visitor, home, gateway, kept, errors)
    if step == "change":
        return _question(request, visitor, home, gateway, kept)
    if step != "confirm":
        return _check(request, visitor, home, gateway, kept)
    try:
        issued = devices.swap_gateway(
            resources, visitor, home, gateway, overlap_h=float(overlap), why=why
        )
    except ConfigProblem as problem:
        return _question(request, visitor, home, gateway, kept, {"why": sentence(problem)})
    context = {
        "home": home,
        "place": resources.places[home.place],
        "issued": issued_lines(issued, resources.broker.address),
        "old": gateway,
        "until": _until(resources, home, kept),
    }
    return page(request, visitor, "gateway_replaced.html", context)


@router.post("/homes/{home_id}/gateways/{gateway}/end-overlap")
def end_overlap(request: Request, visitor: Installer, home_id: Id, gateway: Id) -> Response:
    """Hear no more of a box that was replaced."""
    resources: Resources = request.app.state.resources
    home = installing.home_of(request, visitor, home_id)
    try:
        devices.end_overlap(resources, visitor, home, gateway)
    except ConfigProblem as problem:
        return devices_page(request, visitor, home, errors={"devices": sentence(problem)})
    return RedirectResponse(f"/homes/{home_id}/devices", 303)


def devices_page(
    request: Request, visitor: Visitor, home: Home, *, errors: Mapping[str, str] | None = None
) -> Response:
    """Return the page of a home's devices."""
    resources: Resources = request.app.state.resources
    place = resources.places[home.place]
    with resources.database.connect() as connection:
        hubs = devices.hubs_of(connection, home)
        things = sensor_replacing.things_of(connection, home)
    context = {
        "home": home,
        "place": place,
        "hubs": [_hub(hub, place) for hub in hubs],
        **replacing.listed(request, things, place),
        "errors": errors or {},
    }
    return page(request, visitor, "devices.html", context, status=422 if errors else 200)


def _hub(hub: devices.Hub, place: Place) -> dict[str, Any]:
    return {
        "id": hub.id,
        "old": [
            {
                "id": box.id,
                "replaced": words.moment(box.replaced_us, place.zone),
                "until": None if box.ended_us else words.moment(box.until_us, place.zone),
            }
            for box in hub.old
        ],
    }


def _question(
    request: Request,
    visitor: Visitor,
    home: Home,
    gateway: str,
    kept: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
) -> Response:
    context = _of_gateway(request, home, gateway, kept)
    context["errors"] = errors or {}
    context["overlaps"] = OVERLAPS_H
    return page(request, visitor, "gateway_replace.html", context, status=422 if errors else 200)


def _check(
    request: Request, visitor: Visitor, home: Home, gateway: str, kept: Mapping[str, str]
) -> Response:
    context = _of_gateway(request, home, gateway, kept)
    context["until"] = _until(request.app.state.resources, home, kept)
    return page(request, visitor, "gateway_check.html", context)


def _of_gateway(
    request: Request, home: Home, gateway: str, kept: Mapping[str, str]
) -> dict[str, Any]:
    """Return what the pages of one gateway show; Problem 404 when it is not the home's own."""
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        if gateway not in installing.gateways_of(connection, home.number):
            raise absent()
    return {
        "home": home,
        "place": resources.places[home.place],
        "gateway": gateway,
        "kept": kept,
    }


def _until(resources: Resources, home: Home, kept: Mapping[str, str]) -> str:
    """Return until when the old one is heard, empty where it is not any more."""
    hours = int(kept["overlap"])
    now_us, zone = microseconds(resources.wall()), resources.places[home.place].zone
    return words.moment(now_us + hours * _HOUR_US, zone) if hours else ""


def _wrong(kept: Mapping[str, str]) -> dict[str, str]:
    errors = {}
    if not kept["why"]:
        errors["why"] = _("Say in a few words why it is replaced")
    if kept["overlap"] not in OVERLAPS_H:
        errors["overlap"] = _("Select how long the old one is still heard")
    return errors
