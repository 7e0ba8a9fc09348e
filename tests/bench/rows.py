"""The rows of a benchmark: printed as a table, written as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. ``ratio`` is value / reference; ``holds`` is None where no bar is set."""

    name: str
    value: float
    unit: str
    reference: float | None = None
    ratio: float | None = None
    bar: str = ""
    holds: bool | None = None


def at_most(name: str, value: float, unit: str, bar: float) -> Row:
    """Return a row that holds when the value is no more than the bar."""
    return Row(name, round(value, 3), unit, bar=f"<= {bar:g}", holds=value <= bar)


def at_least(name: str, value: float, unit: str, bar: float) -> Row:
    """Return a row that holds when the value is no less than the bar."""
    return Row(name, round(value, 4), unit, bar=f">= {bar:g}", holds=value >= bar)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as aligned text."""
    width = max(len(row.name) for row in rows)
    lines = [f"{'name':<{width}}  {'value':>12}  {'unit':<10}  {'bar':<10}  holds"]
    for row in rows:
        holds = "-" if row.holds is None else ("yes" if row.holds else "NO")
        lines.append(
            f"{row.name:<{width}}  {row.value:>12,g}  {row.unit:<10}  {row.bar:<10}  {holds}"
        )
    return "\n".join(lines)


def write(rows: Sequence[Row], path: Path) -> None:
    """Write the rows as ``{"rows": [...]}``."""
    path.write_text(json.dumps({"rows": [asdict(row) for row in rows]}, indent=2) + "\n", "utf-8")
