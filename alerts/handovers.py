"""Hand-over at the end of a shift: each alert that stands is accepted by name, or it is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, insert, select, update

from alerts import escalate, tables
from alerts.alert import STANDING, Priority, State
from alerts.ledger import Ledger
from alerts.refusals import Refused
from config import audit
from config.audit import Entry
from config.roles import Role
from ingest.clock import Instant, microseconds

DUE_US: Final = 10 * 60_000_000
"""What nobody accepted by then goes to the supervisors."""

SHOWN_US: Final = 12 * 3_600_000_000
_t, _a = tables.handovers.c, tables.alerts.c


@dataclass(frozen=True, slots=True)
class Item:
    """One alert that was handed over; ``told_us`` is when the supervisors were told of it."""

    id: int
    place: str
    alert: str
    given_by: str
    at_us: int
    due_us: int | None
    accepted_by: str | None
    accepted_us: int | None
    told_us: int | None


def begin(connection: Connection, place: str, account: str, now_us: int) -> list[str]:
    """Hand over each alert of the place that stands; return those that were not yet waiting.

    Faults (T) are the engineers' and stay where they are.
    """
    waiting = select(_t.alert).where(_t.due_us.is_not(None))
    query = select(_a.id).where(
        _a.place == place,
        _a.priority != Priority.T.value,
        _a.state.in_([state.value for state in STANDING]),
        _a.id.notin_(waiting),
    )
    alerts = list(connection.execute(query.order_by(_a.priority, _a.raised_us)).scalars())
    values = {"place": place, "given_by": account, "at_us": now_us, "due_us": now_us + DUE_US}
    for alert in alerts:
        connection.execute(insert(tables.handovers).values(alert=alert, **values))
    entries = [Entry(place, now_us, account, "hand-over", f"alert:{one}", {}) for one in alerts]
    if entries:
        audit.append_all(connection, place, entries)
    return alerts


def read(connection: Connection, place: str, now_us: int) -> list[Item]:
    """Return what was handed over in the last 12 hours, the newest first."""
    query = (
        select(*(_t[name] for name in Item.__slots__))
        .where(_t.place == place, _t.at_us > now_us - SHOWN_US)
        .order_by(_t.at_us.desc(), _t.id)
    )
    return [Item(*row) for row in connection.execute(query)]


def accept(ledger: Ledger, alert: str, account: str, now: Instant) -> None:
    """Take over an alert by name; Refused when it is not handed over, or by who gave it.

    Raises UnknownAlert or Conflict (it is over) as the ledger does.
    """
    now_us = microseconds(now)
    with ledger.together() as (bound, connection):
        open_ = (_t.alert == alert) & _t.accepted_us.is_(None)
        given = connection.execute(
            select(_t.id, _t.given_by).where(open_).order_by(_t.id.desc())
        ).first()
        if given is None:
            raise Refused("This alert is not being handed over: take it on instead.")
        if given.given_by == account:
            raise Refused("You are handing this alert over: somebody else has to accept it.")
        bound.accept(alert, account, now)
        values = {"accepted_by": account, "accepted_us": now_us, "due_us": None}
        connection.execute(update(tables.handovers).where(open_).values(values))


def expire(database: Engine, ledger: Ledger, now: Instant, limit: int = 100) -> int:
    """Tell the supervisors of what nobody accepted in time; return how many there were.

    Such an alert is given back to the queue, since who had it has gone.
    """
    now_us = microseconds(now)
    with database.connect() as connection:
        due = connection.execute(
            select(_t.id, _t.alert).where(_t.due_us <= now_us).order_by(_t.due_us).limit(limit)
        ).all()
    for item in due:
        with ledger.together() as (bound, connection):
            _expire(connection, bound, item.id, item.alert, now)
    return len(due)


def _expire(connection: Connection, ledger: Ledger, item: int, alert: str, now: Instant) -> None:
    now_us = microseconds(now)
    mine = (_t.id == item) & (_t.due_us <= now_us)
    claimed = connection.execute(update(tables.handovers).where(mine).values(due_us=None))
    row = connection.execute(select(tables.alerts).where(_a.id == alert)).one()
    if not claimed.rowcount or State(row.state) not in STANDING:
        return
    if row.state != State.OPEN.value:
        ledger.time_out(now, alert=alert)
    escalate.tell_role(connection, row, Role.SUPERVISOR, now_us, f"h{item}")
    connection.execute(update(tables.handovers).where(_t.id == item).values(told_us=now_us))


def waiting(connection: Connection, places: Sequence[str]) -> int:
    """Return how many alerts of these places wait to be accepted."""
    query = select(_t.id).where(_t.place.in_(places), _t.due_us.is_not(None))
    return len(connection.execute(query).all())
