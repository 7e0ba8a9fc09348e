"""What a home whose enrolment ends leaves in the ledger: alerts that stand, findings, proposals."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from alerts import tables
from alerts.alert import STANDING, AlertKind, Priority
from alerts.shadow_rows import ShadowState

_a, _f = tables.alerts.c, tables.shadow_findings.c
_STANDING = (ShadowState.STANDING.value, ShadowState.HELD.value)


@dataclass(frozen=True, slots=True)
class Stands:
    """An alert of a home that stands."""

    id: str
    kind: AlertKind
    priority: Priority
    raised_us: int


def standing(connection: Connection, home: str) -> list[Stands]:
    """Return the alerts of this home (id) that stand, the most urgent and oldest first."""
    query = select(_a.id, _a.kind, _a.priority, _a.raised_us).where(
        _a.home == home, _a.state.in_([state.value for state in STANDING])
    )
    rows = connection.execute(query.order_by(_a.priority, _a.raised_us, _a.id))
    return [Stands(r.id, AlertKind(r.kind), Priority(r.priority), r.raised_us) for r in rows]


def forget(
    connection: Connection,
    place: str,
    home: str,
    now_us: int,
    note: str = "the enrolment ended",
) -> tuple[int, int]:
    """End findings and proposals of this home (id); the engine takes it off its lists by itself.

    ``note`` says why. Returns how many findings in shadow and how many proposed caps there were.
    """
    mine = (_f.home == home) & _f.state.in_(_STANDING)
    over = update(tables.shadow_findings).where(mine)
    values = {"state": ShadowState.OVER.value, "ended_us": now_us, "note": note}
    findings = connection.execute(over.values(values)).rowcount
    proposals = tables.cap_proposals
    caps = connection.execute(delete(proposals).where(proposals.c.home == home)).rowcount
    tell(connection, place, home, now_us)
    return findings, caps


def tell(connection: Connection, place: str, home: str, now_us: int) -> None:
    """Let open pages look at the home anew."""
    change = {"at_us": now_us, "place": place, "home": home, "what": "enrolment"}
    connection.execute(insert(tables.changes).values(change))
