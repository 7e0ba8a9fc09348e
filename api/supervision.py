"""What supervisors do to detectors, for pages and REST alike: scope first, then the rows."""

from alerts.adjudications import Adjudication, ShadowFinding, adjudicate, find_finding
from alerts.modes import Detector, Mode, find_detector
from alerts.precision import Said
from api import detectors
from api.auth import Visitor
from api.errors import absent
from api.resources import Resources
from config.roles import Role
from ingest.clock import microseconds


def places_of(visitor: Visitor, place: str = "") -> tuple[str, ...]:
    """Return the places that this visitor supervises, or the named one; Problem 404 if not one."""
    own = visitor.places(Role.SUPERVISOR)
    if not place:
        return own
    if place not in own:
        raise absent()
    return (place,)


def find(resources: Resources, visitor: Visitor, finding: str) -> ShadowFinding:
    """Return a finding of the visitor's places; Problem 404 when there is none."""
    with resources.database.connect() as connection:
        found = find_finding(connection, places_of(visitor), finding)
    if found is None:
        raise absent()
    return found


def judge(resources: Resources, visitor: Visitor, finding: str, said: Said, note: str) -> None:
    """Say whether a finding was true; Problem 404 when it is not the visitor's to judge."""
    find(resources, visitor, finding)
    word = Adjudication(said, visitor.account.id, microseconds(resources.clock()), note)
    with resources.database.begin() as connection:
        adjudicate(connection, finding, word)


def expect_detector(key: str) -> Detector:
    """Return the detector of this key; Problem 404 when there is none."""
    detector = find_detector(key)
    if detector is None:
        raise absent()
    return detector


def switch(
    resources: Resources,
    visitor: Visitor,
    place: str,
    detector: str,
    mode: Mode,
    *,
    evidence: str,
    without_evidence: str,
) -> None:
    """Switch a detector; Problem 404 out of reach, SwitchRefused says what is missing."""
    places_of(visitor, place)
    expect_detector(detector)
    with resources.database.begin() as connection:
        detectors.switch(
            connection,
            place,
            detector,
            mode,
            account=visitor.account.id,
            evidence_text=evidence,
            without_evidence=without_evidence,
            now_us=microseconds(resources.clock()),
        )
