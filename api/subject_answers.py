"""Hands over by the web what is kept about a home, to information governance of its place."""

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from api import exporting, home_rows, subject_file
from api.auth import Visitor
from api.errors import absent
from api.home_rows import Subject
from api.resources import Resources
from api.subject_file import Export, Sources
from config import holds
from config.roles import Role
from ingest.clock import Instant, microseconds


def find(request: Request, visitor: Visitor, home: str) -> Subject:
    """Return the home; Problem 404 where it is none of a place whose governance this visitor is."""
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        found = home_rows.find(connection, home, visitor.places(Role.GOVERNANCE))
    if found is None:
        raise absent()
    return found


def find_hold(request: Request, visitor: Visitor, home: str, number: int) -> Subject:
    """Return the home of a hold (number); Problem 404 where this home has none such."""
    resources: Resources = request.app.state.resources
    subject = find(request, visitor, home)
    with resources.database.connect() as connection:
        if number not in {one.number for one in holds.of_home(connection, home)}:
            raise absent()
    return subject


def as_json(request: Request, visitor: Visitor, home: str, *, with_notes: bool) -> Response:
    """Return the JSON file in pieces; the audit log says who took it."""
    found, sources, now = _gathered(request, visitor, home, with_notes=with_notes)
    pieces = subject_file.as_json(found, sources, now)
    headers = _named(f"subject-{home}.json")
    return StreamingResponse(pieces, media_type="application/json", headers=headers)


def as_html(request: Request, visitor: Visitor, home: str, *, with_notes: bool) -> Response:
    """Return the page to keep; the audit log says who took it."""
    found, sources, now = _gathered(request, visitor, home, with_notes=with_notes)
    headers = _named(f"subject-{home}.html")
    return Response(subject_file.as_html(found, sources, now), media_type="text/html",
                    headers=headers)  # fmt: skip


def _gathered(
    request: Request, visitor: Visitor, home: str, *, with_notes: bool
) -> tuple[Export, Sources, Instant]:
    resources: Resources = request.app.state.resources
    subject = find(request, visitor, home)
    exporting.note(
        resources.database, subject.place, f"home:{home}", microseconds(resources.wall()),
        actor=visitor.account.id, what="subject", notes=with_notes,
    )  # fmt: skip
    with resources.database.connect() as connection:
        sources = Sources(
            connection, resources.vault, resources.table(), resources.store(),
            resources.dead_letters(), resources.checkpoint, resources.places[subject.place].zone,
        )  # fmt: skip
        found = subject_file.gather(sources, subject, resources.clock(), with_notes=with_notes)
    return found, sources, resources.clock()


def _named(file: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{file}"'}
