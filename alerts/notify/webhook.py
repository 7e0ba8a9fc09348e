"""Webhooks: a CloudEvents 1.0 event per message, signed, to public addresses only.

The body is a structured-mode CloudEvent (JSON). It is signed as Standard Webhooks has it:
``webhook-signature: v1,base64(HMAC-SHA256(secret, "{id}.{timestamp}.{body}"))``. ``webhook-id`` is
the same in every attempt, so that a receiver can drop repeats.
"""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from alerts.notify.outbox import DeliveryFailed, Message
from alerts.words import moment

TIMEOUT_S: Final = 5.0
DEADLINE_S: Final = 10.0
"""The whole exchange, however slowly the other side drips."""

_AGAIN: Final = frozenset({408, 409, 425, 429})


class Unsafe(ValueError):
    """An address that a webhook must not have; the message says what to use instead."""


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a place's events go, and the secret that signs them."""

    url: str
    secret: str


def guard(url: str, *, is_private_allowed: bool = False) -> tuple[str, int, str, str]:
    """Return (host, port, path, address) of a URL that may be called; Unsafe says why not.

    The address was looked up here and is the one to connect to: looking it up again would let a
    name point elsewhere meanwhile (DNS rebinding).
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Unsafe("This is no address of a webhook; use https://example.org/path.") from None
    if parts.scheme != "https" and not (is_private_allowed and parts.scheme == "http"):
        raise Unsafe("A webhook must begin with https://, so that nobody on the way reads it.")
    if not host or parts.username or parts.password:
        raise Unsafe("A webhook's address names a host and holds no user or password.")
    port = port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise Unsafe(f"The host {host!r} cannot be found; check the address.") from None
    addresses = [str(info[4][0]) for info in found]
    private = [one for one in addresses if not _is_public(one)]
    if private and not is_private_allowed:
        raise Unsafe(f"The host {host!r} is inside a private network; use a public address.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return host, port, path, addresses[0]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = getattr(address, "ipv4_mapped", None)
    return (inner or address).is_global and not address.is_multicast


def sign(secret: str, id_: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a body, as the header has it."""
    signed = f"{id_}.{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def event(message: Message) -> bytes:
    """Return the message as a CloudEvent; nothing in it says who, where or whether at home."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": message.key,
            "source": f"/stillwell/places/{message.place}",
            "type": f"org.stillwell.{message.kind}",
            "subject": message.alert,
            "time": moment(message.created_us).isoformat(),
            "datacontenttype": "application/json",
            "data": {"alert": message.alert, "text": message.text},
        }
    ).encode()


class Webhook:
    """Posts to the hook of a message's place; ``find`` returns it, or None."""

    def __init__(
        self, find: Callable[[str], Hook | None], *, is_private_allowed: bool = False
    ) -> None:
        self._find, self._is_private_allowed = find, is_private_allowed

    def send(self, message: Message) -> None:
        """Post it; redirects are not followed, and what is answered is not read."""
        hook = self._find(message.place)
        if hook is None:
            raise DeliveryFailed("this place has no webhook", is_permanent=True)
        try:
            target = guard(hook.url, is_private_allowed=self._is_private_allowed)
        except Unsafe as problem:
            raise DeliveryFailed(str(problem)) from problem
        body, now = event(message), int(datetime.now(UTC).timestamp())
        headers = {
            "Content-Type": "application/cloudevents+json",
            "webhook-id": message.key,
            "webhook-timestamp": str(now),
            "webhook-signature": sign(hook.secret, message.key, now, body),
        }
        status, wait_s = _post(target, body, headers, is_tls=hook.url.startswith("https://"))
        if not 200 <= status < 300:
            is_permanent = 300 <= status < 500 and status not in _AGAIN
            why = f"the webhook answered {status}"
            raise DeliveryFailed(why, is_permanent=is_permanent, wait_s=wait_s)


def retry_after_s(said: str | None, now: datetime) -> float:
    """Return the seconds that a Retry-After header asks for (RFC 9110), 0 where it says nothing."""
    text = (said or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    return max(0.0, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now.timestamp())


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was checked, whatever its name says by now."""

    def __init__(self, host: str, port: int, address: str, *, is_tls: bool) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S)
        self._address, self._is_tls = address, is_tls

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), TIMEOUT_S)
        self.sock = plain
        if self._is_tls:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(plain, server_hostname=self.host)

    def cut(self) -> None:
        """End the exchange from another thread."""
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _post(
    target: tuple[str, int, str, str], body: bytes, headers: dict[str, str], *, is_tls: bool
) -> tuple[int, float]:
    host, port, path, address = target
    connection = _Pinned(host, port, address, is_tls=is_tls)
    timer = threading.Timer(DEADLINE_S, connection.cut)
    timer.start()
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, retry_after_s(answer.getheader("Retry-After"), datetime.now(UTC))
    except (OSError, http.client.HTTPException) as problem:
        raise DeliveryFailed(f"the webhook did not answer: {type(problem).__name__}") from problem
    finally:
        timer.cancel()
        connection.close()
