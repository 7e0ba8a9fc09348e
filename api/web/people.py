"""People of a place and what each may do there: inviting, giving and taking roles."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import IntegrityError

from api.auth import PEOPLE, Needs, Visitor
from api.errors import Problem, absent
from api.resources import Resources
from api.web import words
from api.web.alerts import Id
from api.web.language import N_
from api.web.pages import page
from api.web.typed import Typed
from config import granting, invitations
from config.people import AccountRefused
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Inviter = Annotated[Visitor, Depends(Needs(PEOPLE))]
_SOME_ROLE: Final = N_("Choose what this person does")


@router.get("/people")
def show_people(
    request: Request, visitor: Inviter, place: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Show who holds which role at the visitor's places."""
    return _page(request, visitor, place)


@router.post("/people/{place}/invite")
def invite(
    request: Request,
    visitor: Inviter,
    place: Id,
    email: Typed = "",
    name: Typed = "",
    role: Annotated[list[str] | None, Form(max_length=20)] = None,
) -> Response:
    """Invite somebody and show the link, this once."""
    resources: Resources = request.app.state.resources
    may_give = _may_give(visitor, place)
    roles = [one for one in may_give if one.value in (role or ())]
    kept = {"place": place, "email": email, "name": name, "roles": roles}
    errors = {} if roles and len(roles) == len(set(role or ())) else {"role": _SOME_ROLE}
    made = None
    if not errors:
        try:
            with resources.database.begin() as connection:
                made = invitations.invite(
                    connection,
                    email=email,
                    name=name,
                    place=place,
                    roles=roles,
                    by=visitor.account.id,
                    now_us=microseconds(resources.wall()),
                )
        except AccountRefused as problem:
            field = "email" if "email" in str(problem) else "name"
            errors = {field: str(problem).partition(": ")[2].capitalize()}
        except IntegrityError:
            errors = {"email": N_("Somebody else invited this address just now. Look at the list")}
    if errors:
        return _page(request, visitor, place, errors=errors, kept=kept)
    return _page(request, visitor, place, made=made)


@router.post("/people/{place}/roles/{account}")
def change_role(
    request: Request,
    visitor: Inviter,
    place: Id,
    account: Id,
    role: Typed = "",
    action: Typed = "",
) -> Response:
    """Give or take one role of somebody of the place; their sessions end at once."""
    resources: Resources = request.app.state.resources
    may_give = _may_give(visitor, place)
    wanted = next((one for one in may_give if one.value == role), None)
    now_us = microseconds(resources.wall())
    with resources.database.begin() as connection:
        if all(one.id != account for one, _, _ in granting.people_of(connection, place)):
            raise absent()
        if wanted is None or action not in ("give", "take"):
            raise Problem(
                422, N_("Choose a role that is yours to give, and whether to give or take.")
            )
        change = granting.give if action == "give" else granting.take
        try:
            change(connection, account, place, wanted, by=visitor.account.id, now_us=now_us)
        except AccountRefused as problem:
            raise Problem(422, str(problem).partition(": ")[2].capitalize()) from problem
    return RedirectResponse(f"/people?place={place}", 303)


def _may_give(visitor: Visitor, place: str) -> tuple[Role, ...]:
    if place not in visitor.places(*PEOPLE):
        raise absent()
    return granting.grantable(visitor.grants[place])


def _page(
    request: Request,
    visitor: Visitor,
    key: str,
    *,
    errors: Mapping[str, str] | None = None,
    kept: Mapping[str, Any] | None = None,
    made: invitations.Invitation | None = None,
) -> Response:
    resources: Resources = request.app.state.resources
    own = visitor.places(*PEOPLE)
    if key and key not in own:
        raise absent()
    with resources.database.connect() as connection:
        found = {one: granting.people_of(connection, one) for one in ((key,) if key else own)}
    shown = [
        {
            "key": one,
            "name": resources.places[one].name,
            "may_give": [(r.value, words.label(r.value)) for r in _may_give(visitor, one)],
            "people": [
                {
                    "account": account,
                    "is_self": account.id == visitor.account.id,
                    "has_password": has_password,
                    "held": [(r.value, words.label(r.value)) for r in Role if r in held],
                }
                for account, has_password, held in listed
            ],
        }
        for one, listed in found.items()
    ]
    link = None if made is None or not made.token else f"/invitation/{made.token}"
    context = {
        "place": resources.places.get(key),
        "shown": shown,
        "errors": errors or {},
        "kept": kept or {},
        "made": made,
        "link": link,
        "own_address": request.headers.get("origin", ""),  # of this page: it was just checked
    }
    return page(request, visitor, "people.html", context, status=422 if errors else 200)
