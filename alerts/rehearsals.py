"""Rehearsals that run beside the pages: one row each, so that they can be left and found again.

Whoever runs one writes a beat; one without a beat is interrupted, and whoever reads says so. What
came of it is kept for ``KEPT_DAYS`` after its end.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from alerts import rehearsal_tables as tables
from config import audit
from config.audit import Entry

DAY_US: Final = 86_400_000_000
KEPT_DAYS: Final = 28
"""Days for which what came of a rehearsal is kept."""

LONGEST_DAYS: Final = 92
"""Days that one may reach over."""

AT_ONCE: Final = 2
"""Rehearsals that may run in an installation; of one place only one."""

SILENT_US: Final = 60_000_000
"""Without a beat for so long, a rehearsal counts as interrupted."""

_r, _h, _a = tables.rehearsals.c, tables.homes.c, tables.alerts.c


class RehearsalState(StrEnum):
    """How a rehearsal stands; one that is asked for waits for who asked to begin it."""

    ASKED = "asked"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


class Failure(StrEnum):
    """Why a rehearsal failed; ``UNKNOWN`` is what was kept before there were these."""

    NOTHING_KEPT = "nothing-kept"
    OUTSIDE = "outside"
    STORE_BEHIND = "store-behind"
    STORE_DAMAGED = "store-damaged"
    STORE_AWAY = "store-away"
    TOO_LONG = "too-long"
    SETTINGS = "settings"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class Busy(Exception):
    """Another rehearsal runs: of this place, or too many at all (``is_here`` tells which)."""

    def __init__(self, *, is_here: bool) -> None:
        super().__init__("another rehearsal runs")
        self.is_here = is_here


@dataclass(frozen=True, slots=True)
class Candidate:
    """Settings to try instead of those of the time; what is absent stays as it was.

    ``limits`` and ``detectors`` are numbers by name, ``modes`` modes by the key of the detector.
    """

    limits: Mapping[str, float] = field(default_factory=dict)
    detectors: Mapping[str, float] = field(default_factory=dict)
    alert_budget: float | None = None
    modes: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be tried."""
        return not (self.limits or self.detectors or self.modes) and self.alert_budget is None


@dataclass(frozen=True, slots=True)
class Kept:
    """A rehearsal as it is kept; ``share`` of it is done, ``figures`` are {} until it is.

    Times are microseconds: ``begun_us`` and ``ended_us`` by the wall, ``start_us`` and
    ``stop_us`` bound the past that is rehearsed.
    """

    number: int
    place: str
    account: str
    state: RehearsalState
    begun_us: int
    ended_us: int | None
    start_us: int
    stop_us: int
    candidate: Candidate
    share: float
    is_cancelled: bool
    failure: Failure | None
    figures: Mapping[str, Any]
    homes: tuple[str, ...] = ()


def ask(
    connection: Connection,
    place: str,
    account: str,
    span: tuple[int, int],
    candidate: Candidate,
    homes: Sequence[str],
    now_us: int,
) -> int:
    """Write what somebody wants to rehearse, not begun yet; return its number."""
    values = {
        "place": place, "account": account, "state": RehearsalState.ASKED.value,
        "begun_us": now_us, "beat_us": now_us, "ended_us": None, "start_us": span[0],
        "stop_us": span[1], "candidate": _to_text(candidate), "share": 0.0,
        "is_cancelled": False, "problem": "", "figures": "",
    }  # fmt: skip
    key = connection.execute(insert(tables.rehearsals).values(values)).inserted_primary_key
    number = 0 if key is None else int(key[0])
    rows = [{"rehearsal": number, "home": home} for home in homes]
    if rows:
        connection.execute(insert(tables.homes), rows)
    return number


def begin(connection: Connection, kept: Kept, account: str, now_us: int) -> bool:
    """Let one that is asked for run from now on, False when it is not; Busy when others run."""
    settle(connection, now_us)
    running = select(func.count()).where(_r.state == RehearsalState.RUNNING.value)
    here = connection.execute(running.where(_r.place == kept.place)).scalar_one()
    if here or connection.execute(running).scalar_one() >= AT_ONCE:
        raise Busy(is_here=bool(here))
    asked = and_(_r.number == kept.number, _r.state == RehearsalState.ASKED.value)
    values = {"state": RehearsalState.RUNNING.value, "begun_us": now_us, "beat_us": now_us}
    try:
        begun = connection.execute(update(tables.rehearsals).where(asked).values(values)).rowcount
    except IntegrityError as problem:  # somebody was first
        raise Busy(is_here=True) from problem
    if begun:
        detail = {"from_us": kept.start_us, "to_us": kept.stop_us}
        subject = f"rehearsal:{kept.number}"
        entry = Entry(kept.place, now_us, account, "rehearsal", subject, detail)
        audit.append(connection, entry)
    return bool(begun)


def settle(connection: Connection, now_us: int) -> None:
    """Say of each that runs without a beat that it was interrupted, or cancelled as wished."""
    silent = and_(_r.state == RehearsalState.RUNNING.value, _r.beat_us < now_us - SILENT_US)
    for wish, state in ((True, RehearsalState.CANCELLED), (False, RehearsalState.INTERRUPTED)):
        connection.execute(
            update(tables.rehearsals)
            .where(silent, _r.is_cancelled.is_(wish))
            .values(state=state.value, ended_us=now_us)
        )


