"""How far an alert has climbed its ladder, in a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy import Connection, select

from alerts import tables
from alerts.alert import State
from api.queries import Alert
from api.web import words
from config import ladder_rows
from config.ladders import Ladder
from config.places import Place


@dataclass(frozen=True, slots=True)
class Climb:
    """Where an alert stands on its ladder; times are us, ``due_us`` None when nothing is due."""

    rung: int
    rung_us: int
    due_us: int | None


def climbs(connection: Connection, alerts: Sequence[Alert]) -> Mapping[str, Climb]:
    """Return where these alerts stand, by id; one without a deadline is left out."""
    e, ids = tables.escalations.c, [alert.id for alert in alerts]
    found: dict[str, Climb] = {}
    for start in range(0, len(ids), 500):
        query = select(e.alert, e.rung, e.rung_us, e.due_us)
        for row in connection.execute(query.where(e.alert.in_(ids[start : start + 500]))):
            found[row.alert] = Climb(row.rung, row.rung_us, row.due_us)
    return found


def ladders(
    connection: Connection, alerts: Sequence[Alert], places: Mapping[str, Place]
) -> Mapping[tuple[str, str], Ladder | None]:
    """Return the ladder in force by place and priority, for all of these alerts."""
    wanted = {(alert.place, alert.priority.value) for alert in alerts}
    return {
        (place, priority): ladder_rows.find(connection, place, priority)
        or places[place].ladder.get(priority)
        for place, priority in wanted
    }


def text(
    alert: Alert, climb: Climb | None, ladder: Ladder | None, now_us: int, zone: tzinfo
) -> str:
    """Return who was told so far and what comes next, empty when nothing climbs."""
    if climb is None:
        return ""
    due = None if climb.due_us is None else words.since(climb.due_us, now_us, zone)
    if alert.state is not State.OPEN:
        return f"Back on the queue at {due} unless more is said" if due else ""
    if ladder is None:
        return "No ladder: the system tells nobody more"
    steps = len(ladder.rung) * ladder.loops
    if climb.rung == 0:
        told = "Nobody was told by the ladder yet"
    elif climb.rung <= steps:
        told = f"Ladder: step {climb.rung} of {steps}"
    else:
        told = f"Ladder: all {steps} steps, now its fallback"
    if climb.rung:
        told += f" at {words.since(climb.rung_us, now_us, zone)}"
    if due is None:
        return f"{told}; no more is due"
    return f"{told}; next {'now' if (climb.due_us or 0) <= now_us else f'at {due}'}"
