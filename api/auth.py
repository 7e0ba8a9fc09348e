"""Who is asking, and whether they may: one rule per route, judged in one place.

Every route declares ``Depends(Needs(...roles))``; a policy test refuses a route that has
neither a rule nor a line in ``PUBLIC``.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from fastapi import Request
from fastapi.responses import Response

from api import reading
from api.errors import Problem
from api.resources import Resources
from api.throttle import Throttle
from api.web.language import N_
from config import api_tokens, people, sessions
from config.api_tokens import Scope
from config.people import Account
from config.roles import Role
from ingest.clock import Instant, microseconds

CARE: Final = (Role.CARE_WORKER, Role.OPERATOR, Role.SUPERVISOR)
"""Roles that answer alerts about people."""

HOMES: Final = (*CARE, Role.OFFICER)
"""Roles that may see a home by its label."""

WATCHERS: Final = (*HOMES, Role.ENGINEER)
"""Roles that see alerts; engineers see the technical ones."""

PEOPLE: Final = (Role.SUPERVISOR, Role.OFFICER)
"""Roles that invite people and say what they may do."""

COUNTS: Final = (Role.SUPERVISOR, Role.OFFICER, Role.COMMISSIONER, Role.HUB_OPERATOR)
"""Roles that see a place as numbers."""

ANY: Final = tuple(Role)
"""Every role."""

PUBLIC: Final = frozenset(
    {
        "/language",
        "/accessibility",
        "/privacy",
        "/cookies",
        "/help",
        "/sign-in",
        "/sign-in/code",
        "/sign-in/with/{place}",
        "/sign-in/back",
        "/invitation/{token}",
        "/health",
        "/ready",
        "/metrics",
        "/.well-known/security.txt",
        "/static",
        "/proof/{alert}",
        "/service-worker.js",
        "/manifest.webmanifest",
        "/offline",
    }
)
"""Routes that anybody may call; they show nothing of any place."""

_IDLE_HOURS: Final = 4.0
_HOUR_US: Final = 3_600_000_000
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """The account behind a request, its session's name, and its roles by place.

    ``borrowed`` says until when emergency access adds a role, by place. The session of a program
    is empty: it came with a token.
    """

    account: Account
    session: str
    grants: Mapping[str, frozenset[Role]]
    borrowed: Mapping[str, int] = field(default_factory=dict)

    def places(self, *roles: Role) -> tuple[str, ...]:
        """Return the places where this visitor holds one of the roles, sorted."""
        return tuple(sorted(p for p, held in self.grants.items() if held.intersection(roles)))

    def holds(self, *roles: Role) -> bool:
        """Return whether the visitor holds one of the roles in any place."""
        return bool(self.places(*roles))


@dataclass(frozen=True, slots=True)
class Needs:
    """The rule of a route: the caller is signed in and holds one of ``roles`` somewhere.

    Rows are then read for the places of those roles only, in the same statement that finds
    them, so that another place's row and no row at all are one answer in the same time.
    """

    roles: tuple[Role, ...]

    def __call__(self, request: Request) -> Visitor:
        """Return the visitor; Problem 401 when not signed in, 403 without any such role."""
        resources: Resources = request.app.state.resources
        throttle: Throttle = request.app.state.throttle
        visitor = _visitor_of(request, resources, throttle)
        throttle.count_request(visitor.account.id)
        if not visitor.holds(*self.roles):
            raise Problem(403, N_("None of your roles may do this: ask your supervisor."))
        throttle.count_costly(visitor.account.id, request.scope["route"].path)
        request.scope["visitor"] = visitor
        # What an installer sees of a home is noted where it is found to be today's.
        roles = [role for role in self.roles if role is not Role.INSTALLER]
        if request.url.path == "/break-glass":
            roles = [Role.GOVERNANCE]  # everybody else is shown their own
        reading.note(request, resources, visitor.account.id, visitor.places(*roles))
        return visitor


def _visitor_of(request: Request, resources: Resources, throttle: Throttle) -> Visitor:
    """Return who asks, by cookie or by API token; Problem 401 when it is nobody."""
    if is_by_token(request):
        visitor = _find_program(resources, request)
        if visitor is None:
            throttle.count_try(request)
            raise Problem(401, "This token is unknown, was revoked or has expired: issue another.")
        return visitor
    visitor = find_visitor(resources, request.cookies.get(cookie_name(resources), ""), request)
    if visitor is None:
        raise Problem(401, N_("Your session has ended or was never opened: sign in."))
    return visitor


def is_by_token(request: Request) -> bool:
    """Return whether this comes from a program with an API token; then no cookie counts."""
    is_bearer = request.headers.get("authorization", "")[:7].lower() == "bearer "
    return is_bearer and request.url.path.startswith("/api/")


def _find_program(resources: Resources, request: Request) -> Visitor | None:
    secret = request.headers["authorization"][7:].strip()
    now_us = microseconds(resources.wall())
    with resources.database.connect() as connection:
        found = api_tokens.find_token(connection, secret, now_us=now_us)
        if found is None:
            return None
        token, account = found
        grants = people.grants_of(connection, account.id)
    if token.scope is Scope.READ and request.method not in _SAFE:
        raise Problem(403, "This token may only read: issue one with the scope act.")
    if token.used_us <= now_us - _HOUR_US // 60:
        with resources.database.begin() as connection:
            api_tokens.touch(connection, token, now_us=now_us)
    return Visitor(account, "", _served(resources, grants))


def _served(
    resources: Resources, grants: Mapping[str, frozenset[Role]]
) -> dict[str, frozenset[Role]]:
    return {place: held for place, held in grants.items() if place in resources.places}


def find_visitor(
    resources: Resources, token: str, request: Request | None = None
) -> Visitor | None:
    """Return who holds this session token, with the roles of this moment, or None.

    When a ``request`` for a page is named, a token that has served for an hour is renewed.
    """
    if not token:
        return None
    now_us = microseconds(resources.wall())
    with resources.database.connect() as connection:
        session = sessions.find_session(
            connection, token, now_us=now_us, idle_us=idle_us(resources)
        )
    if session is None:
        return None
    is_page = request is not None and request.headers.get("sec-fetch-dest") == "document"
    if request is not None and is_page and sessions.is_renewal_due(session, now_us=now_us):
        with resources.database.begin() as connection:
            request.scope["renewed"] = sessions.renew(connection, session, now_us=now_us)
    elif sessions.is_touch_due(session, now_us=now_us):
        with resources.database.begin() as connection:
            sessions.touch(connection, session, now_us=now_us)
    grants = _served(resources, session.grants)
    return Visitor(session.account, session.token_hash, grants, session.borrowed)


def idle_us(resources: Resources) -> int:
    """Return after how long a session that nobody uses ends."""
    return int(min(_IDLE_HOURS, resources.session_hours) * _HOUR_US)


def cookie_name(resources: Resources) -> str:
    """Return the session cookie's name; ``__Host-`` binds it to this host over https."""
    return "__Host-stillwell" if resources.is_secure else "stillwell"


