"""Four weeks of one home on paper, up to a chosen day: for a case file."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api import queries, roster
from api.auth import HOMES
from api.errors import absent
from api.queries import Alert, Scope
from api.resources import Resources
from api.web import actogram, changes, day, lines, strip, words
from api.web.alerts import Id
from api.web.homes import Resident, activity, day_line, facts, warmth_of
from api.web.pages import page
from config import house_moves
from config.places import Place
from ingest.batch import empty
from ingest.clock import Instant, microseconds
from ingest.sink import StoreDown
from ingest.store.pieces import StoreDamaged

router: Final = APIRouter(include_in_schema=False)

MOST_ALERTS: Final = 500
_US: Final = np.timedelta64(1, "us")


@router.get("/homes/{home_id}/case-file")
def show_case_file(
    request: Request,
    visitor: Resident,
    home_id: Id,
    until: Annotated[date | None, Query()] = None,
) -> Response:
    """Show four weeks up to the end of a day, to print: today unless another day is named."""
    resources: Resources = request.app.state.resources
    scope = Scope(visitor.places(*HOMES))
    with resources.database.connect() as connection:
        home = roster.find_home(connection, scope.places, home_id)
        if home is None:
            raise absent()
        recent = queries.list_alerts(connection, scope, home=home.id, limit=MOST_ALERTS)
        names = lines.names_in(connection, recent)
        moved_on = house_moves.last_day(connection, home.id)
    place, clock = resources.places[home.place], resources.clock()
    today = strip.window(clock, place.zone)[1]
    last = today if until is None else until
    if not today - timedelta(days=place.retention_days) <= last <= today:
        raise absent()
    now = min(clock, day.bounds(last, place.zone)[1] - _US)
    start, stop_us = strip.window(now, place.zone)[0], microseconds(now)
    now_us, me = microseconds(clock), visitor.account.id
    begun = [a for a in recent if microseconds(start) <= a.onset_us <= stop_us]
    context: dict[str, Any] = {
        "place": place,
        "home": home,
        "facts": facts(home),
        "begins": words.day(microseconds(start), place.zone),
        "ends": words.day(stop_us, place.zone),
        "until": last.isoformat(),
        "latest": today.isoformat(),
        "printed": words.moment(now_us, place.zone),
        "printed_by": visitor.account.name,
        "alerts": [lines.line(a, resources, names, now_us, me) for a in begun],
        "is_history_down": False,
    }
    try:
        context |= _pictures(resources, place, home.number, now, begun, moved_on)
    except (StoreDown, StoreDamaged):
        # Unknown is an answer: an empty picture would read as weeks without a sign.
        context["is_history_down"] = True
    return page(request, visitor, "case_file.html", context)


def _pictures(
    resources: Resources,
    place: Place,
    number: int,
    now: Instant,
    begun: Sequence[Alert],
    moved_on: date | None,
) -> dict[str, Any]:
    sensors = roster.sensors_of(resources.table(), number, with_ended=True)
    start, _ = strip.window(now, place.zone)
    store = resources.store()
    batch = empty() if store is None else store.read(number, start, now + _US)
    made = strip.build(batch, {s.number: s.kind for s in sensors}, now, place.zone)
    picture = actogram.build(batch, sensors, made, now, place.zone, moved_on)
    shown = activity(made, picture, place, begun, start, moved_on)
    shown["days"] = [day_line(row, is_today=False) for row in made.rows]
    warm = warmth_of(batch, sensors, made, place, is_today=False)
    return {**shown, **warm, "changes": changes.changes(made.after(moved_on))}
