"""What is kept about one home, row by row, as it may be handed to the people who live there.

Their own words are opened. Third parties are left out as a release leaves them out: contacts and
staff become roles. What staff wrote freely may name anybody, so it is withheld until somebody of
information governance has read it and asks for it by name; then known names are blacked out.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, func, select

from api import home_rows, sealed_rows
from api.home_rows import Subject
from api.incident import Names
from api.web.language import N_
from config import contacts, people
from config import tables as registry
from config.contacts import ContactKind
from config.vault import Vault
from ingest.clock import instant

TITLES: Final = {
    "homes": N_("The home as it is registered"),
    "households": N_("The household record: address and what matters at the door"),
    "persons": N_("Who lives there"),
    "former_addresses": N_("Where the home was before it moved"),
    "gateways": N_("Gateways"),
    "gateway_credentials": N_("When gateways were given something to sign in with"),
    "announcements": N_("When gateways announced their devices"),
    "announced_devices": N_("Devices that gateways announced"),
    "gateway_topics": N_("Places that a gateway had before"),
    "sensors": N_("Sensors"),
    "replaced_gateways": N_("Gateways that were replaced"),
    "replaced_sensors": N_("Sensors that were replaced"),
    "device_moves": N_("Devices that were to move from or to the home"),
    "consents": N_("On what ground the home is watched"),
    "contacts": N_("Whom to call"),
    "visits": N_("Booked visits"),
    "pauses": N_("Times in which the home was not watched"),
    "allowances": N_("Longer limits that somebody accepted"),
    "overrides": N_("Settings that the home has of its own"),
    "cap_proposals": N_("Longer limits that were proposed"),
    "installations": N_("Days of work in the home"),
    "walk_tests": N_("Tests of the sensors"),
    "endings": N_("When the enrolment ended, and why"),
    "gone_subjects": N_("Alerts and others that have expired, by their id alone"),
    "legal_holds": N_("Times in which nothing may be erased"),
    "alerts": N_("Alerts"),
    "alert_history": N_("What happened to each alert"),
    "escalations": N_("When an alert goes on to the next person"),
    "handovers": N_("Alerts handed from shift to shift"),
    "contact_attempts": N_("Who was tried about an alert"),
    "outbox": N_("Messages to staff about an alert"),
    "shadow_findings": N_("Found, and sent to nobody"),
    "adjudications": N_("What staff said of such findings"),
    "rehearsal_homes": N_("Rehearsals that were asked to tell of the home"),
    "rehearsed_alerts": N_("What other settings would have alerted, in rehearsals"),
    "unwatched": N_("Since when the home cannot be seen"),
    "unwatched_times": N_("Times in which the home could not be seen"),
    "welfare_calls": N_("Calls made because the home could not be seen"),
    "changes": N_("When pages were told that something changed"),
    "roster_history": N_("How the registration changed"),
    "audit": N_("Who looked at or changed what"),
}
"""What each table is to a reader; others go by their own name."""

WITHHELD: Final[Mapping[str, Mapping[str, str]]] = {
    "contacts": {"barred": "safeguarding"},
    "device_moves": dict.fromkeys(
        ("home", "to_home", "gateway", "to_gateway", "devices"), "of two homes"
    ),
    "households": {"key_safe": "told in person only", "barred": "safeguarding"},
    "gateway_credentials": {"mosquitto": "a secret", "nats": "a secret"},
}
"""Columns that are not printed, and why."""

_STAFF: Final = frozenset({"actor", "account", "recipient"})
_FREE: Final = frozenset({"note", "said", "why"})
_SYSTEM: Final = ("system", "")


@dataclass(frozen=True, slots=True)
class Redaction:
    """Leaves third parties out; ``with_notes`` lets free words stand without names known to us."""

    names: Names
    staff: frozenset[str]
    known: re.Pattern[str] | None
    with_notes: bool

    def row(self, table: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the row as it may be shown; times become ISO 8601 in UTC."""
        shown: dict[str, Any] = {}
        withheld = WITHHELD.get(table, {})
        is_third = table == "contacts" and row["kind"] != ContactKind.PERSON.value
        is_free = row.get("actor") not in _SYSTEM
        for name, value in row.items():
            if name in withheld:
                shown[name] = f"[withheld: {withheld[name]}]" if value else ""
            elif name == "sealed":
                shown |= {} if is_third else self._opened(value)
            elif name in _STAFF or name.endswith("_by"):
                shown[name] = self.names.staff(value) if value else ""
            elif name in _FREE and is_free:
                shown[name] = self.words(value)
            elif name.endswith("_us"):
                shown[name.removesuffix("_us")] = iso(value)
            else:
                shown[name] = self._plain(name, value)
        if is_third:
            shown["name"] = f"a {row['kind']}"
        return shown

    def _opened(self, text: str) -> dict[str, Any]:
        said = json.loads(text or "{}")
        return {name: self.words(v) if name in _FREE else v for name, v in said.items()}

    def words(self, said: str) -> str:
        """Return what was written freely, withheld or with known names blacked out."""
        if not self.with_notes:
            return self.names.words(said)
        return said if self.known is None else self.known.sub("[somebody else]", said or "")

    def _plain(self, name: str, value: Any) -> Any:  # noqa: ANN401  # of any column
        if name == "detail" and isinstance(value, str):
            value = json.loads(value)
        if isinstance(value, Mapping):
            return {key: self._plain("", inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._plain("", inner) for inner in value]
        return self.names.staff(value) if value in self.staff else value


def iso(at_us: int | None) -> str | None:
    """Return a time in microseconds since 1970 as ISO 8601 in UTC."""
    return None if at_us is None else f"{instant(at_us)}Z"


def redaction(
    connection: Connection, vault: Vault, home: Subject, *, with_notes: bool
) -> Redaction:
    """Return what leaves third parties out of this home's rows."""
    found = people.names(connection, frozenset(_accounts(connection)))
    names = Names(connection, vault, is_redacted=True)
    others = [c for c in contacts.read(connection, vault, home.id) if c.kind != ContactKind.PERSON]
    words = {word for one in others for word in (*_parts(one.name), one.phone)}
    words |= {word for name in found.values() for word in _parts(name)}
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    known = re.compile(rf"(?<!\w)({pattern})(?!\w)", re.IGNORECASE) if words else None
    return Redaction(names, frozenset(found), known, with_notes)


def _accounts(connection: Connection) -> Sequence[str]:
    return connection.execute(select(registry.accounts.c.id)).scalars().all()


def _parts(name: str) -> Iterator[str]:
    yield name
    yield from (word for word in name.split() if len(word) > 2)


def tables_of(
    connection: Connection, vault: Vault, home: Subject, hidden: Redaction
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield each table's name with its rows about this home; Locked without the keys."""
    for table, mine in home_rows.rules(home):
        query = select(table).where(mine).order_by(*table.primary_key)
        rows = sealed_rows.opened(vault, table.name, connection.execute(query).mappings().all())
        yield table.name, [hidden.row(table.name, row) for row in rows]


def counts(connection: Connection, home: Subject) -> dict[str, int]:
    """Return how many rows each table has about this home."""
    return {table.name: _count(connection, table, mine) for table, mine in home_rows.rules(home)}


def _count(connection: Connection, table: Table, mine: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(table).where(mine)
    return int(connection.execute(query).scalar_one())
