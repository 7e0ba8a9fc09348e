"""Which rows of which table are about one home: followed from its number and its id."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, CompoundSelect, Connection, Table, and_, literal, or_, select

from api.table_copy import every_table
from config import tables as registry

SAYS_HOME: Final = frozenset(
    {"home", "household", "person", "contact", "gateway", "sensor", "alert", "finding", "subject"}
)
"""Names of columns that may lead to a home."""

LEFT_OUT: Final[Mapping[str, str]] = {
    "tick_log": "steps of the engine over all homes; its readings are those of the store, and "
    "erasing takes them out (alerts/forgetting.py)",
    "declarations": "its subject is a ladder or a rota of the place",
    "identities": "its subject is a member of staff at an identity provider",
}
"""Tables that hold nothing of a home, or are looked after elsewhere: the reason of each."""

_AUDITED: Final = {
    "homes": "home", "gateways": "gateway", "replaced_gateways": "gateway", "sensors": "sensor",
    "alerts": "alert", "shadow_findings": "finding", "contacts": "contact", "persons": "person",
    "households": "household", "device_moves": "move",
}  # fmt: skip
"""Tables whose ids are subjects of the audit log, and how these begin."""

_NUMBERED: Final = {"allowances": "allowance", "overrides": "override", "pauses": "pause"}
"""... and those whose numbers follow."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A home as tables know it."""

    number: int
    id: str
    place: str


def find(connection: Connection, home: str, places: Sequence[str] | None = None) -> Subject | None:
    """Return the home with this id, of these places or of all; None where there is none."""
    h = registry.homes.c
    query = select(h.number, h.id, h.place).where(h.id == home)
    row = connection.execute(query if places is None else query.where(h.place.in_(places))).first()
    return None if row is None else Subject(row.number, row.id, row.place)


def rules(home: Subject) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Yield each table with the clause that picks the rows about this home.

    What a table refers to comes before it. The clauses ask other tables, whose rows must still
    be there: delete in the opposite order.
    """
    found: dict[str, tuple[Table, ColumnElement[bool]]] = {}
    late = []
    first = (
        "homes",
        "gateways",
        "replaced_gateways",
        "alerts",
    )  # others are found by their ids, without referring to them
    for table in sorted(every_table(), key=lambda table: _rank(table.name, first)):
        if table.name in LEFT_OUT:
            continue
        if table.name in ("audit", "roster_history"):
            late.append(table)
            continue
        if (clause := _clause(table, home, found)) is not None:
            found[table.name] = table, clause
    for table in late:
        clause = _audited(table, found) if table.name == "audit" else _rostered(table, found)
        found[table.name] = table, clause
    yield from found.values()


def _rank(name: str, first: Sequence[str]) -> int:
    return first.index(name) if name in first else len(first)


Found = Mapping[str, tuple[Table, ColumnElement[bool]]]


def _clause(table: Table, home: Subject, found: Found) -> ColumnElement[bool] | None:
    c = table.c
    if table.name == "homes":
        return c.number == home.number
    keys = {key.parent.name: key for key in table.foreign_keys if key.column.table.name in found}
    own: list[ColumnElement[bool]] = []
    if "home" in c:
        own = [c.home == (home.number if "home" in keys else home.id)]
        if "to_home" in c:
            own.append(c.to_home == home.number)
        if "gateway" in c and c.home.nullable and "gateway" not in keys:
            own.append(and_(c.home.is_(None), c.gateway.in_(_hub_ids(found))))
        if c.home.nullable and "gateway" in keys:  # of its own gateway, and of no home
            hubs, mine = found["gateways"]
            own.append(and_(c.home.is_(None), c.gateway.in_(select(hubs.c.number).where(mine))))
        if "alert" in c and "alert" not in keys:
            alerts, mine = found["alerts"]
            own.append(c.alert.in_(select(alerts.c.id).where(mine)))
    elif keys:
        key = keys[min(keys)]
        own = [key.parent.in_(select(key.column).where(found[key.column.table.name][1]))]
    return or_(*own) if own else None


def _hub_ids(found: Found) -> CompoundSelect[Any]:
    """Return the query of the ids of the home's own gateways, also of boxes that they replaced."""
    (hubs, mine), (old, theirs) = found["gateways"], found["replaced_gateways"]
    return select(hubs.c.id).where(mine).union_all(select(old.c.id).where(theirs))


def _audited(table: Table, found: Found) -> ColumnElement[bool]:
    clauses: list[ColumnElement[bool]] = []
    for name, start in (_AUDITED | _NUMBERED).items():
        if name in found:
            of, mine = found[name]
            key = of.c.number.cast(table.c.subject.type) if name in _NUMBERED else of.c.id
            clauses.append(table.c.subject.in_(select(literal(f"{start}:") + key).where(mine)))
    if "gone_subjects" in found:
        gone, mine = found["gone_subjects"]
        clauses.append(table.c.subject.in_(select(gone.c.subject).where(mine)))
    return or_(*clauses)


def _rostered(table: Table, found: Found) -> ColumnElement[bool]:
    clauses = []
    for subject, name in (("home", "homes"), ("gateway", "gateways"), ("sensor", "sensors")):
        of, mine = found[name]
        numbers = select(of.c.number).where(mine)
        clauses.append(and_(table.c.subject == subject, table.c.number.in_(numbers)))
    return or_(*clauses)
