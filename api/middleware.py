"""What every answer carries, whatever route made it: a policy for browsers and a log line."""

import secrets
import time
from typing import Any, Final

import structlog
from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import refuse_foreign, set_cookie
from api.errors import Problem, answer, crashed
from api.resources import Resources
from api.web import language

MAX_BODY: Final = 64 * 1024
"""Bytes of a request body; a note is the longest thing that anybody sends."""

STREAMS: Final = frozenset({"/live"})
"""Addresses whose answer never ends."""

_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Refuses requests that another site made, adds the security headers and logs."""

    def __init__(self, app: ASGIApp, *, resources: Resources) -> None:
        self._app = app
        self._resources = resources
        self._is_secure = resources.is_secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        scope["nonce"] = secrets.token_urlsafe(16)
        status = 0

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                self._protect(headers, scope["nonce"])
                self._renew(headers, asked.get("renewed", ""))
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        # HEAD is GET without the body; a stream has no end, so it has no HEAD.
        is_head = scope["method"] == "HEAD" and scope["path"] not in STREAMS
        asked = {**scope, "method": "GET"} if is_head else scope
        try:
            with language.speaking(_language(asked)):
                await self._pass(asked, receive, send_guarded)
        finally:
            _log(asked, status, started)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        try:
            refuse_foreign(request, is_secure=self._is_secure)
            refuse_huge(request)
        except Problem as problem:
            await answer(request, problem)(scope, receive, send)
            return
        has_begun = False

        async def send_noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, limited(receive), send_noting)
        except Exception as error:  # here, so that this answer too is protected and logged once
            if has_begun:
                raise
            await crashed(request, error)(scope, receive, send)

    def _protect(self, headers: MutableHeaders, nonce: str) -> None:
        headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce)
        for name, text in _HEADERS.items():
            headers[name] = text
        headers.setdefault("Cache-Control", "no-store")
        if self._is_secure:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    def _renew(self, headers: MutableHeaders, token: str) -> None:
        """Hand over the next token of the session, unless the route set or took the cookie."""
        if token and "set-cookie" not in headers:
            carrier = Response()
            set_cookie(carrier, self._resources, token)
            headers.append("set-cookie", carrier.headers["set-cookie"])


def _language(scope: Scope) -> str:
    """Return the language that the browser's cookie asks for; programs are answered in English."""
    if scope["path"].startswith("/api/"):
        return "en"
    return Request(scope).cookies.get(language.COOKIE, "en")


def refuse_huge(request: Request) -> None:
    """Raise Problem 413 when the announced body is too large."""
    announced = request.headers.get("content-length", "0")
    is_number = announced.isascii() and announced.isdigit()
    if not is_number or int(announced[:12]) > MAX_BODY:
        raise too_much()


def too_much() -> Problem:
    """Return what to tell about a body that is too large."""
    return Problem(413, f"Send at most {MAX_BODY // 1024} KiB.")


def limited(receive: Receive) -> Receive:
    """Return a ``receive`` that stops a body which grows too large without having said so."""
    taken = 0

    async def receive_limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAX_BODY:
            raise too_much()
        return message

    return receive_limited


def _log(scope: Scope, status: int, started: float) -> None:
    # The template of the route, never its address: an address holds ids of homes.
    route: Any = scope.get("route")
    visitor = scope.get("visitor")
    structlog.get_logger().info(
        "request",
        method=scope["method"],
        route=getattr(route, "path", ""),
        status=status,
        ms=round((time.perf_counter() - started) * 1000, 1),
        account=visitor.account.id if visitor else "",
    )
