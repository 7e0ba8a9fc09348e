"""Signing in through the identity provider of a place."""

from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from api import auth, provider
from api.errors import absent
from api.provider import ProviderFailed
from api.resources import Resources
from api.web.alerts import Id
from api.web.sign_in import own_path, show_refusal
from config import factors, identities, sessions
from config.places import IdentityProvider
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
BACK: Final = "/sign-in/back"
_HOUR_US: Final = 3_600_000_000
_MINUTES: Final = 10


@router.get("/sign-in/with/{place}")
def go_to_provider(
    request: Request,
    place: Id,
    next: str = "",  # noqa: A002  # the field's name
) -> Response:
    """Send the browser to the provider of a place."""
    resources: Resources = request.app.state.resources
    request.app.state.throttle.count_try(request)
    named = _provider(resources, place)
    now_us = microseconds(resources.wall())
    with resources.database.begin() as connection:
        state, visit = identities.send_out(connection, place, own_path(next), now_us=now_us)
    try:
        leads_to = provider.address_to_go(named, visit, state, resources.address + BACK)
    except ProviderFailed as problem:
        return _refused(request, place, str(problem))
    response = RedirectResponse(leads_to, 303)
    response.set_cookie(
        _cookie(resources), state, max_age=_MINUTES * 60, path="/", secure=resources.is_secure,
        httponly=True, samesite="lax",
    )  # fmt: skip
    return response


@router.get(BACK)
def come_back(
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """Open a session for whom the provider vouches, if it is an invited account of its places."""
    resources: Resources = request.app.state.resources
    request.app.state.throttle.count_try(request)
    if not state or request.cookies.get(_cookie(resources), "") != state:
        return _refused(request, "", "another browser was sent out")
    now_us = microseconds(resources.wall())
    with resources.database.begin() as connection:
        visit = identities.take_back(connection, state, now_us=now_us)
    if visit is None or not code:
        return _refused(request, "", "the way back was used or too late")
    named = _provider(resources, visit.place)
    try:
        redirect = resources.address + BACK
        told = provider.who_is_it(named, visit, code, redirect, resources.wall())
    except ProviderFailed as problem:
        return _refused(request, visit.place, str(problem))
    trusting = [
        key
        for key, place in resources.places.items()
        if place.identity_provider is not None and place.identity_provider.issuer == named.issuer
    ]
    with resources.database.begin() as connection:
        account = identities.find_account(
            connection, named.issuer, told.subject, told.verified_email,
            trusting=trusting, now_us=now_us,
        )  # fmt: skip
        if account is None:
            return _refused(request, visit.place, "no invited account")
        token = sessions.open_session(
            connection,
            account,
            now_us=now_us,
            lasts_us=int(resources.session_hours * _HOUR_US),
            is_partial=factors.has_factor(connection, account),
        )
    response = RedirectResponse(visit.leads_to, 303)
    if auth.find_visitor(resources, token) is None:
        response = RedirectResponse("/sign-in/code", 303)
    auth.set_cookie(response, resources, token)
    response.delete_cookie(_cookie(resources), path="/", secure=resources.is_secure, httponly=True)
    return response


def _provider(resources: Resources, key: str) -> IdentityProvider:
    place = resources.places.get(key)
    if place is None or place.identity_provider is None or not resources.address:
        raise absent()
    return place.identity_provider


def _cookie(resources: Resources) -> str:
    return "__Host-stillwell-visit" if resources.is_secure else "stillwell-visit"


def _refused(request: Request, place: str, why: str) -> Response:
    structlog.get_logger().warning("provider_sign_in_refused", place=place, reason=why)
    return show_refusal(request)
