"""What a place's log says of its work: how soon answered, how often needed, what went astray.

Everything is computed from alerts, history, attempts and outbox alone, by SQL; a plain loop in
``tests/naive/measures.py`` computes the same. Tests of the path and alerts of less than three
minutes are left out. These are times until somebody acknowledged an alert in Stillwell; they are
no call-answering times, beside whose standard they are shown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    or_,
    select,
)

from alerts import tables
from alerts.alert import AlertKind, Outcome, Priority
from alerts.attempts import Result
from alerts.lifecycle import Event
from alerts.offline import Offline
from alerts.precision import wilson
from alerts.record import PROOF, SYSTEM
from config.contacts import ContactKind

STANDARD: Final = ((60, 0.975), (180, 0.99))
"""The call-answering standard of telecare: seconds, and the share of calls answered by then."""

WAIT_US: Final = 180_000_000
"""An alert younger than this says nothing about the second limit yet."""

STORM: Final = 10
"""So many alerts of one place in an hour by the clock (UTC) are a storm."""

UNJUDGED: Final = frozenset({Outcome.TEST, Outcome.ENROLMENT_ENDED})
"""Outcomes that say nothing of whether the alert was needed."""

NEEDED: Final = frozenset({Outcome.NEEDS_HELP, Outcome.REFERRED})
"""Outcomes that make an alert an actionable one: it led to help or to a referral."""

_URGENT: Final = (Priority.P1.value, Priority.P2.value)
_ANSWERS: Final = (Event.ACKNOWLEDGE, Event.CONFIRM, Event.ATTEND, Event.RESOLVE)
_SECOND_US: Final = 1_000_000
_QUARTER_US: Final = 900_000_000
_HOUR_US: Final = 4 * _QUARTER_US
_WEEK_US: Final = 168 * _HOUR_US
_SEEN: Final = (Outcome.SPOKEN_TO.value, Outcome.SEEN_WELL.value)
_a, _h, _o, _t = tables.alerts.c, tables.history.c, tables.outbox.c, tables.contact_attempts.c
NOBODY_YET: Final = "nobody yet"
NO_TEAM: Final = "no team"
"""Where an alert was acknowledged by nobody, or by somebody of no team."""


@dataclass(frozen=True, slots=True)
class Answers:
    """P1 and P2 alerts of one group, and how many were acknowledged within 60 s and 180 s.

    ``event`` counts from what happened in the home, ``receipt`` from when we knew of it.
    """

    group: str
    alerts: int
    answered: int
    event: tuple[int, int]
    receipt: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from receipt over ``count`` alerts: median and 90th percentile, None without any."""

    count: int
    median_s: float | None
    p90_s: float | None


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, with its 95 % interval."""

    part: int
    whole: int

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of the share."""
        return wilson(self.part, self.whole)


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured of one place from ``start_us`` until ``stop_us``.

    ``kinds`` counts alerts by kind; ``storms`` are (how many, alerts in the largest);
    ``undelivered`` are messages to people that came to nothing.
    """

    place: str
    start_us: int
    stop_us: int
    homes: int
    whole: Answers
    hours: tuple[Answers, ...]
    teams: tuple[Answers, ...]
    attend: Times
    resolve: Times
    spoken: Times
    kinds: Mapping[str, int]
    outcomes: Mapping[str, int]
    actionable: Share
    storms: tuple[int, int]
    undelivered: Share
    offline: Offline = field(default_factory=Offline)

    def per_100_homes_a_week(self, count: int, homes: int) -> float | None:
        """Return so many alerts of so many homes as a rate, None without homes or time."""
        weeks = (self.stop_us - self.start_us) / _WEEK_US
        return 100 * count / (homes * weeks) if homes and weeks > 0 else None


def measure(
    connection: Connection,
    place: str,
    start_us: int,
    stop_us: int,
    *,
    homes: int,
    now_us: int,
    hour_of: Callable[[int], int],
    team_of: Mapping[str, str],
) -> Measures:
    """Return the measures of a place; ``hour_of`` gives the local hour of a moment (us).

    ``team_of`` names the team of an account, as the rota has it now.
    """
    stop_us = min(stop_us, now_us - WAIT_US)
    window = _window(place, start_us, stop_us)
    rows = connection.execute(_answer_counts(window)).all()
    kinds: dict[str, int] = dict(connection.execute(_count_by(_a.kind, window)).all())
    outcomes = _outcomes(connection, window)
    judged = sum(n for key, n in outcomes.items() if key not in UNJUDGED)
    needed = sum(outcomes.get(key.value, 0) for key in NEEDED)
    return Measures(
        place,
        start_us,
        stop_us,
        homes,
        _join("all", rows),
        tuple(_grouped(rows, lambda row: f"{hour_of(row.quarter * _QUARTER_US):02d}")),
        tuple(_grouped(rows, lambda row: _team(row.actor, team_of))),
        _times(connection, window, _first((Event.ATTEND,))),
        _times(connection, window, _first((Event.RESOLVE,))),
        _times(connection, window, _spoken()),
        {kind.value: kinds[kind.value] for kind in AlertKind if kind.value in kinds},
        outcomes,
        Share(needed, judged),
        _storms(connection, window),
        _undelivered(connection, window),
    )


def _window(place: str, start_us: int, stop_us: int) -> ColumnElement[bool]:
    return and_(
        _a.place == place, _a.is_test.is_(False), _a.raised_us >= start_us, _a.raised_us < stop_us
    )


def _receipt() -> ColumnElement[int]:
    """When we knew: receipt of the signal, else the moment that decided."""
    return func.coalesce(cast(_a.evidence["received_us"].as_string(), BigInteger), _a.raised_us)


def _first(events: Sequence[Event]) -> Subquery:
    """First time that a person took one of these steps, by alert."""
    return (
        select(_h.alert, func.min(_h.at_us).label("at_us"))
        .where(_h.event.in_([event.value for event in events]), _h.actor != SYSTEM)
        .group_by(_h.alert)
        .subquery()
    )


def _answer_counts(window: ColumnElement[bool]) -> Select[Any]:
    """Counts by quarter-hour raised and by who answered first; both are grouped further later."""
    nth = func.row_number().over(partition_by=_h.alert, order_by=(_h.at_us, _h.id))
    ranked = (
        select(_h.alert, _h.at_us, _h.actor, nth.label("nth"))
        .where(_h.event.in_([event.value for event in _ANSWERS]), _h.actor != SYSTEM)
        .subquery()
    )
    at_us, quarter = ranked.c.at_us, (_a.raised_us // _QUARTER_US).label("quarter")

    def within(since: ColumnElement[int], seconds: int, name: str) -> ColumnElement[int]:
        is_soon = at_us - since <= seconds * _SECOND_US
        return func.coalesce(func.sum(case((is_soon, 1), else_=0)), 0).label(name)

    (soon, _), (later, _) = STANDARD
    return (
        select(
            quarter,
            ranked.c.actor,
            func.count().label("alerts"),
            func.count(at_us).label("answered"),
            within(_a.onset_us, soon, "event_soon"),
            within(_a.onset_us, later, "event_later"),
            within(_receipt(), soon, "receipt_soon"),
            within(_receipt(), later, "receipt_later"),
        )
        .select_from(tables.alerts)
        .outerjoin(ranked, and_(ranked.c.alert == _a.id, ranked.c.nth == 1))
        .where(window, _a.priority.in_(_URGENT))
        .group_by(quarter, ranked.c.actor)
    )


def _grouped(rows: Sequence[Any], key: Callable[[Any], str]) -> list[Answers]:
    groups: dict[str, list[Any]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return [_join(group, groups[group]) for group in sorted(groups)]


def _join(group: str, rows: Sequence[Any]) -> Answers:
    def total(name: str) -> int:
        return sum(int(getattr(row, name)) for row in rows)

    return Answers(
        group,
        total("alerts"),
        total("answered"),
        (total("event_soon"), total("event_later")),
        (total("receipt_soon"), total("receipt_later")),
    )


def _team(actor: str | None, team_of: Mapping[str, str]) -> str:
    return NOBODY_YET if actor is None else team_of.get(actor, NO_TEAM)


def _times(connection: Connection, window: ColumnElement[bool], first: Subquery) -> Times:
    """Times over P1 and P2 alerts that came so far."""
    query = (
        select(first.c.at_us - _receipt())
        .select_from(tables.alerts)
        .join(first, first.c.alert == _a.id)
        .where(window, _a.priority.in_(_URGENT))
    )
    return times([int(us) for us in connection.execute(query).scalars()])


def times(found_us: Sequence[int]) -> Times:
    """Return the times over these microseconds."""
    if not found_us:
        return Times(0, None, None)
    median, p90 = (float(np.quantile(np.array(found_us, np.float64), q)) for q in (0.5, 0.9))
    return Times(len(found_us), round(median / _SECOND_US, 1), round(p90 / _SECOND_US, 1))


def _spoken() -> Subquery:
    """When the person was first spoken to or seen, by alert: an attempt, or how it was resolved."""
    tried = select(_t.alert, func.coalesce(_t.ended_us, _t.at_us).label("at_us")).where(
        _t.result == Result.ANSWERED.value, _t.contact_kind == ContactKind.PERSON.value
    )
    is_seen = or_(*(or_(_h.note == one, _h.note.startswith(f"{one}: ")) for one in _SEEN))
    ended = select(_h.alert, _h.at_us).where(_h.event == Event.RESOLVE.value, is_seen)
    both = tried.union_all(ended).subquery()
    return (
        select(both.c.alert, func.min(both.c.at_us).label("at_us"))
        .group_by(both.c.alert)
        .subquery()
    )


def _count_by(column: ColumnElement[Any], window: ColumnElement[bool]) -> Select[Any]:
    return select(column, func.count()).select_from(tables.alerts).where(window).group_by(column)


def _outcomes(connection: Connection, window: ColumnElement[bool]) -> dict[str, int]:
    query = _count_by(_a.outcome, and_(window, _a.outcome.is_not(None)))
    found: dict[str, int] = dict(connection.execute(query).all())
    return {one.value: found[one.value] for one in Outcome if one.value in found}


def _storms(connection: Connection, window: ColumnElement[bool]) -> tuple[int, int]:
    hour = _a.raised_us // _HOUR_US
    counts = [n for _, n in connection.execute(_count_by(hour, window)) if n >= STORM]
    return len(counts), max(counts, default=0)


def _undelivered(connection: Connection, window: ColumnElement[bool]) -> Share:
    """Messages to people about these alerts: failed for good or bounced, of all not muted."""
    lost = func.coalesce(func.sum(case((_o.state.in_(("failed", "bounced")), 1), else_=0)), 0)
    query = (
        select(lost, func.count())
        .select_from(tables.outbox)
        .join(tables.alerts, _a.id == _o.alert)
        .where(window, _o.recipient.is_not(None), _o.state != "muted", _o.channel != PROOF)
    )
    part, whole = connection.execute(query).one()
    return Share(int(part), int(whole))
