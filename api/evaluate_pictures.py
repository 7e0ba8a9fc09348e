"""The pictures of an evaluation: drawn as SVG inside the report."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from api.evaluate_judge import Judged
from sensors_sim.score import WITHIN_H, Delays

_WIDTH, _BAR, _LEFT = 760, 24, 240
_HOURS: Final = 24
_SLOWEST_H: Final = 14.0
_MOST_FALSE: Final = 0.8
_COLOURS: Final = ("#1d5b79", "#b3541e", "#3a7d44", "#6f3c8f", "#8a6d00", "#505a5f")


def intervals(judged: Sequence[Judged]) -> str:
    """Draw the raw false alerts of each detector with their interval."""
    top = max((j.raw.mean.high for j in judged if math.isfinite(j.raw.mean.high)), default=1.0)
    scale = (_WIDTH - _LEFT - 60) / max(top, 1e-9)
    marks = []
    for row, one in enumerate(judged):
        y, figure = _BAR * row + 16, one.raw.mean
        marks.append(f'<text x="0" y="{y + 4}">{escape(one.name)}</text>')
        if math.isfinite(figure.value):
            x1, x2 = (_LEFT + scale * edge for edge in (figure.low, figure.high))
            x = _LEFT + scale * figure.value
            marks.append(f'<path d="M{x1:.1f} {y}H{x2:.1f}" stroke="#1d5b79" stroke-width="2"/>')
            marks.append(f'<circle cx="{x:.1f}" cy="{y}" r="5" fill="#1d5b79"/>')
            marks.append(f'<text x="{x2 + 8:.1f}" y="{y + 4}">{figure.value:.2f}</text>')
    return _svg("Raw false alerts a home-week, with 95 % intervals", len(judged) * _BAR + 16, marks)


def curves(judged: Sequence[Judged]) -> str:
    """Draw the share found by hours since a collapse of the waking day."""
    height, marks = 260, []
    across = (_WIDTH - _LEFT - 20) / _HOURS
    for hours in (0, *WITHIN_H):
        x = _LEFT + across * hours
        marks.append(f'<path d="M{x:.1f} 10V{height - 30}" stroke="#b1b4b6"/>')
        marks.append(f'<text x="{x:.1f}" y="{height - 12}" text-anchor="middle">{hours} h</text>')
    for row, one in enumerate(judged):
        colour = f"hsl({int(360 * row / max(len(judged), 1))} 70% 35%)"
        points = _points(one.found["waking-day"], across, height - 30)
        marks.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        label = f'<text x="0" y="{_BAR * row + 20}" fill="{colour}">{escape(one.name)}</text>'
        marks.append(label)
    return _svg("Share of waking-day silences found, by hours", height, marks)


def _points(delays: Delays, across: float, bottom: float) -> str:
    places = [(0.0, 0.0)] + [(float(h), delays.within[h].value) for h in WITHIN_H]
    return " ".join(
        f"{_LEFT + across * hours:.1f},{bottom - (bottom - 10) * share:.1f}"
        for hours, share in places
        if math.isfinite(share)
    )


def _svg(title: str, height: float, marks: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title>{"".join(marks)}</svg>'
    )


def trade_off(curves: Mapping[str, Sequence[Judged]], others: Sequence[Judged]) -> str:
    """Draw home false alerts against the median delay: settings as lines, other rules as points.

    Left and low is good. What is slower than the scale, or never, lies on its upper edge, what
    is false more often on its right one.
    """
    height, bottom = 420, 380.0
    shown = [one for line in curves.values() for one in line] + list(others)
    most = [one.home.mean.value for one in shown if math.isfinite(one.home.mean.value)]
    right = min(max(most, default=0.0) * 1.05, _MOST_FALSE) or _MOST_FALSE
    across, up = (_WIDTH - 80) / right, (bottom - 20) / _SLOWEST_H
    marks = _axes(right, across, up, bottom)
    for row, (colour, (name, line)) in enumerate(zip(_COLOURS, curves.items(), strict=False)):
        marks.append(
            f'<text x="{_WIDTH - 10}" y="{24 + 20 * row}" text-anchor="end" fill="{colour}">'
            f"{escape(name)}</text>"
        )
        places = [_spot(one, across, up, bottom, right) for one in line]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        marks.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        for one, (x, y) in zip(line, places, strict=True):
            marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>')
            marks.append(f'<text x="{x + 6:.1f}" y="{y - 6:.1f}" fill="{colour}">{one.name}</text>')
    for one in others:
        x, y = _spot(one, across, up, bottom, right)
        marks.append(f'<path d="M{x - 4:.1f} {y - 4:.1f}h8v8h-8z" fill="#505a5f"/>')
        side = "end" if x > _WIDTH / 2 else "start"
        name = escape(one.name.partition(".")[2] or one.name)
        marks.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="{side}">{name}</text>')
    return _svg("Home false alerts a home-week against the median delay by day", height, marks)


def _axes(right: float, across: float, up: float, bottom: float) -> list[str]:
    marks = [f'<path d="M60 20V{bottom}H{_WIDTH - 10}" fill="none" stroke="#0b0c0c"/>']
    for hours in range(0, int(_SLOWEST_H) + 1, 2):
        y = bottom - up * hours
        marks.append(f'<text x="52" y="{y + 4:.1f}" text-anchor="end">{hours} h</text>')
    for step in range(1, 6):
        x = 60 + across * right * step / 5
        said = f"{right * step / 5:.2f}"
        marks.append(f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="end">{said}</text>')
    return marks


def _spot(
    one: Judged, across: float, up: float, bottom: float, right: float
) -> tuple[float, float]:
    false, delay = one.home.mean.value, one.found["waking-day"].median_h.value
    x = 60 + across * (min(false, right) if math.isfinite(false) else right)
    return x, bottom - up * (min(delay, _SLOWEST_H) if math.isfinite(delay) else _SLOWEST_H)
