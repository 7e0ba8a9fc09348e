"""The system page of engineers: heartbeats, and what could not be used."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api import health
from api.auth import Needs, Visitor
from api.resources import Resources
from api.web import words
from api.web.alerts import quiet
from api.web.numbers import numbers
from api.web.pages import page, zone_of
from config.people import Role
from ingest.clock import microseconds
from ingest.dead_letters import DeadLetter

router: Final = APIRouter(include_in_schema=False)
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
    zone = zone_of(resources, None)
    letters = newest_letters(resources, visitor.places(Role.ENGINEER))
    context = {
        **silent,
        "live_url": "/system?fragment=1",
        "reasons": health.reasons(beats.get(health.WORKER), wall_us),
        "beats": [
            {
                "process": words.label(beat.process),
                "age": words.ago(beat.beat_us, wall_us),
                "clock": words.moment(beat.now_us, zone),
                "is_live": beat.is_live,
                "state": numbers(beat.state, zone),
            }
            for beat in beats.values()
        ],
        "letters": [letter_row(letter, microseconds(resources.clock())) for letter in letters],
    }
    return page(request, visitor, "system.html", context)


def newest_letters(resources: Resources, places: Sequence[str]) -> list[DeadLetter]:
    """Return the newest dead letters whose topic names one of these places."""
    reader = resources.dead_letters()
    if reader is None:
        return []
    found = [letter for place in places for letter in reader.list(place, limit=SHOWN).letters]
    return sorted(found, key=lambda letter: (-letter.last_us, letter.id))[:SHOWN]


def letter_row(letter: DeadLetter, now_us: int) -> dict[str, Any]:
    """Return a dead letter as text; its bytes are shown escaped, as they came."""
    return {
        "reason": words.label(letter.reason.value),
        "detail": letter.detail,
        "topic": letter.topic,
        "count": f"{letter.count:,}",
        "age": words.ago(letter.last_us, now_us),
        "bytes": letter.first_bytes.decode("ascii", "backslashreplace"),
    }
