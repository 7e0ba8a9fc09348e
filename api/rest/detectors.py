"""Detectors of a place: modes and precision, what was found in shadow, and what people say."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request

from alerts import adjudications, calibrations, switches
from alerts.action import Calibrated
from alerts.adjudications import ShadowFinding
from alerts.precision import Precision
from alerts.switches import Switch, SwitchRefused
from api import detectors, supervision
from api.auth import ANY, Needs, Visitor
from api.cursors import decode_cursor, encode_cursor
from api.detector_report import budget_text
from api.detectors import DetectorAtPlace
from api.errors import Problem, absent
from api.resources import Resources
from api.rest.detector_models import (
    AdjudicationOut,
    BudgetOut,
    DetectorOut,
    DetectorsOut,
    JudgeIn,
    PrecisionOut,
    ShadowFindingDetail,
    ShadowFindingOut,
    ShadowFindingsPage,
    SwitchIn,
    SwitchOut,
)
from api.rest.homes import Cursor, Id, Limit
from api.rest.moments import to_datetime, to_datetime_or_none
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(tags=["detectors"])
Key = Annotated[str, Path(pattern="^[a-z-]{2,40}$")]
Supervisor = Annotated[Visitor, Depends(Needs((Role.SUPERVISOR,)))]


@router.get("/places/{place}/detectors")
def list_detectors(
    request: Request, visitor: Annotated[Visitor, Depends(Needs(ANY))], place: Id
) -> DetectorsOut:
    """Return each detector's mode here, who chose it, what it found and how often it was right."""
    resources: Resources = request.app.state.resources
    if place not in visitor.grants:
        raise absent()
    return _list(resources, place)


@router.post("/places/{place}/detectors/{detector}/mode")
def switch_detector(
    request: Request, visitor: Supervisor, place: Id, detector: Key, body: SwitchIn
) -> DetectorsOut:
    """Switch a detector off, to shadow or live; 422 says what evidence is missing."""
    resources: Resources = request.app.state.resources
    try:
        supervision.switch(
            resources,
            visitor,
            place,
            detector,
            body.mode,
            evidence=body.evidence,
            without_evidence=body.without_evidence,
        )
    except SwitchRefused as refused:
        raise Problem(422, f"{refused.field}: {refused}") from refused
    return _list(resources, place)


@router.get("/places/{place}/detectors/{detector}/history")
def list_switches(
    request: Request, visitor: Supervisor, place: Id, detector: Key
) -> list[SwitchOut]:
    """Return every switch of a detector here, the newest first."""
    resources: Resources = request.app.state.resources
    places = supervision.places_of(visitor, place)
    supervision.expect_detector(detector)
    with resources.database.connect() as connection:
        return [_switch(one) for one in switches.history(connection, places, detector)]


@router.get("/shadow-findings")
def list_shadow_findings(
    request: Request,
    visitor: Supervisor,
    place: Annotated[str, Query(max_length=40)] = "",
    detector: Annotated[str, Query(pattern="^[a-z-]{0,40}$")] = "",
    is_judged: bool | None = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> ShadowFindingsPage:
    """Return what was found in shadow and not sent, the newest first."""
    resources: Resources = request.app.state.resources
    places = supervision.places_of(visitor, place)
    kinds = supervision.expect_detector(detector).kinds if detector else ()
    before = None
    if cursor:
        found_us, finding = decode_cursor(cursor, int, str)
        before = (int(found_us), str(finding))
    with resources.database.connect() as connection:
        found = adjudications.list_findings(
            connection,
            places,
            kinds=tuple(kinds),
            is_judged=is_judged,
            before=before,
            limit=limit + 1,
        )
    last = found[limit - 1] if len(found) > limit else None
    return ShadowFindingsPage(
        shadow_findings=[ShadowFindingOut(**_fields(one)) for one in found[:limit]],
        cursor=None if last is None else encode_cursor(last.found_us, last.id),
    )


@router.get("/shadow-findings/{finding}")
def get_shadow_finding(request: Request, visitor: Supervisor, finding: Id) -> ShadowFindingDetail:
    """Return one finding with everything that was said of it."""
    return _detail(request, visitor, finding)


@router.post("/shadow-findings/{finding}/adjudicate")
def adjudicate(
    request: Request, visitor: Supervisor, finding: Id, body: JudgeIn
) -> ShadowFindingDetail:
    """Say whether a finding was true; the last word counts, and every word is kept."""
    resources: Resources = request.app.state.resources
    supervision.judge(resources, visitor, finding, body.said, body.note.strip())
    return _detail(request, visitor, finding)


def _list(resources: Resources, place: str) -> DetectorsOut:
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        rows = detectors.overview(connection, (place,), now_us)
        last = calibrations.newest(connection, (place,)).get(place)
    said = "" if last is None else " ".join(budget_text(last, resources.places[place]))
    budget = None if last is None else budget_out(last, said)
    return DetectorsOut(detectors=[_detector(row) for row in rows], budget=budget)


def budget_out(last: Calibrated, said: str) -> BudgetOut:
    """Return what a budget came to, as REST sends it; ``said`` is the same in sentences."""
    found = last.found
    return BudgetOut(
        per_100_homes_week=last.budget,
        at=to_datetime(last.at_us),
        is_applied=last.is_applied,
        silence_z=found.z,
        expected=found.expected,
        low=found.low,
        high=found.high,
        fixed=found.fixed,
        homes=found.homes,
        homes_needed=found.needed,
        is_enough=found.is_enough,
        sentence=said,
    )


def _detector(row: DetectorAtPlace) -> DetectorOut:
    return DetectorOut(
        key=row.detector.key,
        title=row.detector.title,
        looks_for=row.detector.looks_for,
        kinds=sorted(row.detector.kinds),
        mode=row.mode,
        switch=None if row.switch is None else _switch(row.switch),
        found=row.found,
        per_100_homes_week=row.rate,
        judged=_precision(row.judged),
    )


def _precision(judged: Precision) -> PrecisionOut:
    low, high = judged.interval or (None, None)
    return PrecisionOut(
        true=judged.true,
        false=judged.false,
        unclear=judged.unclear,
        awaiting=judged.awaiting,
        share=judged.share,
        low=low,
        high=high,
        is_enough=judged.is_enough,
    )


def _switch(switch: Switch) -> SwitchOut:
    return SwitchOut(
        mode=switch.mode,
        since=to_datetime(switch.since_us),
        account=switch.account,
        evidence=switch.evidence,
        without_evidence=switch.without_evidence,
        judged=_precision(switch.judged),
    )


def _detail(request: Request, visitor: Visitor, finding: str) -> ShadowFindingDetail:
    resources: Resources = request.app.state.resources
    found = supervision.find(resources, visitor, finding)
    with resources.database.connect() as connection:
        words = adjudications.history(connection, finding)
    said = [
        AdjudicationOut(said=w.said, account=w.account, at=to_datetime(w.at_us), note=w.note)
        for w in words
    ]
    return ShadowFindingDetail(**_fields(found), history=said)


def _fields(found: ShadowFinding) -> dict[str, Any]:
    same = ("id", "place", "home", "kind", "detector", "sentence", "evidence", "is_late", "state")
    return {
        **{name: getattr(found, name) for name in same},
        "onset": to_datetime(found.onset_us),
        "found": to_datetime(found.found_us),
        "ended": to_datetime_or_none(found.ended_us),
        "said": found.said,
        "said_by": found.account,
        "said_at": to_datetime_or_none(found.said_us),
        "note": found.note,
    }
