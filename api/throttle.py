"""Rate limits: how often one account may ask, and one client may try to come in.

Counted in the memory of each web process; a restart forgets, and several processes each count.
"""

import ipaddress
from collections.abc import Mapping
from typing import Final

from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from api.errors import Problem
from api.web.language import N_

REQUESTS: Final = RateLimitItemPerMinute(3000)
"""Requests of one account, pages and programs together."""

TRIES: Final = RateLimitItemPerMinute(100, 15)
"""Tries of one client to come in: sign-ins, codes, invitations, wrong tokens."""

SEARCHES: Final = RateLimitItemPerMinute(60, namespace="searches")
"""Searches of one account for a name, each of which opens every name of a place."""

EXPORTS: Final = RateLimitItemPerHour(60, namespace="exports")
"""Files that one account takes out."""

KEY_SAFES: Final = RateLimitItemPerHour(60, namespace="key-safes")
"""Codes of key safes that one account is shown: more than a shift needs, fewer than a thief."""

COSTLY: Final[Mapping[str, RateLimitItem]] = {
    "/homes/search": SEARCHES,
    "/places/{place}/households/search": SEARCHES,
    "/homes/{home_id}/key-safe": KEY_SAFES,
    "/homes/{home}/key-safe": KEY_SAFES,
    "/data-requests/{home}/export.json": EXPORTS,
    "/data-requests/{home}/export.html": EXPORTS,
    "/homes/{home}/subject-export": EXPORTS,
    "/places/{place}/measures.csv": EXPORTS,
    "/alerts/{alert}/incident/release": EXPORTS,
}
"""Routes, without what they are mounted under, of which one account gets fewer."""


class Throttle:
    """Counts requests and tries."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def count_request(self, account: str) -> None:
        """Count one; Problem 429 when this account asks too often."""
        if not self._limiter.hit(REQUESTS, account):
            raise Problem(429, N_("This account asks too often: wait a minute."))

    def count_costly(self, account: str, route: str) -> None:
        """Count one of a route that gives much away; Problem 429 when it were too many."""
        limit = COSTLY.get(route)
        if limit is None or self._limiter.hit(limit, account):
            return
        if limit is SEARCHES:
            raise Problem(429, N_("This account searches too often: wait a minute."))
        raise Problem(
            429, N_("This account was given much within the hour: wait, or tell support.")
        )

    def count_try(self, request: Request) -> None:
        """Count one; Problem 429 when too many came from this client.

        Our own machine is not counted: a proxy there speaks for everybody (``web.proxy``).
        """
        client = client_of(request)
        if client and not self._limiter.hit(TRIES, client):
            raise Problem(429, N_("Too many tries from this address: wait 15 minutes."))


def client_of(request: Request) -> str:
    """Return the client's address (of IPv6 the /64 network), empty when it is this machine."""
    told = "" if request.client is None else request.client.host
    try:
        address = ipaddress.ip_address(told)
    except ValueError:
        return told
    if address.is_loopback:
        return ""
    if address.version == 6:
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return str(address)
