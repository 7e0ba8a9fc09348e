"""Who was tried about an alert: by whom, by what, answered or not, and what was said.

An attempt that is begun and never ended counts as no answer once its time is over, so that the
next contact's turn comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, false, insert, or_, select, update

from alerts import deadlines, record, tables
from alerts.alert import STANDING, Outcome, Priority, State
from alerts.lifecycle import Event
from alerts.refusals import Refused, UnknownAlert
from config import audit
from config.audit import Entry
from config.contacts import Contact, ContactKind

LONGEST: Final = 2000
"""Characters of what was said."""

_MINUTE_US: Final = 60_000_000
_t: Final = tables.contact_attempts.c


class Means(StrEnum):
    """How somebody was tried."""

    PHONE = "phone"
    UNIT = "unit"
    VISIT = "visit"
    OTHER = "other"


class Result(StrEnum):
    """What came of it."""

    ANSWERED = "answered"
    NO_ANSWER = "no-answer"
    VOICEMAIL = "voicemail"
    WRONG_NUMBER = "wrong-number"
    TIMED_OUT = "timed-out"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt; ``result`` is None while it goes on, until ``due_us`` at the latest."""

    id: int
    alert: str
    contact: str
    contact_kind: str
    means: str
    actor: str
    at_us: int
    due_us: int | None
    result: str | None
    ended_us: int | None
    said: str


def begin(
    connection: Connection, alert: str, contact: Contact, means: Means, actor: str, now_us: int
) -> int:
    """Record that somebody is being tried now; return the attempt's id.

    Refused when the alert is over, or another attempt to the same contact goes on.
    """
    row = record.find(connection, alert)
    if row is None:
        raise UnknownAlert(f"no alert {alert}")
    if State(row.state) not in STANDING:
        raise Refused("This alert is over: attempts belong to one that stands.")
    going_on = [a for a in read(connection, alert) if a.contact == contact.id and a.result is None]
    if going_on:
        raise Refused("This contact is being tried already: say what came of that first.")
    values = {
        "alert": alert,
        "contact": contact.id,
        "contact_kind": contact.kind.value,
        "means": means.value,
        "actor": actor,
        "at_us": now_us,
        "due_us": now_us + int(contact.wait_min * _MINUTE_US),
        "said": "",
    }
    made = connection.execute(insert(tables.contact_attempts).values(values))
    _tell(connection, alert, now_us)
    deadlines.extend(connection, alert, Priority(row.priority), State(row.state), now_us)
    entry = Entry(row.place, now_us, actor, "attempt", f"alert:{alert}", {"contact": contact.id})
    audit.append(connection, entry)
    key = made.inserted_primary_key
    return 0 if key is None else int(key[0])


def end(
    connection: Connection, attempt: int, result: Result, said: str, actor: str, now_us: int
) -> None:
    """Say what came of an attempt; Refused when that was said before, or is too long."""
    if len(said) > LONGEST:
        raise Refused(f"What was said must be {LONGEST} characters or fewer.")
    # Somebody may pick up, or call back, after the time was over.
    late = _t.result == Result.TIMED_OUT.value if result is Result.ANSWERED else false()
    statement = (
        update(tables.contact_attempts)
        .where(_t.id == attempt, or_(_t.result.is_(None), late))
        .values(result=result.value, ended_us=now_us, due_us=None, said=said)
    )
    if connection.execute(statement).rowcount != 1:
        raise Refused("What came of this attempt was said before: record a new attempt.")
    alert = connection.execute(select(_t.alert).where(_t.id == attempt)).scalar_one()
    _tell(connection, alert, now_us)
    _note_end(connection, alert, attempt, result, actor, now_us)


def expire(connection: Connection, now_us: int) -> int:
    """End attempts whose time is over, so that the next contact's turn comes; return how many."""
    rows = connection.execute(select(_t.id, _t.alert).where(_t.due_us <= now_us)).all()
    count = 0
    for row in rows:
        statement = (
            update(tables.contact_attempts)
            .where(_t.id == row.id, _t.result.is_(None))
            .values(result=Result.TIMED_OUT.value, ended_us=now_us, due_us=None)
        )
        if connection.execute(statement).rowcount:
            _tell(connection, row.alert, now_us)
            _note_end(connection, row.alert, row.id, Result.TIMED_OUT, record.SYSTEM, now_us)
            count += 1
    return count


def read(connection: Connection, alert: str) -> list[Attempt]:
    """Return the attempts about an alert, first things first."""
    query = select(*(_t[name] for name in Attempt.__slots__)).where(_t.alert == alert)
    return [Attempt(*row) for row in connection.execute(query.order_by(_t.id))]


def find(connection: Connection, alert: str, attempt: int) -> Attempt | None:
    """Return this attempt about this alert, or None."""
    return next((a for a in read(connection, alert) if a.id == attempt), None)


def next_contact(contacts: Sequence[Contact], attempts: Sequence[Attempt]) -> Contact | None:
    """Return whose turn it is: the first of those tried least often; None while one is tried.

    A wrong number is not tried again, and nobody is once the person herself has answered.
    """
    is_over = any(a.result == Result.ANSWERED and a.contact_kind == "person" for a in attempts)
    if is_over or any(a.result is None for a in attempts):
        return None
    wrong = {a.contact for a in attempts if a.result == Result.WRONG_NUMBER}
    left = [contact for contact in contacts if contact.id not in wrong]
    tries = {c.id: sum(a.contact == c.id for a in attempts) for c in left}
    return min(left, key=lambda c: tries[c.id], default=None)


def spoken_us(connection: Connection, alert: str) -> int | None:
    """Return when the person herself was first spoken to or seen about this alert, or None."""
    answered = [
        a.ended_us or a.at_us
        for a in read(connection, alert)
        if a.result == Result.ANSWERED and a.contact_kind == ContactKind.PERSON
    ]
    h = tables.history.c
    seen = (Outcome.SPOKEN_TO.value, Outcome.SEEN_WELL.value)
    rows = connection.execute(
        select(h.at_us, h.note).where(h.alert == alert, h.event == Event.RESOLVE.value)
    )
    answered += [row.at_us for row in rows if row.note.partition(": ")[0] in seen]
    return min(answered, default=None)


def _note_end(
    connection: Connection, alert: str, attempt: int, result: Result, actor: str, now_us: int
) -> None:
    """Write into the audit log what came of an attempt; not what was said, which names people."""
    row = record.find(connection, alert)
    if row is not None:
        detail = {"attempt": attempt, "result": result.value}
        entry = Entry(row.place, now_us, actor, "attempt-ended", f"alert:{alert}", detail)
        audit.append(connection, entry)


def _tell(connection: Connection, alert: str, now_us: int) -> None:
    row = record.find(connection, alert)
    if row is not None:
        values = {"at_us": now_us, "place": row.place, "home": row.home, "alert": alert}
        connection.execute(insert(tables.changes).values(**values, what="attempt"))