def find(connection: Connection, places: Sequence[str], number: int) -> Kept | None:
    """Return a rehearsal of these places, with its homes; None where there is none."""
    query = select(tables.rehearsals).where(_r.number == number, _r.place.in_(places))
    row = connection.execute(query).first()
    if row is None:
        return None
    chosen = select(_h.home).where(_h.rehearsal == number).order_by(_h.home)
    return _kept(row, tuple(connection.execute(chosen).scalars()))


def of_places(connection: Connection, places: Sequence[str], limit: int = 50) -> list[Kept]:
    """Return the newest rehearsals of these places that were begun, without their homes."""
    begun = and_(_r.place.in_(places), _r.state != RehearsalState.ASKED.value)
    query = select(tables.rehearsals).where(begun).order_by(_r.number.desc())
    return [_kept(row) for row in connection.execute(query.limit(limit))]


def beat(connection: Connection, number: int, share: float, now_us: int) -> bool:
    """Write how far it is; return whether it is to go on: it runs and nobody cancelled it."""
    runs = and_(_r.number == number, _r.state == RehearsalState.RUNNING.value)
    connection.execute(update(tables.rehearsals).where(runs).values(share=share, beat_us=now_us))
    row = connection.execute(select(_r.is_cancelled).where(runs)).first()
    return row is not None and not row.is_cancelled


def cancel(connection: Connection, kept: Kept, account: str, now_us: int) -> None:
    """Wish that it ends; one that has ended stays as it is."""
    changed = connection.execute(
        update(tables.rehearsals)
        .where(
            _r.number == kept.number,
            _r.state == RehearsalState.RUNNING.value,
            _r.is_cancelled.is_(False),
        )
        .values(is_cancelled=True)
    )
    if changed.rowcount:
        subject = f"rehearsal:{kept.number}"
        detail = {"is_cancelled": True}
        audit.append(connection, Entry(kept.place, now_us, account, "rehearsal", subject, detail))
    settle(connection, now_us)


def end(
    connection: Connection,
    number: int,
    state: RehearsalState,
    now_us: int,
    *,
    failure: Failure | None = None,
    figures: Mapping[str, Any] | None = None,
    rows: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Write how one that runs ended; ``rows`` are its alerts, without the rehearsal's number."""
    changed = connection.execute(
        update(tables.rehearsals)
        .where(_r.number == number, _r.state == RehearsalState.RUNNING.value)
        .values(
            state=state.value,
            ended_us=now_us,
            problem="" if failure is None else failure.value,
            figures="" if figures is None else json.dumps(figures),
            **({"share": 1.0} if state is RehearsalState.DONE else {}),
        )
    )
    if changed.rowcount and rows:
        connection.execute(insert(tables.alerts), [{"rehearsal": number, **row} for row in rows])


def alerts_of(
    connection: Connection, number: int, changes: Sequence[str], after: int, limit: int
) -> list[Row[Any]]:
    """Return rows of what came of it, by their ids after ``after``; of these changes only."""
    query = select(tables.alerts).where(
        _a.rehearsal == number, _a.change.in_(changes), _a.id > after
    )
    return list(connection.execute(query.order_by(_a.id).limit(limit)))


def expire(connection: Connection, place: str, now_us: int, held: Sequence[str]) -> int:
    """Delete what ended too long ago, but for what tells of a held home (ids); return how many."""
    query = select(_r.number).where(_is_due(place, now_us, held))
    numbers = list(connection.execute(query).scalars())
    for column in (_a.rehearsal, _h.rehearsal, _r.number) if numbers else ():
        connection.execute(delete(column.table).where(column.in_(numbers)))
    return len(numbers)


def due(connection: Connection, place: str, now_us: int, held: Sequence[str]) -> int:
    """Return how many ``expire`` would delete, none deleted."""
    query = select(func.count()).where(_is_due(place, now_us, held))
    return int(connection.execute(query).scalar_one())


def _is_due(place: str, now_us: int, held: Sequence[str]) -> ColumnElement[bool]:
    since = func.coalesce(_r.ended_us, _r.begun_us)
    is_over = _r.state != RehearsalState.RUNNING.value
    due = and_(_r.place == place, is_over, since < now_us - KEPT_DAYS * DAY_US)
    if not held:
        return due
    told = select(_a.rehearsal).where(_a.home.in_(held))
    asked = select(_h.rehearsal).where(_h.home.in_(held))
    return and_(due, _r.number.not_in(told), _r.number.not_in(asked))


def _failure(kept: str) -> Failure | None:
    if not kept:
        return None
    return Failure(kept) if kept in set(Failure) else Failure.UNKNOWN


def _to_text(candidate: Candidate) -> str:
    return json.dumps(
        {
            "limits": dict(candidate.limits),
            "detectors": dict(candidate.detectors),
            "alert_budget": candidate.alert_budget,
            "modes": dict(candidate.modes),
        }
    )


def _kept(row: Row[Any], homes: tuple[str, ...] = ()) -> Kept:
    return Kept(
        number=row.number,
        place=row.place,
        account=row.account,
        state=RehearsalState(row.state),
        begun_us=row.begun_us,
        ended_us=row.ended_us,
        start_us=row.start_us,
        stop_us=row.stop_us,
        candidate=Candidate(**json.loads(row.candidate)),
        share=row.share,
        is_cancelled=row.is_cancelled,
        failure=_failure(row.problem),
        figures=json.loads(row.figures) if row.figures else {},
        homes=homes,
    )
