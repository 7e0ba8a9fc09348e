"""When the system acts on an alert if no person does: one deadline for each that stands.

An open alert's deadline is the next step of its ladder; one that somebody has taken on, or is on
the way to, falls back to the queue at its deadline. Each row is claimed by compare-and-set.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from alerts import tables
from alerts.alert import Priority, State
from alerts.lifecycle import Event
from config import ladder_rows

_MINUTE_US: Final = 60_000_000
_DAY_MIN: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Patience:
    """Minutes that an alert may stay taken on, or attended, without another word."""

    acknowledged_min: float
    attending_min: float


PATIENCE: Final[Mapping[Priority, Patience]] = {
    Priority.P1: Patience(10, 60),
    Priority.P2: Patience(30, 120),
    Priority.P3: Patience(3 * _DAY_MIN, _DAY_MIN),
    Priority.T: Patience(3 * _DAY_MIN, 3 * _DAY_MIN),
}
"""What holds where a place's ladder says nothing else: our judgement, not a standard."""

_e: Final = tables.escalations.c


def begin(connection: Connection, alert: str, now_us: int) -> None:
    """Let the first step of a new alert's ladder be due now."""
    row = {"due_us": now_us, "rung": 0, "loop": 0, "rung_us": now_us}
    connection.execute(insert(tables.escalations).values(alert=alert, **row))


def move(
    connection: Connection, alert: str, priority: Priority, event: Event, step: int, now_us: int,
    *, is_muted: bool,
) -> None:  # fmt: skip
    """Set the deadline anew after this event; most events change nothing about it.

    What comes back begins one rung higher each time. A muted alert (a replay) has a deadline
    only while a person has it.
    """
    values: dict[str, object]
    match event:
        case Event.ACKNOWLEDGE | Event.ACCEPT:
            minutes = patience_of(connection, alert, priority).acknowledged_min
            values = {"due_us": now_us + int(minutes * _MINUTE_US)}
        case Event.ATTEND:
            minutes = patience_of(connection, alert, priority).attending_min
            values = {"due_us": now_us + int(minutes * _MINUTE_US)}
        case Event.TIME_OUT:
            values = {"due_us": now_us}
        case Event.SPREAD:
            values = {"due_us": None if is_muted else now_us}
        case Event.COME_BACK:
            values = {"due_us": None if is_muted else now_us, "rung": step, "loop": 0}
        case Event.RESOLVE | Event.WORK_AGAIN | Event.CONTRADICT | Event.OVER:
            values = {"due_us": None}
        case _:
            return
    statement = update(tables.escalations).where(_e.alert == alert).values(values)
    if connection.execute(statement).rowcount == 0 and values["due_us"] is not None:
        row: dict[str, object] = {"rung": 0, "loop": 0, "rung_us": now_us, **values}
        connection.execute(insert(tables.escalations).values(alert=alert, **row))


def patience_of(connection: Connection, alert: str, priority: Priority) -> Patience:
    """Return the patience of the ladder of the alert's place, else what holds everywhere."""
    usual = PATIENCE[priority]
    query = select(tables.alerts.c.place).where(tables.alerts.c.id == alert)
    place = connection.execute(query).scalar()
    ladder = None if place is None else ladder_rows.find(connection, place, priority.value)
    if ladder is None:
        return usual
    return Patience(
        ladder.acknowledged_min or usual.acknowledged_min,
        ladder.attending_min or usual.attending_min,
    )


def is_due(connection: Connection, alert: str, now_us: int) -> bool:
    """Return whether the alert's deadline has passed."""
    query = select(_e.due_us).where(_e.alert == alert)
    due_us = connection.execute(query).scalar()
    return due_us is not None and due_us <= now_us


def due(connection: Connection, state: tuple[State, ...], now_us: int, limit: int) -> list[str]:
    """Return the alerts in one of these states whose deadline has passed, the most urgent first."""
    a = tables.alerts.c
    query = (
        select(_e.alert)
        .join(tables.alerts, a.id == _e.alert)
        .where(_e.due_us <= now_us, a.state.in_([one.value for one in state]))
        .order_by(a.priority, _e.due_us, _e.alert)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def find(connection: Connection, alert: str) -> Row[Any] | None:
    """Return the deadline of this alert, or None when it never had one."""
    return connection.execute(select(tables.escalations).where(_e.alert == alert)).first()


def end(connection: Connection, alert: str, now_us: int) -> None:
    """Let the alert's deadline be now."""
    statement = update(tables.escalations).where(_e.alert == alert)
    connection.execute(statement.values(due_us=now_us))


def wake(connection: Connection, place: str, priority: Priority, now_us: int) -> None:
    """Let open alerts that had no ladder begin to climb the one that there is now."""
    a = tables.alerts.c
    open_ = select(a.id).where(
        a.place == place, a.priority == priority.value, a.state == State.OPEN.value
    )
    statement = update(tables.escalations).where(_e.due_us.is_(None), _e.alert.in_(open_))
    connection.execute(statement.values(due_us=now_us))


def extend(
    connection: Connection, alert: str, priority: Priority, state: State, now_us: int
) -> None:
    """Give who has the alert their time anew: they have just said something."""
    event = {State.ACKNOWLEDGED: Event.ACKNOWLEDGE, State.ATTENDING: Event.ATTEND}.get(state)
    if event is not None:
        move(connection, alert, priority, event, 0, now_us, is_muted=False)
