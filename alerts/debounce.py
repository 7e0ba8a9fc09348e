"""Life-safety signals in the ledger: every one is raised, repeats of one event are counted.

A repeat is a signal of the same sensor soon after (``ALARM_US``, ``CALL_US``) the last one of an
alert that nobody has resolved; anything else is an alert of its own.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, select

from alerts import record, tables
from alerts.alert import STANDING, AlertKind, Finding, alert_id
from alerts.lifecycle import Event, Refusal, step
from ingest.message import Reason

ALARM_US: Final = 600_000_000
"""How near in time a smoke, gas or water alarm of the same sensor repeats the event: it goes on
saying so while it lasts (10 minutes)."""

CALL_US: Final = 60_000_000
"""The same for a call by a person, or a fall: pressed again a minute later is another call."""

_CALLS: Final = frozenset({AlertKind.PENDANT, AlertKind.FALL})

RETAINED_US: Final = 24 * 3_600_000_000
"""How long after it was resolved a retained copy is still the same event (a day)."""

_UNRESOLVED: Final = tuple(state.value for state in STANDING)


def take(
    connection: Connection, finding: Finding, now_us: int, sending: record.Sending
) -> str | None:
    """Raise the signal or count it as a repeat; return the id of a new alert, if there is one.

    A signal that was taken before (a redelivery, a replay) changes nothing.
    """
    note = f"signalled again, event {finding.evidence['event']} of {finding.evidence['source']}"
    found = record.find(connection, finding.id)
    if found is not None and found.evidence["event"] == finding.evidence["event"]:
        return None
    if _was_counted(connection, finding, note):
        return None
    nearby = _nearby(connection, finding)
    if nearby is not None and _repeat(connection, nearby, finding, now_us, note, sending):
        return None
    if found is not None:
        if _is_old_copy(found, finding, now_us):
            return None
        finding = replace(finding, id=_next_id(finding))
        if record.find(connection, finding.id) is not None:
            return None
    record.add(connection, finding, now_us, sending)
    return finding.id


def _next_id(finding: Finding) -> str:
    return alert_id(finding.id, finding.kind, str(finding.evidence["event"]))


def _is_old_copy(found: Row[Any], finding: Finding, now_us: int) -> bool:
    is_retained = finding.evidence.get("reason") == Reason.RETAINED.value
    return is_retained and now_us - (found.resolved_us or now_us) < RETAINED_US


def _was_counted(connection: Connection, finding: Finding, note: str) -> bool:
    history = tables.history.c
    query = select(history.id).where(
        history.alert.in_(select(tables.alerts.c.id).where(*_same_subject(finding))),
        history.event == Event.REPEAT.value,
        history.note == note,
    )
    return connection.execute(query.limit(1)).first() is not None


def _same_subject(finding: Finding) -> tuple[ColumnElement[bool], ...]:
    alerts = tables.alerts.c
    return (
        alerts.place == finding.place,
        alerts.kind == finding.kind.value,
        alerts.home == finding.home if finding.home else alerts.home.is_(None),
    )


def _nearby(connection: Connection, finding: Finding) -> Row[Any] | None:
    alerts = tables.alerts.c
    query = (
        select(tables.alerts)
        .where(alerts.state.in_(_UNRESOLVED), *_same_subject(finding))
        .order_by(alerts.onset_us.desc(), alerts.id)
    )
    rows: Sequence[Row[Any]] = connection.execute(query).all()
    near_us = CALL_US if finding.kind in _CALLS else ALARM_US
    for row in rows:
        first, last = row.evidence["first_us"], row.evidence["last_us"]
        is_same = row.evidence["source"] == finding.evidence["source"]
        if is_same and first - near_us <= finding.onset_us <= last + near_us:
            return row
    return None


def _repeat(
    connection: Connection,
    row: Row[Any],
    finding: Finding,
    now_us: int,
    note: str,
    sending: record.Sending,
) -> bool:
    transition = step(record.standing(row), Event.REPEAT)
    if isinstance(transition, Refusal):
        return False
    evidence = {
        **row.evidence,
        "first_us": min(row.evidence["first_us"], finding.onset_us),
        "last_us": max(row.evidence["last_us"], finding.onset_us),
        "signals": row.evidence.get("signals", 1) + 1,
    }
    return record.apply(
        connection,
        row,
        transition,
        now_us,
        actor=record.SYSTEM,
        note=note,
        sending=sending,
        changes={"evidence": evidence},
    )
