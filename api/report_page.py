"""The frame of a report: one HTML file that needs no network, its sections and plain tables."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}
th,td{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #b1b4b6;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}
"""


def page(title: str, sections: Iterable[str]) -> str:
    """Return the whole file."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Stillwell: {escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1>{''.join(sections)}</body></html>\n"
    )


def section(title: str, body: str) -> str:
    """Return a titled part."""
    return f"<h2>{escape(title)}</h2>{body}"


def words(lines: Iterable[str]) -> str:
    """Return a paragraph a line."""
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def listed(title: str, lines: Iterable[str]) -> str:
    """Return a titled list."""
    return f"<h3>{escape(title)}</h3><ul>{''.join(f'<li>{escape(s)}</li>' for s in lines)}</ul>"


def table(head: Sequence[str], body: Iterable[Sequence[object]]) -> str:
    """Return a table; numbers stand to the right."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in body)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"


def _cell(value: object) -> str:
    if isinstance(value, int | float):
        return f'<td class="n">{value:,.4g}</td>'
    return f"<td>{escape(str(value))}</td>"
