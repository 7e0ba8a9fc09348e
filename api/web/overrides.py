"""The settings of one home on pages: what holds there, and giving it one of its own."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import RedirectResponse, Response

from alerts.detect import own_settings
from alerts.detect.own_settings import SETTINGS
from alerts.detect.parameters import Parameter
from api import overriding, supervision
from api.auth import HOMES, Needs, Visitor
from api.errors import absent
from api.resources import Resources
from api.roster import find_home
from api.web import words
from api.web.alerts import Id
from api.web.language import N_, _
from api.web.pages import page
from api.web.typed import Typed
from config import people
from config.homes import Home
from config.overrides import LONGEST_WHY, Override
from config.problems import ConfigProblem
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Reader = Annotated[Visitor, Depends(Needs(HOMES))]
Supervisor = Annotated[Visitor, Depends(Needs((Role.SUPERVISOR,)))]
Name = Annotated[str, Path(pattern="^[a-z_]{2,40}$")]


@router.get("/homes/{home_id}/settings")
def show_settings(request: Request, visitor: Reader, home_id: Id) -> Response:
    """Show what a home has of its own, and every setting that holds there."""
    home, found = _find(request, visitor, home_id)
    resources: Resources = request.app.state.resources
    place = resources.places[home.place]
    at_place = own_settings.of_place(place)
    with resources.database.connect() as connection:
        who = frozenset(by for one in found for by in (one.account, one.ended_by) if by)
        names = people.names(connection, who)
    own = {one.name: one for one in found if one.ended_us is None}
    context = {
        "place": place,
        "home": home,
        "own": [_line(one, at_place, overriding.chosen_text(one, place, names))
                for one in own.values()],
        "ended": [_line(one, at_place, overriding.chosen_text(one, place, names))
                  for one in found if one.ended_us is not None],
        "rows": [
            {
                "name": one.name,
                "hint": _(one.sentence),
                "place": overriding.value_text(one.name, at_place[one.name]),
                "own": overriding.value_text(one.name, own[one.name].value)
                if one.name in own else "",
            }
            for one in SETTINGS.values()
        ],
        "may_set": home.place in visitor.places(Role.SUPERVISOR),
        "live_url": "",
    }  # fmt: skip
    return page(request, visitor, "home_settings.html", context)


@router.get("/homes/{home_id}/settings/{name}")
def show_setting(request: Request, visitor: Supervisor, home_id: Id, name: Name) -> Response:
    """Show the form that gives a home this setting."""
    return _form(request, visitor, home_id, name, {}, {})


@router.post("/homes/{home_id}/settings/{name}")
def choose_setting(
    request: Request, visitor: Supervisor, home_id: Id, name: Name, value: Typed = "",
    why: Typed = "",
) -> Response:  # fmt: skip
    """Give a home this setting, or say what is wrong; what was typed is kept."""
    home, found = _find(request, visitor, home_id)
    resources: Resources = request.app.state.resources
    setting = _setting(name)
    typed = {"value": value.strip(), "why": why.replace("\r\n", "\n").strip()}
    held = own_settings.of_place(resources.places[home.place])
    held |= {one.name: one.value for one in found if one.ended_us is None}
    errors: dict[str, str] = {}
    wish = _value(typed["value"], setting, held, errors)
    if not typed["why"]:
        errors["why"] = N_("Say why, for those who ask later")
    elif len(typed["why"]) > LONGEST_WHY or not words.is_readable(typed["why"]):
        errors["why"] = _("Use %(most)s ordinary characters at most", most=LONGEST_WHY)
    if wish is None or errors:
        return _form(request, visitor, home_id, name, typed, errors)
    try:
        with resources.database.begin() as connection:
            overriding.choose(
                connection,
                {key: resources.places[key] for key in supervision.places_of(visitor)},
                home_id,
                name=name,
                value=wish,
                account=visitor.account.id,
                why=typed["why"],
                now_us=microseconds(resources.clock()),
            )
    except LookupError as problem:
        raise absent() from problem
    except ConfigProblem:  # somebody else was first
        error = {"value": N_("It was changed meanwhile: look at what holds now")}
        return _form(request, visitor, home_id, name, typed, error)
    return RedirectResponse(f"/homes/{home_id}/settings", 303)


@router.post("/homes/{home_id}/settings/{name}/take-back")
def take_setting_back(request: Request, visitor: Supervisor, home_id: Id, name: Name) -> Response:
    """Let the place's setting hold again."""
    resources: Resources = request.app.state.resources
    try:
        with resources.database.begin() as connection:
            overriding.take_back(
                connection,
                supervision.places_of(visitor),
                home_id,
                name=name,
                account=visitor.account.id,
                now_us=microseconds(resources.clock()),
            )
    except LookupError as problem:
        raise absent() from problem
    return RedirectResponse(f"/homes/{home_id}/settings", 303)


def _find(request: Request, visitor: Visitor, home_id: str) -> tuple[Home, list[Override]]:
    resources: Resources = request.app.state.resources
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        home = find_home(connection, visitor.places(*HOMES), home_id)
        if home is None:
            raise absent()
        return home, overriding.lately(connection, home.number, now_us)


def _form(
    request: Request,
    visitor: Visitor,
    home_id: str,
    name: str,
    typed: Mapping[str, str],
    errors: Mapping[str, str],
) -> Response:
    setting, (home, found) = _setting(name), _find(request, visitor, home_id)
    if home.place not in supervision.places_of(visitor):
        raise absent()
    resources: Resources = request.app.state.resources
    place = resources.places[home.place]
    own = next((one for one in found if one.name == name and one.ended_us is None), None)
    context = {
        "place": place,
        "home": home,
        "name": name,
        "hint": _(setting.sentence),
        "unit": _(setting.unit),
        "low": f"{setting.low:g}",
        "high": f"{setting.high:g}",
        "at_place": overriding.value_text(name, own_settings.of_place(place)[name]),
        "typed": {"value": f"{own.value:g}" if own else "", "why": "", **typed},
        "errors": dict(errors),
        "live_url": "",
    }
    return page(request, visitor, "home_setting.html", context, status=422 if errors else 200)


def _setting(name: str) -> Parameter:
    if name not in SETTINGS:
        raise absent()
    return SETTINGS[name]


def _value(
    typed: str, setting: Parameter, held: Mapping[str, float], errors: dict[str, str]
) -> float | None:
    try:
        value = float(typed) if len(typed) <= 20 else float("nan")
    except ValueError:
        value = float("nan")
    if not setting.low <= value <= setting.high:
        errors["value"] = _(
            "Enter a number from %(low)s to %(high)s",
            low=f"{setting.low:g}",
            high=f"{setting.high:g}",
        )
        return None
    if value == held[setting.name]:
        errors["value"] = N_("That is what holds now: enter another number")
        return None
    pair = own_settings.out_of_order({**held, setting.name: value})
    if setting.name in pair:
        low, high = pair
        if setting.name == low:
            said, other = N_("%(low)s must not be above %(high)s, which is %(value)s here"), high
        else:
            said, other = N_("%(high)s must not be below %(low)s, which is %(value)s here"), low
        errors["value"] = _(said, low=low, high=high, value=f"{held[other]:g}")
        return None
    return value


def _line(one: Override, at_place: Mapping[str, float], text: str) -> dict[str, Any]:
    name = one.name
    return {
        "name": name,
        "hint": _(SETTINGS[name].sentence) if name in SETTINGS else "",
        "value": overriding.value_text(name, one.value),
        "place": overriding.value_text(name, at_place[name]) if name in at_place else "",
        "text": text,
    }
