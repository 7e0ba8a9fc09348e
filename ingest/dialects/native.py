"""Our own gateways: ``{"b": boot, "s": sequence, "oldest": s, "r": [[sensor, unix_ms, value]]}``.

A reading may have a fourth element, the kind's name; our gateways send it for life-safety
kinds, so that a P1 from a sensor that nobody enrolled can still be raised. Unknown fields and
further elements are ignored, so old and new gateways mix. An empty ``r`` is a sign of life.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from config.kinds import Kind
from ingest.dialects.dialect import Fault, ModelOf, Observation, Part, Position, Undecodable
from ingest.dialects.document import read_document
from ingest.dialects.fields import suspicion
from ingest.dialects.numbers import number
from ingest.dialects.times import from_ms
from ingest.message import Reason

_KIND: Final = {kind.value: kind for kind in Kind}
_SHORTEST: Final = 3
_EXPECTED: Final = 'expected {"b":, "s":, "r": [[sensor, ms, value]]}'


class _Row(msgspec.Struct, array_like=True, gc=False):
    sensor: str
    ms: int
    value: bool | float
    kind: str | None = None


class Document(msgspec.Struct, gc=False):
    """A native message as it is written."""

    r: list[_Row]
    b: int | str | None = None
    s: int | None = None
    oldest: int | None = None


_decoder: Final = msgspec.json.Decoder(Document)


def decode(rest: str, payload: bytes, _received_us: int, _model_of: ModelOf) -> Sequence[Part]:
    """Return the readings and the outbox position of one message."""
    if rest != "r":
        raise Undecodable(Reason.BAD_TOPIC, "expected native/r")
    try:
        document = _decoder.decode(payload)
        parts: list[Part] = [
            Observation(
                row.sensor,
                None if row.kind is None else _KIND[row.kind],
                row.value,
                from_ms(row.ms),
            )
            for row in document.r
        ]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, KeyError, Undecodable):
        return _decode_one_by_one(payload)
    if document.s is not None and document.b is not None:
        parts.append(Position(str(document.b), document.s, document.oldest))
    return parts


def _decode_one_by_one(payload: bytes) -> Sequence[Part]:
    said = read_document(payload)
    rows = said.get("r") if isinstance(said, dict) else None
    if not isinstance(said, dict):
        raise Undecodable(Reason.WRONG_SHAPE, _EXPECTED)
    parts: list[Part] = [Fault(Reason.WRONG_SHAPE, _EXPECTED)]
    if isinstance(rows, list):
        parts = [_part(row) for row in rows]
    boot, sequence, oldest = said.get("b"), said.get("s"), said.get("oldest")
    if type(boot) in (int, str) and type(sequence) is int:
        parts.append(Position(str(boot), sequence, oldest if type(oldest) is int else None))
    elif boot is not None or sequence is not None:
        parts.append(Fault(Reason.WRONG_SHAPE, "expected b as text or integer, s as integer"))
    return parts


def _part(row: object) -> Part:
    if not isinstance(row, list) or len(row) < _SHORTEST or not isinstance(row[0], str):
        return Fault(Reason.WRONG_SHAPE, "expected [sensor, unix_ms, value]")
    address, name = row[0], row[3] if len(row) > _SHORTEST else None
    kind = _KIND.get(name) if isinstance(name, str) else None
    if name is not None and kind is None:
        detail = "expected the name of a kind"
        return Fault(Reason.WRONG_SHAPE, detail, suspicion(address, None, None))
    try:
        time_us = from_ms(row[1])
    except Undecodable as error:
        value = row[2] if type(row[2]) in (bool, int, float) else 1.0
        return Fault(error.reason, error.detail, Observation(address, kind, value))
    try:
        value = row[2] if type(row[2]) is bool else number(row[2])
    except ValueError as error:
        return Fault(Reason.NOT_A_NUMBER, str(error), suspicion(address, kind, time_us))
    return Observation(address, kind, value, time_us)
