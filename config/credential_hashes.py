"""What brokers keep of a gateway's secret: a hash in the form of each (pure).

The secret is 128 random bits, which no dictionary holds, so the hashes are the quickest that the
brokers take: both check every connected gateway again when their files change, and a slow hash
would make ten thousand of them wait.

Sources: mosquitto_passwd(1), type 7 (PBKDF2-HMAC-SHA512); docs.nats.io, "Bcrypted passwords".
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

import bcrypt

SECRET_BYTES: Final = 16
"""128 bits."""

_ITERATIONS: Final = 101
_SALT_BYTES: Final = 12
_COST: Final = 4


@dataclass(frozen=True, slots=True)
class Hashes:
    """A secret as each broker keeps it."""

    mosquitto: str
    nats: str


def new_secret() -> str:
    """Return 128 random bits as 32 hexadecimal characters, which any hub's form takes."""
    return secrets.token_hex(SECRET_BYTES)


def hashes_of(secret: str) -> Hashes:
    """Return the secret's hashes, each with a salt of its own."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, _ITERATIONS)
    mosquitto = f"$7${_ITERATIONS}${_text(salt)}${_text(digest)}"
    # Go's bcrypt knows 2a.
    nats = bcrypt.hashpw(secret.encode(), bcrypt.gensalt(_COST, b"2a")).decode("ascii")
    return Hashes(mosquitto, nats)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
