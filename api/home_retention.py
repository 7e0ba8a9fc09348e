"""Ends what homes leave whose enrolment has ended: household, devices, and last the home itself.

Once a day, a home and a kind in a short transaction each. What is under a legal hold stays, and
nothing goes while the end can be taken back. What went is logged and audited by place, in numbers.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Final

import numpy as np
import structlog
from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, func, select

from alerts import blinding, past_expiry
from alerts.forgetting import Erased
from api import ended_rows, home_rows, sealed_rows
from api.ended_rows import OF, Holders
from api.home_rows import Subject
from api.web import words
from config import audit, endings, gone_subjects, holds, registry, tables
from config.audit import Entry
from config.database import hold_writers
from config.endings import UNDO_DAYS, Ending, Kept
from config.keyring import Locked
from config.places import Place
from ingest.clock import Instant, microseconds
from ingest.sink import Store

_log = structlog.get_logger(__name__)

SYSTEM: Final = "system"
AT_ONCE: Final = 20
"""Kinds of homes that one step ends at most."""

STAYS: Final = frozenset({"audit", "roster_history"})
"""Tables that end by their own periods: of the audit log, and of the engine's log."""

_AUDITED: Final = {
    "contacts": "contact", "persons": "person", "households": "household", "sensors": "sensor",
    "gateways": "gateway", "pauses": "pause", "allowances": "allowance",
    "overrides": "override",
    "device_moves": "move",
}  # fmt: skip
"""How the audit log calls the rows of these tables; by number where they have no id."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What is not in the database: readings, keys, and what the engine learned.

    ``drop`` drops keys by their names, ``forget`` asks the engine to forget a home.
    """

    store: Store
    drop: Callable[[Sequence[str]], object]
    forget: Callable[[Erased], object]


@dataclass(frozen=True, slots=True)
class _Due:
    home: Subject
    kept: Kept


