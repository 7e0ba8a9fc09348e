"""What the embedded broker is told: users, rights, folders, as one configuration text.

Sources: docs.nats.io, "MQTT" (topic to subject) and "Authorization"; tried on nats-server
2.15.1, which needs no rights on ``$MQTT`` subjects and gives none to clients.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ingest.packets import MAX_PAYLOAD_BYTES

ACK_WAIT_S: Final = 10
"""When an unacknowledged message is sent again: what a killed worker held waits this long."""

MAX_ACK_PENDING: Final = 16_000
"""Unacknowledged messages per subscription. One that ends in # counts twice, and above 65,535
in a session every further subscription is refused: this leaves room for two of them."""

_NOTHING: Final = "stillwell-nothing"


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """Who may connect, and the MQTT topics (with + and #) they may write and read."""

    name: str
    password: str = field(repr=False)
    may_publish: tuple[str, ...] = ()
    may_subscribe: tuple[str, ...] = ()


def subjects(pattern: str) -> Sequence[str]:
    """Return the NATS subjects that cover an MQTT topic pattern; ``a/#`` also covers ``a``.

    Raises ValueError for what has no subject: empty levels, spaces, ``*``, ``>``, a wildcard
    inside a level or a ``#`` before the end.
    """
    levels = pattern.split("/")
    for index, level in enumerate(levels):
        is_last_hash = level == "#" and index == len(levels) - 1
        is_odd = not level or any(ch.isspace() or ch in "*>\0" for ch in level)
        if is_odd or (("#" in level or "+" in level) and not is_last_hash and level != "+"):
            raise ValueError(f"broker: topic pattern {pattern!r} cannot be expressed in NATS")
    words = [level.replace(".", "//") for level in levels]
    words = ["*" if word == "+" else word for word in words]
    if words[-1] != "#":
        return [".".join(words)]
    above = ".".join(words[:-1])
    return [above, f"{above}.>"] if above else [">"]


def render(
    folder: Path,
    host: str,
    port: int,
    users: Sequence[BrokerUser],
    *,
    ack_wait_s: int = ACK_WAIT_S,
    max_payload_bytes: int = MAX_PAYLOAD_BYTES,
) -> str:
    """Return the configuration (JSON, which NATS reads) for an MQTT listener on host:port.

    Messages and sessions are kept in ``folder``. Users may connect by MQTT only; NATS's own
    listener is put on a free loopback port. Raises ValueError for a name, password or pattern
    that cannot be expressed.
    """
    config = {
        "server_name": "stillwell",
        "host": "127.0.0.1",
        "port": -1,
        "max_payload": max_payload_bytes,
        "jetstream": {"store_dir": str(folder / "messages"), "sync_interval": "1s"},
        "mqtt": {
            "host": host,
            "port": port,
            "ack_wait": f"{ack_wait_s}s",
            "max_ack_pending": MAX_ACK_PENDING,
        },
        "authorization": {"users": [_user(user) for user in users]},
    }
    return json.dumps(config, indent=2, ensure_ascii=False) + "\n"


def _user(user: BrokerUser) -> dict[str, object]:
    for what, text in (("name", user.name), ("password", user.password)):
        if not text or not text.isprintable() or text.startswith("$2"):
            raise ValueError(
                f"broker: the {what} of user {user.name!r} is empty, unprintable or begins "
                "with $2, which NATS reads as a bcrypt hash"
            )
    return {
        "user": user.name,
        "password": user.password,
        "allowed_connection_types": ["MQTT"],
        "permissions": permissions(user.may_publish, user.may_subscribe),
    }


def permissions(
    may_publish: Sequence[str], may_subscribe: Sequence[str]
) -> dict[str, dict[str, Sequence[str]]]:
    """Return what NATS is told of a user's rights, given as MQTT topics."""
    return {
        "publish": {"allow": _allowed(may_publish)},
        "subscribe": {"allow": _allowed(may_subscribe)},
    }


def _allowed(patterns: Sequence[str]) -> Sequence[str]:
    """Return the subjects; never an empty list, which NATS reads as everything."""
    return [each for pattern in patterns for each in subjects(pattern)] or [_NOTHING]
