"""The ledger: every alert, what became of it and who must hear, each step one transaction."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from alerts import (
    by_system,
    calibrations,
    deadlines,
    debounce,
    escalate,
    heartbeats,
    record,
)
from alerts.action import Calibrated, Proposals
from alerts.alert import (
    CHOICES,
    CONTINUING,
    LIFE_SAFETY,
    SILENCES,
    Finding,
    Outcome,
    State,
    Unwatched,
)
from alerts.lifecycle import Event, Refusal, step
from alerts.refusals import Conflict, Refused, UnknownAlert
from ingest.clock import Instant, microseconds


class Ledger:
    """Alerts over SQL. ``is_muted`` says whether messages are held back (a replay).

    ``is_audited`` is false for a ledger that tells of nothing real (a rehearsal): it notes nothing
    for auditors, and tells no page.
    """

    def __init__(
        self,
        database: Engine,
        *,
        channels: Sequence[str] = ("console",),
        is_muted: Callable[[], bool] = lambda: False,
        is_audited: bool = True,
    ) -> None:
        self._database = database
        self._channels = tuple(channels)
        self._is_muted, self._is_audited = is_muted, is_audited
        self._connection: Connection | None = None

    @contextmanager
    def together(self) -> Iterator[tuple["Ledger", Connection]]:
        """Yield a ledger whose steps are one transaction, committed at the end, and what it is on.

        Nothing that it did is there when an error passes through.
        """
        with self._begin() as connection:
            bound = Ledger(
                self._database,
                channels=self._channels,
                is_muted=self._is_muted,
                is_audited=self._is_audited,
            )
            bound._connection = connection
            yield bound, connection

    def raise_findings(self, findings: Sequence[Finding], now: Instant) -> list[str]:
        """Raise what is new, in one transaction; return the ids of new alerts, in order."""
        try:
            return self._raise_all(findings, now)
        except IntegrityError:
            if self._connection is not None:
                raise  # the caller's transaction is lost, and theirs to begin again
            return self._raise_all(findings, now)  # another process raised one of these meanwhile

    def _raise_all(self, findings: Sequence[Finding], now: Instant) -> list[str]:
        now_us, sending, ids = microseconds(now), self._sending(), []
        with self._begin() as connection:
            for finding in findings:
                if finding.is_test:
                    new = record.prove(connection, finding, now_us, sending)
                elif finding.kind in LIFE_SAFETY:
                    new = debounce.take(connection, finding, now_us, sending)
                else:
                    new = by_system.raise_new(connection, finding, now_us, sending)
                if new is not None:
                    ids.append(new)
        return ids

    def follow(self, findings: Sequence[Finding], now: Instant) -> list[str]:
        """Let alerts that people have open go on saying what is so; raise and send nothing.

        Returns the ids of findings that an open alert has taken in, as it would in live mode.
        """
        now_us, sending, taken_in = microseconds(now), self._sending(), []
        with self._begin() as connection:
            for finding in findings:
                if finding.kind in SILENCES:
                    by_system.unease(connection, finding, now_us, sending)
                elif finding.kind in CONTINUING and by_system.takes_in(
                    connection, finding, now_us, sending
                ):
                    taken_in.append(finding.id)
        return taken_in

    def acknowledge(self, alert: str, actor: str, now: Instant, note: str = "") -> None:
        """Take the alert on; again by the same person is no harm.

        Where everyone who was told must acknowledge, it stays open until the last of them has.

        Raises UnknownAlert, Conflict (somebody has it, or it is over) or Refused.
        """
        now_us = microseconds(now)
        with self._begin() as connection:
            row = self._row(connection, alert)
            if row.state == State.ACKNOWLEDGED.value and row.acknowledged_by == actor:
                return
            if row.state == State.OPEN.value and escalate.unanswered(connection, alert) - {actor}:
                self._by_person(connection, alert, Event.CONFIRM, actor, now_us, note, {})
                return
            changes = {"acknowledged_by": actor, "acknowledged_us": now_us}
            self._by_person(connection, alert, Event.ACKNOWLEDGE, actor, now_us, note, changes)

    def attend(self, alert: str, actor: str, now: Instant, note: str = "") -> None:
        """Say that one is on the way; again by the same person is no harm.

        Anybody may go to what another has taken on. Raises UnknownAlert, Conflict or Refused.
        """
        now_us = microseconds(now)
        with self._begin() as connection:
            row = self._row(connection, alert)
            if row.state == State.ATTENDING.value and row.attending_by == actor:
                return
            changes: dict[str, object] = {"attending_by": actor, "attending_us": now_us}
            if row.acknowledged_by is None:
                changes |= {"acknowledged_by": actor, "acknowledged_us": now_us}
            self._by_person(connection, alert, Event.ATTEND, actor, now_us, note, changes)

    def accept(self, alert: str, actor: str, now: Instant) -> None:
        """Take over a standing alert at hand-over, whoever had it before.

        Raises UnknownAlert or Conflict (it is over).
        """
        now_us = microseconds(now)
        changes = {"acknowledged_by": actor, "acknowledged_us": now_us}
        changes |= dict.fromkeys(("attending_by", "attending_us"))
        with self._begin() as connection:
            self._by_person(connection, alert, Event.ACCEPT, actor, now_us, "", changes)

    def resolve(self, alert: str, actor: str, outcome: Outcome, note: str, now: Instant) -> None:
        """Say how it ended. Anybody may resolve what another has taken on.

        Raises UnknownAlert, Conflict (it is over already) or Refused (``other`` without a note).
        """
        if outcome not in CHOICES:
            raise Refused("Only ending the home's enrolment ends an alert like this.")
        if outcome is Outcome.OTHER and not note.strip():
            raise Refused("Say what happened: the outcome 'other' needs a note.")
        now_us = microseconds(now)
        changes = {
            "resolved_by": actor,
            "resolved_us": now_us,
            "outcome": outcome.value,
            "note": note,
        }
        with self._begin() as connection:
            said = f"{outcome.value}: {note}" if note else outcome.value
            self._by_person(connection, alert, Event.RESOLVE, actor, now_us, said, changes)

    def end_enrolment(self, alerts: Sequence[str], actor: str, now: Instant, note: str) -> None:
        """Resolve these alerts because a person ended the enrolment of their home.

        Raises UnknownAlert or Conflict (one is over already).
        """
        outcome, now_us = Outcome.ENROLMENT_ENDED.value, microseconds(now)
        changes = {"resolved_by": actor, "resolved_us": now_us, "outcome": outcome, "note": note}
        said = f"{outcome}: {note}"
        with self._begin() as connection:
            for alert in alerts:
                self._by_person(connection, alert, Event.RESOLVE, actor, now_us, said, changes)

    def ease(self, alerts: Sequence[str], now: Instant, note: str) -> int:
        """Lower these alerts to "please confirm"; return how many were."""
        return self._by_system(alerts, Event.EASE, now, note)

    def work_again(self, alerts: Sequence[str], now: Instant, note: str) -> int:
        """Close these technical alerts; return how many were open."""
        return self._by_system(alerts, Event.WORK_AGAIN, now, note)

    def contradict(self, alerts: Sequence[str], now: Instant, note: str) -> int:
        """Close these alerts, which late data shows to be wrong; return how many were open."""
        return self._by_system(alerts, Event.CONTRADICT, now, note)

    def end(self, alerts: Sequence[str], now: Instant, note: str) -> int:
        """Close these notices, whose matter is over; return how many were open."""
        return self._by_system(alerts, Event.OVER, now, note)

    def come_back(self, alerts: Sequence[str], now: Instant, note: str) -> int:
        """Open again, one step up, those of these silences that are due; return how many.

        Due is a silence that a person resolved at least ``COME_BACK_US`` ago.
        """
        return self._by_system(alerts, Event.COME_BACK, now, note)

    def time_out(self, now: Instant, *, alert: str = "", limit: int = 200) -> int:
        """Give back to the queue what people took on and said no more of; return how many.

        At most ``limit`` at once, the most urgent first. ``alert`` is one whose time is over now
        whatever its deadline says (a rehearsal).
        """
        now_us, taken = microseconds(now), (State.ACKNOWLEDGED, State.ATTENDING)
        with self._begin() as connection:
            if alert:
                deadlines.end(connection, alert, now_us)
            overdue = [alert] if alert else deadlines.due(connection, taken, now_us, limit)
        return self._by_system(overdue, Event.TIME_OUT, now, "nobody said more in time")

    def set_unwatched(self, homes: Sequence[Unwatched], now: Instant) -> None:
        """Replace the list of unwatched homes; the change feed tells of those that differ."""
        with self._begin() as connection:
            record.set_unwatched(connection, homes, microseconds(now))

    def note(self, found: Sequence[Calibrated | Proposals]) -> None:
        """Keep what budgets came to, and what longer caps are proposed now."""
        with self._begin() as connection:
            for one in found:
                calibrations.write(connection, one)

    def beat(
        self,
        process: str,
        *,
        beat_us: int,
        now: Instant,
        is_live: bool,
        state: Mapping[str, object],
    ) -> None:
        """Write the last beat of a process: wall time, its clock's time and what it reports."""
        values = {
            "beat_us": beat_us,
            "now_us": microseconds(now),
            "is_live": is_live,
            "state": dict(state),
        }
        with self._begin() as connection:
            heartbeats.write(connection, process, values)

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        if self._connection is not None:
            yield self._connection
            return
        with self._database.begin() as connection:
            yield connection

    def _sending(self) -> record.Sending:
        return record.Sending(self._channels, self._is_muted(), self._is_audited)

    def _by_system(self, alerts: Sequence[str], event: Event, now: Instant, note: str) -> int:
        now_us, sending, count = microseconds(now), self._sending(), 0
        with self._begin() as connection:
            for id_ in alerts:
                row = record.find(connection, id_)
                alert = id_ if row is not None else record.taken_in_by(connection, id_)
                if alert is not None:
                    count += by_system.take_step(
                        connection, alert, event, now_us, note, sending, row
                    )
        return count

    def _by_person(
        self,
        connection: Connection,
        alert: str,
        event: Event,
        actor: str,
        now_us: int,
        note: str,
        changes: Mapping[str, object],
    ) -> None:
        """Take a person's step; a repeat counted or an easing in between is no conflict."""
        is_written = False
        while not is_written:
            row = self._row(connection, alert)
            transition = step(record.standing(row), event)
            if isinstance(transition, Refusal):
                raise _conflict(row)
            is_written = record.apply(
                connection,
                row,
                transition,
                now_us,
                actor=actor,
                note=note,
                sending=self._sending(),
                changes=changes,
            )

    def _row(self, connection: Connection, alert: str) -> Row[Any]:
        row = record.find(connection, alert)
        if row is None:
            raise UnknownAlert(f"no alert {alert}")
        return row


def _conflict(row: Row[Any]) -> Conflict:
    state = State(row.state)
    if state is State.ATTENDING:
        return Conflict(row.id, state, row.attending_by or "", row.attending_us or 0)
    if state is State.ACKNOWLEDGED:
        return Conflict(row.id, state, row.acknowledged_by or "", row.acknowledged_us or 0)
    return Conflict(row.id, state, row.resolved_by or "", row.resolved_us or row.updated_us)
