"""Draws the evidence of an alert as SVG; every label is HTML beside it."""

from typing import Final

import numpy as np
from markupsafe import Markup

from api.web.evidence import Evidence, Floats
from api.web.strip_svg import per_cent

_HEAD: Final = 0.06
"""Share of the height that stays free above the highest value."""


def draw(found: Evidence, limit: float | None = None) -> Markup:
    """Return the picture: the usual band, the time that decided, values, onset and decision."""
    low, high = scale(found, limit)
    n = len(found.value)
    part, width = found.window.deciding, 100 / n
    x, wide = per_cent(part.start * width), per_cent((part.stop - part.start) * width)
    unknown = np.isnan(found.value) & (np.arange(n) < found.window.now - found.window.start)
    shapes = [
        f'<rect class="why-window" x="{x}" y="0" width="{wide}" height="100%"/>',
        *_band(found.low, found.high, low, high),
        *(_box("why-unknown", i, width, 0.44, 0.12) for i in np.flatnonzero(unknown).tolist()),
        *(_bars if found.is_counted else _levels)(found.value, low, high),
    ]
    if limit is not None:
        y = per_cent(100 * _from_top(limit, low, high))
        shapes.append(f'<line class="why-limit" x1="0" x2="100%" y1="{y}" y2="{y}"/>')
    for edge in (part.start, part.stop):
        at = per_cent(edge * width)
        shapes.append(f'<line class="why-edge" x1="{at}" x2="{at}" y1="0" y2="100%"/>')
    # Only numbers and our own class names are put together here.
    return Markup(  # noqa: S704
        '<svg class="strip-picture" role="img" aria-labelledby="why-summary" focusable="false">'
        f"{''.join(shapes)}</svg>"
    )


def scale(found: Evidence, limit: float | None = None) -> tuple[float, float]:
    """Return the values at the foot and at the top of the picture."""
    parts = [found.value, found.low, found.high, np.array([np.nan if limit is None else limit])]
    every = np.concatenate(parts)
    every = every[~np.isnan(every)]
    if found.is_counted:
        return 0.0, float(max(every.max(initial=0.0), 1.0))
    if len(every) == 0:
        return 0.0, 1.0
    return float(np.floor(every.min() - 1)), float(np.ceil(every.max() + 1))


def _from_top(value: float, low: float, high: float) -> float:
    return 1 - (1 - _HEAD) * (value - low) / (high - low)


def _box(look: str, index: int, width: float, top: float, height: float) -> str:
    x, y = per_cent(index * width), per_cent(100 * top)
    size = f'width="{per_cent(width)}" height="{per_cent(100 * height)}"'
    return f'<rect class="{look}" x="{x}" y="{y}" {size}/>'


def _band(first: Floats, last: Floats, low: float, high: float) -> list[str]:
    width, shapes = 100 / len(first), []
    for i in np.flatnonzero(~np.isnan(first)).tolist():
        top = _from_top(float(last[i]), low, high)
        tall = max(_from_top(float(first[i]), low, high) - top, 0.012)
        shapes.append(_box("why-usual", i, width, min(top, 1 - tall), tall))
    return shapes


def _bars(value: Floats, low: float, high: float) -> list[str]:
    width, shapes = 100 / len(value), []
    for i in np.flatnonzero(np.nan_to_num(value) > 0).tolist():
        top = _from_top(float(value[i]), low, high)
        x, y = per_cent((i + 0.2) * width), per_cent(100 * top)
        size = f'width="{per_cent(0.6 * width)}" height="{per_cent(100 * (1 - top))}"'
        shapes.append(f'<rect class="why-value" x="{x}" y="{y}" {size}/>')
    return shapes


def _levels(value: Floats, low: float, high: float) -> list[str]:
    width, shapes = 100 / len(value), []
    for i in np.flatnonzero(~np.isnan(value)).tolist():
        y = per_cent(100 * _from_top(float(value[i]), low, high))
        x1, x2 = per_cent(i * width), per_cent((i + 1) * width)
        shapes.append(f'<line class="why-level" x1="{x1}" x2="{x2}" y1="{y}" y2="{y}"/>')
    return shapes
