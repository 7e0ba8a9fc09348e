"""Longer limits of single homes on a page: what is proposed, who accepted what, taking it back."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse, Response

from api import caps, supervision
from api.auth import Needs, Visitor
from api.errors import absent
from api.resources import Resources
from api.web.alerts import Id
from api.web.language import N_, _
from api.web.pages import page
from api.web.typed import Typed
from config import people
from config.allowances import LONGEST_DAYS
from config.problems import ConfigProblem
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Supervisor = Annotated[Visitor, Depends(Needs((Role.SUPERVISOR,)))]


@router.get("/caps")
def show_caps(
    request: Request,
    visitor: Supervisor,
    place: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show the longer limits of the supervisor's places."""
    return _page(request, visitor, place)


@router.post("/caps/{place}/accept/{home}")
def accept_cap(
    request: Request,
    visitor: Supervisor,
    place: Id,
    home: Id,
    days: Typed = "",
    why: Typed = "",
) -> Response:
    """Accept what is proposed for a home, or say what is missing; what was typed is kept."""
    resources: Resources = request.app.state.resources
    places = supervision.places_of(visitor, place)
    now_us = microseconds(resources.clock())
    kept = {"home": home, "days": days.strip(), "why": why.replace("\r\n", "\n").strip()}
    errors = _mistakes(kept)
    if not errors:
        try:
            with resources.database.begin() as connection:
                wish = next(
                    (
                        one
                        for of, one in caps.overview(connection, places, now_us).proposed
                        if of.id == home
                    ),
                    None,
                )
                if wish is None:
                    raise absent()
                caps.accept(
                    connection,
                    places,
                    home,
                    band=(wish.from_min, wish.to_min),
                    cap_h=wish.cap_h,
                    days=float(kept["days"]),
                    is_out=False,
                    account=visitor.account.id,
                    why=kept["why"],
                    now_us=now_us,
                )
        except ConfigProblem as problem:
            errors = {"why": str(problem).removeprefix("allowance: ")}
    if errors:
        return _page(request, visitor, place, errors=errors, kept=kept)
    return RedirectResponse(f"/caps?place={place}", 303)


@router.post("/caps/{place}/withdraw/{number}")
def withdraw_cap(
    request: Request,
    visitor: Supervisor,
    place: Id,
    number: Annotated[int, Path(ge=1, le=1 << 31)],
) -> Response:
    """Take a longer limit back."""
    resources: Resources = request.app.state.resources
    places = supervision.places_of(visitor, place)
    now_us = microseconds(resources.clock())
    try:
        with resources.database.begin() as connection:
            caps.withdraw(connection, places, number, account=visitor.account.id, now_us=now_us)
    except LookupError as problem:
        raise absent() from problem
    return RedirectResponse(f"/caps?place={place}", 303)


def _mistakes(kept: Mapping[str, str]) -> dict[str, str]:
    errors = {}
    if not (kept["days"].isascii() and kept["days"].isdigit() and int(kept["days"]) >= 1):
        errors["days"] = _("Enter how many days it should hold, 1 to %(most)s", most=LONGEST_DAYS)
    elif int(kept["days"]) > LONGEST_DAYS:
        errors["days"] = _("It can hold for %(most)s days at most", most=LONGEST_DAYS)
    if not kept["why"]:
        errors["why"] = N_("Say why, for those who ask later")
    return errors


def _page(
    request: Request,
    visitor: Visitor,
    key: str,
    *,
    errors: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
) -> Response:
    resources: Resources = request.app.state.resources
    keys = supervision.places_of(visitor, key)
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        found = caps.overview(connection, keys, now_us)
        names = people.names(connection, caps.accounts_of(found))
    shown = [_shown(found, resources, one, names, now_us) for one in keys]
    context = {
        "place": resources.places.get(key),
        "shown": shown,
        "errors": errors or {},
        "kept": kept or {},
        "longest": LONGEST_DAYS,
    }
    return page(request, visitor, "caps.html", context, status=422 if errors else 200)


def _shown(
    found: caps.Caps, resources: Resources, key: str, names: Mapping[str, str], now_us: int
) -> dict[str, Any]:
    place = resources.places[key]
    return {
        "key": key,
        "name": place.name,
        "proposed": [
            {"home": home.id, "label": home.label, "text": caps.proposal_text(one)}
            for home, one in found.proposed
            if home.place == key
        ],
        **{
            title: [
                {
                    "home": home.id,
                    "label": home.label,
                    "number": allowance.number,
                    "text": caps.allowance_text(allowance, place, names, now_us),
                }
                for home, allowance in rows
                if home.place == key
            ]
            for title, rows in (("in_force", found.in_force), ("ended", found.ended))
        },
    }
