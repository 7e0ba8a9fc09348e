"""The shape of a payload that could not be used: keys and types, never a value. Pure.

Only the first bytes are kept of one, so that most are cut off; what is there is read as far as
it goes. What looks like no plain key may be a value in the wrong place, and is not shown.
"""

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<mark>[{}\[\],:])|(?P<text>"(?:[^"\\]|\\.)*")|(?P<cut>"(?:[^"\\]|\\.)*\\?$)
    |(?P<number>-?[0-9][0-9.eE+-]*)|(?P<word>true|false|null))""",
    re.VERBOSE | re.DOTALL,
)
_KEY: Final = re.compile(r"[A-Za-z][A-Za-z_.-]{0,31}[0-9]{0,2}", re.ASCII)
_WORDS: Final = {"true": "true or false", "false": "true or false", "null": "nothing"}
_MARKS: Final = {",": ", ", ":": ": "}
_MOST: Final = 600
"""Characters of a shape that are told."""


def shape(payload: bytes) -> str:
    """Return what a payload is made of, such as ``{"t": number, "v": [number]}``."""
    if not payload:
        return ""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as problem:
        text = payload[: problem.start].decode("utf-8")
        if problem.end < len(payload) or len(payload) - problem.start > 3:
            return f"bytes, {len(payload)}"  # not merely a character cut off
    if text.lstrip()[:1] not in ("{", "["):
        return f"text, {len(text)} characters" if text.strip().isprintable() else "bytes"
    return _of_json(text)[:_MOST]


def _of_json(text: str) -> str:
    """Return the text with each value replaced by its type, as far as it can be read."""
    parts: list[str] = []
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            return "".join(parts).rstrip() + " ..., not JSON from here"
        at = found.end()
        if found["mark"]:
            parts.append(_MARKS.get(found["mark"], found["mark"]))
            continue
        if found["cut"] is not None:
            break
        if found["text"]:
            is_key = text[at:].lstrip()[:1] == ":"
            parts.append(_key(found["text"][1:-1]) if is_key else "text")
        else:
            parts.append("number" if found["number"] else _WORDS[found["word"]])
    whole = "".join(parts).rstrip()
    is_open = whole.count("{") + whole.count("[") > whole.count("}") + whole.count("]")
    return whole + (" ..., cut off" if is_open else "")


def _key(name: str) -> str:
    return f'"{name}"' if _KEY.fullmatch(name) else f"a key of {len(name)} characters"
