"""Splits ``stillwell/v1/{place}/{gateway}/{dialect}/{rest}``; who speaks is told by this alone."""

from functools import lru_cache
from typing import Final, NamedTuple

_ROOT: Final = ("stillwell", "v1")
_LEVELS: Final = 5
_CACHED_TOPICS: Final = 131_072
_CACHED_BYTES: Final = 256


class Topic(NamedTuple):
    """The levels of a topic under our root; ``status`` is a dialect without a rest."""

    place: str
    gateway: str
    dialect: str
    rest: str


def parse_topic(topic: bytes) -> Topic | None:
    """Return the levels of a topic, None when it is none of ours.

    Refused: another root, bytes that are not UTF-8, a wildcard or NUL (which no publisher may
    send), an empty place, gateway or dialect, and a dialect without a rest.
    """
    # A hostile gateway could fill the memory with 65,535-byte topics.
    return _cached(topic) if len(topic) <= _CACHED_BYTES else _parse(topic)


def _parse(topic: bytes) -> Topic | None:
    if b"+" in topic or b"#" in topic or b"\0" in topic:
        return None
    try:
        levels = topic.decode().split("/", _LEVELS)
    except UnicodeDecodeError:
        return None
    if len(levels) < _LEVELS or (levels[0], levels[1]) != _ROOT or not all(levels[2:_LEVELS]):
        return None
    place, gateway, dialect = levels[2:_LEVELS]
    rest = levels[_LEVELS] if len(levels) > _LEVELS else ""
    return Topic(place, gateway, dialect, rest) if bool(rest) != (dialect == "status") else None


_cached = lru_cache(_CACHED_TOPICS)(_parse)
