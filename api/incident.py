"""The incident file of an alert: what was known when, from the log alone, to be printed.

For release outside, third parties are left out: names of contacts and staff become roles, and
what was written freely is withheld, since it may name anybody.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from alerts import offline, tables, welfare_calls
from alerts.welfare_calls import WelfareCall
from api import queries
from api.queries import Alert, Scope
from api.web import lines
from config import audit, contacts, people
from config import tables as registry
from config.audit import Entry
from config.vault import Vault

SYSTEM = "the system"
AROUND_US = 24 * 3_600_000_000
"""How long before an alert began what was tried about an unseen home belongs to its file."""

_MEANS = {"phone": "by phone", "unit": "by the unit", "visit": "by a visit", "other": "otherwise"}


@dataclass(frozen=True, slots=True)
class Line:
    """Something that was known or done at ``at_us``: by whom, and what was said."""

    at_us: int
    what: str
    who: str
    said: str


@dataclass(frozen=True, slots=True)
class Incident:
    """The file: the alert with the numbers that decided it, and everything in order of time."""

    alert: Alert
    lines: tuple[Line, ...]
    is_redacted: bool


def build(
    connection: Connection,
    vault: Vault,
    scope: Scope,
    alert: str,
    now_us: int,
    *,
    is_redacted: bool,
) -> Incident | None:
    """Return the file of an alert as it is known now, None when it is absent or out of scope.

    Locked when contacts are to be named and the keys cannot be had.
    """
    found = queries.find_alert(connection, scope, alert)
    if found is None:
        return None
    names = Names(connection, vault, is_redacted=is_redacted)
    told = [
        *_history(connection, alert, names),
        *_attempts(connection, alert, names),
        *_messages(connection, alert, names),
        *_handovers(connection, alert, names),
        *_unwatched(connection, found, names, now_us),
    ]
    return Incident(found, tuple(sorted(told, key=lambda line: line.at_us)), is_redacted)


def note_release(connection: Connection, incident: Incident, account: str, now_us: int) -> None:
    """Write into the audit log who released the file."""
    detail = {"redacted": incident.is_redacted, "lines": len(incident.lines)}
    subject = f"alert:{incident.alert.id}"
    audit.append(
        connection, Entry(incident.alert.place, now_us, account, "release", subject, detail)
    )


class Names:
    """Says who somebody was; in a redacted file the same person is the same number throughout."""

    def __init__(self, connection: Connection, vault: Vault, *, is_redacted: bool) -> None:
        self._connection, self._vault, self._is_redacted = connection, vault, is_redacted
        self._known: dict[str, str] = {}

    def staff(self, account: str | None) -> str:
        """Return a member of staff, by name or by number."""
        if account in (None, "", "system"):
            return SYSTEM
        if account == "place":
            return "the place"
        if account not in self._known:
            number = len(self._known) + 1
            name = people.names(self._connection, frozenset({account})).get(account, account)
            self._known[account] = f"Member of staff {number}" if self._is_redacted else name
        return self._known[account]

    def contact(self, contact: str, kind: str) -> str:
        """Return a contact, by name or by what they are to the person."""
        role = "the person" if kind == "person" else f"a {kind}"
        found = (
            None if self._is_redacted else contacts.named(self._connection, self._vault, contact)
        )
        return role if found is None else f"{found[0]} ({found[1] or kind})"

    def words(self, said: str) -> str:
        """Return what was written freely, or that it is withheld."""
        if not said or not self._is_redacted:
            return said
        return f"[withheld: {len(said)} characters that may name somebody]"


def _history(connection: Connection, alert: str, names: Names) -> Iterator[Line]:
    for event in queries.history(connection, alert):
        what = lines.event_text(event.event)
        is_free = event.actor != "system"
        outcome, _, rest = event.note.partition(": ")
        said = names.words(rest) if is_free else event.note
        if is_free and outcome:
            said = f"{outcome}: {said}" if said else outcome
        yield Line(event.at_us, what, names.staff(event.actor), said)


def _attempts(connection: Connection, alert: str, names: Names) -> Iterator[Line]:
    table = tables.contact_attempts
    for row in connection.execute(select(table).where(table.c.alert == alert)):
        whom, how = names.contact(row.contact, row.contact_kind), _MEANS.get(row.means, "")
        yield Line(row.at_us, f"Tried {whom} {how}".strip(), names.staff(row.actor), "")
        if row.ended_us is not None:
            what = f"{whom[0].upper()}{whom[1:]}: {(row.result or '').replace('-', ' ')}"
            yield Line(row.ended_us, what, names.staff(row.actor), names.words(row.said))


def _messages(connection: Connection, alert: str, names: Names) -> Iterator[Line]:
    table = tables.outbox
    for row in connection.execute(select(table).where(table.c.alert == alert)):
        whom = names.staff(row.recipient) if row.recipient else "the console"
        for at_us, what in (
            (row.created_us, "Message queued"),
            (row.sent_us, "Message accepted by the provider"),
            (row.delivered_us, "Message delivered"),
        ):
            if at_us is not None:
                yield Line(at_us, f"{what}: {row.channel} to {whom}", SYSTEM, "")
        if row.state in ("failed", "bounced", "withdrawn", "muted"):
            what = f"Message {row.state}: {row.channel} to {whom}"
            yield Line(row.next_us, what, SYSTEM, row.error)


def _handovers(connection: Connection, alert: str, names: Names) -> Iterator[Line]:
    table = tables.handovers
    for row in connection.execute(select(table).where(table.c.alert == alert)):
        yield Line(row.at_us, "Handed over", names.staff(row.given_by), "")
        if row.told_us is not None:
            what = "Nobody accepted it in time: supervisors told"
            yield Line(row.told_us, what, SYSTEM, "")


def _unwatched(connection: Connection, alert: Alert, names: Names, now_us: int) -> Iterator[Line]:
    """Yield when the alert's homes could not be seen, and who called about them meanwhile.

    From a day before it began, or from when a home went unseen that was not seen again by then.
    """
    end_us = now_us if alert.resolved_us is None else alert.resolved_us
    homes, since_us = _homes(connection, alert), alert.onset_us - AROUND_US
    for time in offline.times_of(connection, homes, since_us, end_us):
        since_us = min(since_us, time.since_us)
        yield Line(time.since_us, f"Home {time.home} could not be seen from now on", SYSTEM, "")
        if time.until_us is not None and time.until_us <= end_us:
            yield Line(time.until_us, f"Home {time.home} was seen again", SYSTEM, "")
    for call in welfare_calls.begun_between(connection, homes, since_us, end_us):
        yield from _call(call, names, now_us)


def _call(call: WelfareCall, names: Names, now_us: int) -> Iterator[Line]:
    who, about = names.staff(call.called_by), f"about home {call.home}"
    yield Line(call.at_us, f"Began to call {about}, which could not be seen", who, "")
    if call.outcome is not None:
        what = f"Call {about}: {call.outcome.value.replace('-', ' ')}"
        yield Line(call.ended_us or call.at_us, what, who, names.words(call.said))
    elif call.until_us <= now_us:
        yield Line(call.until_us, f"Call {about}: nobody said what came of it", SYSTEM, "")


def _homes(connection: Connection, alert: Alert) -> list[str]:
    """Return the homes (ids) that an alert is about: its own, its gateway's, or its place's."""
    if alert.home is not None:
        return [alert.home]
    h, g = registry.homes.c, registry.gateways.c
    query = select(h.id).where(h.place == alert.place)
    if alert.gateway is not None:
        query = query.join(registry.gateways, g.home == h.number).where(g.id == alert.gateway)
    return list(connection.execute(query).scalars())


def as_json(incident: Incident) -> dict[str, Any]:
    """Return the file as JSON values; times are microseconds since 1970 UTC."""
    alert = incident.alert
    return {
        "alert": alert.id,
        "place": alert.place,
        "home": alert.home,
        "kind": alert.kind.value,
        "priority": alert.priority.value,
        "state": alert.state.value,
        "outcome": alert.outcome.value if alert.outcome else None,
        "onset_us": alert.onset_us,
        "raised_us": alert.raised_us,
        "sentence": alert.sentence,
        "evidence": dict(alert.evidence),
        "is_redacted": incident.is_redacted,
        "lines": [
            {"at_us": line.at_us, "what": line.what, "who": line.who, "said": line.said}
            for line in incident.lines
        ],
    }
