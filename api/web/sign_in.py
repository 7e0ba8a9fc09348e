"""Signing in and out."""

from typing import Annotated, Final
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from api import auth
from api.auth import ANY, Lockout, Needs, Visitor
from api.resources import Resources
from api.web import language
from api.web.language import _
from api.web.pages import LONGEST_RETURN, name_of, render
from api.web.typed import Typed
from config import factors, recipients, sessions
from ingest.clock import microseconds

LONGEST_EMAIL: Final = 300
"""Characters of an address that is looked for, and whose tries are counted."""

router: Final = APIRouter(include_in_schema=False)

_HOUR_US: Final = 3_600_000_000


@router.get("/sign-in")
def show_sign_in(request: Request, next: str = "") -> Response:  # noqa: A002  # the field's name
    """Show the form; somebody who is signed in goes on."""
    resources: Resources = request.app.state.resources
    token = request.cookies.get(auth.cookie_name(resources), "")
    if auth.find_visitor(resources, token) is not None:
        return RedirectResponse(own_path(next), 303)
    return _form(request, next=next)


@router.post("/sign-in")
def sign_in(
    request: Request,
    email: Typed = "",
    password: Typed = "",
    next: Typed = "",  # noqa: A002  # the field's name
) -> Response:
    """Open a session and go where the visitor was going, or say what is wrong."""
    resources: Resources = request.app.state.resources
    errors = {}
    if not email.strip():
        errors["email"] = _("Enter your email address")
    elif len(email) > LONGEST_EMAIL:
        errors["email"] = _("The email address or password is not right")
    if not password:
        errors["password"] = _("Enter your password")  # a message
    if errors:
        return _form(request, next=next, email=email, errors=errors, status=422)
    request.app.state.throttle.count_try(request)
    lockout: Lockout = request.app.state.lockout
    if not lockout.line.acquire(blocking=False):
        told = {"email": _("Many people are signing in. Try again in a few seconds")}
        return _form(request, next=next, email=email, errors=told, status=503)
    try:
        if not lockout.admit(email, resources.wall()):
            told = {"email": _("Too many attempts with this address. Try again in 15 minutes")}
            return _form(request, next=next, email=email, errors=told, status=429)
        with lockout.turn:
            token = _open(resources, email, password)
    finally:
        lockout.line.release()
    if token is None:
        structlog.get_logger().warning("sign_in_refused")
        told = {"email": _("The email address or password is not right")}
        return _form(request, next=next, email=email, errors=told, status=422)
    lockout.forget(email)
    _close(resources, request)
    is_whole = auth.find_visitor(resources, token) is not None
    leads_to = (
        own_path(next) if is_whole else f"/sign-in/code?next={quote(own_path(next), safe='')}"
    )
    response = RedirectResponse(leads_to, 303)
    auth.set_cookie(response, resources, token)
    _speak_as_told(request, response, token)
    return response


@router.get("/sign-in/code")
def show_code(request: Request, next: str = "") -> Response:  # noqa: A002  # the field's name
    """Show the form of the second step to somebody whose password was right."""
    if _half_signed_in(request) is None:
        return RedirectResponse("/sign-in", 303)
    return _code_form(request, next)


@router.post("/sign-in/code")
def enter_code(
    request: Request,
    code: Typed = "",
    next: Typed = "",  # noqa: A002  # the field's name
) -> Response:
    """Take the second step; the session goes on under another token."""
    resources: Resources = request.app.state.resources
    request.app.state.throttle.count_try(request)
    account = _half_signed_in(request)
    if account is None:
        return RedirectResponse("/sign-in", 303)
    lockout: Lockout = request.app.state.lockout
    if not lockout.admit(f"code:{account}", resources.wall()):
        told = {"code": _("Too many attempts. Try again in 15 minutes")}
        return _code_form(request, next, errors=told, status=429)
    now_us = microseconds(resources.wall())
    with resources.database.begin() as connection:
        is_right = factors.check(connection, resources.vault, account, code, now_us=now_us)
    if not is_right:
        structlog.get_logger().warning("sign_in_code_refused")
        told = {"code": _("This code is not right, or it was used already")}
        return _code_form(request, next, errors=told, status=422)
    lockout.forget(f"code:{account}")
    _close(resources, request)
    with resources.database.begin() as connection:
        lasts_us = int(resources.session_hours * _HOUR_US)
        token = sessions.open_session(connection, account, now_us=now_us, lasts_us=lasts_us)
    response = RedirectResponse(own_path(next), 303)
    auth.set_cookie(response, resources, token)
    _speak_as_told(request, response, token)
    return response


@router.post("/sign-out")
def sign_out(
    request: Request,
    visitor: Annotated[Visitor, Depends(Needs(ANY))],  # noqa: ARG001  # the rule of the route
) -> Response:
    """End the session here and in the database."""
    resources: Resources = request.app.state.resources
    _close(resources, request)
    response = RedirectResponse("/sign-in", 303)
    auth.clear_cookie(response, resources)
    return response


def show_refusal(request: Request) -> Response:
    """Show the form with what to do when a provider did not vouch for an invited account."""
    told = {
        "email": _("Your organisation's sign-in did not lead to an account. Ask who invited you")
    }
    return _form(request, next="/", errors=told, status=422)


def own_path(asked: str) -> str:
    """Return the path if it is one of our own pages, else the front page.

    Two slashes, or a slash and a backslash, would lead a browser elsewhere.
    """
    if len(asked) > LONGEST_RETURN:
        return "/"
    is_own = asked.startswith("/") and not asked.startswith(("//", "/\\", "/sign-"))
    return asked if is_own and asked.isprintable() and "\\" not in asked else "/"


def _open(resources: Resources, email: str, password: str) -> str | None:
    return sessions.sign_in(
        resources.database,
        email,
        password,
        now_us=microseconds(resources.wall()),
        lasts_us=int(resources.session_hours * _HOUR_US),
    )


def _speak_as_told(request: Request, response: Response, token: str) -> None:
    """Keep the language in which the account is sent messages, unless this browser has chosen."""
    resources: Resources = request.app.state.resources
    visitor = auth.find_visitor(resources, token)
    if visitor is None or language.COOKIE in request.cookies:
        return
    with resources.database.connect() as connection:
        told = recipients.find(connection, visitor.account.id)
    if told is not None:
        language.keep(response, told.language, is_secure=resources.is_secure)


def _close(resources: Resources, request: Request) -> None:
    token = request.cookies.get(auth.cookie_name(resources), "")
    if token:
        with resources.database.begin() as connection:
            sessions.sign_out(connection, token)


def _half_signed_in(request: Request) -> str | None:
    """Return the account (id) whose password was right and whose code is missing, or None."""
    resources: Resources = request.app.state.resources
    token = request.cookies.get(auth.cookie_name(resources), "")
    if not token:
        return None
    with resources.database.connect() as connection:
        return sessions.find_partial(connection, token, now_us=microseconds(resources.wall()))


def _code_form(
    request: Request,
    next: str,  # noqa: A002  # the field's name
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    context = {"next": own_path(next), "errors": errors or {}}
    return render(request, "sign_in_code.html", context, status=status)


def _form(
    request: Request,
    *,
    next: str,  # noqa: A002  # the field's name
    email: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    resources: Resources = request.app.state.resources
    providers = [
        (key, name_of(place))
        for key, place in sorted(resources.places.items())
        if place.identity_provider is not None and resources.address
    ]
    context = {
        "next": own_path(next),
        "email": email,
        "errors": errors or {},
        "providers": providers,
    }
    return render(request, "sign_in.html", context, status=status)
