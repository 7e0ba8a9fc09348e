"""What changed in a home against its own usual, in words: the last week beside the weeks before."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from api.web import words
from api.web.language import _
from api.web.strip import DayRow, Strip

RECENT: Final = 7
"""Full days that are compared, the newest; today is not full."""

LEAST: Final = 7
"""Earlier days with signs that it takes to say what is usual."""

_INNER: Final = (10, 90)
"""Percentiles of earlier days between which a day is as usual: eight days of ten."""


def changes(strip: Strip) -> str:
    """Return which of signs, first and last sign and longest quiet left what is usual, and how."""
    full = strip.rows[1:]
    recent = [row for row in full[:RECENT] if row.signs]
    before = [row for row in full[RECENT:] if row.signs]
    if len(before) < LEAST or not recent:
        return _("Too few days are known to say what changed.")
    told = [
        *_one(_("signs a day"), recent, before, lambda row: float(row.signs), _count),
        *_one(_("first sign after midnight"), recent, before, lambda row: row.first_min, _clock),
        *_one(_("last sign before midnight"), recent, before, lambda row: row.last_min, _clock),
        *_one(_("longest quiet"), recent, before, lambda row: row.quiet_min, words.short_span),
    ]
    if not told:
        return _(
            "The last week was as usual: signs a day, first and last sign and longest quiet lie"
            " where eight of ten earlier days had them."
        )
    return _("In the last week: %(changes)s.", changes="; ".join(told))


def _one(
    name: str,
    recent: Sequence[DayRow],
    before: Sequence[DayRow],
    value: Callable[[DayRow], float | None],
    text: Callable[[float], str],
) -> list[str]:
    then = [found for row in before if (found := value(row)) is not None]
    now = [found for row in recent if (found := value(row)) is not None]
    if len(then) < LEAST or not now:
        return []
    middle, usual = float(np.median(now)), float(np.median(then))
    low, high = np.percentile(then, _INNER)
    if low <= middle <= high:
        return []
    return [_("%(what)s %(now)s, usual %(usual)s", what=name, now=text(middle), usual=text(usual))]


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _clock(minutes: float) -> str:
    return words.hour_and_minute(minutes)
