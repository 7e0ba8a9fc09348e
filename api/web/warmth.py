"""How warm and how humid each room was, day by day: a picture, a table and words. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from api.web import words
from api.web.language import _
from api.web.sensors import room_name
from api.web.strip import DAYS, local_minutes, origin_min
from api.web.strip_svg import per_cent
from config.homes import Sensor
from config.kinds import Kind
from ingest.batch import Batch

COLD_C: Final = 18.0
"""At or below it a home is a risk for people over 65 (UK cold weather guidance)."""

_LOW_C: Final = 8.0
_HIGH_C: Final = 32.0


@dataclass(frozen=True, slots=True)
class RoomDays:
    """The days of one room, the oldest first: ``low`` and ``high`` float64[28], NaN unknown."""

    room: str
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def days_of(
    batch: Batch, sensors: Sequence[Sensor], kind: Kind, today: date, zone: ZoneInfo
) -> tuple[RoomDays, ...]:
    """Return the lowest and highest value of each room on each of 28 local days."""
    found = []
    for room in sorted({s.room for s in sensors if s.kind is kind}):
        numbers = [s.number for s in sensors if s.kind is kind and s.room == room]
        mine = batch.take(np.isin(batch.sensor, numbers))
        day = ((local_minutes(mine.time, zone) - origin_min(today)) // 1440).astype(np.int64)
        is_shown = (day >= 0) & (day < DAYS)
        low, high = np.full(DAYS, np.inf), np.full(DAYS, -np.inf)
        np.minimum.at(low, day[is_shown], mine.value[is_shown])
        np.maximum.at(high, day[is_shown], mine.value[is_shown])
        is_unknown = np.isinf(low)
        low[is_unknown], high[is_unknown] = np.nan, np.nan
        found.append(RoomDays(room, low, high))
    return tuple(found)


def draw(room: RoomDays) -> Markup:
    """Return one room as SVG: a bar from the day's coldest to its warmest, and a line at 18 °C."""
    bars = [
        _bar(day, low, high)
        for day, (low, high) in enumerate(zip(room.low.tolist(), room.high.tolist(), strict=True))
        if low == low  # unknown days are NaN
    ]
    line = per_cent(_down(COLD_C))
    # Only numbers and our own class names are put together here.
    return Markup(  # noqa: S704
        '<svg class="warmth-picture" aria-hidden="true" focusable="false">'
        f"{''.join(bars)}"
        f'<line class="warmth-limit" x1="0" x2="100%" y1="{line}" y2="{line}"/></svg>'
    )


def _bar(day: int, low: float, high: float) -> str:
    top, foot = _down(high), _down(low)
    name = "warmth-cold" if low < COLD_C else "warmth-usual"
    x, width = per_cent((day + 0.15) * 100 / DAYS), per_cent(70 / DAYS)
    return (
        f'<rect class="{name}" x="{x}" y="{per_cent(top)}" width="{width}" '
        f'height="{per_cent(max(foot - top, 3.0))}"/>'
    )


def _down(celsius: float) -> float:
    return 100 - 100 * (min(max(celsius, _LOW_C), _HIGH_C) - _LOW_C) / (_HIGH_C - _LOW_C)


def summary(rooms: Sequence[RoomDays], today: date) -> str:
    """Return the warmest room's month in words; a home is as warm as its warmest room."""
    with np.errstate(invalid="ignore"):
        warmest = np.fmax.reduce([room.high for room in rooms])
        coldest = [(float(np.nanmin(r.low)), r) for r in rooms if not np.isnan(r.low).all()]
    known = ~np.isnan(warmest)
    if not known.any():
        return _("No temperature was received in these four weeks: unknown.")
    days = int(known.sum())
    cold = int((warmest[known] < COLD_C).sum())
    told = _(
        "On %(cold)s of %(days)s days with a reading no room reached 18 °C.", cold=cold, days=days
    )
    if not cold:
        told = _("Some room reached 18 °C on each of %(days)s days with a reading.", days=days)
    least, room = min(coldest, key=lambda pair: pair[0])
    on = today - timedelta(days=DAYS - 1 - int(np.nanargmin(room.low)))
    lowest = _(
        "The lowest was %(least)s °C (%(room)s, %(day)s).",
        least=f"{least:.1f}",
        room=room_name(room.room).lower(),
        day=f"{words.short_weekday(on)} {words.short_day(on)}",
    )
    return f"{told} {lowest}"


def table(
    warm: Sequence[RoomDays], damp: Sequence[RoomDays], today: date, *, is_today: bool = True
) -> tuple[list[str], list[dict[str, Any]]]:
    """Return headings and rows, the newest day first: lowest to highest of each room.

    ``is_today`` says whether the newest day is today, and is called so.
    """
    heads = [f"{room_name(r.room)}, °C" for r in warm] + [f"{room_name(r.room)}, %" for r in damp]
    rows = []
    for back in range(DAYS):
        on = today - timedelta(days=back)
        index = DAYS - 1 - back
        cells = [_range(r, index, 1) for r in warm] + [_range(r, index, 0) for r in damp]
        label = _("Today") if is_today and back == 0 else words.short_day(on)
        rows.append({"label": label, "iso": on.isoformat(), "cells": cells})
    return heads, rows


def _range(room: RoomDays, index: int, decimals: int) -> str:
    low, high = float(room.low[index]), float(room.high[index])
    if np.isnan(low):
        return _("unknown")
    return _("%(low)s to %(high)s", low=f"{low:.{decimals}f}", high=f"{high:.{decimals}f}")
