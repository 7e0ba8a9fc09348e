"""The rows in which figures are reported: printed as a table, written as JSON."""

import json
import math
from collections.abc import Mapping, Sequence
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


def beside(name: str, value: float, unit: str, reference: float) -> Row:
    """Return a row that shows a published figure beside ours."""
    return Row(name, round(value, 3), unit, reference, round(value / reference, 3))


def table(rows: Sequence[Row]) -> str:
    """Return the rows as aligned text; the reference's column only where a row has one."""
    width = max(len(row.name) for row in rows)
    has_reference = any(row.reference is not None for row in rows)
    extra = f"{'reference':>10}  " if has_reference else ""
    lines = [f"{'name':<{width}}  {'value':>12}  {extra}{'unit':<10}  {'bar':<10}  holds"]
    for row in rows:
        holds = "-" if row.holds is None else ("yes" if row.holds else "NO")
        said = "-" if row.reference is None else f"{row.reference:g}"
        extra = f"{said:>10}  " if has_reference else ""
        lines.append(
            f"{row.name:<{width}}  {row.value:>12,g}  {extra}{row.unit:<10}  {row.bar:<10}  {holds}"
        )
    return "\n".join(lines)


def write(rows: Sequence[Row], path: Path, more: Mapping[str, object] | None = None) -> None:
    """Write ``{"rows": [...]}`` and what else is given; infinite and NaN become null."""
    said = {"rows": [asdict(row) for row in rows], **(more or {})}
    path.write_text(json.dumps(_finite(said), indent=2, allow_nan=False) + "\n", "utf-8")


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value
