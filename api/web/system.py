"""The system page of engineers: heartbeats, and what could not be used."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api import health, installed
from api.auth import Needs, Visitor
from api.installed import Stored
from api.payload_shape import shape
from api.resources import Resources
from api.web import proven, words
from api.web.alerts import quiet
from api.web.language import N_, _
from api.web.numbers import numbers
from api.web.pages import page, zone_of
from api.web.phrases import spoken
from config.roles import Role
from config.sensor_table import SensorTable
from ingest.clock import microseconds
from ingest.dead_letters import DeadLetter

router: Final = APIRouter(include_in_schema=False)
NAMES: Final = (
    N_("Database"),
    N_("Journal"),
    N_("Readings"),
    N_("Memory of the engine"),
    N_("Revision of the database"),
    N_("Layout of the engine's memory"),
)
"""Names of what ``api/installed.py`` tells, for the catalogue."""

SHOWN: Final = 50
"""Dead letters on the page, of each place."""


@router.get("/system")
def show_system(
    request: Request, visitor: Annotated[Visitor, Depends(Needs((Role.ENGINEER,)))]
) -> Response:
    """Show whether the processes live, and the dead letters of the engineer's places."""
    resources: Resources = request.app.state.resources
    wall_us = microseconds(resources.wall())
    with resources.database.connect() as connection:
        beats = health.beats(connection)
        silent = quiet(connection, resources, visitor, visitor.places(Role.ENGINEER))
    zone, own = zone_of(resources, None), visitor.places(Role.ENGINEER)
    worker, is_fragment = beats.get(health.WORKER), request.query_params.get("fragment") == "1"
    letters = newest_letters(resources, own)
    context = {
        **silent,
        "live_url": "/system?fragment=1",
        "reasons": [spoken(one) for one in health.reasons(beats.get(health.WORKER), wall_us)],
        "beats": [
            {
                "process": words.label(beat.process),
                "age": words.ago(beat.beat_us, wall_us),
                "clock": words.moment(beat.now_us, zone),
                "is_live": beat.is_live,
                "state": numbers(shown(beat, own, wall_us, zone), zone),
            }
            for beat in beats.values()
        ],
        "gaps": gap_rows(beats.get(health.WORKER), resources.table(), own),
        **({} if is_fragment else _installed(resources, worker, wall_us)),
        "letters": [letter_row(letter, microseconds(resources.clock())) for letter in letters],
    }
    return page(request, visitor, "system.html", context)


def shown(
    beat: health.Beat, places: Sequence[str], wall_us: int, zone: tzinfo
) -> Mapping[str, object]:
    """Return what a process reports, of these places only."""
    if beat.process != health.WATCH:
        return {key: value for key, value in beat.state.items() if key != "gaps_of"}
    late = [what for place, what in beat.state.get("late", ()) if not place or place in places]
    took = beat.state.get("took_s", {})
    path = [
        f"{place} {proven.exactly(us, wall_us, zone)}, {took.get(place, 0):g} s on its way"
        for place, us in beat.state.get("proven_us", {}).items()
        if place in places and us
    ]
    kept = {key: beat.state[key] for key in ("outside", "mail") if key in beat.state}
    return {"path_proven": path or ["not yet"], "late": late or ["nothing"], **kept}


def gap_rows(
    worker: health.Beat | None, table: SensorTable, places: Sequence[str]
) -> list[tuple[str, str, str]]:
    """Return gateway, place and how many of its messages never came, of these places."""
    told = worker.state.get("gaps_of", ()) if worker is not None else ()
    known = [(table.box_id(box), table.gateway_of(box), count) for box, count in told]
    return [
        (id_, table.gateways[number].place, f"{count:,}")
        for id_, number, count in known
        if id_ is not None and table.gateways[number].place in places
    ]


def _installed(resources: Resources, worker: health.Beat | None, wall_us: int) -> dict[str, Any]:
    """Return stores and versions, which a page that renews itself does not ask for again."""
    return {
        "stores": [stored_row(one, wall_us) for one in installed.stores(resources, worker)],
        "versions": [
            (_(name) if name in NAMES else name, told, name not in NAMES)
            for name, told in installed.versions(resources.database)
        ],
    }


def stored_row(one: Stored, wall_us: int) -> dict[str, str]:
    """Return a store as text."""
    return {
        "name": _(one.name),
        "kind": one.kind,
        "size": _("unknown") if one.size is None else _("%(n)s MB", n=f"{one.size / 1e6:,.1f}"),
        "written": _("unknown") if one.written_us is None else words.ago(one.written_us, wall_us),
        "problem": one.problem,
    }


def newest_letters(resources: Resources, places: Sequence[str]) -> list[DeadLetter]:
    """Return the newest dead letters whose topic names one of these places."""
    reader = resources.dead_letters()
    if reader is None:
        return []
    found = [letter for place in places for letter in reader.list(place, limit=SHOWN).letters]
    return sorted(found, key=lambda letter: (-letter.last_us, letter.id))[:SHOWN]


def letter_row(letter: DeadLetter, now_us: int) -> dict[str, Any]:
    """Return a dead letter as text, with the shape of its payload and no value of it."""
    return {
        "reason": words.label(letter.reason.value),
        "detail": letter.detail,
        "topic": letter.topic,
        "count": f"{letter.count:,}",
        "age": words.ago(letter.last_us, now_us),
        "shape": shape(letter.first_bytes),
    }
