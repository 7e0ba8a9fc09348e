"""What people said of shadow findings, and how often they agreed with a detector."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, FromClause, Select, and_, func, insert, select, tuple_

from alerts import tables
from alerts.alert import AlertKind
from alerts.modes import detector_of
from alerts.precision import Precision, Said
from alerts.shadow_rows import VISIBLE, ShadowState
from config import audit
from config.audit import Entry

_f: Final = tables.shadow_findings.c
_j: Final = tables.adjudications.c


@dataclass(frozen=True, slots=True)
class ShadowFinding:
    """A finding that was not sent; ``said`` is None until somebody has judged it.

    ``ended_us`` is when it was over, contradicted or raised; times are us since 1970 UTC.
    """

    id: str
    place: str
    home: str
    kind: AlertKind
    detector: str
    onset_us: int
    found_us: int
    sentence: str
    evidence: Mapping[str, Any]
    is_late: bool
    state: ShadowState
    ended_us: int | None
    said: Said | None
    account: str | None
    said_us: int | None
    note: str


@dataclass(frozen=True, slots=True)
class Adjudication:
    """What an account (id) said of a finding, and when."""

    said: Said
    account: str
    at_us: int
    note: str


def adjudicate(connection: Connection, finding: str, word: Adjudication) -> None:
    """Write what somebody says now; what was said before stays in the history.

    The same word again by the same person changes nothing. Check first that it is theirs to judge.
    """
    before = history(connection, finding)
    if before and (before[-1].said, before[-1].account, before[-1].note) == (
        word.said,
        word.account,
        word.note,
    ):
        return
    connection.execute(
        insert(tables.adjudications).values(
            finding=finding,
            said=word.said.value,
            account=word.account,
            at_us=word.at_us,
            note=word.note,
        )
    )
    place = connection.execute(select(_f.place).where(_f.id == finding)).scalar_one()
    detail = {"said": word.said.value}
    entry = Entry(place, word.at_us, word.account, "adjudicate", f"finding:{finding}", detail)
    audit.append(connection, entry)


def history(connection: Connection, finding: str) -> list[Adjudication]:
    """Return all that was said of a finding, first things first."""
    rows = connection.execute(
        select(_j.said, _j.account, _j.at_us, _j.note).where(_j.finding == finding).order_by(_j.id)
    )
    return [Adjudication(Said(r.said), r.account, r.at_us, r.note) for r in rows]


def find_finding(connection: Connection, places: Sequence[str], id_: str) -> ShadowFinding | None:
    """Return this finding, or None when it is absent or in none of these places."""
    found = _findings(connection, _select(places).where(_f.id == id_))
    return found[0] if found else None


def list_findings(
    connection: Connection,
    places: Sequence[str],
    *,
    kinds: Sequence[AlertKind] = (),
    is_judged: bool | None = None,
    before: tuple[int, str] | None = None,
    limit: int,
) -> list[ShadowFinding]:
    """Return findings, the newest first; ``before`` is (found_us, id) of the last one seen."""
    query = _select(places)
    if kinds:
        query = query.where(_f.kind.in_([kind.value for kind in kinds]))
    if is_judged is not None:
        query = query.where(_j.id.is_not(None) if is_judged else _j.id.is_(None))
    if before is not None:
        query = query.where(tuple_(_f.found_us, _f.id) < tuple_(*before))
    return _findings(connection, query.order_by(_f.found_us.desc(), _f.id.desc()).limit(limit))


def count(
    connection: Connection, places: Sequence[str], *, from_us: int, to_us: int
) -> dict[tuple[str, str], Precision]:
    """Return what people said of findings found in from_us <= t < to_us, by place and detector."""
    visible = and_(_f.state.in_(VISIBLE), _f.place.in_(places))
    rows = connection.execute(
        select(_f.place, _f.kind, _j.said, func.count())
        .select_from(_judged())
        .where(visible, _f.found_us >= from_us, _f.found_us < to_us)
        .group_by(_f.place, _f.kind, _j.said)
    )
    counts: dict[tuple[str, str], Counter[str]] = {}
    for place, kind, said, number in rows:
        key = (place, detector_of(AlertKind(kind)) or kind)
        counts.setdefault(key, Counter())[said or "awaiting"] += number
    return {key: Precision(**found) for key, found in counts.items()}


def _judged() -> FromClause:
    newest = select(func.max(_j.id)).where(_j.finding == _f.id).correlate(tables.shadow_findings)
    last = and_(_j.finding == _f.id, _j.id == newest.scalar_subquery())
    return tables.shadow_findings.outerjoin(tables.adjudications, last)


def _select(places: Sequence[str]) -> Select[Any]:
    said = (_j.said, _j.account, _j.at_us.label("said_us"), _j.note.label("said_note"))
    return (
        select(tables.shadow_findings, *said)
        .select_from(_judged())
        .where(_f.place.in_(places), _f.state.in_(VISIBLE))
    )


def _findings(connection: Connection, query: Select[Any]) -> list[ShadowFinding]:
    return [
        ShadowFinding(
            id=row.id,
            place=row.place,
            home=row.home,
            kind=AlertKind(row.kind),
            detector=detector_of(AlertKind(row.kind)) or row.kind,
            onset_us=row.onset_us,
            found_us=row.found_us,
            sentence=row.sentence,
            evidence=row.evidence or {},
            is_late=row.is_late,
            state=ShadowState(row.state),
            ended_us=row.ended_us,
            said=None if row.said is None else Said(row.said),
            account=row.account,
            said_us=row.said_us,
            note=row.said_note or "",
        )
        for row in connection.execute(query)
    ]
