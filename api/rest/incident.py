"""The incident file of an alert, whole for those who may see it, redacted for release."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request

from api import incident
from api.auth import HOMES, PEOPLE, Needs, Visitor
from api.errors import absent
from api.queries import Scope
from api.resources import Resources
from api.rest.homes import Id
from api.rest.models import Sent
from api.rest.moments import to_datetime
from ingest.clock import microseconds

router: Final = APIRouter(tags=["alerts"])
Reader = Annotated[Visitor, Depends(Needs(HOMES))]
Releaser = Annotated[Visitor, Depends(Needs(PEOPLE))]


class LineOut(Sent):
    """Something that was known or done: when, by whom, and what was said."""

    at: datetime
    what: str
    who: str
    said: str


class IncidentOut(Sent):
    """What was known when; in a redacted file no third party is named."""

    alert: str
    place: str
    home: str | None
    kind: str
    priority: str
    state: str
    outcome: str | None
    onset: datetime
    raised: datetime
    sentence: str
    evidence: dict[str, Any]
    is_redacted: bool
    lines: list[LineOut]


@router.get("/alerts/{alert}/incident")
def get_incident(request: Request, visitor: Reader, alert: Id) -> IncidentOut:
    """Return the whole file, for use inside."""
    resources: Resources = request.app.state.resources
    scope = Scope(visitor.places(*HOMES))
    now_us = microseconds(resources.wall())
    with resources.database.connect() as connection:
        found = incident.build(connection, resources.vault, scope, alert, now_us, is_redacted=False)
    if found is None:
        raise absent()
    return _out(found)


@router.post("/alerts/{alert}/incident/release")
def release_incident(request: Request, visitor: Releaser, alert: Id) -> IncidentOut:
    """Return the file without third parties; who released it is in the audit log."""
    resources: Resources = request.app.state.resources
    scope, now_us = Scope(visitor.places(*PEOPLE)), microseconds(resources.wall())
    with resources.database.begin() as connection:
        found = incident.build(connection, resources.vault, scope, alert, now_us, is_redacted=True)
        if found is None:
            raise absent()
        incident.note_release(connection, found, visitor.account.id, now_us)
    return _out(found)


def _out(found: incident.Incident) -> IncidentOut:
    values = incident.as_json(found)
    told = [
        LineOut(at=to_datetime(line.at_us), what=line.what, who=line.who, said=line.said)
        for line in found.lines
    ]
    rest = {k: v for k, v in values.items() if not k.endswith("_us") and k != "lines"}
    onset, raised = to_datetime(found.alert.onset_us), to_datetime(found.alert.raised_us)
    return IncidentOut(**rest, onset=onset, raised=raised, lines=told)
