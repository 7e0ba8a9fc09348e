"""Reads named fields into kinds: what a table of names says, several names for one kind merged."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from config.kinds import IS_LIFE_SAFETY, KINDS, Kind, Shape
from ingest.dialects.dialect import Fault, Observation, Part
from ingest.dialects.numbers import truth
from ingest.message import Reason

Reader = Callable[[object], float | None]
"""A value of JSON to a value of the kind; None when it says nothing; ValueError when garbled."""

_EVENTS: Final = frozenset(row.kind for row in KINDS if row.shape is Shape.EVENT)


class Field(NamedTuple):
    """What one field measures.

    Of several fields of one kind the highest ``rank`` counts; of equal rank that which says
    more (any of three leak wires makes a flood).
    """

    kind: Kind
    read: Reader
    rank: int = 0


Fields = Mapping[str, Sequence[Field]]
"""By the field's name as the vendor writes it."""


class Reading(NamedTuple):
    """What a set of fields said: the value by kind, and (kind, name) of those that are garbled."""

    values: dict[Kind, float]
    garbled: list[tuple[Kind, str]]


def happened(kind: Kind, rank: int = 0) -> tuple[Field]:
    """Return a field that is true while something happens."""
    return (Field(kind, truth, rank),)


def measured(kind: Kind, read: Reader, rank: int = 0) -> tuple[Field]:
    """Return a field that holds a quantity."""
    return (Field(kind, read, rank),)


def worded(kind: Kind, words: Mapping[str, float | None], rank: int = 0) -> tuple[Field]:
    """Return a field that holds true, false, or one of these words; any other is garbled.

    A word that maps to None says nothing about the kind.
    """

    def read(value: object) -> float | None:
        if isinstance(value, str):
            word = value.strip().lower()
            if word in words:
                return words[word]
        return truth(value)

    return (Field(kind, read, rank),)


def hinted(kind: Kind, words: Mapping[str, float], rank: int = 0) -> tuple[Field]:
    """Return a field with a name that many devices use: anything but these words says nothing."""

    def read(value: object) -> float | None:
        return words.get(value.strip().lower()) if isinstance(value, str) else None

    return (Field(kind, read, rank),)


def read_fields(said: Mapping[str, object], fields: Fields) -> Reading:
    """Return what these fields say; a null says nothing, an unknown name is not looked at."""
    best: dict[Kind, tuple[int, float]] = {}
    garbled: list[tuple[Kind, str]] = []
    for name, raw in said.items():
        known = fields.get(name)
        if known is None or raw is None:
            continue
        for field in known:
            try:
                value = field.read(raw)
            except ValueError:
                garbled.append((field.kind, name))
                continue
            if value is not None:
                ranked = (field.rank, value)
                if field.kind not in best or ranked > best[field.kind]:
                    best[field.kind] = ranked
    return Reading({kind: value for kind, (_, value) in best.items()}, garbled)


def suspicion(address: str, kind: Kind | None, time_us: int | None) -> Observation | None:
    """Return the signal that a garbled value may have been: an alarm we cannot read is one."""
    if kind is not None and not IS_LIFE_SAFETY[kind.code]:
        return None
    return Observation(address, kind, 1.0, time_us)


def parts_of(address: str, reading: Reading, time_us: int | None) -> list[Part]:
    """Return the parts that these values of one device make, at one time."""
    parts: list[Part] = [
        Observation(address, kind, value, time_us) for kind, value in reading.values.items()
    ]
    for kind, name in reading.garbled:
        expected = "true or false" if kind in _EVENTS else "a finite number"
        detail = f"{name[:40]}: expected {expected}"
        parts.append(Fault(Reason.NOT_A_NUMBER, detail, suspicion(address, kind, time_us)))
    return parts


def untimed(parts: Sequence[Part], detail: str) -> list[Part]:
    """Return these parts as faults, because the message's own time cannot be read."""
    faults: list[Part] = []
    for part in parts:
        if isinstance(part, Observation):
            faults.append(Fault(Reason.BAD_TIME, detail, part))
        else:
            faults.append(part)
    return faults


def dated(parts: Sequence[Part], time_us: int) -> list[Part]:
    """Return these parts at this time."""
    return [_at(part, time_us) for part in parts]


def _at(part: Part, time_us: int) -> Part:
    if isinstance(part, Observation):
        return part._replace(time_us=time_us)
    if isinstance(part, Fault) and part.suspect is not None:
        return part._replace(suspect=part.suspect._replace(time_us=time_us))
    return part
