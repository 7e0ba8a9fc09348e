"""Reads of alerts and of unwatched homes; every one is bounded by the places of its scope."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    func,
    or_,
    select,
    true,
    tuple_,
)

from alerts import tables
from alerts.alert import STANDING, AlertKind, Outcome, Priority, State, Verdict
from api.auth import HOMES, Visitor
from config import tables as registry
from config.roles import Role

_a, _h = tables.alerts.c, registry.homes.c


@dataclass(frozen=True, slots=True)
class Scope:
    """What a visitor may see of alerts: all of ``places``, technical ones of ``technical``."""

    places: tuple[str, ...]
    technical: tuple[str, ...] = ()

    def condition(self) -> ColumnElement[bool]:
        """Return the clause that every statement about alerts carries; tests are never shown."""
        own = _a.place.in_(self.places)
        faults = and_(_a.place.in_(self.technical), _a.priority == Priority.T.value)
        return and_(or_(own, faults), _a.is_test.is_(False))


def scope_of(visitor: Visitor) -> Scope:
    """Return the scope of this visitor's roles; engineers see faults, and no names."""
    return Scope(visitor.places(*HOMES), visitor.places(Role.ENGINEER))


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as people see it; ``label`` is None where the home's label is not theirs to see.

    ``home``, ``gateway`` and ``sensor`` are ids or None; times are us since 1970 UTC. The home is
    where it is since ``moved_us``, 0 where it never moved.
    """

    id: str
    place: str
    home: str | None
    label: str | None
    gateway: str | None
    sensor: str | None
    kind: AlertKind
    priority: Priority
    verdict: Verdict
    state: State
    step: int
    is_eased: bool
    is_late: bool
    repeats: int
    onset_us: int
    raised_us: int
    updated_us: int
    sentence: str
    evidence: Mapping[str, Any]
    acknowledged_by: str | None
    acknowledged_us: int | None
    attending_by: str | None
    attending_us: int | None
    resolved_by: str | None
    resolved_us: int | None
    outcome: Outcome | None
    note: str
    moved_us: int

    @property
    def is_before_move(self) -> bool:
        """Whether it was raised while the home was at another address, which may be known yet."""
        return self.moved_us > self.raised_us


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an alert's history; ``actor`` is an account id or the system."""

    at_us: int
    event: str
    state_from: str
    state_to: str
    actor: str
    note: str


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A home that cannot be seen now."""

    home: str
    label: str
    place: str
    risk_tier: int
    since_us: int
    reason: str


def _select() -> Select[Any]:
    return select(tables.alerts, _h.label, _h.since_us).outerjoin(registry.homes, _h.id == _a.home)


def _alert(row: RowMapping, scope: Scope) -> Alert:
    shown = {name: row[name] for name in Alert.__slots__ if name not in ("label", "moved_us")}
    return Alert(
        **{
            **shown,
            "kind": AlertKind(row["kind"]),
            "priority": Priority(row["priority"]),
            "verdict": Verdict(row["verdict"]),
            "state": State(row["state"]),
            "outcome": Outcome(row["outcome"]) if row["outcome"] else None,
            "evidence": row["evidence"] or {},
            "label": row["label"] if row["place"] in scope.places else None,
            "moved_us": row["since_us"] or 0,
        }
    )


def _alerts(connection: Connection, statement: Select[Any], scope: Scope) -> list[Alert]:
    return [_alert(row, scope) for row in connection.execute(statement).mappings()]


def find_alert(connection: Connection, scope: Scope, id_: str) -> Alert | None:
    """Return this alert, or None when it is absent or outside the scope."""
    found = _alerts(connection, _select().where(_a.id == id_, scope.condition()), scope)
    return found[0] if found else None


def history(connection: Connection, alert: str) -> list[Event]:
    """Return what happened to an alert, first things first; check its scope before."""
    h = tables.history.c
    rows = connection.execute(
        select(h.at_us, h.event, h.state_from, h.state_to, h.actor, h.note)
        .where(h.alert == alert)
        .order_by(h.id)
    )
    return [Event(*row) for row in rows]


def queue(
    connection: Connection, scope: Scope, *, limit: int, only: ColumnElement[bool] | None = None
) -> list[Alert]:
    """Return standing alerts: the most urgent first, of equals the one that waits longest.

    Every P1 is there, however many; ``limit`` cuts the others. ``only`` narrows what is asked for.
    """
    stands = _standing(scope)
    if only is not None:
        stands = and_(stands, only)
    order = (_a.priority, _a.raised_us, _a.id)
    others = select(_a.id).where(stands, _a.priority != Priority.P1.value)
    shown = or_(
        _a.priority == Priority.P1.value,
        _a.id.in_(others.order_by(*order).limit(limit).correlate(None)),
    )
    return _alerts(connection, _select().where(stands, shown).order_by(*order), scope)


def narrowed(
    *,
    priorities: Iterable[Priority] = (),
    kinds: Iterable[AlertKind] = (),
    states: Iterable[State] = (),
    with_: str = "",
    without: str = "",
) -> ColumnElement[bool]:
    """Return the clause of these choices, none of which narrows when it is empty.

    ``with_`` and ``without`` are account ids: alerts that this account has, or has not.
    """
    clauses: list[ColumnElement[bool]] = [true()]
    for column, chosen in ((_a.priority, priorities), (_a.kind, kinds), (_a.state, states)):
        if values := [one.value for one in chosen]:
            clauses.append(column.in_(values))
    who = func.coalesce(_a.attending_by, _a.acknowledged_by)
    if with_:
        clauses.append(or_(_a.acknowledged_by == with_, _a.attending_by == with_))
    if without:
        clauses.append(who != without)
    return and_(*clauses)


def _standing(scope: Scope) -> ColumnElement[bool]:
    return and_(scope.condition(), _a.state.in_([state.value for state in STANDING]))


def count_waiting(connection: Connection, scope: Scope, priority: Priority) -> tuple[int, int]:
    """Return how many alerts of this priority nobody has, and when the newest was raised (us)."""
    clauses = (_standing(scope), _a.state == State.OPEN.value, _a.priority == priority.value)
    count, newest_us = connection.execute(
        select(func.count(), func.max(_a.raised_us)).where(*clauses)
    ).one()
    return count, newest_us or 0


def count_recent(
    connection: Connection, scope: Scope, since_us: int
) -> dict[str, dict[AlertKind, int]]:
    """Return how many standing alerts about people were raised since then, by place and kind."""
    rows = connection.execute(
        select(_a.place, _a.kind, func.count())
        .where(_standing(scope), _a.priority != Priority.T.value, _a.raised_us >= since_us)
        .group_by(_a.place, _a.kind)
    )
    found: dict[str, dict[AlertKind, int]] = {}
    for place, kind, count in rows:
        found.setdefault(place, {})[AlertKind(kind)] = count
    return found


def incidents(connection: Connection, scope: Scope) -> list[Alert]:
    """Return the standing alerts that tell of many homes together, the oldest first."""
    kinds = (AlertKind.OUTAGE.value, AlertKind.UNWATCHED_HOME.value)
    statement = _select().where(_standing(scope), _a.home.is_(None), _a.kind.in_(kinds))
    return _alerts(connection, statement.order_by(_a.raised_us, _a.id), scope)


def count_standing(connection: Connection, scope: Scope) -> dict[tuple[str, Priority], int]:
    """Return how many alerts stand, by place and priority."""
    rows = connection.execute(
        select(_a.place, _a.priority, func.count())
        .where(_standing(scope))
        .group_by(_a.place, _a.priority)
    )
    return {(place, Priority(priority)): count for place, priority, count in rows}


def list_alerts(
    connection: Connection,
    scope: Scope,
    *,
    states: Iterable[State] = (),
    priorities: Iterable[Priority] = (),
    home: str | None = None,
    before: tuple[int, str] | None = None,
    limit: int,
) -> list[Alert]:
    """Return alerts newest first; ``before`` is (raised_us, id) of the last one seen."""
    statement = _select().where(scope.condition())
    if wanted := [state.value for state in states]:
        statement = statement.where(_a.state.in_(wanted))
    if urgent := [priority.value for priority in priorities]:
        statement = statement.where(_a.priority.in_(urgent))
    if home is not None:
        statement = statement.where(_a.home == home)
    if before is not None:
        statement = statement.where(tuple_(_a.raised_us, _a.id) < tuple_(*before))
    return _alerts(
        connection, statement.order_by(_a.raised_us.desc(), _a.id.desc()).limit(limit), scope
    )


def told_together(connection: Connection, alert: Alert) -> list[Unwatched]:
    """Return the homes that this alert tells of together, the highest risk first.

    ``since_us`` is 0 and ``reason`` empty where a home is seen again. Only for who may know them.
    """
    named = [home for homes in alert.evidence.get("homes", {}).values() for home in homes]
    if alert.label is not None or not named:
        return []
    u = tables.unwatched.c
    statement = (
        select(_h.id, _h.label, _h.place, _h.risk_tier, u.since_us, u.reason)
        .outerjoin(tables.unwatched, u.home == _h.id)
        .where(_h.place == alert.place, _h.id.in_(named))
        .order_by(_h.risk_tier, _h.label, _h.id)
    )
    rows = connection.execute(statement)
    return [Unwatched(*row[:4], row.since_us or 0, row.reason or "") for row in rows]


def unwatched(
    connection: Connection, places: Sequence[str], home: str | None = None
) -> list[Unwatched]:
    """Return homes that cannot be seen: the highest risk first, then the longest unseen."""
    u = tables.unwatched.c
    statement = (
        select(u.home, _h.label, u.place, _h.risk_tier, u.since_us, u.reason)
        .join(registry.homes, _h.id == u.home)
        .where(u.place.in_(places))
        .order_by(_h.risk_tier, u.since_us, u.home)
    )
    if home is not None:
        statement = statement.where(u.home == home)
    return [Unwatched(*row) for row in connection.execute(statement)]