def set_cookie(response: Response, resources: Resources, token: str) -> None:
    """Hand the session to the browser, out of reach of scripts and of other sites' forms."""
    response.set_cookie(
        cookie_name(resources),
        token,
        max_age=int(resources.session_hours * 3600),
        path="/",
        secure=resources.is_secure,
        httponly=True,
        samesite="lax",
    )


def clear_cookie(response: Response, resources: Resources) -> None:
    """Take the session from the browser, and all that it kept of it."""
    response.headers["Clear-Site-Data"] = '"storage"'
    response.delete_cookie(
        cookie_name(resources), path="/", secure=resources.is_secure, httponly=True, samesite="lax"
    )


def refuse_foreign(request: Request, *, is_secure: bool) -> None:
    """Raise Problem 403 when another site's page may have sent this unsafe request.

    Browsers say so by Sec-Fetch-Site, older ones by Origin; a request with neither is refused.
    """
    if request.method in _SAFE or is_by_token(request):
        return  # no other site can send a token of ours, and beside one no cookie counts
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    schemes = ("https",) if is_secure else ("http", "https")
    is_own_origin = host != "" and origin in [f"{scheme}://{host}" for scheme in schemes]
    if site is not None:
        is_own = site == "same-origin" or (site == "none" and origin in (None, "null"))
        if is_own and (origin in (None, "null") or is_own_origin):
            return
    elif is_own_origin:
        return
    raise Problem(
        403,
        "This did not come from a page of Stillwell. Open the page again and repeat it; "
        "a program sends the header Origin with our own address.",
    )


@dataclass(slots=True)
class Lockout:
    """Counts tries per address: ten wrong passwords in fifteen minutes shut it for a while.

    Kept in the memory of the web process, at most ``CAP`` addresses, known or not, so that the
    answer does not tell whether an account exists.
    """

    LIMIT: ClassVar[int] = 10
    WINDOW_US: ClassVar[int] = 15 * 60 * 1_000_000
    CAP: ClassVar[int] = 10_000

    turn: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(2))
    """Held while a password is checked: each takes 64 MiB, and many would starve the machine."""

    line: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(12))
    """Held while waiting for a turn: those beyond it are sent away, or they would take every
    thread from the people who are signed in."""

    _tries: OrderedDict[str, deque[int]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, email: str, now: Instant) -> bool:
        """Count one try and return True, or False when this address must wait.

        It counts before the password is checked, so that many tries at once gain nothing;
        ``forget`` takes the count back after the right one.
        """
        with self._lock:
            address = people.normal_email(email)
            recent = self._recent(address, microseconds(now))
            if len(recent) >= self.LIMIT:
                return False
            recent.append(microseconds(now))
            self._tries[address] = recent
            self._tries.move_to_end(address)
            while len(self._tries) > self.CAP:
                self._tries.popitem(last=False)
            return True

    def forget(self, email: str) -> None:
        """Start again from nought after the right password."""
        with self._lock:
            self._tries.pop(people.normal_email(email), None)

    def _recent(self, address: str, now_us: int) -> deque[int]:
        found = self._tries.get(address, deque(maxlen=self.LIMIT))
        while found and found[0] <= now_us - self.WINDOW_US:
            found.popleft()
        return found
