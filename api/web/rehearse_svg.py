"""Draws two bars a week: alerts then and with other settings; labels are HTML beside it."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from api.web.strip_svg import per_cent

_LOOKS: Final = ("rehearsal-then", "rehearsal-tried")
_STRIPES: Final = (
    '<defs><pattern id="rehearsal-stripes" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<rect width="6" height="6" fill="#1d70b8"/>'
    '<path d="M0 6L6 0" stroke="#fff" stroke-width="1.6"/></pattern></defs>'
)


def draw(weeks: Sequence[tuple[int, int]]) -> Markup:
    """Return the picture of (before, after) a week, on one scale that begins at nought."""
    most = max((max(pair) for pair in weeks), default=0) or 1
    width = 100 / max(len(weeks), 1)
    shapes = []
    for week, pair in enumerate(weeks):
        for side, count in enumerate(pair):
            tall = 94 * count / most
            x, y = per_cent(width * (week + 0.12 + 0.4 * side)), per_cent(100 - tall)
            size = f'width="{per_cent(0.36 * width)}" height="{per_cent(tall)}"'
            shapes.append(f'<rect class="{_LOOKS[side]}" x="{x}" y="{y}" {size}/>')
    # Only numbers and our own class names are put together here.
    return Markup(  # noqa: S704
        '<svg class="strip-picture" role="img" aria-labelledby="weeks-summary" '
        f'focusable="false">{_STRIPES}{"".join(shapes)}</svg>'
    )


def swatch(side: int) -> Markup:
    """Return a small square in the look of a side, for the legend."""
    return Markup(  # noqa: S704  # a class name of ours
        '<svg class="stillwell-key" aria-hidden="true" focusable="false">'
        f'<rect class="{_LOOKS[side]}" width="100%" height="100%"/></svg>'
    )
