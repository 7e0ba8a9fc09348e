"""Takes a home out of alerts that tell of many homes, so that erasing it leaves no trace there."""

from typing import Any, Final

from sqlalchemy import Connection, select, update

from alerts import tables

ERASED: Final = "erased"
"""What stands for a home that was erased: how many homes an alert told of stays known."""

_a = tables.alerts.c


def blind(connection: Connection, home: str) -> int:
    """Put ``ERASED`` for this home wherever such an alert lists it; return in how many alerts.

    Of every place: homes move, and what was told of them before stays with the place.
    """
    query = select(_a.id, _a.evidence).where(_a.home.is_(None))
    count = 0
    for row in connection.execute(query).all():
        after = _without(row.evidence, home)
        if after != row.evidence:
            mine = update(tables.alerts).where(_a.id == row.id)
            connection.execute(mine.values(evidence=after))
            count += 1
    return count


def _without(value: Any, home: str) -> Any:  # noqa: ANN401  # JSON
    if isinstance(value, dict):
        return {key: _without(inner, home) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, home) for inner in value]
    return ERASED if value == home else value
