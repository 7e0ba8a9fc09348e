"""Opaque positions in a list: where the next page starts."""

import base64
import json

from api.errors import Problem

_LONGEST = 400


def encode_cursor(*keys: int | str) -> str:
    """Return the sort keys of the last row shown, as one word for an address."""
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *types: type[int] | type[str]) -> tuple[int | str, ...]:
    """Return the keys of ``encode_cursor``; Problem 422 when they are not of these types."""
    keys = _read(cursor)
    if not isinstance(keys, list) or [type(key) for key in keys] != list(types):
        raise bad_cursor()
    if any(isinstance(key, int) and abs(key) >= 2**63 for key in keys):
        raise bad_cursor()
    return tuple(keys)


def bad_cursor() -> Problem:
    """Return what to tell about a cursor that is not ours."""
    return Problem(422, "cursor is not one that this list returned; leave it out to start again.")


def _read(cursor: str) -> object:
    if len(cursor) > _LONGEST:
        return None
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        return json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):  # neither base64 nor UTF-8 nor JSON
        return None
