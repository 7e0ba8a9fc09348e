"""One's own account: password, second factor, sessions, tokens for programs."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from api import auth
from api.auth import ANY, Lockout, Needs, Visitor
from api.errors import absent
from api.resources import Resources
from api.web import words
from api.web.alerts import Id
from api.web.language import N_, _
from api.web.pages import page, zone_of
from api.web.qr import qr
from api.web.typed import Typed
from config import api_tokens, factors, people, sessions
from config.api_tokens import LONGEST_DAYS, ApiToken, Scope
from config.people import MAX_PASSWORD, MIN_PASSWORD, AccountRefused
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Anyone = Annotated[Visitor, Depends(Needs(ANY))]
_HOUR_US: Final = 3_600_000_000


@router.get("/me")
def show_me(request: Request, visitor: Anyone) -> Response:
    """Show the account, and what can be done about it."""
    return _page(request, visitor)


@router.post("/me/password")
def change_password(
    request: Request, visitor: Anyone, current: Typed = "", password: Typed = "", again: Typed = ""
) -> Response:
    """Change the password; every other session ends, and this one goes on under a new token."""
    resources: Resources = request.app.state.resources
    lockout: Lockout = request.app.state.lockout
    errors = {}
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        told = _(
            "The new password must have %(least)s to %(most)s characters",
            least=MIN_PASSWORD,
            most=MAX_PASSWORD,
        )
        errors["password"] = told
    elif password != again:
        errors["again"] = N_("Enter the same new password again")
    elif not _is_password(request, visitor, current):
        errors["current"] = N_("This is not your present password")
    if errors:
        return _page(request, visitor, errors=errors)
    with lockout.turn:
        password_hash = people.hash_password(password)
    with resources.database.begin() as connection:
        people.set_password(connection, visitor.account.id, password_hash)
        token = _open(connection, resources, visitor)
    response = RedirectResponse("/me", 303)
    auth.set_cookie(response, resources, token)
    return response


@router.post("/me/sign-out-everywhere")
def sign_out_everywhere(request: Request, visitor: Anyone) -> Response:
    """End every session of this account, this one too."""
    resources: Resources = request.app.state.resources
    with resources.database.begin() as connection:
        people.end_sessions(connection, visitor.account.id)
    response = RedirectResponse("/sign-in", 303)
    auth.clear_cookie(response, resources)
    return response


@router.post("/me/tokens")
def issue_token(
    request: Request,
    visitor: Anyone,
    name: Typed = "",
    scope: Typed = "read",
    days: Typed = "",
) -> Response:
    """Issue a token for a program and show it, this once."""
    resources: Resources = request.app.state.resources
    kept = {"name": name, "days": days, "scope": scope}
    if scope not in [one.value for one in Scope]:
        return _page(request, visitor, errors={"scope": N_("Choose what it may do")}, kept=kept)
    if not (days.isascii() and days.isdigit() and 1 <= int(days) <= LONGEST_DAYS):
        told = {
            "days": _("Enter for how many days it should hold, 1 to %(most)s", most=LONGEST_DAYS)
        }
        return _page(request, visitor, errors=told, kept=kept)
    try:
        with resources.database.begin() as connection:
            secret = api_tokens.issue(
                connection,
                visitor.account.id,
                name=name,
                scope=Scope(scope),
                days=int(days),
                now_us=microseconds(resources.wall()),
            )
    except AccountRefused as problem:
        told = {"name": str(problem).partition(": ")[2].capitalize()}
        return _page(request, visitor, errors=told, kept=kept)
    return _page(request, visitor, secret=secret)


@router.post("/me/tokens/{token}/revoke")
def revoke_token(request: Request, visitor: Anyone, token: Id) -> Response:
    """End one of one's own tokens at once."""
    resources: Resources = request.app.state.resources
    now_us = microseconds(resources.wall())
    with resources.database.begin() as connection:
        if not api_tokens.revoke(connection, visitor.account.id, token, now_us=now_us):
            raise absent()
    return RedirectResponse("/me", 303)


