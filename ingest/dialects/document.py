"""Reads a JSON payload: fast when it is sound, leniently when it is not.

One number out of range, a NaN or a lone surrogate must not cost the smoke alarm beside it, so
a payload that the strict reader refuses is read again by the standard library, which lets
these pass for the field readers to refuse one by one. Of duplicate keys the last counts.
"""

import json
from typing import Final

import msgspec

from ingest.dialects.dialect import Undecodable
from ingest.message import Reason

_LENIENT_BYTES: Final = 1 << 20
_INT_DIGITS: Final = 20


def _integer(digits: str) -> float:
    # int() refuses more than 4,300 digits, and no quantity of ours needs more than 20.
    return int(digits) if len(digits) <= _INT_DIGITS else float(digits)


def read_document(payload: bytes) -> object:
    """Return what the JSON payload says; Undecodable when it is not JSON in UTF-8."""
    try:
        document: object = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _read_leniently(payload)
    return document


def text_of(payload: bytes) -> str:
    """Return the payload as text; Undecodable when it is not UTF-8."""
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise Undecodable(Reason.NOT_UTF8, "the payload is not UTF-8") from None


def _read_leniently(payload: bytes) -> object:
    text = text_of(payload)
    if len(payload) > _LENIENT_BYTES:
        raise Undecodable(Reason.NOT_JSON, "expected JSON")
    try:
        document: object = json.loads(text, parse_int=_integer)
    except RecursionError:
        raise Undecodable(Reason.NOT_JSON, "expected JSON, found it nested too deeply") from None
    except ValueError:
        raise Undecodable(Reason.NOT_JSON, "expected JSON") from None
    return document
