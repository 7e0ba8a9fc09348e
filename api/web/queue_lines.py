"""The queue's lines: one a home, its most urgent alert first, with all that an operator needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from alerts.alert import Priority, State
from api import seen
from api.auth import CARE, Visitor
from api.queries import Alert
from api.resources import Resources
from api.web import climbing, clocks, lines
from api.web.lines import Line
from config.roles import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """One alert on the queue, and what this visitor may do about it from there."""

    line: Line
    version: str
    clocks: Sequence[Mapping[str, Any]]
    climb: str
    may_take: bool
    may_resolve: bool


@dataclass(frozen=True, slots=True)
class HomeLine:
    """Everything that stands about one home: the most urgent first, then the others."""

    first: Entry
    others: Sequence[Entry]


def home_lines(
    connection: Connection,
    resources: Resources,
    visitor: Visitor,
    alerts: Sequence[Alert],
    now_us: int,
) -> list[HomeLine]:
    """Return a line for each home of these alerts, in their order; others have their own."""
    names = lines.names_in(connection, alerts)
    climbs = climbing.climbs(connection, sorted({alert.place for alert in alerts}))
    ladders = climbing.ladders(connection, alerts, resources.places)
    cares, faults = visitor.places(*CARE), visitor.places(Role.ENGINEER)
    me = visitor.account.id
    grouped: dict[str, list[Entry]] = {}
    for alert in alerts:
        zone = resources.places[alert.place].zone
        ladder = ladders[alert.place, alert.priority.value]
        acts = alert.place in cares or (alert.priority is Priority.T and alert.place in faults)
        is_mine = me in (alert.acknowledged_by, alert.attending_by)
        entry = Entry(
            lines.line(alert, resources, names, now_us, me),
            seen.version(alert),
            clocks.of(alert, zone),
            climbing.text(alert, climbs.get(alert.id), ladder, now_us, zone),
            may_take=acts and alert.state is State.OPEN,
            # What tells of many homes is ended on its own page only.
            may_resolve=acts and is_mine and alert.home is not None,
        )
        grouped.setdefault(_key(alert), []).append(entry)
    return [HomeLine(first, others) for first, *others in grouped.values()]


def _key(alert: Alert) -> str:
    is_known = alert.home is not None and alert.label is not None
    return f"home {alert.home}" if is_known else f"alert {alert.id}"
