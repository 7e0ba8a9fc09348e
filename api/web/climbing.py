"""How far an alert has climbed its ladder, in a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy import Connection, select

from alerts import tables
from alerts.alert import STANDING, State
from api.queries import Alert
from api.web import words
from api.web.language import _
from config import ladder_rows
from config.ladders import Ladder
from config.places import Place


@dataclass(frozen=True, slots=True)
class Climb:
    """Where an alert stands on its ladder; times are us, ``due_us`` None when nothing is due."""

    rung: int
    rung_us: int
    due_us: int | None


def climbs(connection: Connection, places: Sequence[str]) -> Mapping[str, Climb]:
    """Return where the standing alerts of these places are on their ladders, by alert id."""
    e, a = tables.escalations.c, tables.alerts.c
    query = (
        select(e.alert, e.rung, e.rung_us, e.due_us)
        .join(tables.alerts, a.id == e.alert)
        .where(a.place.in_(places), a.state.in_([state.value for state in STANDING]))
    )
    return {row.alert: Climb(*row[1:]) for row in connection.execute(query)}


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
        return _("Back on the queue at %(when)s unless more is said", when=due) if due else ""
    if ladder is None:
        return _("No ladder: the system tells nobody more")
    return f"{_so_far(climb, ladder, now_us, zone)}; {_next(climb, now_us, zone)}"


def _so_far(climb: Climb, ladder: Ladder, now_us: int, zone: tzinfo) -> str:
    if climb.rung == 0:
        return _("Nobody was told by the ladder yet")
    steps, at = len(ladder.rung) * ladder.loops, words.since(climb.rung_us, now_us, zone)
    if climb.rung <= steps:
        told = _("Ladder: step %(step)s of %(steps)s at %(when)s")
        return told % {"step": climb.rung, "steps": steps, "when": at}
    return _("Ladder: all %(steps)s steps, now its fallback at %(when)s", steps=steps, when=at)


def _next(climb: Climb, now_us: int, zone: tzinfo) -> str:
    if climb.due_us is None:
        return _("no more is due")
    if climb.due_us <= now_us:
        return _("next now")
    return _("next at %(when)s", when=words.since(climb.due_us, now_us, zone))
