"""The page of one day of one home."""

from datetime import date, timedelta
from typing import Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, Request
from fastapi import Path as InPath
from fastapi.responses import Response

from api import roster
from api.auth import HOMES
from api.errors import absent
from api.queries import Scope
from api.resources import Resources
from api.web import actogram, day, sensors, strip, words
from api.web.alerts import Id
from api.web.homes import Resident
from api.web.pages import page
from config.places import Place
from ingest.batch import empty
from ingest.clock import Instant, microseconds
from ingest.sink import StoreDown
from ingest.store.pieces import StoreDamaged

router: Final = APIRouter(include_in_schema=False)

_US: Final = np.timedelta64(1, "us")


@router.get("/homes/{home_id}/days/{on}")
def show_day(
    request: Request, visitor: Resident, home_id: Id, on: Annotated[date, InPath()]
) -> Response:
    """Show one local day of one home: rooms, doors, bed and what is usual."""
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        home = roster.find_home(connection, Scope(visitor.places(*HOMES)).places, home_id)
    if home is None:
        raise absent()
    place = resources.places[home.place]
    now = resources.clock()
    today = strip.window(now, place.zone)[1]
    if not today - timedelta(days=place.retention_days) <= on <= today:
        raise absent()
    found = roster.sensors_of(resources.table(), home.number, with_ended=True)
    context: dict[str, Any] = {
        "place": place,
        "home": home,
        "title": f"{words.weekday(on)} {words.long_day(on)}",
        "before": (on - timedelta(days=1)).isoformat(),
        "after": (on + timedelta(days=1)).isoformat() if on < today else "",
    }
    start, stop = day.bounds(on, place.zone)
    until = min(stop, now + _US)
    store = resources.store()
    try:
        early = start - np.timedelta64(strip.DAYS - 1, "D")
        batch = empty() if store is None else store.read(home.number, early, until)
        context["is_history_down"] = False
    except (StoreDown, StoreDamaged):
        batch = empty()
        context["is_history_down"] = True
    kinds = {sensor.number: sensor.kind for sensor in found}
    at = until - _US
    picture = actogram.build(
        batch, found, strip.build(batch, kinds, at, place.zone), at, place.zone
    )
    lanes = day.lanes(batch, found, on, place.zone)
    ahead = _minutes(now, place) if on == today else 1440.0
    context |= {
        "picture": day.draw(lanes, picture.is_usual, ahead),
        "summary": day.summary(lanes, picture.is_usual),
        "lanes": [sensors.room_name(lane.name) for lane in lanes],
        "hours": [
            {
                "hour": f"{hour:02d}:00",
                "signs": [int(lane.by_hour[hour]) for lane in lanes],
                "is_ahead": hour * 60 > ahead,
            }
            for hour in range(24)
        ],
        "events": [
            day.told(event, place.zone) for event in day.events(batch, found, on, place.zone)
        ],
    }
    return page(request, visitor, "day.html", context)


def _minutes(moment: Instant, place: Place) -> float:
    local = words.local(microseconds(moment), place.zone)
    return local.hour * 60.0 + local.minute
