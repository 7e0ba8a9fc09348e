"""The packets of a broker that are no message, of MQTT 3.1.1 and of MQTT 5.

Sources: OASIS MQTT Version 3.1.1 and Version 5.0; section numbers are those of 3.1.1, which
Version 5 keeps, with 3.14 for DISCONNECT.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

GRANT_REFUSED: Final = 0x80
"""The lowest SUBACK code of a topic that was not granted."""

_CONNACK, _PUBACK, _SUBACK, _PINGRESP, _DISCONNECT = 2, 4, 9, 13, 14
_REFUSALS: Final = {
    1: "it does not speak MQTT 3.1.1",
    2: "it does not accept this client id",
    3: "it is unavailable",
    4: "the user name or password is wrong",
    5: "this user is not authorised (unknown user or wrong password)",
}
REASONS: Final[Mapping[int, str]] = {
    0x10: "nobody subscribes to that",
    0x80: "for a reason that it does not name",
    0x81: "our packet was malformed",
    0x82: "we broke the protocol",
    0x84: "it does not speak MQTT 5",
    0x85: "it does not accept this client id",
    0x86: "the user name or password is wrong",
    0x87: "this user is not authorised",
    0x88: "it is unavailable",
    0x89: "it is busy",
    0x8A: "this client is banned",
    0x8B: "it is shutting down",
    0x8C: "the authentication method is wrong",
    0x8D: "it did not hear from us for too long",
    0x8E: "another client has taken over this client id",
    0x8F: "it does not like the topic filter",
    0x93: "we sent more than it allows at a time",
    0x95: "a packet was too large",
    0x97: "a quota is used up",
    0x98: "somebody told it to",
    0x9F: "we connect too often",
}
"""What the reason codes of MQTT 5 mean (its 2.4)."""


class ProtocolError(Exception):
    """The peer broke MQTT; the message says how. The connection cannot be used further."""


@dataclass(frozen=True, slots=True)
class Connack:
    """The answer to CONNECT; ``code`` 0 is accepted (3.2)."""

    is_session_present: bool
    code: int
    is_v5: bool = False

    @property
    def refusal(self) -> str | None:
        """Why the broker refused, as a sentence, or None when it accepted."""
        if self.code == 0:
            return None
        known = REASONS if self.is_v5 else _REFUSALS
        return f"the broker refused: {known.get(self.code, f'code {self.code}')}"


@dataclass(frozen=True, slots=True)
class Suback:
    """The answer to SUBSCRIBE: by topic the granted QoS, or from ``GRANT_REFUSED`` on a refusal."""

    packet_id: int
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Puback:
    """The broker's acknowledgement of a QoS 1 PUBLISH of ours (3.4).

    ``code`` is 0 in MQTT 3.1.1; in MQTT 5 only 0 says that somebody took the message.
    """

    packet_id: int
    code: int = 0


@dataclass(frozen=True, slots=True)
class Pingresp:
    """The answer to PINGREQ (3.13)."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The broker says goodbye, and why; MQTT 5 only (3.14)."""

    code: int

    @property
    def sentence(self) -> str:
        """Why, as a sentence."""
        return f"the broker ended the connection: {REASONS.get(self.code, f'code {self.code}')}"


Control = Connack | Suback | Puback | Pingresp | Disconnected
"""Every packet but a PUBLISH."""


def control(first: int, body: bytes, *, is_v5: bool = False) -> Control:
    """Return the packet; ProtocolError for one that no broker sends."""
    kind = first >> 4
    if first & 15:
        raise ProtocolError(f"packet type {kind} with flags {first & 15}, expected 0")
    found = _control5(kind, body) if is_v5 else _control4(kind, body)
    if found is None:
        raise ProtocolError(
            f"packet type {kind} with {len(body)} bytes, not one that a broker sends"
        )
    return found


def _control4(kind: int, body: bytes) -> Control | None:
    if kind == _CONNACK and len(body) == 2 and body[0] <= 1:
        return Connack(body[0] == 1, body[1])
    if kind == _PUBACK and len(body) == 2:
        return Puback(body[0] << 8 | body[1])
    if kind == _SUBACK and len(body) >= 3:
        return Suback(body[0] << 8 | body[1], tuple(body[2:]))
    if kind == _PINGRESP and not body:
        return Pingresp()
    return None


def _control5(kind: int, body: bytes) -> Control | None:
    if kind == _CONNACK and len(body) >= 2 and body[0] <= 1:
        # A server that knows no MQTT 5 answers in the words of 3.1.1, without properties.
        return Connack(body[0] == 1, 0x84 if len(body) == 2 and body[1] else body[1], is_v5=True)
    if kind == _PUBACK and len(body) >= 2:
        return Puback(body[0] << 8 | body[1], body[2] if len(body) > 2 else 0)
    if kind == _SUBACK and len(body) >= 4:
        length, at = variable(body, 2)
        if at and at + length < len(body):
            return Suback(body[0] << 8 | body[1], tuple(body[at + length :]))
    if kind == _PINGRESP and not body:
        return Pingresp()
    if kind == _DISCONNECT:
        return Disconnected(body[0] if body else 0)
    return None


def variable(data: bytes, at: int) -> tuple[int, int]:
    """Return (a variable byte integer, offset behind it), or (0, 0) when bytes are missing."""
    length = 0
    for index, byte in enumerate(data[at : at + 4]):
        length |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return length, at + 1 + index
        if index == 3:
            raise ProtocolError("a length longer than four bytes")
    return 0, 0
