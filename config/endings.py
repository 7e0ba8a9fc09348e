"""The end of an enrolment: why and when, what is kept until when, and taking it back in SQL.

What hangs on alerts is ended by ``api/ending.py`` in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, insert, select, update

from config import audit, consents, credentials, pause_rows, registry, tables, walk_test_rows
from config.audit import Entry
from config.homes import HomeState
from config.kinds import Kind
from config.places import Place
from config.problems import ConfigProblem

UNDO_DAYS: Final = 14
"""Days in which an end can be taken back; nothing is deleted because of it before."""

LONGEST_WHY: Final = 200
_DAY_US: Final = 86_400_000_000

_e, _h, _c = tables.endings.c, tables.homes.c, tables.consents.c


class EndReason(StrEnum):
    """Why nobody is watched over there any more."""

    DIED = "died"
    CARE = "moved-into-care"
    WITHDREW = "withdrew"
    OTHER = "other"


class Kept(StrEnum):
    """What an ended home leaves."""

    READINGS = "readings"
    ALERTS = "alerts"
    HOUSEHOLD = "household"
    DEVICES = "devices"
    HOME = "home"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Ending:
    """An end as it is kept; ``home`` is the home's id, ``ended_on`` a local date.

    ``was_state`` is the home's state before; ``taken_back_us`` is None while the end stands.
    """

    number: int
    home: str
    place: str
    reason: EndReason
    ended_on: date
    was_state: HomeState
    ended_us: int
    ended_by: str
    until_us: int
    taken_back_us: int | None
    taken_back_by: str
    why: str

    def is_final(self, now_us: int) -> bool:
        """Return whether it can be taken back no longer."""
        return now_us >= self.until_us


@dataclass(frozen=True, slots=True)
class Ended:
    """What ended with an enrolment: how many, and gateways (ids) whose credentials did."""

    gateways: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    """Gateways of several homes, through which sensors of this one go on being heard."""

    consents: int = 0
    pauses: int = 0
    visits: int = 0
    caps: int = 0
    tests: int = 0


def last_days(place: Place, ended_on: date, until_on: date, log_days: float) -> Mapping[Kept, date]:
    """Return the day on which the last of each kind goes, while no legal hold stands (pure).

    ``until_on`` is the day up to which the end can be taken back; ``log_days`` is for how long the
    engine's log, which names devices, is kept.
    """
    least = max(until_on, ended_on)

    def after(days: float) -> date:
        return max(ended_on + timedelta(days=days), least)

    # An alert is over when it is closed, which may be later than the day of the end.
    alerts = until_on - timedelta(days=UNDO_DAYS) + timedelta(days=place.alert_days)
    found = {
        Kept.READINGS: until_on - timedelta(days=UNDO_DAYS - place.retention_days),
        Kept.ALERTS: alerts,
        Kept.HOUSEHOLD: after(place.household_days),
    }
    # A reading says nothing without the sensor that it is of: devices go after readings.
    found[Kept.DEVICES] = max(after(place.device_days), found[Kept.READINGS], after(log_days))
    found[Kept.HOME] = max(found.values())
    found[Kept.AUDIT] = max(found[Kept.HOME], after(place.kept_audit_days))
    return found


def mistakes(
    state: HomeState, ended_on: date, *, enrolled_on: date, today: date, standing: date | None
) -> list[str]:
    """Return what is wrong with ending a home on this day (pure); empty when nothing is.

    ``standing`` is the day of an end that stands already.
    """
    if state is HomeState.ENDED:
        when = "" if standing is None else f" on {standing}"
        return [f"the enrolment has ended{when} already; nothing is to be ended"]
    if state is HomeState.TEST:
        return ["it is a canary home: nobody lives there, and `stillwell canary` looks after it"]
    if ended_on > today:
        return [f"the day of the end is {ended_on}, which is still to come; end it on that day"]
    if ended_on < enrolled_on:
        early = f"the day of the end is {ended_on}, before the home was enrolled on {enrolled_on}"
        return [f"{early}; say the day on which it ended"]
    return []


def end(
    connection: Connection,
    home: str,
    reason: EndReason,
    ended_on: date,
    account: str,
    *,
    now_us: int,
    wall_us: int,
    closed: Sequence[str] = (),
) -> tuple[Ending, Ended]:
    """End the enrolment of a home (id) and all that was declared for it, in this transaction.

    ``wall_us`` is the time by which the broker lets gateways in, ``closed`` are the alerts (ids)
    that were closed with it, for the audit log. Check ``mistakes`` first.
    """
    row = connection.execute(select(tables.homes).where(_h.id == home)).one()
    number, place = int(row.number), str(row.place)
    done = Ended(
        gateways=_revoke(connection, number, account, wall_us),
        shared=shared_gateways(connection, number),
        consents=_end_consents(connection, number, account, now_us, reason),
        pauses=_end_pauses(connection, number, account, now_us),
        visits=_end_visits(connection, place, number, account, now_us),
        caps=registry.end_allowances(connection, number, now_us, by=account),
        tests=_end_test(connection, number, account, now_us),
    )
    values = {
        "home": number, "reason": reason.value, "ended_on": ended_on.isoformat(),
        "was_state": row.state, "ended_us": now_us, "ended_by": account,
        "until_us": now_us + UNDO_DAYS * _DAY_US, "taken_back_by": "", "why": "",
    }  # fmt: skip
    connection.execute(insert(tables.endings).values(values))
    registry.set_home_state(connection, [home], HomeState.ENDED)
    made = standing(connection, home)
    if made is None:
        raise RuntimeError("ending: the row that was written is not there")
    detail = {
        "reason": reason.value, "on": ended_on.isoformat(), "gateways": list(done.gateways),
        "consents": done.consents, "pauses": done.pauses, "visits": done.visits,
        "caps": done.caps, "tests": done.tests,
        "closed": list(closed),
    }  # fmt: skip
    audit.append(connection, Entry(place, now_us, account, "end-home", f"home:{home}", detail))
    return made, done


def take_back(
    connection: Connection, home: str, why: str, account: str, now_us: int
) -> tuple[Ending, list[str]]:
    """Let a home (id) be enrolled again as it was; ConfigProblem says why it cannot be.

    Return the end and the gateways (ids) that had been shut out: they need new credentials. The
    decision that stood before stands again; pauses, visits and longer limits do not.
    """
    found = standing(connection, home)
    said = why.strip()
    if found is None:
        raise ConfigProblem("ending: no end of this enrolment stands; nothing is to be taken back")
    if found.is_final(now_us):
        raise ConfigProblem(
            f"ending: it ended more than {UNDO_DAYS} days ago and can be taken back no longer; "
            "enrol the home again"
        )
    if not 3 <= len(said) <= LONGEST_WHY or not said.isprintable():
        raise ConfigProblem(
            f"ending: why has {len(said)} characters, expected 3 to {LONGEST_WHY} in one line: say "
            "what was mistaken, without names"
        )
    values = {"taken_back_us": now_us, "taken_back_by": account, "why": said}
    connection.execute(update(tables.endings).where(_e.number == found.number).values(values))
    number = connection.execute(select(_h.number).where(_h.id == home)).scalar_one()
    mine = (_c.home == number) & (_c.withdrawn_us == found.ended_us)
    renewed = {"withdrawn_us": None, "withdrawn_by": "", "why": ""}
    connection.execute(update(tables.consents).where(mine).values(renewed))
    registry.set_home_state(connection, [home], found.was_state)
    gateways = _gateways(connection, number)
    detail = {"ending": found.number, "gateways": gateways}
    entry = Entry(found.place, now_us, account, "take-back-end", f"home:{home}", detail)
    audit.append(connection, entry)
    return found, gateways


def standing(connection: Connection, home: str) -> Ending | None:
    """Return the end of a home (id) that stands, None when there is none."""
    query = _query().where(_h.id == home, _e.taken_back_us.is_(None))
    row = connection.execute(query.order_by(_e.number.desc())).first()
    return None if row is None else _ending(row)


def final(connection: Connection, now_us: int) -> list[tuple[int, Ending]]:
    """Return every home (number) whose end can be taken back no longer, by number."""
    query = _query().add_columns(_h.number.label("of")).where(
        _e.taken_back_us.is_(None), _e.until_us <= now_us, _h.state == HomeState.ENDED.value
    )  # fmt: skip
    return [(int(row.of), _ending(row)) for row in connection.execute(query.order_by(_h.number))]


def foreign_sensor(connection: Connection, home: int) -> tuple[str, str] | None:
    """Return a sensor of another home on a gateway of this one (number), and whose (ids)."""
    g, s = tables.gateways.c, tables.sensors.c
    query = (
        select(s.id, _h.id)
        .join(tables.homes, _h.number == s.home)
        .join(tables.gateways, g.number == s.gateway)
        .where(g.home == home, s.home != home, s.ended_us.is_(None))
        .order_by(s.id)
    )
    row = connection.execute(query).first()
    return None if row is None else (row[0], row[1])


def leave_shared(connection: Connection, home: int) -> list[str]:
    """Let go of gateways of a home (number) through which sensors of others speak; return ids.

    They are nobody's own from then on, as those of a block of flats are.
    """
    g, s = tables.gateways.c, tables.sensors.c
    others = select(s.gateway).where(s.home != home)
    query = select(g.number, g.id).where(g.home == home, g.number.in_(others)).order_by(g.id)
    shared = {row.number: row.id for row in connection.execute(query)}
    if shared:
        own = (s.home == home) & s.gateway.in_(shared) & (s.kind == Kind.GATEWAY_STATUS.value)
        connection.execute(update(tables.sensors).where(own).values(home=None))
        mine = g.number.in_(shared)
        connection.execute(update(tables.gateways).where(mine).values(home=None))
    return list(shared.values())


def _gateways(connection: Connection, home: int) -> list[str]:
    g = tables.gateways.c
    return list(connection.execute(select(g.id).where(g.home == home).order_by(g.id)).scalars())


def _revoke(connection: Connection, home: int, account: str, wall_us: int) -> tuple[str, ...]:
    ended = credentials.of_home(connection, home, wall_us)
    for gateway in ended:
        credentials.revoke(connection, gateway, account, "the enrolment ended", wall_us)
    return tuple(ended)


def shared_gateways(connection: Connection, home: int) -> tuple[str, ...]:
    """Return gateways (ids) that are not of this home (number) and have sensors of it.

    They go on being heard: a P1 signal of such a sensor is raised after the end, too.
    """
    g, s = tables.gateways.c, tables.sensors.c
    query = select(g.id).join(tables.sensors, s.gateway == g.number).distinct().order_by(g.id)
    others = (s.home == home) & s.ended_us.is_(None) & (g.home.is_(None) | (g.home != home))
    return tuple(connection.execute(query.where(others)).scalars())


def _end_consents(
    connection: Connection, home: int, account: str, now_us: int, reason: EndReason
) -> int:
    mine = (_c.home == home) & _c.withdrawn_us.is_(None)
    why = f"{consents.ENDED}: {reason.value}"
    values = {"withdrawn_us": now_us, "withdrawn_by": account, "why": why}
    return connection.execute(update(tables.consents).where(mine).values(values)).rowcount


def _end_pauses(connection: Connection, home: int, account: str, now_us: int) -> int:
    over = [one for one in pause_rows.of_home(connection, home) if one.stop_us > now_us]
    for one in over:
        pause_rows.end(connection, one, account, now_us)
    return len(over)


def _end_visits(connection: Connection, place: str, home: int, account: str, now_us: int) -> int:
    booked = registry.visits(connection, home)
    if booked:
        registry.book(connection, place, {home: []}, by=account, now_us=now_us)
    return len(booked)


def _end_test(connection: Connection, home: int, account: str, now_us: int) -> int:
    test = walk_test_rows.newest(connection, home)
    if test is None or not test.covers(now_us):
        return 0
    walk_test_rows.end(connection, home, account, now_us, {})
    return 1


def _query() -> Select[Any]:
    columns = [column for column in _e if column.name != "home"]
    joined = select(*columns, _h.id.label("home"), _h.place)
    return joined.join(tables.homes, _h.number == _e.home)


def _ending(row: Row[Any]) -> Ending:
    values = {name: getattr(row, name) for name in Ending.__slots__}
    values |= {
        "reason": EndReason(row.reason),
        "ended_on": date.fromisoformat(row.ended_on),
        "was_state": HomeState(row.was_state),
    }
    return Ending(**values)
