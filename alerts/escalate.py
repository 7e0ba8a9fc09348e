"""Climbs the ladder of an alert that nobody has: who is told now, and when the next.

Each step is one transaction: the deadline is claimed by compare-and-set, and what goes out is
queued with it, so that a kill or a second process leaves neither half a step nor two.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, insert, select, update

from alerts import deadlines, record, tables
from alerts.alert import Priority, State
from alerts.lifecycle import Event, Refusal, step
from alerts.texts import text
from config import ladder_rows, ladders, message_texts, people, recipients, rotas, webhooks
from config.holidays import BankHolidays
from config.ladders import Ladder, Rung
from config.places import Place
from config.recipients import Recipient
from config.roles import Role
from ingest.clock import Instant, microseconds

_MINUTE_US: Final = 60_000_000
_URGENT: Final = (Priority.P1, Priority.P2)
PLACE: Final = "place"
"""Recipient of what goes to the place itself, such as its webhook."""


@dataclass(frozen=True, slots=True)
class Told:
    """One message to one recipient (account id, or ``place``) by one channel."""

    recipient: str
    channel: str
    language: str
    at_us: int


def climb(database: Engine, places: Mapping[str, Place], now: Instant, limit: int = 100) -> int:
    """Take every step that is due, the most urgent alerts first; return how many were taken."""
    now_us = microseconds(now)
    with database.connect() as connection:
        due = deadlines.due(connection, (State.OPEN,), now_us, limit)
    taken = 0
    for alert in due:
        with database.begin() as connection:
            taken += _take(connection, alert, places, now_us)
    return taken


def _take(connection: Connection, alert: str, places: Mapping[str, Place], now_us: int) -> bool:
    at = deadlines.find(connection, alert)
    row = record.find(connection, alert)
    if at is None or row is None or at.due_us is None or at.due_us > now_us:
        return False
    ladder = ladder_rows.find(connection, row.place, row.priority) or _default(places, row)
    rung = None if ladder is None else ladders.at(ladder, at.rung)
    wait_us = None if rung is None else int(rung.wait_min * _MINUTE_US)
    told = [] if rung is None else list(_told(connection, rung, row, places, now_us))
    if rung is not None and not told and ladder is not None and rung != ladder.fallback:
        wait_us = 0  # nobody is there to wait for
    if not _claim(connection, at, now_us, wait_us, is_everyone=rung is not None and rung.everyone):
        return False
    if rung is None:
        return False
    transition = step(record.standing(row), Event.ESCALATE)
    if isinstance(transition, Refusal):
        return False
    people_ = len({one.recipient for one in told})
    note = f"step {at.rung + 1}: {people_} told" if told else f"step {at.rung + 1}: nobody to tell"
    is_written = record.apply(
        connection, row, transition, now_us, actor=record.SYSTEM, note=note,
        sending=record.Sending((), is_muted=True), changes={},
    )  # fmt: skip
    if is_written:
        _queue(connection, row, at.rung, told, now_us)
    return is_written


def _default(places: Mapping[str, Place], row: Row[Any]) -> Ladder | None:
    """Return the ladder that the place file names for this priority, where none was saved."""
    place = places.get(row.place)
    return None if place is None else place.ladder.get(row.priority)


def _claim(
    connection: Connection, at: Row[Any], now_us: int, wait_us: int | None, *, is_everyone: bool
) -> bool:
    """Move the deadline on if nobody has meanwhile; without a ladder there is none any more."""
    e = tables.escalations.c
    values = {
        "due_us": None if wait_us is None else now_us + wait_us,
        "rung": at.rung + (wait_us is not None),
        "rung_us": now_us,
        "is_everyone": is_everyone,
    }
    statement = update(tables.escalations).where(
        e.alert == at.alert, e.rung == at.rung, e.due_us == at.due_us
    )
    return connection.execute(statement.values(values)).rowcount == 1


def _told(
    connection: Connection, rung: Rung, row: Row[Any], places: Mapping[str, Place], now_us: int
) -> Iterator[Told]:
    """Yield who is told how; who has no address for a channel is not told by it."""
    place = places.get(row.place)
    accounts = {
        a: None for who in rung.who for a in _accounts(connection, who, row.place, place, now_us)
    }
    for channel in rung.channel:
        if channel == "webhook":
            yield Told(PLACE, channel, "en", now_us)
            continue
        for account in accounts:
            person = recipients.find(connection, account) or Recipient()
            if not person.address(channel):
                continue
            quiet_us = None
            if place is not None and Priority(row.priority) not in _URGENT:
                quiet_us = recipients.quiet_until_us(person, place.zone, now_us)
            yield Told(account, channel, person.language, quiet_us or now_us)


def reaches(connection: Connection, rung: Rung, place: Place, now_us: int) -> bool:
    """Return whether this step would be sent to anybody now, by whatever channel."""
    accounts = [a for who in rung.who for a in _accounts(connection, who, place.key, place, now_us)]
    found = [recipients.find(connection, account) or Recipient() for account in accounts]
    sent = [channel for channel in rung.channel if channel != "console"]
    if "webhook" in sent and webhooks.find(connection, place.key) is not None:
        return True
    return any(person.address(channel) for person in found for channel in sent)


def _accounts(
    connection: Connection, who: str, key: str, place: Place | None, now_us: int
) -> Sequence[str]:
    word, _, name = who.partition(":")
    if word == "role":
        return people.holders(connection, key, Role(name))
    rota = rotas.find(connection, key)
    if place is None or rota is None:
        return ()
    if word == "team":
        emails = [email for team in rota.team if team.key == name for email in team.members]
    elif word in ladders.ON_CALL:
        span = (now_us, now_us + 1)
        found = rotas.turns(rota, place.zone, BankHolidays(rota.division), *span)
        if word == ladders.ON_CALL[0]:
            now, _later = rotas.on_call(found, name, now_us)
        else:
            now = rotas.on_line(found, name, word, now_us)
        emails = [] if now is None else [now.person]
    else:
        return ()
    found_accounts = [people.find_account(connection, email) for email in emails]
    return [account.id for account in found_accounts if account is not None]


def _queue(
    connection: Connection, row: Row[Any], rung: int, told: Sequence[Told], now_us: int
) -> None:
    own = message_texts.find(connection, row.place) if told else None
    for one in told:
        connection.execute(
            insert(tables.outbox).values(
                alert=row.id,
                key=f"{row.id}:{one.channel}:{row.step}.{rung}:{one.recipient}",
                channel=one.channel,
                text=text(Priority(row.priority), row.id, one.language, own),
                state="pending",
                attempts=0,
                next_us=one.at_us,
                created_us=now_us,
                error="",
                recipient=one.recipient,
                rung=rung,
            )
        )


def tell_role(connection: Connection, row: Row[Any], role: Role, now_us: int, why: str) -> int:
    """Tell everybody in this role at the alert's place by each address; return how many messages.

    Beside the ladder, and at once: ``why`` (a few characters) keeps the messages apart from it.
    """
    count, own = 0, message_texts.find(connection, row.place)
    for account in people.holders(connection, row.place, role):
        person = recipients.find(connection, account) or Recipient()
        for channel in ("sms", "email", "apprise"):
            key = f"{row.id}:{channel}:{why}:{account}"
            known = select(tables.outbox.c.id).where(tables.outbox.c.key == key)
            if not person.address(channel) or connection.execute(known).first():
                continue
            words = text(Priority(row.priority), row.id, person.language, own)
            connection.execute(
                insert(tables.outbox).values(
                    alert=row.id,
                    key=key,
                    channel=channel,
                    text=words,
                    state="pending",
                    attempts=0,
                    next_us=now_us,
                    created_us=now_us,
                    error="",
                    recipient=account,
                )
            )
            count += 1
    return count


def hurry(connection: Connection, alert: str, rung: int, now_us: int) -> bool:
    """Let the next step be due now when no message of the last one can still reach anybody."""
    o, e = tables.outbox.c, tables.escalations.c
    alive = select(o.id).where(
        o.alert == alert, o.rung == rung, o.state.notin_(("failed", "bounced", "withdrawn"))
    )
    if connection.execute(alive.limit(1)).first() is not None:
        return False
    statement = update(tables.escalations).where(
        e.alert == alert, e.rung == rung + 1, e.due_us > now_us,
        e.alert.in_(select(tables.alerts.c.id).where(tables.alerts.c.state == State.OPEN.value)),
    )  # fmt: skip
    return connection.execute(statement.values(due_us=now_us)).rowcount == 1


def unanswered(connection: Connection, alert: str) -> set[str]:
    """Return who must still acknowledge where the last step says that everyone must."""
    at = deadlines.find(connection, alert)
    if at is None or not at.is_everyone:
        return set()
    o, h = tables.outbox.c, tables.history.c
    asked = select(o.recipient).where(
        o.alert == alert, o.rung == at.rung - 1, o.created_us == at.rung_us
    )
    said = select(h.actor).where(
        h.alert == alert, h.event == Event.CONFIRM.value, h.at_us >= at.rung_us
    )
    left = set(connection.execute(asked).scalars()) - set(connection.execute(said).scalars())
    return {who for who in left if who and who != PLACE}
