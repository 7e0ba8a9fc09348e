"""The report of an evaluation: one HTML file with its pictures inside, no network."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from api.evaluate_figures import Evaluation
from api.evaluate_judge import Judged
from sensors_sim.score import WITHIN_H, Delays, Figure

_WIDTH, _BAR, _LEFT = 760, 24, 240
_HOURS: Final = 24
_BUDGETS: Final = (6, 12)
_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}
th,td{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #b1b4b6;white-space:nowrap}
td.n{text-align:right;font-variant-numeric:tabular-nums}
svg{max-width:100%;height:auto}svg text{font:13px system-ui,sans-serif}
"""


def page(result: Evaluation) -> str:
    """Return the whole report."""
    sections = (
        _section("What was measured", _about(result)),
        _section("Goals and floors", _rows(result)),
        _section("False alerts", _false(result)),
        _section("Simulated silences found", _found(result)),
        _section("Load on a team", _load(result)),
        _section("What other injections brought about", _cases(result)),
        _section("Verdicts", _verdicts(result)),
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Stillwell: evaluation</title><style>{_STYLE}</style></head><body>"
        f"<h1>Evaluation on recorded homes</h1>{''.join(sections)}</body></html>\n"
    )


def _section(title: str, body: str) -> str:
    return f"<h2>{escape(title)}</h2>{body}"


def _table(head: Sequence[str], body: Iterable[Sequence[object]]) -> str:
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in body)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"


def _cell(value: object) -> str:
    if isinstance(value, int | float):
        return f'<td class="n">{_number(value)}</td>'
    return f"<td>{escape(str(value))}</td>"


def _number(value: float) -> str:
    if math.isinf(value):
        return "never"
    return "-" if math.isnan(value) else f"{value:.4g}"


def _range(figure: Figure) -> str:
    return f"{_number(figure.value)} [{_number(figure.low)}, {_number(figure.high)}]"


def _about(result: Evaluation) -> str:
    dirt = "; ".join(result.dirt) or "nothing had to be put right"
    return (
        f"<p>{result.homes} homes, {result.tested} of them tested, over {result.weeks:.1f} "
        f"home-weeks. In the file: {escape(dirt)}. Each home teaches for 21 days and is tested "
        "on the rest, by the code that runs live, on event time. Brackets are 95&nbsp;% intervals "
        "from a bootstrap over homes. Every detector was refused if another future changed what "
        "it had said.</p><p>A false alert is any alert or notice about the person on untouched "
        "data, real absences and dead sensors included. <em>Home</em> leaves out &ldquo;not "
        "back&rdquo; notices and silences that hold an empty calendar day. A simulated silence "
        "removes every activation of a home for 24 hours.</p>"
    )


def _rows(result: Evaluation) -> str:
    return _table(
        ("figure", "value", "published", "unit", "bar", "holds"),
        (
            (
                row.name,
                row.value,
                "-" if row.reference is None else row.reference,
                row.unit,
                row.bar,
                "-" if row.holds is None else ("yes" if row.holds else "NO"),
            )
            for row in result.rows
        ),
    )


def _false(result: Evaluation) -> str:
    head = ("detector", "raw a home-week", "home", "90th percentile home", "by day", "by night")
    body = (
        (
            judged.name,
            _range(judged.raw.mean),
            _range(judged.home.mean),
            _range(judged.raw.p90),
            _range(judged.by_day.mean),
            _range(judged.by_night.mean),
        )
        for judged in result.judged
    )
    return _intervals(result.judged) + _table(head, body)


def _found(result: Evaluation) -> str:
    head = ("detector", "draws of", "draws", *(f"in {h} h" for h in WITHIN_H), "median h", "p90 h")
    body = (
        (
            judged.name,
            kind,
            delays.count,
            *(_range(delays.within[hours]) for hours in WITHIN_H),
            _range(delays.median_h),
            _range(delays.p90_h),
        )
        for judged in result.judged
        for kind, delays in judged.found.items()
    )
    return _curves(result.judged) + _table(head, body)


def _load(result: Evaluation) -> str:
    loads = {name: rate.per_100_homes for name, rate in result.load.items()}
    total = next(iter(loads.values()), math.nan)
    said = "; ".join(
        f"a budget of {budget} is {'kept' if total <= budget else 'exceeded'}"
        for budget in _BUDGETS
    )
    words = f"<p>Alerts and notices per 100 homes a week on untouched days: {said}.</p>"
    return words + _table(("kind", "per 100 homes a week"), loads.items())


def _cases(result: Evaluation) -> str:
    head = ("injection", "copies", "alerts added: share of copies, median delay", "about person")
    return _table(
        head,
        (
            (case.case, case.count, _shares(case.share, case.delay_h), case.about_person)
            for case in result.cases
        ),
    )


def _shares(share: Mapping[str, float], delay_h: Mapping[str, float]) -> str:
    return "; ".join(f"{k} {v:.2f}, {delay_h[k]:.1f} h" for k, v in share.items()) or "none"


def _verdicts(result: Evaluation) -> str:
    said = list(next(iter(result.verdicts.values()), {}))
    table = _table(
        ("truth", *(f"said {name}" for name in said)),
        ((truth, *counts.values()) for truth, counts in result.verdicts.items()),
    )
    fleet = ", ".join(f"{count} {kind}" for kind, count in result.fleet.items()) or "none"
    return f"{table}<p>Alerts on a day on which no home is heard: {escape(fleet)}.</p>"


def _intervals(judged: Sequence[Judged]) -> str:
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


def _curves(judged: Sequence[Judged]) -> str:
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
