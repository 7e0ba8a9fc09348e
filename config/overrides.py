"""Detector settings that one home has for itself: who chose each, and why (pure)."""

from dataclasses import dataclass
from typing import Final

LONGEST_WHY: Final = 500


@dataclass(frozen=True, slots=True)
class Override:
    """One setting of one home (number) in place of its place's, from ``set_us`` on.

    ``name`` and ``value`` are those of alerts/detect/own_settings.py, which says what may be set.
    ``account`` chose it and said ``why``; ``ended_us`` is when ``ended_by`` took it back or set
    another, None while it holds.
    """

    number: int
    home: int
    name: str
    value: float
    account: str
    set_us: int
    why: str = ""
    ended_us: int | None = None
    ended_by: str = ""
