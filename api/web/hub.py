"""The hub: places side by side as counts and health, for who runs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from alerts.alert import Priority
from api import health
from api.auth import Needs, Visitor
from api.counts import Counts, counts_of
from api.hub import Gateways, Waiting, gateways_of, oldest_waiting
from api.resources import Resources
from api.web import proven, words
from api.web.language import _
from api.web.pages import name_of, page
from api.web.phrases import spoken
from config.places import is_live_for_p1
from config.roles import Role
from ingest.clock import microseconds

router: Final = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of one place; ``refused`` is None where nothing can tell."""

    counts: Counts
    gateways: Gateways
    waiting: Waiting | None
    refused: int | None


@router.get("/hub")
def show_hub(
    request: Request, visitor: Annotated[Visitor, Depends(Needs((Role.HUB_OPERATOR,)))]
) -> Response:
    """Show the places of this hub operator beside each other, by name."""
    resources: Resources = request.app.state.resources
    now_us, wall_us = microseconds(resources.clock()), microseconds(resources.wall())
    places = visitor.places(Role.HUB_OPERATOR)
    letters = resources.dead_letters()
    with resources.database.connect() as connection:
        beats = health.beats(connection)
        gateways = gateways_of(connection, places)
        waiting = oldest_waiting(connection, places)
        found = [
            Found(
                counts_of(connection, visitor, place, now_us),
                gateways[place],
                waiting.get(place),
                None if letters is None else sum(letters.counts(place).values()),
            )
            for place in places
        ]
    rows = [_row(one, resources, beats, now_us, wall_us) for one in found]
    context = {
        "live_url": "/hub?fragment=1",
        "rows": sorted(rows, key=lambda row: (row["name"].casefold(), row["key"])),
        "reasons": [spoken(one) for one in health.reasons(beats.get(health.WORKER), wall_us)],
    }
    return page(request, visitor, "hub.html", context)


def _row(
    one: Found, resources: Resources, beats: Mapping[str, health.Beat], now_us: int, wall_us: int
) -> dict[str, Any]:
    key = one.counts.place
    place = resources.places[key]
    waits = one.waiting
    return {
        "key": key,
        "name": name_of(place),
        "is_live": is_live_for_p1(place),
        "homes": words_of(one.counts.homes),
        "unwatched": words_of(one.counts.unwatched),
        "gateways": _("%(seen)s of %(total)s", seen=f"{one.gateways.seen:,}",
                      total=f"{one.gateways.total:,}"),
        "is_short": one.gateways.seen < one.gateways.total,
        "standing": [(p.value, words_of(one.counts.standing[p])) for p in Priority],
        "waiting": waits and f"{waits.priority.value}, {words.span(now_us - waits.raised_us)}",
        "path": proven.line(beats, [key], wall_us, place.zone),
        "refused": words_of(one.refused),
    }  # fmt: skip


def words_of(number: int | None) -> str:
    """Return the number as it is read, or that it is not known."""
    return _("not known") if number is None else f"{number:,}"
