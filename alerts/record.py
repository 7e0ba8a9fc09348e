"""Writes one alert and all that goes with it, inside the caller's transaction.

Alert, history row, outbox rows and change-feed row are written together or not at all.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from alerts import deadlines, offline, spreading, tables
from alerts.alert import (
    STANDING,
    AlertKind,
    Finding,
    Outcome,
    Priority,
    State,
    Unwatched,
    short_text,
)
from alerts.lifecycle import Event, Standing, Transition
from alerts.texts import walk_test_text
from config import audit, message_texts, recipients
from config import tables as registry
from config.audit import Entry
from config.homes import HomeState
from config.recipients import Recipient

# Made once: to build a statement takes several times as long as to run it.
_FIND: Final = select(tables.alerts).where(tables.alerts.c.id == bindparam("alert"))
_TAKEN_IN: Final = select(tables.history.c.alert).where(
    tables.history.c.event.in_([Event.UNEASE.value, Event.JOIN.value, Event.SPREAD.value]),
    tables.history.c.note == bindparam("said"),
)
_STATE: Final = select(registry.homes.c.state).where(registry.homes.c.id == bindparam("of_home"))
_MOVE: Final = update(tables.alerts).where(
    tables.alerts.c.id == bindparam("was_id"),
    tables.alerts.c.state == bindparam("was_state"),
    tables.alerts.c.step == bindparam("was_step"),
    tables.alerts.c.repeats == bindparam("was_repeats"),
    tables.alerts.c.is_eased == bindparam("was_eased"),
)
"""Sets the columns that it is given a value of, if the alert still stands so."""

_INSERT_ALERTS: Final = insert(tables.alerts)
_INSERT_HISTORY: Final = insert(tables.history)
_INSERT_OUTBOX: Final = insert(tables.outbox)
_INSERT_CHANGES: Final = insert(tables.changes)

SYSTEM = "system"
"""The actor of what nobody did by hand."""


@dataclass(frozen=True, slots=True)
class Sending:
    """Which channels a new or returned alert goes to, and whether they are held back.

    ``is_audited`` says whether what happens is noted for auditors and told to pages.
    """

    channels: Sequence[str]
    is_muted: bool
    is_audited: bool = True


def find(connection: Connection, alert: str) -> Row[Any] | None:
    """Return the alert's row, or None."""
    return connection.execute(_FIND, {"alert": alert}).first()


def has_ended(connection: Connection, home: str | None) -> bool:
    """Return whether the enrolment of this home (id) has ended; False where nobody knows it."""
    state = connection.execute(_STATE, {"of_home": home}).scalar() if home else None
    return state == HomeState.ENDED.value


def taken_in_by(connection: Connection, finding: str) -> str | None:
    """Return the id of the alert that took this finding in as a new onset of its condition."""
    return connection.execute(_TAKEN_IN, {"said": again(finding)}).scalars().first()


def standing_of(connection: Connection, finding: Finding) -> Row[Any] | None:
    """Return the standing alert about homes that the same outage hides, or None."""
    alerts = tables.alerts.c
    query = select(tables.alerts).where(
        alerts.place == finding.place,
        alerts.kind == finding.kind.value,
        alerts.home.is_(None),
        alerts.state.in_([state.value for state in STANDING]),
    )
    rows = connection.execute(query).all()
    same = (row for row in rows if spreading.is_same(row.evidence, finding.evidence))
    return next(same, None)


def again(finding: str) -> str:
    """Return the note of the history row that takes a finding in."""
    return f"the same again (finding {finding})"


def standing(row: Row[Any]) -> Standing:
    """Return what the life cycle knows of this row."""
    return Standing(AlertKind(row.kind), State(row.state), row.step, row.is_eased, row.repeats)


