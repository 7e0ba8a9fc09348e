"""What the engine notes once a day, in SQL: what budgets came to, what longer caps it proposes."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, tuple_

from alerts import tables
from alerts.action import Calibrated, Proposals, Proposed
from alerts.budget import Calibration

_c: Final = tables.calibrations.c
_FOUND: Final = tuple(Calibration.__dataclass_fields__)


def write(connection: Connection, one: Calibrated | Proposals) -> None:
    """Write a calibration, unless it is known, or replace what is proposed."""
    if isinstance(one, Proposals):
        connection.execute(delete(tables.cap_proposals))
        if one.all:
            connection.execute(insert(tables.cap_proposals), [asdict(row) for row in one.all])
        return
    mine = (_c.place == one.place) & (_c.at_us == one.at_us)
    if connection.execute(select(_c.at_us).where(mine)).first() is not None:
        return
    values = {
        "place": one.place,
        "at_us": one.at_us,
        "budget": one.budget,
        "is_applied": one.is_applied,
        **asdict(one.found),
    }
    connection.execute(insert(tables.calibrations).values(values))


def newest(connection: Connection, places: Sequence[str]) -> dict[str, Calibrated]:
    """Return the last calibration of each of these places that has one."""
    last = select(_c.place, func.max(_c.at_us)).where(_c.place.in_(places)).group_by(_c.place)
    query = select(tables.calibrations).where(tuple_(_c.place, _c.at_us).in_(last))
    return {
        row["place"]: Calibrated(
            row["place"],
            row["at_us"],
            row["budget"],
            Calibration(**{name: row[name] for name in _FOUND}),
            row["is_applied"],
        )
        for row in connection.execute(query).mappings()
    }


def proposed(connection: Connection, places: Sequence[str]) -> list[Proposed]:
    """Return the longer caps that are proposed in these places, by home."""
    table = tables.cap_proposals
    rows = connection.execute(
        select(table).where(table.c.place.in_(places)).order_by(table.c.place, table.c.home)
    )
    return [Proposed(**row) for row in rows.mappings()]
