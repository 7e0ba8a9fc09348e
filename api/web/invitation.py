"""The link of an invitation: whoever was invited chooses a password, once."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from api.auth import Lockout
from api.errors import Problem
from api.resources import Resources
from api.throttle import Throttle
from api.web.language import N_, _
from api.web.pages import render
from api.web.typed import Typed
from config import invitations
from config.people import MAX_PASSWORD, MIN_PASSWORD, Account
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{20,100}$")]


@router.get("/invitation/{token}")
def show_invitation(request: Request, token: Token) -> Response:
    """Show the form; looking at it does not spend the link."""
    return _form(request, _find(request, token), token)


@router.post("/invitation/{token}")
def accept_invitation(
    request: Request,
    token: Token,
    password: Typed = "",
    again: Typed = "",
) -> Response:
    """Set the password and lead to sign-in, or say what is wrong with it."""
    resources: Resources = request.app.state.resources
    account = _find(request, token)
    errors = _mistakes(password, again)
    if errors:
        return _form(request, account, token, errors=errors)
    lockout: Lockout = request.app.state.lockout
    with lockout.turn:
        now_us = microseconds(resources.wall())
        done = invitations.redeem(resources.database, token, password, now_us=now_us)
    if done is None:
        raise _gone()
    return RedirectResponse("/sign-in", 303)


def _find(request: Request, token: str) -> Account:
    resources: Resources = request.app.state.resources
    throttle: Throttle = request.app.state.throttle
    throttle.count_try(request)
    with resources.database.connect() as connection:
        now_us = microseconds(resources.wall())
        account = invitations.find_invited(connection, token, now_us=now_us)
    if account is None:
        raise _gone()
    return account


def _gone() -> Problem:
    return Problem(
        404, N_("This link was used already or has expired: ask for another invitation.")
    )


def _mistakes(password: str, again: str) -> dict[str, str]:
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        return {
            "password": _(
                "Your password must have %(least)s to %(most)s characters",
                least=MIN_PASSWORD,
                most=MAX_PASSWORD,
            )
        }
    return {} if password == again else {"again": N_("Enter the same password again")}


def _form(
    request: Request, account: Account, token: str, *, errors: dict[str, str] | None = None
) -> Response:
    context = {"account": account, "token": token, "errors": errors or {}, "least": MIN_PASSWORD}
    return render(request, "invitation.html", context, status=422 if errors else 200)
