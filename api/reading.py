"""Notes in the audit log who read what of whom: every page and answer that shows a person.

Noted where the rule of the route is judged, so that a new route cannot forget it. Fragments that a
page fetches again by itself are the same reading and are not noted once more.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import structlog
from fastapi import Request
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from alerts import tables
from alerts.alert import AlertKind
from api.resources import Resources
from config import audit
from config import tables as registry
from config.audit import Entry
from config.gateway_tables import device_moves
from ingest.clock import microseconds

_log = structlog.get_logger()

LISTS: Final[Mapping[str, str]] = {
    "/alerts": "list",
    "/api/v1/alerts": "list",
    "/api/v1/shadow-findings": "list",
    "/audit": "audit",
    "/break-glass": "break-glass",
    "/caps": "list",
    "/data-requests": "holds",
    "/device-moves": "list",
    "/detectors/findings": "list",
    "/enrol": "list",
    "/handover": "list",
    "/homes": "list",
    "/mine": "list",
    "/people": "people",
    "/rota": "rota",
}
"""Addresses that list people of several places, and what they list."""

PLACE_LISTS: Final[Mapping[str, str]] = {
    "audit": "audit",
    "caps": "list",
    "consents": "consents",
    "dead-letters": "dead-letters",
    "device-moves": "list",
    "emergency-access": "break-glass",
    "handover": "list",
    "holds": "holds",
    "homes": "list",
    "pauses": "list",
    "rota": "rota",
    "stale-contacts": "list",
    "unwatched": "list",
}
"""The same of one place: ``/api/v1/places/{place}/`` and this."""

PLACE_PAGES: Final[Mapping[str, str]] = {"rota": "rota", "teams": "rota"}
"""The same on pages: ``/places/{place}/`` and this, and what lies below."""

SUBJECTS: Final = ("home", "home_id", "alert", "contact", "finding", "move")
"""Parts of addresses that name somebody, or what concerns somebody."""

_PLACE: Final = "/api/v1/places/{place}/"
_PAGE: Final = "/places/{place}/"


def note(request: Request, resources: Resources, account: str, places: Sequence[str]) -> None:
    """Note this reading if it shows a person of one of these places (where the caller may look)."""
    is_fragment = request.query_params.get("fragment") == "1"
    if request.method not in ("GET", "HEAD") or is_fragment or not places:
        return
    with resources.database.connect() as connection:
        found = _shown(connection, _template(request), request.path_params, places)
    asked, listed = request.query_params.get("place", ""), LISTS.get(request.url.path)
    if listed is not None:
        found = [(place, listed) for place in places if asked in ("", place)]
    if not found:
        return
    now_us = microseconds(resources.wall())
    path = _template(request)
    entries = [Entry(place, now_us, account, "read", s, {"route": path}) for place, s in found]
    try:
        with resources.database.begin() as connection:
            for entry in entries:
                audit.append(connection, entry)
    except SQLAlchemyError as problem:
        # A locked or full database must not keep whoever helps from seeing whom.
        _log.error("reading_not_noted", account=account, error=type(problem).__name__)


def _shown(
    connection: Connection, path: str, values: Mapping[str, str], places: Sequence[str]
) -> list[tuple[str, str]]:
    """Return (place, subject) of what this address shows, if it is of these places."""
    name = next((one for one in SUBJECTS if one in values), "")
    if name:
        place = _place_of(connection, name, str(values[name]), places)
        return [] if place is None else [(place, f"{name.removesuffix('_id')}:{values[name]}")]
    listed = PLACE_LISTS.get(path.removeprefix(_PLACE)) if path.startswith(_PLACE) else None
    if path.startswith(_PAGE):
        listed = PLACE_PAGES.get(path.removeprefix(_PAGE).partition("/")[0])
    if listed is not None and values.get("place") in places:
        return [(str(values["place"]), listed)]
    return []


def _place_of(connection: Connection, name: str, id_: str, places: Sequence[str]) -> str | None:
    homes, contacts = registry.homes, registry.contacts
    if name == "alert":
        a = tables.alerts.c
        is_of_people = a.home.is_not(None) | (a.kind == AlertKind.UNWATCHED_HOME.value)
        query = select(a.place).where(a.id == id_, is_of_people, a.place.in_(places))
    elif name == "finding":
        f = tables.shadow_findings.c
        query = select(f.place).where(f.id == id_, f.place.in_(places))
    elif name == "move":
        m = device_moves.c
        query = select(homes.c.place).join(device_moves, m.home == homes.c.number)
        query = query.where(m.id == id_, homes.c.place.in_(places))
    elif name == "contact":
        query = select(homes.c.place).join(contacts, contacts.c.home == homes.c.number)
        query = query.where(contacts.c.id == id_, homes.c.place.in_(places))
    else:
        query = select(homes.c.place).where(homes.c.id == id_, homes.c.place.in_(places))
    return connection.execute(query).scalar()


def _template(request: Request) -> str:
    """Return the address with the names of its parts instead of ids."""
    path = request.url.path
    for name, value in request.path_params.items():
        path = path.replace(str(value), f"{{{name}}}", 1)
    return path
