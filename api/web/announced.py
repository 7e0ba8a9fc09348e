"""Sensors that a home's gateway announces: a room for each, and then they are the home's."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from api import installing, proposing
from api.auth import Needs, Visitor
from api.installing import INSTALLERS
from api.proposing import Hub, Refused
from api.resources import Resources
from api.web import sensors, words
from api.web.alerts import Id
from api.web.installing import sentence
from api.web.language import N_, _
from api.web.pages import page
from api.web.phrases import spoken
from config.homes import Home, HomeState
from config.problems import ConfigProblem
from config.proposals import ROOMS, WHY, Choice, Proposal, State, Use
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Installer = Annotated[Visitor, Depends(Needs(INSTALLERS))]
MOST_SHOWN: Final = 200
"""Devices of one hub that the page shows; all of them by REST and command."""

_USES: Final[Mapping[Use, str]] = {
    Use.AS_SAID: N_("What it measures"),
    Use.EXIT: N_("A door that leads out"),
    Use.BED: N_("In or under a bed"),
    Use.CHAIR: N_("In or under a chair"),
}
_DOOR: Final = N_("A door, window or cupboard inside")


@router.get("/homes/{home_id}/announced")
def show_announced(request: Request, visitor: Installer, home_id: Id) -> Response:
    """Show what the home's gateways announce, with a room to choose for each device."""
    return _page(request, visitor, installing.home_of(request, visitor, home_id), {}, {})


@router.post("/homes/{home_id}/announced")
async def accept_announced(request: Request, visitor: Installer, home_id: Id) -> Response:
    """Enrol what was chosen, all or none; then the walk test follows."""
    form = await request.form()
    chosen = [str(value)[:40] for value in form.getlist("take")]
    said = {key: str(value)[:200] for key, value in form.items()}
    return await run_in_threadpool(_accept, request, visitor, home_id, chosen, said)


def _accept(
    request: Request,
    visitor: Visitor,
    home_id: str,
    chosen: Sequence[str],
    said: Mapping[str, str],
) -> Response:
    resources: Resources = request.app.state.resources
    home = installing.home_of(request, visitor, home_id)
    choices = [
        Choice(ieee, said.get(f"room-{ieee}", ""), said.get(f"use-{ieee}", Use.AS_SAID.value))
        for ieee in chosen
    ]
    kept = {**said, **{f"take-{ieee}": "on" for ieee in chosen}}
    try:
        proposing.accept_for(resources, visitor, home, choices)
    except Refused as problem:
        return _page(request, visitor, home, _errors(problem, resources, home), kept)
    except ConfigProblem as problem:
        told = {_first(_offered(resources, home)): spoken(sentence(problem))}
        return _page(request, visitor, home, told, kept)
    return RedirectResponse(f"/homes/{home_id}/installation#walk-test", 303)


def _errors(problem: Refused, resources: Resources, home: Home) -> dict[str, str]:
    """Return each mistake by the field that it belongs to, as a sentence.

    What the page does not offer (any more) is told at the first thing that it does.
    """
    offered = _offered(resources, home)
    first = _first(offered)
    errors: dict[str, str] = {}
    for ieee, said in problem.mistakes:
        own = f"{'room' if 'room' in said else 'take'}-{ieee}" if ieee in offered else first
        errors.setdefault(own, f"{ieee}: {spoken(said)}")
    return errors


def _offered(resources: Resources, home: Home) -> list[str]:
    hubs = proposing.read(resources, home)
    return [one.seen.device.ieee for hub in hubs for one in _shown(hub, is_open=True)]


def _first(offered: Sequence[str]) -> str:
    """Return the first field of the page; the whole form where it has none."""
    return f"take-{offered[0]}" if offered else "sensors"


