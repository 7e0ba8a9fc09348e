"""Draws four weeks as SVG: rooms, bed, doors, unseen time, alerts; labels are HTML beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from api.web.actogram import STYLES, Actogram
from api.web.strip import DAYS, Strip

_ROW: Final = 100 / DAYS
_HEIGHTS: Final = (0.0, 0.4, 0.56, 0.7, 0.82)
"""Share of a row that a quarter of an hour takes, by how many signs it held."""

_FOOT: Final = 0.92
"""Where shapes of a row stand; below it is the line that tells of the bed."""

PATTERNS: Final = (
    "",
    '<path d="M0 6L6 0" stroke="#fff" stroke-width="1.6"/>',
    '<circle cx="2" cy="2" r="1.1" fill="#fff"/>',
    '<path d="M0 3H6" stroke="#fff" stroke-width="1.6"/>',
    '<path d="M3 0V6" stroke="#fff" stroke-width="1.6"/>',
    '<path d="M0 0L6 6M6 0L0 6" stroke="#fff" stroke-width="1"/>',
    '<path d="M0 0L6 6" stroke="#fff" stroke-width="1.6"/>',
    '<path d="M0 3H6M3 0V6" stroke="#fff" stroke-width="1"/>',
)
"""What lies over the colour of each style: rooms are told apart without colours too."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An alert on the strip: its local day, minutes after midnight, priority code."""

    day: date
    minute: float
    priority: str


def draw(
    strip: Strip, actogram: Actogram, marks: Sequence[Mark], moved_on: date | None = None
) -> Markup:
    """Return an SVG that stretches to its box: 28 rows, the newest first, 24 hours across.

    A line below the day of a move parts what was lived elsewhere.
    Everything is placed in per cent, so patterns, lines and marks keep their shape at any width.
    """
    ahead = np.zeros_like(strip.is_unseen)
    ahead[0, strip.next_bin :] = True
    usual = np.zeros_like(strip.is_unseen)
    usual[0] = actogram.is_usual
    parts = [
        _fill(ahead, 'class="strip-ahead"', 0.0, 1.0),
        _fill(usual, 'class="strip-usual"', 0.0, 1.0),
        _fill(strip.is_unseen, 'class="strip-unseen"', 0.4, 0.2),
    ]
    for style in range(1, STYLES + 1):
        for level, height in enumerate(_HEIGHTS):
            chosen = (actogram.style == style) & (strip.level == level)
            if level and chosen.any():
                look = f'fill="url(#room-{style})"'
                parts.append(_fill(chosen, look, _FOOT - height, height))
    parts.append(_fill(actogram.is_in_bed, 'class="strip-bed"', 0.93, 0.07))
    parts += _doors(actogram)
    parts += _move(strip, moved_on)
    hours = "".join(
        f'<line class="strip-hour" x1="{x}%" x2="{x}%" y1="0" y2="100%"/>' for x in (25, 50, 75)
    )
    dots = "".join(_dot(strip, mark) for mark in marks)
    # Only numbers and our own class names are put together here.
    return Markup(  # noqa: S704
        '<svg class="strip-picture" role="img" aria-labelledby="strip-summary" focusable="false">'
        f"{defined()}{''.join(parts)}{hours}{dots}</svg>"
    )


def swatch(style: int) -> Markup:
    """Return a small square in the look of a room, for the legend; ``draw`` is on the page."""
    return Markup(  # noqa: S704  # a number of ours
        '<svg class="stillwell-key" aria-hidden="true" focusable="false">'
        f'<rect width="100%" height="100%" fill="url(#room-{style:d})"/></svg>'
    )


def defined() -> str:
    """Return the looks of rooms, which every picture of a page refers to."""
    return "<defs>" + "".join(_pattern(style) for style in range(1, STYLES + 1)) + "</defs>"


def _pattern(style: int) -> str:
    return (
        f'<pattern id="room-{style}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect class="room-{style}" width="6" height="6"/>{PATTERNS[style - 1]}</pattern>'
    )


def _fill(is_drawn: NDArray[np.bool_], look: str, top: float, height: float) -> str:
    shapes = "".join(runs(is_drawn, top, height, _ROW))
    return f"<g {look}>{shapes}</g>" if shapes else ""


def runs(is_drawn: NDArray[np.bool_], top: float, height: float, row: float) -> Iterator[str]:
    """Yield a rectangle for each run of True in each row; ``row`` is a row's height in per cent.

    ``top`` and ``height`` are shares of the row.
    """
    column = 100 / is_drawn.shape[1]
    edges = np.diff(np.pad(is_drawn, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, stops = np.nonzero(edges == -1)
    for y, x, n in zip(rows.tolist(), starts.tolist(), (stops - starts).tolist(), strict=True):
        yield (
            f'<rect x="{per_cent(x * column)}" y="{per_cent((y + top) * row)}" '
            f'width="{per_cent(n * column)}" height="{per_cent(height * row)}"/>'
        )


def _doors(actogram: Actogram) -> Iterator[str]:
    for day, minute in zip(actogram.door_day.tolist(), actogram.door_min.tolist(), strict=True):
        x, y = per_cent(minute / 14.4), per_cent((day + 0.02) * _ROW)
        height = per_cent(0.4 * _ROW)
        yield f'<rect class="strip-door" x="{x}" y="{y}" width="2" height="{height}"/>'


def _move(strip: Strip, day: date | None) -> Iterator[str]:
    row = DAYS if day is None else (strip.today - day).days + 1
    if row < DAYS:
        y = per_cent(row * _ROW)
        yield f'<line class="strip-moved" x1="0" x2="100%" y1="{y}" y2="{y}"/>'


def _dot(strip: Strip, mark: Mark) -> str:
    row = (strip.today - mark.day).days
    if not 0 <= row < DAYS:
        return ""
    x, y = mark.minute / 14.4, (row + 0.5) * _ROW
    return f'<circle class="mark-{mark.priority}" cx="{x:.2f}%" cy="{y:.2f}%" r="6"/>'


def per_cent(number: float) -> str:
    """Return a length in per cent of the picture, short."""
    return f"{number:.2f}".rstrip("0").rstrip(".") + "%"
