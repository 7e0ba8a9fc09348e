"""The incident file of an alert as a page to print."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api import incident
from api.auth import HOMES, PEOPLE, Needs, Visitor
from api.errors import absent
from api.incident import Incident
from api.queries import Scope
from api.resources import Resources
from api.web import lines, sentences, words
from api.web.alerts import Id
from api.web.decided import decided, said
from api.web.language import _
from api.web.numbers import numbers
from api.web.pages import page
from api.web.phrases import spoken
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)
Reader = Annotated[Visitor, Depends(Needs(HOMES))]
Releaser = Annotated[Visitor, Depends(Needs(PEOPLE))]


@router.get("/alerts/{alert}/incident")
def show_incident(request: Request, visitor: Reader, alert: Id) -> Response:
    """Show the whole file, for use inside."""
    resources: Resources = request.app.state.resources
    scope, now_us = Scope(visitor.places(*HOMES)), microseconds(resources.wall())
    with resources.database.connect() as connection:
        found = incident.build(connection, resources.vault, scope, alert, now_us, is_redacted=False)
    if found is None:
        raise absent()
    return _page(request, visitor, found)


@router.post("/alerts/{alert}/incident/release")
def release_incident(request: Request, visitor: Releaser, alert: Id) -> Response:
    """Show the file without third parties, and note who released it."""
    resources: Resources = request.app.state.resources
    scope, now_us = Scope(visitor.places(*PEOPLE)), microseconds(resources.wall())
    with resources.database.begin() as connection:
        found = incident.build(connection, resources.vault, scope, alert, now_us, is_redacted=True)
        if found is None:
            raise absent()
        incident.note_release(connection, found, visitor.account.id, now_us)
    return _page(request, visitor, found)


def _page(request: Request, visitor: Visitor, found: Incident) -> Response:
    resources: Resources = request.app.state.resources
    alert = found.alert
    place = resources.places[alert.place]
    now_us = microseconds(resources.wall())
    of = alert.kind, alert.evidence, place.zone
    told = said(alert.kind, alert.evidence)
    rest = {key: value for key, value in alert.evidence.items() if key not in told}
    context = {
        "place": place,
        "alert": alert,
        "sentence": sentences.translate(alert.sentence),
        "subject": _("Home %(id)s", id=alert.home or alert.place)
        if found.is_redacted
        else _subject(found),
        "kind": lines.kind_text(alert.kind),
        "is_redacted": found.is_redacted,
        "may_release": alert.place in visitor.places(*PEOPLE) and not found.is_redacted,
        "printed": words.moment(now_us, place.zone),
        "by": visitor.account.name,
        "facts": [
            (_("Began"), words.moment(alert.onset_us, place.zone)),
            (_("Raised"), words.moment(alert.raised_us, place.zone)),
            *((_("Decided by: %(what)s", what=row.what), row.text) for row in decided(*of)),
            *numbers(rest, place.zone),
        ],
        "told": [
            {
                "when": words.moment_s(line.at_us, place.zone),
                "iso": words.iso(line.at_us),
                "what": spoken(line.what),
                "who": spoken(line.who),
                "said": spoken(line.said),
            }
            for line in found.lines
        ],
    }
    return page(request, visitor, "incident.html", context)


def _subject(found: Incident) -> str:
    return lines.subject(found.alert)