class HomeRetention:
    """What ended homes of every place leave; ``log_days`` is how long the engine's log is kept."""

    def __init__(
        self, places: Mapping[str, Place], database: Engine, outside: Outside, log_days: float
    ) -> None:
        self._places, self._database, self._outside = places, database, outside
        self._log_days = log_days
        self._done_day: np.datetime64 | None = None
        self._waiting: list[_Due] = []
        self.gone: dict[str, Counter[str]] = {key: Counter() for key in places}
        """Rows that went today, by place and table."""

    def step(self, now: Instant) -> int:
        """Delete some of what is due, unless today's work is done; return how many rows."""
        today = now.astype("datetime64[D]")
        if self._done_day == today:
            return 0
        gone = self._some(now)
        if not gone:
            self._finish(now)
            self._done_day = today
        return gone

    def _some(self, now: Instant) -> int:
        """Delete some of what waits, looking anew when nothing does; 0 once nothing is due."""
        is_fresh = False
        while self._waiting or not is_fresh:
            if not self._waiting:
                with self._database.connect() as connection:
                    self._waiting, is_fresh = self._due(connection, now), True
            some, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            if gone := sum(self._end(one, now) for one in some):
                return gone
        return 0

    def would_go(self, now: Instant) -> dict[str, dict[str, int]]:
        """Return how many rows of each place and table are due, none deleted."""
        found: dict[str, Counter[str]] = {key: Counter() for key in self._places}
        with self._database.connect() as connection:
            for one in self._due(connection, now):
                for table, mine in _rows(one):
                    found[one.home.place][table.name] += _count(connection, table, mine)
            found[audit.INSTALLATION] = Counter(past_expiry.due(connection))
        return {key: {n: c for n, c in counts.items() if c} for key, counts in found.items()}

    def _due(self, connection: Connection, now: Instant) -> list[_Due]:
        """Return the first kind of each home that is due and of which something is kept.

        The database is asked as often for one home as for thousands.
        """
        now_us = microseconds(now)
        held, has = holds.held(connection), ended_rows.kept(connection, now_us)
        found = []
        for number, ending in endings.final(connection, now_us):
            place = self._places.get(ending.place)
            if place is None or number in held:
                continue
            home = Subject(number, ending.home, ending.place)
            over = self._over(home, ending, place, now_us)
            found += list(islice((one for one in over if self._is_due(one, has)), 1))
        return found

    def _over(self, home: Subject, ending: Ending, place: Place, now_us: int) -> Iterator[_Due]:
        """Yield what of a home is past its last day, in the order in which it goes."""
        today = words.local(now_us, place.zone).date()
        until = words.local(ending.ended_us, place.zone).date() + timedelta(days=UNDO_DAYS)
        days = endings.last_days(place, ending.ended_on, until, self._log_days)
        for kept in (Kept.HOUSEHOLD, Kept.DEVICES, Kept.HOME):
            if today >= days[kept]:
                yield _Due(home, kept)

    def _is_due(self, one: _Due, has: Holders) -> bool:
        """Whether rows are there, and nothing is left that needs them: no alert that stands."""
        number = one.home.number
        if number in has[ended_rows.STANDING]:
            return False
        if one.kept is Kept.HOME:
            is_there = not any(number in homes for homes in has.values())
        else:
            is_there = any(number in has.get(name, ()) for name in OF[one.kept])
        # A reading says nothing without the sensor that it is of.
        return is_there and (one.kept is Kept.HOUSEHOLD or not self._has_readings(number))

    def _has_readings(self, home: int) -> bool:
        first, last = np.datetime64("0001-01-01", "us"), np.datetime64("9999-01-01", "us")
        return len(self._outside.store.read(home, first, last)) > 0

    def _end(self, one: _Due, now: Instant) -> int:
        with self._database.begin() as connection:
            hold_writers(connection)  # nobody holds it, or raises of it, between look and end
            has = ended_rows.kept(connection, microseconds(now), one.home.number)
            if one.home.number in holds.held(connection) or not self._is_due(one, has):
                return 0
            keys = [] if one.kept is not Kept.HOUSEHOLD else sealed_rows.subjects_of(
                connection, [one.home.number]
            )  # fmt: skip
            if one.kept is Kept.DEVICES:
                _leave_shared(connection, one.home, microseconds(now))
                self._outside.forget(_erased(connection, one.home.number))
            gone = self._delete(connection, one, microseconds(now))
            registry.bump(connection)
        if keys:
            self._drop(keys)
        return gone

    def _delete(self, connection: Connection, one: _Due, now_us: int) -> int:
        place, gone = one.home.place, 0
        if one.kept is Kept.HOME:
            blinding.blind(connection, one.home.id)
        for table, mine in _rows(one):
            if one.kept is not Kept.HOME and (start := _AUDITED.get(table.name)):
                key = table.c.id if "id" in table.c else table.c.number
                names = connection.execute(select(key).where(mine)).scalars()
                kept = [(f"{start}:{name}", one.home.id) for name in names]
                gone_subjects.keep(connection, place, kept, now_us)
        for table, mine in _rows(one):
            count = connection.execute(delete(table).where(mine)).rowcount
            self.gone[place][table.name] += count
            gone += count
        return gone

    def _drop(self, keys: Sequence[str]) -> None:
        try:
            self._outside.drop(keys)
        except Locked as told:
            # Their rows are gone; `stillwell keys sweep` drops what is left in backups.
            _log.warning("keys_not_dropped", keys=len(keys), why=str(told))

    def _finish(self, now: Instant) -> None:
        """End what the engine's log names no more, and say what went today."""
        at_us = microseconds(now)
        with self._database.begin() as connection:
            past = past_expiry.expire(connection)
            for key, counts in ((audit.INSTALLATION, Counter(past)), *self.gone.items()):
                told = {name: count for name, count in counts.items() if count}
                if told:
                    _log.info("home_retention_done", place=key, **told)
                    entry = Entry(key, at_us, SYSTEM, "retention", "homes", told)
                    audit.append(connection, entry)
        for counts in self.gone.values():
            counts.clear()


def _rows(one: _Due) -> list[tuple[Table, ColumnElement[bool]]]:
    """Return the tables and rows of this kind, what refers to others first."""
    wanted = OF.get(one.kept)
    return [
        (table, mine)
        for table, mine in reversed(list(home_rows.rules(one.home)))
        if table.name not in STAYS and (wanted is None or table.name in wanted)
    ]


def _leave_shared(connection: Connection, home: Subject, now_us: int) -> None:
    """Let go of gateways through which sensors of other homes speak, and note that they stay."""
    for gateway in endings.leave_shared(connection, home.number):
        subject = f"gateway:{gateway}"
        gone_subjects.keep(connection, home.place, [(subject, home.id)], now_us)
        audit.append(connection, Entry(home.place, now_us, SYSTEM, "retention", subject, {}))


def _count(connection: Connection, table: Table, mine: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(table).where(mine)
    return int(connection.execute(query).scalar_one())


def _erased(connection: Connection, home: int) -> Erased:
    g, s = tables.gateways.c, tables.sensors.c
    hubs = list(connection.execute(select(g.number).where(g.home == home)).scalars())
    own = (s.home == home) | (s.home.is_(None) & s.gateway.in_(hubs))
    sensors = list(connection.execute(select(s.number).where(own)).scalars())
    return Erased([home], sensors, hubs)
