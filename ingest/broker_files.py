"""Users and rights as the files that Mosquitto and the NATS server read (pure).

Every right names one topic tree of one user: a gateway writes under its own id, at its own place
(or one that it had before a merge), and reads its own receipt. Nothing is left to a pattern.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ingest.broker_config import permissions
from ingest.probe import TREE as PROBES
from ingest.receipts import RECEIPTS

MARK: Final = "# Rendered by Stillwell from its registry: what is written here by hand is lost."
"""First line of each file, by which ours are known."""


@dataclass(frozen=True, slots=True)
class HashedUser:
    """Who may connect, the password as this broker keeps it, and topics to write and read."""

    name: str
    password: str = field(repr=False)
    may_publish: tuple[str, ...]
    may_subscribe: tuple[str, ...]


def gateway_user(username: str, password: str, gateway: str, places: Sequence[str]) -> HashedUser:
    """Return a gateway's user: it writes below its own id only, and reads its receipt only."""
    return HashedUser(
        username,
        password,
        tuple(f"stillwell/v1/{place}/{gateway}/#" for place in places),
        (RECEIPTS + gateway,),
    )


def worker_user(username: str, password: str) -> HashedUser:
    """Return the worker's user: it reads all readings, and writes receipts and its own probes."""
    probes = f"{PROBES}#"
    return HashedUser(username, password, (f"{RECEIPTS}+", probes), ("stillwell/v1/#", probes))


def mosquitto(users: Sequence[HashedUser]) -> Mapping[str, str]:
    """Return ``passwords`` and ``mosquitto.acl`` by file name."""
    passwords = [MARK, *(f"{user.name}:{user.password}" for user in users)]
    rules = [MARK]
    for user in users:
        rules += ["", f"user {user.name}"]
        rules += [f"topic write {topic}" for topic in user.may_publish]
        rules += [f"topic read {topic}" for topic in user.may_subscribe]
    return {"passwords": "\n".join(passwords) + "\n", "mosquitto.acl": "\n".join(rules) + "\n"}


def nats(users: Sequence[HashedUser]) -> Mapping[str, str]:
    """Return ``users.conf``, which ``nats.conf`` includes."""
    named = [
        {"user": user.name, "password": user.password, "allowed_connection_types": ["MQTT"],
         "permissions": permissions(user.may_publish, user.may_subscribe)}
        for user in users
    ]  # fmt: skip
    lines = ",\n".join(f"  {json.dumps(one)}" for one in named)
    return {"users.conf": f"{MARK}\nauthorization: {{ users: [\n{lines}\n] }}\n"}


RENDER: Final[Mapping[str, Callable[[Sequence[HashedUser]], Mapping[str, str]]]] = {
    "mosquitto": mosquitto,
    "nats": nats,
}
"""The files of each broker."""


def fingerprint(users: Sequence[HashedUser]) -> str:
    """Return what tells these users and rights from others."""
    said = [(u.name, u.password, u.may_publish, u.may_subscribe) for u in users]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
