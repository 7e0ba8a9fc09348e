"""Turns JSON values into floats, and refuses what only looks like one.

A bool counts only where something happens (motion, smoke), a number where something is
measured. Text is never a number ("21.5" and "21,5" are refused alike: a hub that sends text
has a setting wrong, and guessing its decimal sign moves a temperature by ten). Where a vendor
documents words (ON, open, leak), the dialect's table names them.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Final

ON_OFF: Final[Mapping[str, float]] = {"on": 1.0, "true": 1.0, "off": 0.0, "false": 0.0}
"""Words for happening and not happening, as attribute topics and some devices send them."""


def number(value: object) -> float:
    """Return a finite number; ValueError for anything else, bools and text included."""
    if type(value) is float or type(value) is int:
        try:
            as_float = float(value)
        except OverflowError:
            raise ValueError("a number too large to hold") from None
        if isfinite(as_float):
            return as_float + 0.0  # turns -0.0 into 0.0, which compares and prints alike
    raise ValueError("expected a finite number")


def truth(value: object, words: Mapping[str, float] = ON_OFF) -> float:
    """Return 1.0 for true, 1 and the words for it, 0.0 for their opposites; else ValueError."""
    if value is True:
        return 1.0
    if value is False:
        return 0.0
    if isinstance(value, str):
        known = words.get(value.strip().lower())
        if known is not None:
            return known
    elif isinstance(value, int | float) and value in (0, 1):
        return float(value)
    raise ValueError("expected true or false")


def percent_of_dbm(dbm: float) -> float:
    """Return a signal strength as percent: -100 dBm is 0, -50 dBm and above 100, linear between."""
    return min(max(2.0 * (dbm + 100.0), 0.0), 100.0)