def add(connection: Connection, finding: Finding, now_us: int, sending: Sending) -> None:
    """Insert a new open alert."""
    _insert(connection, finding, State.OPEN, now_us)
    _add_history(connection, finding.id, Event.RAISE, None, State.OPEN, SYSTEM, now_us, "")
    if sending.is_audited:
        _note(connection, finding.place, finding.id, Event.RAISE, None, State.OPEN, SYSTEM, now_us)
    _queue(connection, finding.id, finding.short_text, 0, now_us, sending)
    if not sending.is_muted:
        deadlines.begin(connection, finding.id, now_us)
    if sending.is_audited:
        _tell(connection, finding.place, finding.home or None, finding.id, Event.RAISE, now_us)


PROOF: Final = "proof"
"""The channel of test alarms: they go as far as every message does, and to nobody."""

_PERSONAL: Final = ("sms", "email", "apprise")


def prove(connection: Connection, finding: Finding, now_us: int, sending: Sending) -> str | None:
    """Insert a test alarm, once; return its id if it is new.

    It is written closed: whoever looks at what stands (queue, ladder, hand-over, deadlines) never
    meets it, whatever they forget to ask. It is in no change feed. One of a walk test is in the
    audit log, and goes, marked as a test, to who tests.
    """
    if find(connection, finding.id) is not None:
        return None
    _insert(connection, finding, State.CLOSED, now_us)
    _add_history(connection, finding.id, Event.RAISE, None, State.CLOSED, SYSTEM, now_us, "test")
    to_nobody = Sending((PROOF,), sending.is_muted, is_audited=False)
    if not finding.tester:
        _queue(connection, finding.id, finding.short_text, 0, now_us, to_nobody)
        return finding.id
    words = walk_test_text(finding.priority, finding.id)
    _queue(connection, finding.id, words, 0, now_us, to_nobody)
    if sending.is_audited:
        _note(
            connection, finding.place, finding.id, Event.RAISE, None, State.CLOSED, SYSTEM, now_us
        )
        _queue_for_tester(connection, finding, now_us, sending)
    return finding.id


def _queue_for_tester(
    connection: Connection, finding: Finding, now_us: int, sending: Sending
) -> None:
    """Let the one who tests see it arrive, and nobody else."""
    person = recipients.find(connection, finding.tester) or Recipient()
    own = message_texts.find(connection, finding.place)
    for channel in _PERSONAL:
        if not person.address(channel):
            continue
        values = {
            "alert": finding.id,
            "key": f"{finding.id}:{channel}:test:{finding.tester}",
            "channel": channel,
            "text": walk_test_text(finding.priority, finding.id, person.language, own),
            "state": "muted" if sending.is_muted else "pending",
            "attempts": 0,
            "next_us": now_us,
            "created_us": now_us,
            "error": "",
            "recipient": finding.tester,
        }
        connection.execute(_INSERT_OUTBOX, values)


def _insert(connection: Connection, finding: Finding, state: State, now_us: int) -> None:
    values = {
        "id": finding.id,
        "place": finding.place,
        "home": finding.home or None,
        "gateway": finding.gateway or None,
        "sensor": finding.sensor or None,
        "kind": finding.kind.value,
        "priority": finding.priority.value,
        "verdict": finding.verdict.value,
        "state": state.value,
        "step": 0,
        "is_eased": False,
        "is_late": finding.is_late,
        "repeats": 0,
        "onset_us": finding.onset_us,
        "raised_us": finding.found_us,
        "updated_us": now_us,
        "sentence": finding.sentence,
        "short_text": finding.short_text,
        "evidence": dict(finding.evidence),
        "note": "",
        "is_test": finding.is_test,
        "outcome": Outcome.TEST.value if finding.is_test else None,
    }
    connection.execute(_INSERT_ALERTS, values)


