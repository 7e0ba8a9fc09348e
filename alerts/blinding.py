"""Takes a home out of alerts that tell of many homes, so that erasing it leaves no trace there."""

from typing import Any, Final

from sqlalchemy import Connection, select, update

from alerts import tables

ERASED: Final = "erased"
"""What stands for a home that was erased: how many homes an alert told of stays known."""

_a = tables.alerts.c


def blind(connection: Connection, home: str) -> int:
    """Put ``ERASED`` for this home wherever an alert lists it; return in how many alerts.

    Of every place: homes move, and what was told of them before stays with the place.
    """
    query = select(_a.id, _a.evidence).where(_a.home.is_(None))
    found = [row for row in connection.execute(query) if _tells_of(row.evidence, home)]
    for row in found:
        homes = {
            tier: [ERASED if one == home else one for one in ids]
            for tier, ids in row.evidence["homes"].items()
        }
        after = {**row.evidence, "homes": homes}
        connection.execute(update(tables.alerts).where(_a.id == row.id).values(evidence=after))
    return len(found)


def _tells_of(evidence: Any, home: str) -> bool:  # noqa: ANN401  # JSON
    listed = evidence.get("homes") if isinstance(evidence, dict) else None
    return isinstance(listed, dict) and any(home in ids for ids in listed.values())
