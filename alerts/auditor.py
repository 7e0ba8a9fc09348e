"""Looks over the shoulder of ladder and outbox: what should have happened by now, and has not.

Reads only, and asks nothing of the code that it audits.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select

from alerts import tables
from alerts.alert import STANDING, State
from config import ladder_rows

LATE_US: Final = 300_000_000
"""How late a step or a message may be (5 minutes)."""

_STANDS: Final = [state.value for state in STANDING]


@dataclass(frozen=True, slots=True)
class Overdue:
    """So many alerts of a place have no next step in time, the worst ``late_us`` late.

    ``late_us`` is None where the alert has no next step at all, although its place has a ladder.
    """

    place: str
    count: int
    late_us: int | None


@dataclass(frozen=True, slots=True)
class Stuck:
    """So many messages wait in a channel's queue, the worst ``late_us`` too long."""

    channel: str
    count: int
    late_us: int


def overdue(connection: Connection, now_us: int) -> list[Overdue]:
    """Return, by place, standing alerts whose next step is more than ``LATE_US`` late."""
    a, e = tables.alerts.c, tables.escalations.c
    query = (
        select(a.place, func.count(), func.min(e.due_us))
        .join(tables.escalations, e.alert == a.id)
        .where(a.state.in_(_STANDS), e.due_us < now_us - LATE_US)
        .group_by(a.place)
        .order_by(a.place)
    )
    rows = connection.execute(query).all()
    return [Overdue(place, count, now_us - due_us) for place, count, due_us in rows]


def stranded(connection: Connection) -> list[Overdue]:
    """Return, by place, open alerts that have a ladder to climb and no next step on it.

    A muted alert (of a replay) never had one, and is not counted.
    """
    a, e = tables.alerts.c, tables.escalations.c
    query = (
        select(a.place, a.priority, func.count())
        .join(tables.escalations, e.alert == a.id)
        .where(a.state == State.OPEN.value, e.due_us.is_(None))
        .group_by(a.place, a.priority)
        .order_by(a.place)
    )
    counts: dict[str, int] = {}
    for place, priority, count in connection.execute(query).all():
        if ladder_rows.find(connection, place, priority) is not None:
            counts[place] = counts.get(place, 0) + count
    return [Overdue(place, count, None) for place, count in counts.items()]


def stuck(connection: Connection, now_us: int) -> list[Stuck]:
    """Return, by channel, messages that nobody has tried to send for more than ``LATE_US``.

    A message that failed waits for its next attempt at ``next_us``, and is not stuck.
    """
    o = tables.outbox.c
    query = (
        select(o.channel, func.count(), func.min(o.next_us))
        .where(o.state.in_(("pending", "leased")), o.next_us < now_us - LATE_US)
        .group_by(o.channel)
        .order_by(o.channel)
    )
    rows = connection.execute(query).all()
    return [Stuck(channel, count, now_us - next_us) for channel, count, next_us in rows]
