"""How long a text message is, as networks count and charge it (GSM 03.38)."""

from dataclasses import dataclass
from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("^{}\\[~]|€")
"""Letters that count as two."""


@dataclass(frozen=True, slots=True)
class Length:
    """``count`` of ``most`` characters in ``parts`` messages; ``odd`` are letters that cost more.

    With such a letter (most Welsh circumflexes) a message holds 70 characters, not 160.
    """

    count: int
    most: int
    parts: int
    odd: str


def length(text: str) -> Length:
    """Return how long this text is as a text message."""
    odd = "".join(dict.fromkeys(c for c in text if c not in _BASIC and c not in _EXTENDED))
    if odd:
        count, single, joined = len(text.encode("utf-16-le")) // 2, 70, 67
    else:
        count, single, joined = len(text) + sum(c in _EXTENDED for c in text), 160, 153
    parts = 1 if count <= single else -(-count // joined)
    return Length(count, single, parts, odd)
