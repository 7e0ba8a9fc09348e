"""Tables of the report: plain HTML, numbers to the right, intervals in brackets."""

import math
from collections.abc import Iterable, Sequence
from html import escape

from sensors_sim.score import Figure


def section(title: str, body: str) -> str:
    """Return a titled part of the report."""
    return f"<h2>{escape(title)}</h2>{body}"


def words(text: str) -> str:
    """Return a paragraph."""
    return f"<p>{escape(text)}</p>"


def table(head: Sequence[str], body: Iterable[Sequence[object]]) -> str:
    """Return a table; a figure shows its interval, any other number stands to the right."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in body)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"


def number(value: float) -> str:
    """Return a number as people read it: never for infinite, a dash for none."""
    if math.isinf(value):
        return "never"
    return "-" if math.isnan(value) else f"{value:.4g}"


def _cell(value: object) -> str:
    if isinstance(value, Figure):
        edges = f"[{number(value.low)}, {number(value.high)}]"
        said = number(value.value)
        return f'<td class="n">{said if said == "-" else f"{said} {edges}"}</td>'
    if isinstance(value, int | float):
        return f'<td class="n">{number(value)}</td>'
    return f"<td>{escape(str(value))}</td>"