@router.post("/me/factor")
def begin_factor(request: Request, visitor: Anyone, current: Typed = "") -> Response:
    """Make a secret for a telephone and show its QR code; it counts once a code was right."""
    resources: Resources = request.app.state.resources
    if not _is_password(request, visitor, current):
        return _page(request, visitor, errors={"factor": N_("This is not your present password")})
    try:
        with resources.database.begin() as connection:
            factors.begin(connection, resources.vault, visitor.account.id)
    except LookupError:
        return _page(request, visitor, errors={"factor": N_("You have a second factor already")})
    return RedirectResponse("/me", 303)


@router.post("/me/factor/confirm")
def confirm_factor(request: Request, visitor: Anyone, code: Typed = "") -> Response:
    """Switch the second factor on by a first code; shows the recovery codes, this once."""
    resources: Resources = request.app.state.resources
    lockout: Lockout = request.app.state.lockout
    codes = None
    if lockout.admit(f"code:{visitor.account.id}", resources.wall()):
        now_us = microseconds(resources.wall())
        with resources.database.begin() as connection:
            codes = factors.confirm(
                connection, resources.vault, visitor.account.id, code, now_us=now_us
            )
    if codes is None:
        return _page(
            request, visitor, errors={"code": N_("This code is not right, or it is too late")}
        )
    lockout.forget(f"code:{visitor.account.id}")
    return _page(request, visitor, codes=codes)


@router.post("/me/factor/off")
def remove_factor(request: Request, visitor: Anyone, current: Typed = "") -> Response:
    """Switch the second factor off; asks for the password."""
    resources: Resources = request.app.state.resources
    if not _is_password(request, visitor, current):
        return _page(request, visitor, errors={"factor": N_("This is not your present password")})
    with resources.database.begin() as connection:
        now_us = microseconds(resources.wall())
        factors.switch_off(connection, visitor.account.id, now_us=now_us)
    factors.forget(resources.vault, visitor.account.id)
    return RedirectResponse("/me", 303)


def _is_password(request: Request, visitor: Visitor, password: str) -> bool:
    """Return whether this is the visitor's password; tries are counted as those of sign-in."""
    resources: Resources = request.app.state.resources
    lockout: Lockout = request.app.state.lockout
    email = visitor.account.email
    if not password or not lockout.admit(email, resources.wall()):
        return False
    with lockout.turn:
        account = people.check_password(resources.database, email, password)
    if account == visitor.account.id:
        lockout.forget(email)
    return account == visitor.account.id


def _open(connection: Connection, resources: Resources, visitor: Visitor) -> str:
    return sessions.open_session(
        connection,
        visitor.account.id,
        now_us=microseconds(resources.wall()),
        lasts_us=int(resources.session_hours * _HOUR_US),
    )


def _page(
    request: Request,
    visitor: Visitor,
    *,
    errors: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
    secret: str = "",
    codes: list[str] | None = None,
) -> Response:
    resources: Resources = request.app.state.resources
    now_us, mine = microseconds(resources.wall()), visitor.account.id
    with resources.database.connect() as connection:
        open_ = sessions.list_sessions(connection, mine, now_us=now_us)
        tokens = api_tokens.list_tokens(connection, mine)
        has_factor = factors.has_factor(connection, mine)
        waiting = (
            None if resources.vault.locked else factors.waiting(connection, resources.vault, mine)
        )
    zone = zone_of(resources, None)
    context = {
        "roles": [
            (resources.places[key].name, ", ".join(sorted(words.label(r.value) for r in held)))
            for key, held in sorted(visitor.grants.items())
        ],
        "sessions": [
            {
                "since": words.moment(created_us, zone),
                "seen": words.ago(seen_us, now_us),
                "is_this": name == visitor.session,
            }
            for name, created_us, seen_us in open_
        ],
        "tokens": [_token(token, zone, now_us) for token in tokens],
        "has_factor": has_factor,
        "waiting": waiting,
        "qr": qr(factors.address(waiting, visitor.account.email)) if waiting else "",
        "errors": errors or {},
        "kept": kept or {},
        "secret": secret,
        "codes": codes or (),
        "least": MIN_PASSWORD,
        "longest": LONGEST_DAYS,
    }
    return page(request, visitor, "me.html", context, status=422 if errors else 200)


def _token(token: ApiToken, zone: tzinfo, now_us: int) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scope": "reads" if token.scope is Scope.READ else "reads and acts",
        "until": words.moment(token.expires_us, zone),
        "is_over": token.expires_us <= now_us,
        "used": words.ago(token.used_us, now_us) if token.used_us else "never",
    }