def _page(
    request: Request,
    visitor: Visitor,
    home: Home,
    errors: Mapping[str, str],
    kept: Mapping[str, str],
) -> Response:
    resources: Resources = request.app.state.resources
    now_us = microseconds(resources.clock())
    hubs = proposing.read(resources, home)
    kits = resources.places[home.place].kits
    rooms = _rooms(hubs, [one.room for kit in kits.values() for one in kit.sensor])
    context: dict[str, Any] = {
        "place": resources.places[home.place],
        "home": home,
        "is_refused": home.state in (HomeState.AWAITING_CONSENT, HomeState.ENDED),
        "hubs": [
            {
                "id": hub.id,
                "when": None if hub.at_us is None else words.ago(hub.at_us, now_us),
                "left_out": hub.left_out,
                "more": max(len(hub.proposals) - MOST_SHOWN, 0),
                "refusal": spoken(proposing.refusal(resources, home, hub)),
                "open": [
                    _open(one, rooms, errors, kept, now_us) for one in _shown(hub, is_open=True)
                ],
                "others": [_other(one, now_us) for one in _shown(hub, is_open=False)],
                "silent": [_silent(one.address, one.room) for one in hub.silent],
            }
            for hub in hubs
        ],
        "is_any_open": any(hub.acceptable for hub in hubs),
        "errors": errors,
        "live_url": "",
    }
    return page(request, visitor, "announced.html", context, status=422 if errors else 200)


def _shown(hub: Hub, *, is_open: bool) -> list[Proposal]:
    return [one for one in hub.proposals[:MOST_SHOWN] if one.may_be_accepted is is_open]


def _rooms(hubs: Sequence[Hub], others: Sequence[str]) -> dict[str, str]:
    """Return the rooms to choose from, each once, and its name."""
    own = [room for hub in hubs for one in hub.proposals for room in (*one.rooms, one.room)]
    found: dict[str, str] = {}
    for room in (*own, *others, *ROOMS):
        if room:
            found.setdefault(words.label(room), room)
    return {room: name for name, room in sorted(found.items())}


def _open(
    one: Proposal,
    rooms: Mapping[str, str],
    errors: Mapping[str, str],
    kept: Mapping[str, str],
    now_us: int,
) -> dict[str, Any]:
    ieee = one.seen.device.ieee
    uses = one.uses if len(one.uses) > 1 or one.uses not in ((), (Use.AS_SAID,)) else ()
    return {
        **_told(one, now_us),
        "is_partly": one.state is State.PARTLY,
        "where": ", ".join(words.label(room) for room in one.rooms),
        "is_taken": f"take-{ieee}" in kept,
        "rooms": [("", _("Choose a room, or none if it is worn")), *rooms.items()],
        "room": kept.get(f"room-{ieee}", one.room),
        "uses": [(use.value, _(_use_word(use, one))) for use in uses],
        "use": kept.get(f"use-{ieee}", uses[0].value if uses else ""),
        "error": errors.get(f"take-{ieee}", ""),
        "room_error": errors.get(f"room-{ieee}", ""),
    }


def _use_word(use: Use, one: Proposal) -> str:
    return _DOOR if use is Use.AS_SAID and Use.EXIT in one.uses else _USES[use]


def _other(one: Proposal, now_us: int) -> dict[str, Any]:
    return {
        **_told(one, now_us),
        "state": one.state.value,
        "why": spoken(WHY[one.state]),
        "where": ", ".join(sensors.room_name(room) for room in one.rooms),
    }


def _told(one: Proposal, now_us: int) -> dict[str, Any]:
    device = one.seen.device
    return {
        "ieee": device.ieee,
        "name": device.name or _("Name not kept"),
        "model": " ".join(filter(None, (device.vendor, device.model))),
        "kinds": [words.kind(kind) for kind in one.kinds or device.kinds],
        "left_out": [words.kind(kind) for kind in one.left_out],
        "new_since": words.ago(one.seen.first_us, now_us) if one.is_late else "",
        "gone_since": "" if one.seen.gone_us is None else words.ago(one.seen.gone_us, now_us),
    }


def _silent(address: str, room: str) -> dict[str, str]:
    return {"address": address, "room": sensors.room_name(room)}
