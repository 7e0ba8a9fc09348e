"""Draws a strip as SVG: shades, unseen time and alert marks; every label is HTML beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from api.web.strip import BINS, DAYS, LEVELS, Strip

_FULL = (0.07, 0.86)
_THIN = (0.4, 0.2)
"""Top and height of a shape in its row; unseen time is a thin line, told by shape too."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An alert on the strip: its local day, minutes after midnight, priority code."""

    day: date
    minute: float
    priority: str


def draw(strip: Strip, marks: Sequence[Mark]) -> Markup:
    """Return an SVG that stretches to its box: 28 rows, the newest first, 24 hours across.

    Colours come from classes (``strip-1`` to ``strip-4``, ``strip-unseen``, ``mark-P1``), so
    that it survives a strict content policy and forced colours.
    """
    ahead = np.zeros_like(strip.is_unseen)
    ahead[0, strip.next_bin :] = True
    shades = [_path(ahead, "strip-ahead", _FULL), _path(strip.is_unseen, "strip-unseen", _THIN)]
    shades += [_path(strip.level == n, f"strip-{n}", _FULL) for n in range(1, len(LEVELS) + 1)]
    hours = "".join(f'<path class="strip-hour" d="M{x} 0V{DAYS}"/>' for x in (24, 48, 72))
    inner = (
        f'<svg viewBox="0 0 {BINS} {DAYS}" preserveAspectRatio="none" width="100%" height="100%">'
        f"{''.join(shades)}{hours}</svg>"
    )
    dots = "".join(_dot(strip, mark) for mark in marks)
    # Only numbers and our own class names are put together here.
    return Markup(  # noqa: S704
        f'<svg class="strip-picture" role="img" aria-labelledby="strip-summary" '
        f'focusable="false">{inner}{dots}</svg>'
    )


def _path(is_drawn: NDArray[np.bool_], name: str, box: tuple[float, float]) -> str:
    edges = np.diff(np.pad(is_drawn, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, stops = np.nonzero(edges == -1)
    runs = zip(rows.tolist(), starts.tolist(), (stops - starts).tolist(), strict=True)
    top, height = box
    shapes = "".join(f"M{x} {y + top:.2f}h{n}v{height}h-{n}z" for y, x, n in runs)
    return f'<path class="{name}" d="{shapes}"/>' if shapes else ""


def _dot(strip: Strip, mark: Mark) -> str:
    row = (strip.today - mark.day).days
    if not 0 <= row < DAYS:
        return ""
    x, y = mark.minute / 14.4, (row + 0.5) / DAYS * 100
    return f'<circle class="mark-{mark.priority}" cx="{x:.2f}%" cy="{y:.2f}%" r="6"/>'
