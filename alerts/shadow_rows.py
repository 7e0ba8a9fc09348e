"""Shadow findings as rows: where each stands, and the finding that it was."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row

from alerts.alert import AlertKind, Finding, Priority, Verdict
from alerts.words import clock
from alerts.zones import zone_of
from config.places import Place


class ShadowState(StrEnum):
    """Where a shadow finding stands.

    ``standing`` was true when last looked at; ``contradicted`` was shown wrong by late data;
    ``raised`` still stood when its detector was switched live, and is an alert now. ``held`` is
    of a detector that is off: kept only while it is true, and shown to nobody.
    """

    STANDING = "standing"
    OVER = "over"
    CONTRADICTED = "contradicted"
    RAISED = "raised"
    HELD = "held"


VISIBLE: Final = tuple(state.value for state in ShadowState if state is not ShadowState.HELD)
"""States that supervisors see and judge."""


def to_row(finding: Finding, state: ShadowState) -> dict[str, object]:
    """Return the row of a finding that is not sent."""
    return {
        "id": finding.id,
        "place": finding.place,
        "home": finding.home,
        "gateway": finding.gateway,
        "sensor": finding.sensor,
        "kind": finding.kind.value,
        "priority": finding.priority.value,
        "verdict": finding.verdict.value,
        "onset_us": finding.onset_us,
        "found_us": finding.found_us,
        "sentence": finding.sentence,
        "evidence": dict(finding.evidence),
        "is_late": finding.is_late,
        "state": state.value,
        "ended_us": finding.found_us if state is ShadowState.OVER else None,
        "note": "",
    }


def to_finding(row: Row[Any], places: Mapping[str, Place], now_us: int) -> Finding:
    """Return the finding to raise now, saying that it was found before and why it comes late.

    It is dated now, or a team would seem to have left it for as long as it was in shadow.
    """
    found = clock(row.found_us, zone_of(places, row.place))
    told = f"This was found at {found}; it is raised now, as its detector was switched live."
    return Finding(
        id=row.id,
        kind=AlertKind(row.kind),
        priority=Priority(row.priority),
        verdict=Verdict(row.verdict),
        place=row.place,
        home=row.home,
        gateway=row.gateway,
        sensor=row.sensor,
        onset_us=row.onset_us,
        found_us=now_us,
        sentence=f"{row.sentence} {told}",
        evidence={**row.evidence, "shadow_found_us": row.found_us},
        is_late=row.is_late,
    )
