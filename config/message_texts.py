"""What messages about alerts say at a place, in both languages: read, checked and kept.

A text may name the priority and the reference of an alert and nothing else, so that whatever is
typed here, no message ever says who, where or whether somebody is in.
"""

import re
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from config import declarations, sms

SUBJECT: Final = "texts"
"""Under what texts are kept."""

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "alert_en": ("priority", "reference"),
    "alert_cy": ("priority", "reference"),
    "fault_en": ("reference",),
    "fault_cy": ("reference",),
}
"""The texts of a place, of an alert and of a fault by language, and what each must name."""

EXAMPLE: Final[Mapping[str, str]] = {"priority": "P1", "reference": "3F9A"}
_PLACE: Final = re.compile(r"\{([a-z]*)\}")


def filled(text: str, values: Mapping[str, str] = EXAMPLE) -> str:
    """Return the text with its places filled; what is no place stays as it is."""
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), text)


def mistakes(texts: Mapping[str, str], before: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (key, what is wrong) of texts by the keys of ``NEEDED``; one mistake of each.

    ``before`` is what a walk test puts before a text, by language: with it the text must still be
    one message, as everything is that Stillwell sends.
    """
    found = ((key, _mistake(texts.get(key, ""), key, before[key[-2:]])) for key in NEEDED)
    return [(key, told) for key, told in found if told]


def _mistake(text: str, key: str, before: str) -> str:
    if not text.strip():
        return "is empty, expected words"
    if not text.isprintable():
        return "has a line break or another control character, expected one line"
    named = set(_PLACE.findall(text))
    if strange := sorted(named - set(NEEDED[key])):
        return f"has {{{strange[0]}}}, expected only {_named(NEEDED[key])}"
    if missing := [one for one in NEEDED[key] if one not in named]:
        return f"does not have {{{missing[0]}}}, without which nobody finds the alert"
    if set("{}") & set(_PLACE.sub("", text)):
        return f"has a brace that belongs to nothing, expected only {_named(NEEDED[key])}"
    long = sms.length(filled(before + text))
    if long.parts > 1:
        return (
            f"makes {long.count} characters with {before.strip()!r} before it, as a walk test has, "
            f"expected at most {long.most}"
        )
    return ""


def _named(names: tuple[str, ...]) -> str:
    return " and ".join(f"{{{name}}}" for name in names)


def save(
    connection: Connection,
    place: str,
    texts: Mapping[str, str],
    account: str,
    now_us: int,
    *,
    why: str = "",
    read: int | None = None,
) -> int:
    """Put the texts in force and return their version; look for mistakes before.

    For ``read`` see ``declarations.save``.
    """
    content = {key: texts[key].strip() for key in NEEDED}
    return declarations.save(
        connection, place, SUBJECT, content, account, now_us, why=why, read=read
    )


def find(connection: Connection, place: str) -> Mapping[str, str] | None:
    """Return the texts that somebody saved for a place, None where nobody did."""
    found = declarations.newest(connection, place, SUBJECT)
    return None if found is None else {key: str(found.content[key]) for key in NEEDED}
