"""The report of ``stillwell realism``: one HTML file with its pictures inside, no network."""

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np

from api.evaluate_tables import section, table, words
from api.realism import BAR, Likeness, Realism
from sensors_sim.lives import Floats
from sensors_sim.realism import GROUP, STATISTICS, Group

_WIDTH, _ROW, _LEFT, _RIGHT = 760, 22, 260, 40
_REAL, _MADE, _LINE = "#1d5b79", "#b3541e", "#b1b4b6"
_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}
th,td{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #b1b4b6;white-space:nowrap}
td.n{text-align:right;font-variant-numeric:tabular-nums}
svg{max-width:100%;height:auto}svg text{font:13px system-ui,sans-serif}
"""
_TITLE: Final = {
    Group.EVENTS: "Events a day (logarithm)",
    Group.HOURS: "Hour of the day (square root of its share of events)",
    Group.GAPS: "Gaps between events (logarithm of seconds)",
    Group.TRANSITIONS: "From place to place (square root of the share of ways)",
    Group.NIGHT_BATHROOM: "Bathroom by night (square root of visits, of shares of nights)",
    Group.SILENCE: "Longest silence of a day (logarithm of hours)",
    Group.AWAY: "Away from home (square root of the share of time)",
}


def page(found: Realism) -> str:
    """Return the whole report."""
    groups = "".join(section(_TITLE[group], _compared(found, group)) for group in Group)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Stillwell: realism</title><style>{_STYLE}</style></head><body>"
        f"<h1>Simulated homes beside real ones</h1>{_about(found)}"
        f"{section('How far apart', _ratios(found.likeness))}{groups}</body></html>\n"
    )


def _about(found: Realism) -> str:
    left = ", ".join(found.left_out) or "none"
    return words(
        f"{len(found.real)} real homes of the {found.half.value} half and {len(found.simulated)} "
        f"simulated ones in {len(found.likeness[0].distances)} sets. A ratio is the energy "
        "distance between a set of simulated homes and these real ones, divided by the median "
        f"distance between two random sets of {len(found.real)} real homes; the median of all sets "
        "counts, and 1 is what chance makes of real homes. The blue dot is how far the two real "
        f"halves are from each other. Left out, without a whole day: {left}. "
        f"In the file: {'; '.join(found.dirt) or 'nothing had to be put right'}."
    )


def _ratios(likeness: Sequence[Likeness]) -> str:
    top = max(float(one.ratios.max()) for one in likeness)
    across = (_WIDTH - _LEFT - _RIGHT) / max(top, BAR)
    bar = _LEFT + across * BAR
    height = _ROW * len(likeness) + 12
    marks = [f'<path d="M{bar:.1f} 0V{height}" stroke="{_LINE}" stroke-dasharray="4 3"/>']
    body: list[tuple[object, ...]] = []
    for row, one in enumerate(likeness):
        y = _ROW * row + 16
        low, high = np.quantile(one.ratios, (0.1, 0.9)).tolist()
        marks.append(f'<text x="0" y="{y + 4}">{escape(_words(one.group))}</text>')
        marks.append(_dot(_LEFT + across * one.halves, y, _REAL))
        marks += _span((low, one.ratio, high), across, 0.0, y, _MADE)
        holds = "yes" if one.ratio <= BAR else "NO"
        body.append(
            (
                _words(one.group),
                one.ratio,
                low,
                high,
                one.halves,
                f"<= {BAR:g}",
                holds,
            )
        )
    head = ("group", "ratio", "10 % of sets", "90 % of sets", "real halves apart", "bar", "holds")
    title = "Ratio by group, with 10 and 90 % of the sets (brown); real halves (blue)"
    return _svg(title, height, marks) + table(head, body)


def _compared(found: Realism, group: Group) -> str:
    """Draw and tell each statistic of a group: 10, 50 and 90 % of the homes, real and simulated."""
    columns = np.flatnonzero(group.value == GROUP)
    real, made = (_shares(values[:, columns]) for values in (found.real, found.simulated))
    low = float(min(real.min(), made.min()))
    across = (_WIDTH - _LEFT - _RIGHT) / max(float(max(real.max(), made.max())) - low, 1e-9)
    marks, body = [], []
    for row, column in enumerate(columns.tolist()):
        y, name = _ROW * row + 16, STATISTICS[column][1]
        marks.append(f'<text x="0" y="{y + 4}">{escape(name)}</text>')
        marks += _span(real[:, row].tolist(), across, low, y - 4, _REAL)
        marks += _span(made[:, row].tolist(), across, low, y + 4, _MADE)
        body.append((name, *real[:, row].tolist(), *made[:, row].tolist()))
    head = ("statistic", *(f"{whose} {share}" for whose in ("real", "simulated")
            for share in ("10 %", "50 %", "90 %")))  # fmt: skip
    title = f"{_TITLE[group]}: real above (blue), simulated below (brown)"
    return _svg(title, _ROW * len(columns) + 12, marks) + table(head, body)


def _shares(values: Floats) -> Floats:
    shares: Floats = np.quantile(values, (0.1, 0.5, 0.9), axis=0)
    return shares


def _span(edges: Sequence[float], across: float, least: float, y: float, colour: str) -> list[str]:
    x1, x, x2 = (_LEFT + across * (value - least) for value in edges)
    return [
        f'<path d="M{x1:.1f} {y}H{x2:.1f}" stroke="{colour}" stroke-width="2"/>',
        _dot(x, y, colour),
    ]


def _dot(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y}" r="4" fill="{colour}"/>'


def _svg(title: str, height: float, marks: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title>{"".join(marks)}</svg>'
    )


def _words(group: str) -> str:
    return group.replace("_", " ")
