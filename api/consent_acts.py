"""Decisions to watch a home, on pages and by REST: read and written in the caller's name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection

from api import households
from api.auth import Visitor
from api.contacting import EDITORS
from api.errors import absent
from api.resources import Resources
from api.roster import find_home
from api.web import words
from config import consents, people, registry
from config.consents import Consent, ConsentPlan
from config.database import hold_writers
from config.homes import Home
from config.kinds import OF_DEVICES, Kind
from config.places import Place
from config.problems import ConfigProblem
from ingest.clock import instant, microseconds
from ingest.sink import Store


class Changed(Exception):
    """Another decision stands than the one that was seen; nothing was saved."""


class DecidedLate(ConfigProblem):
    """Readings are kept since ``first``, a local day, before anybody had decided."""

    def __init__(self, decided_on: date, first: date) -> None:
        self.first = first
        super().__init__(
            f"consent: decided_on is {decided_on}, but readings of this home are kept since "
            f"{first}, before anybody had decided: record the decision that they rest on, or erase "
            "them first (`stillwell store erase`); nothing was saved"
        )


@dataclass(frozen=True, slots=True)
class Due:
    """What must be reviewed at a place by its own ``today``, the oldest first.

    ``unrecorded`` are homes (ids) that are watched although no decision is kept.
    """

    today: date
    reviews: Sequence[Consent]
    unrecorded: Sequence[str]


@dataclass(frozen=True, slots=True)
class Outlook:
    """A home with every decision about it, the newest first; ``today`` is the place's.

    ``names`` are those of who decided or withdrew, by account; ``rooms`` where its sensors are,
    by each kind that is to have a purpose.
    """

    home: Home
    place: Place
    today: date
    decisions: Sequence[Consent]
    names: Mapping[str, str]
    rooms: Mapping[Kind, Sequence[str]]

    @property
    def standing(self) -> Consent | None:
        """Return the decision that stands."""
        return next((one for one in self.decisions if one.stands), None)

    @property
    def seen(self) -> int:
        """Return the number of the decision that stands, 0 where none does."""
        return 0 if self.standing is None else self.standing.number


def outlook(resources: Resources, visitor: Visitor, home: str) -> Outlook:
    """Return a home with all that was decided about it; Problem 404 when it is not theirs."""
    with resources.database.connect() as connection:
        found = _expect_home(connection, visitor, home)
        decisions = consents.history(connection, home)
        accounts = {one.recorded_by for one in decisions} | {one.withdrawn_by for one in decisions}
        names = people.names(connection, frozenset(accounts))
        sensors = registry.sensors(connection, found.number)
    rooms: dict[Kind, list[str]] = {
        kind: [] for kind in sorted({one.kind for one in sensors} - OF_DEVICES)
    }
    for one in sensors:
        if one.kind in rooms and one.room and one.room not in rooms[one.kind]:
            rooms[one.kind].append(one.room)
    place = resources.places[found.place]
    today = households.today(place, microseconds(resources.clock()))
    return Outlook(found, place, today, decisions, names, rooms)


def history(resources: Resources, visitor: Visitor, home: str) -> list[Consent]:
    """Return every decision about a home, the newest first; Problem 404 when it is not theirs."""
    with resources.database.connect() as connection:
        _expect_home(connection, visitor, home)
        return consents.history(connection, home)


def due(resources: Resources, visitor: Visitor, place: str) -> Due:
    """Return what is due at a place; Problem 404 when it is not theirs."""
    if place not in visitor.places(*EDITORS):
        raise absent()
    today = households.today(resources.places[place], microseconds(resources.clock()))
    with resources.database.connect() as connection:
        found = consents.due(connection, [place], today)
        return Due(today, found, consents.unrecorded(connection, [place]))


def expect_in_time(resources: Resources, visitor: Visitor, home: str, plan: ConsentPlan) -> None:
    """Problem 404, or DecidedLate when readings are older than any decision with this one."""
    first = _first(resources, visitor, home, plan)
    with resources.database.connect() as connection:
        expect_decided(first, plan.decided_on, consents.history(connection, home))


def record(
    resources: Resources, visitor: Visitor, home: str, plan: ConsentPlan, *, seen: int | None = None
) -> Consent:
    """Keep a decision; Problem 404, or ConfigProblem says what is wrong and nothing is kept.

    ``seen`` is the number of the decision that the caller saw standing, 0 for none: Changed when
    another one stands. Left out, whichever stands is replaced.
    """
    first = _first(resources, visitor, home, plan)  # a store may be slow: not under the lock
    now_us = microseconds(resources.clock())
    with resources.database.begin() as connection:
        hold_writers(connection)
        found = _expect_home(connection, visitor, home)
        _expect_seen(connection, home, seen)
        today = households.today(resources.places[found.place], now_us)
        kept = consents.record(connection, home, plan, visitor.account.id, now_us, today)
        expect_decided(first, plan.decided_on, consents.history(connection, home))
        return kept


def withdraw(
    resources: Resources, visitor: Visitor, home: str, why: str, *, seen: int | None = None
) -> None:
    """Withdraw what stands; Problem 404, or ConfigProblem says what is wrong.

    ``seen`` as in ``record``.
    """
    now_us = microseconds(resources.clock())
    with resources.database.begin() as connection:
        hold_writers(connection)
        _expect_home(connection, visitor, home)
        _expect_seen(connection, home, seen)
        consents.withdraw(connection, home, visitor.account.id, why, now_us)


def first_before(store: Store | None, home: int, day: date, zone: ZoneInfo) -> date | None:
    """Return the local day of a home's (number) first reading if that is before this one."""
    if store is None:
        return None
    start_us = int(datetime.combine(day, time(), zone).timestamp()) * 1_000_000
    batch = store.read(home, np.datetime64(0, "us"), instant(start_us))
    if not len(batch):
        return None
    return words.local(microseconds(batch.time.min()), zone).date()


def expect_decided(first: date | None, decided_on: date, decisions: Sequence[Consent]) -> None:
    """DecidedLate when neither this day nor that of a decision is as early as the first reading."""
    days = [decided_on, *(one.decided_on for one in decisions)]
    if first is not None and min(days) > first:
        raise DecidedLate(decided_on, first)


def _first(resources: Resources, visitor: Visitor, home: str, plan: ConsentPlan) -> date | None:
    with resources.database.connect() as connection:
        found = _expect_home(connection, visitor, home)
    zone = resources.places[found.place].zone
    return first_before(resources.store(), found.number, plan.decided_on, zone)


def _expect_home(connection: Connection, visitor: Visitor, home: str) -> Home:
    found = find_home(connection, visitor.places(*EDITORS), home)
    if found is None:
        raise absent()
    return found


def _expect_seen(connection: Connection, home: str, seen: int | None) -> None:
    if seen is None:
        return
    stands = [one.number for one in consents.history(connection, home) if one.stands]
    if seen != (stands[0] if stands else 0):
        raise Changed
