"""What the system does to alerts inside a caller's transaction: raise, take in, ease, give back."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select

from alerts import deadlines, record, spreading, tables
from alerts.alert import CONTINUING, SILENCES, STANDING, Finding
from alerts.lifecycle import Event, Refusal, Standing, step
from alerts.record import Sending

COME_BACK_US: Final = 3 * 3_600_000_000
"""How long a resolved silence may stay without a new sign of the person (3 hours)."""


_REOPENING: Final = frozenset({Event.COME_BACK, Event.TIME_OUT})
_BLANK: Final[Mapping[str, object]] = dict.fromkeys(
    (
        *("acknowledged_by", "acknowledged_us", "attending_by", "attending_us"),
        *("resolved_by", "resolved_us", "outcome"),
    )
)
"""What nobody has said of an alert that is open again; the history keeps what they said before."""

_EASED: Final = select(tables.alerts.c.id).where(
    tables.alerts.c.home == bindparam("of_home"),
    tables.alerts.c.is_eased,
    tables.alerts.c.kind.in_([kind.value for kind in SILENCES]),
)


def raise_new(
    connection: Connection, finding: Finding, now_us: int, sending: Sending
) -> str | None:
    """Raise what is new; return its id, None where it is known, or is part of one that stands."""
    if record.find(connection, finding.id) is not None:
        if finding.kind in SILENCES:
            unease(connection, finding, now_us, sending)  # a restart has eased them once more
        return None
    if isinstance(step(Standing(finding.kind), Event.RAISE), Refusal):
        return None
    if record.has_ended(connection, finding.home):
        return None  # decided before the engine knew: nobody is watched over there any more
    if finding.kind in CONTINUING:
        has_taken_in = takes_in if finding.home else _joins
        if has_taken_in(connection, finding, now_us, sending):
            return None
    if finding.kind in SILENCES:
        unease(connection, finding, now_us, sending)
    record.add(connection, finding, now_us, sending)
    return finding.id


def takes_in(connection: Connection, finding: Finding, now_us: int, sending: Sending) -> bool:
    """Whether this onset belongs, or belonged, to an alert that a person has yet to end."""
    taken_in = record.taken_in_by(connection, finding.id)
    if taken_in is not None:  # a restart may have eased it once more
        take_step(connection, taken_in, Event.UNEASE, now_us, record.again(finding.id), sending)
        return True
    alerts = tables.alerts.c
    query = select(alerts.id).where(
        alerts.home == finding.home,
        alerts.kind == finding.kind.value,
        alerts.state.in_([state.value for state in STANDING]),
    )
    alert = connection.execute(query).scalars().first()
    if alert is None:
        return False
    note = record.again(finding.id)
    if not take_step(connection, alert, Event.UNEASE, now_us, note, sending):
        take_step(connection, alert, Event.JOIN, now_us, note, sending)  # a repetition must find it
    return True


def _joins(connection: Connection, finding: Finding, now_us: int, sending: Sending) -> bool:
    """Whether a standing alert tells of these homes too, or did: of what the same outage hides.

    Once a person has ended it, further homes are an alert of their own.
    """
    if record.taken_in_by(connection, finding.id) is not None:
        return True
    while (row := record.standing_of(connection, finding)) is not None:
        event = spreading.event_of(row.evidence, finding.evidence)
        transition = step(record.standing(row), event)
        if isinstance(transition, Refusal):
            return False
        changes: dict[str, object] = dict(_BLANK) if event is Event.SPREAD else {}
        changes["sentence"] = finding.sentence
        changes["evidence"] = spreading.joined(row.evidence, finding.evidence)
        if record.apply(
            connection,
            row,
            transition,
            now_us,
            actor=record.SYSTEM,
            note=record.again(finding.id),
            sending=sending,
            changes=changes,
        ):
            return True
    return False


def unease(connection: Connection, finding: Finding, now_us: int, sending: Sending) -> None:
    """A home that is quiet again takes "moving again" back from its older silences."""
    for alert in connection.execute(_EASED, {"of_home": finding.home}).scalars().all():
        take_step(connection, alert, Event.UNEASE, now_us, "quiet again since then", sending)


def take_step(
    connection: Connection,
    alert: str,
    event: Event,
    now_us: int,
    note: str,
    sending: Sending,
    row: Row[Any] | None = None,
) -> bool:
    """Take a step of the system; one that a person overtook is looked at again.

    ``row`` is that of the alert where it was just read.
    """
    row = row or record.find(connection, alert)
    while row is not None:
        transition = step(record.standing(row), event)
        if isinstance(transition, Refusal):
            return False
        if event is Event.COME_BACK and (
            now_us - row.resolved_us < COME_BACK_US or record.has_ended(connection, row.home)
        ):
            return False
        if event is Event.TIME_OUT and not deadlines.is_due(connection, alert, now_us):
            return False
        if record.apply(
            connection,
            row,
            transition,
            now_us,
            actor=record.SYSTEM,
            note=note,
            sending=sending,
            changes=_BLANK if event in _REOPENING else {},
        ):
            return True
        row = record.find(connection, alert)
    return False
