"""Rate limits: how often one account may ask, and one client may try to come in.

Counted in the memory of each web process; a restart forgets, and several processes each count.
"""

import ipaddress
from typing import Final

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from api.errors import Problem
from api.web.language import N_

REQUESTS: Final = RateLimitItemPerMinute(3000)
"""Requests of one account, pages and programs together."""

TRIES: Final = RateLimitItemPerMinute(100, 15)
"""Tries of one client to come in: sign-ins, codes, invitations, wrong tokens."""


class Throttle:
    """Counts requests and tries."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def count_request(self, account: str) -> None:
        """Count one; Problem 429 when this account asks too often."""
        if not self._limiter.hit(REQUESTS, account):
            raise Problem(429, N_("This account asks too often: wait a minute."))

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