def apply(
    connection: Connection,
    row: Row[Any],
    transition: Transition,
    now_us: int,
    *,
    actor: str,
    note: str,
    sending: Sending,
    changes: Mapping[str, object],
) -> bool:
    """Write a transition if the alert still stands as ``row`` says; return whether it did."""
    after = transition.after
    was = {
        "was_id": row.id,
        "was_state": row.state,
        "was_step": row.step,
        "was_repeats": row.repeats,
        "was_eased": row.is_eased,
    }
    values = {
        "state": after.state,
        "step": after.step,
        "is_eased": after.is_eased,
        "repeats": after.repeats,
        "updated_us": now_us,
        **changes,
    }
    if connection.execute(_MOVE, {**was, **values}).rowcount != 1:
        return False
    event = transition.event
    before, end = transition.before.state, after.state or State.OPEN
    _add_history(connection, row.id, event, before, end, actor, now_us, note)
    if sending.is_audited:
        _note(connection, row.place, row.id, event, before, end, actor, now_us, note)
    priority = Priority(row.priority)
    deadlines.move(
        connection, row.id, priority, event, after.step, now_us, is_muted=sending.is_muted
    )
    if end in (State.RESOLVED, State.CLOSED):
        _withdraw(connection, row.id)
    if event is Event.COME_BACK:
        text = short_text(priority, row.id)
        _queue(connection, row.id, text, after.step, now_us, sending)
    if sending.is_audited:
        _tell(connection, row.place, row.home, row.id, event, now_us)
    return True


def set_unwatched(connection: Connection, homes: Sequence[Unwatched], now_us: int) -> None:
    """Replace the list of unwatched homes, and tell of those that differ."""
    table, new = tables.unwatched, {home.home: home for home in homes}
    old = {
        r.home: Unwatched(r.home, r.place, r.since_us, r.reason)
        for r in connection.execute(select(table))
    }
    changed = [h for key, h in {**old, **new}.items() if old.get(key) != new.get(key)]
    if not changed:
        return
    connection.execute(delete(table).where(table.c.home.in_([h.home for h in changed])))
    offline.note(connection, old, new, {h.home for h in changed}, now_us)
    for home in changed:
        if home.home in new:
            connection.execute(insert(table).values(asdict(home)))
        values = {"at_us": now_us, "place": home.place, "home": home.home, "what": "unwatched"}
        connection.execute(insert(tables.changes).values(values))


def _add_history(
    connection: Connection,
    alert: str,
    event: Event,
    start: State | None,
    end: State,
    actor: str,
    now_us: int,
    note: str,
) -> None:
    values = {
        "alert": alert,
        "at_us": now_us,
        "event": event.value,
        "state_from": "" if start is None else start.value,
        "state_to": end.value,
        "actor": actor,
        "note": note,
    }
    connection.execute(_INSERT_HISTORY, values)


def _queue(
    connection: Connection, alert: str, text: str, step: int, now_us: int, sending: Sending
) -> None:
    for channel in sending.channels:
        values = {
            "alert": alert,
            "key": f"{alert}:{channel}:{step}",
            "channel": channel,
            "text": text,
            "state": "muted" if sending.is_muted else "pending",
            "attempts": 0,
            "next_us": now_us,
            "created_us": now_us,
            "error": "",
        }
        connection.execute(_INSERT_OUTBOX, values)


def _note(
    connection: Connection,
    place: str,
    alert: str,
    event: Event,
    start: State | None,
    end: State,
    actor: str,
    now_us: int,
    note: str = "",
) -> None:
    """Write the step into the audit log; of what was said, which may name people, a digest only."""
    detail = {"from": "" if start is None else start.value, "to": end.value}
    if note:
        detail["note"] = hashlib.sha256(note.encode()).hexdigest()
    audit.append(connection, Entry(place, now_us, actor, event.value, f"alert:{alert}", detail))


def _withdraw(connection: Connection, alert: str) -> None:
    """Stop what was still to go out to people about an alert that is over."""
    o = tables.outbox.c
    mine = (o.alert == alert) & (o.state == "pending") & o.recipient.is_not(None)
    connection.execute(update(tables.outbox).where(mine).values(state="withdrawn"))


def _tell(
    connection: Connection, place: str, home: str | None, alert: str, event: Event, now_us: int
) -> None:
    values = {"at_us": now_us, "place": place, "home": home, "alert": alert, "what": event.value}
    connection.execute(_INSERT_CHANGES, values)
