"""Tells supervisors of gaps in a rota ahead of them, and closes what was told once it is filled."""

from collections.abc import Mapping

from sqlalchemy import Connection, Engine, select

from alerts import escalate, record, tables
from alerts.alert import PRIORITY, STANDING, AlertKind, Finding, Verdict, alert_id
from alerts.ledger import Ledger
from alerts.words import clock
from config.places import Place
from config.roles import Role
from config.rota_gaps import AHEAD_US, Gap, gaps_ahead
from ingest.clock import Instant, microseconds

_a = tables.alerts.c


def watch(database: Engine, ledger: Ledger, places: Mapping[str, Place], now: Instant) -> int:
    """Raise each gap of the next week once, end those that are filled; return how many were new.

    The supervisors are told by each of their addresses, beside the ladder.
    """
    now_us, new = microseconds(now), 0
    for key, place in places.items():
        with database.connect() as connection:
            gaps = gaps_ahead(connection, place, now_us)
            told = _told(connection, key)
        found = {one.id: one for one in (_finding(place, gap, now_us) for gap in gaps)}
        over = [alert for alert in told if alert not in found]
        if over:
            ledger.end(over, now, "somebody is on call, or it is over")
        fresh = [one for one in found.values() if one.id not in told]
        if fresh:
            new += _tell(ledger, fresh, now)
    return new


def _tell(ledger: Ledger, findings: list[Finding], now: Instant) -> int:
    with ledger.together() as (bound, connection):
        raised = bound.raise_findings(findings, now)
        for alert in raised:
            row = record.find(connection, alert)
            if row is not None:
                escalate.tell_role(connection, row, Role.SUPERVISOR, microseconds(now), "gap")
    return len(raised)


def _told(connection: Connection, place: str) -> list[str]:
    query = select(_a.id).where(
        _a.place == place,
        _a.kind == AlertKind.ROTA_GAP.value,
        _a.state.in_([state.value for state in STANDING]),
    )
    return list(connection.execute(query).scalars())


def _finding(place: Place, gap: Gap, now_us: int) -> Finding:
    kind = AlertKind.ROTA_GAP
    sentence = (
        f"Nobody is on call for {gap.name} from {clock(gap.start_us, place.zone)}; change the rota "
        "so that alerts of that time reach somebody at once."
    )
    evidence = {
        "team": gap.team,
        "since_us": gap.start_us,
        "until_us": gap.end_us,
        "notice_us": gap.start_us - AHEAD_US,
        "decided_us": now_us,
    }
    return Finding(
        id=alert_id(place.key, kind, gap.start_us, gap.team),
        kind=kind,
        priority=PRIORITY[kind],
        verdict=Verdict.UNKNOWN,
        place=place.key,
        home="",
        gateway="",
        sensor="",
        onset_us=gap.start_us,
        found_us=now_us,
        sentence=sentence,
        evidence=evidence,
    )
