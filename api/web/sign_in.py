"""Signing in and out."""

from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from api import auth
from api.auth import ANY, Lockout, Needs, Visitor
from api.resources import Resources
from api.web.pages import render
from config import sessions
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)

MAX_NEXT: Final = 2000
"""Characters of the address to go to after signing in."""

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
    email: Annotated[str, Form(max_length=300)] = "",
    password: Annotated[str, Form(max_length=2000)] = "",
    next: Annotated[str, Form(max_length=20_000)] = "",  # noqa: A002  # the field's name
) -> Response:
    """Open a session and go where the visitor was going, or say what is wrong."""
    resources: Resources = request.app.state.resources
    errors = {}
    if not email.strip():
        errors["email"] = "Enter your email address"
    if not password:
        errors["password"] = "Enter your password"  # noqa: S105  # a message
    if errors:
        return _form(request, next=next, email=email, errors=errors, status=422)
    lockout: Lockout = request.app.state.lockout
    if not lockout.line.acquire(blocking=False):
        told = {"email": "Many people are signing in. Try again in a few seconds"}
        return _form(request, next=next, email=email, errors=told, status=503)
    try:
        if not lockout.admit(email, resources.wall()):
            told = {"email": "Too many attempts with this address. Try again in 15 minutes"}
            return _form(request, next=next, email=email, errors=told, status=429)
        with lockout.turn:
            token = _open(resources, email, password)
    finally:
        lockout.line.release()
    if token is None:
        structlog.get_logger().warning("sign_in_refused")
        told = {"email": "The email address or password is not right"}
        return _form(request, next=next, email=email, errors=told, status=422)
    lockout.forget(email)
    _close(resources, request)
    response = RedirectResponse(own_path(next), 303)
    auth.set_cookie(response, resources, token)
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


def own_path(asked: str) -> str:
    """Return the path if it is one of our own pages, else the front page.

    Two slashes, or a slash and a backslash, would lead a browser elsewhere.
    """
    if len(asked) > MAX_NEXT:
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


def _close(resources: Resources, request: Request) -> None:
    token = request.cookies.get(auth.cookie_name(resources), "")
    if token:
        with resources.database.begin() as connection:
            sessions.sign_out(connection, token)


def _form(
    request: Request,
    *,
    next: str,  # noqa: A002  # the field's name
    email: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    context = {"next": own_path(next), "email": email[:300], "errors": errors or {}}
    return render(request, "sign_in.html", context, status=status)
