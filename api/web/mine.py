"""My alerts: what a care worker has, and what nobody has yet, for one thumb."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from alerts.alert import Priority, State
from api import queries, roster, seen
from api.auth import CARE
from api.queries import Alert, Scope
from api.resources import Resources
from api.web import keeping, last_seen, lines
from api.web.alerts import SHOWN, Carer
from api.web.pages import page
from config import household_rows
from config.roles import Role
from ingest.clock import microseconds
from ingest.sink import StoreDown
from ingest.store.pieces import StoreDamaged

router: Final = APIRouter(include_in_schema=False)

MOST: Final = 20
"""Alerts that nobody has on this page; the queue has them all."""


@router.get("/mine")
def show_mine(request: Request, visitor: Carer) -> Response:
    """Show the alerts that this visitor has, then those that nobody has."""
    resources: Resources = request.app.state.resources
    me, now_us = visitor.account.id, microseconds(resources.clock())
    with resources.database.connect() as connection:
        alerts = queries.queue(connection, Scope(visitor.places(*CARE)), limit=SHOWN)
        people = [alert for alert in alerts if alert.priority is not Priority.T]
        mine = [one for one in people if me in (one.acknowledged_by, one.attending_by)]
        waiting = [one for one in people if one.state is State.OPEN]
        shown = [*mine, *waiting[:MOST]]
        names = lines.names_in(connection, shown)
        homes = [roster.find_home(connection, [a.place], a.home) for a in shown if a.home]
        found = {home.number: home.id for home in homes if home}
        safes = {found[one] for one in household_rows.with_key_safe(connection, list(found))}
    try:
        last = last_seen.of_homes(resources, [home for home in homes if home], now_us)
        is_history_down = False
    except (StoreDown, StoreDamaged):
        last, is_history_down = {}, True

    def cards(chosen: Sequence[Alert]) -> list[dict[str, Any]]:
        return [
            {
                "line": lines.line(alert, resources, names, now_us, me),
                "version": seen.version(alert),
                "last": last.get(alert.home or "", ""),
                # What tells of many homes is not ended by one tap.
                "home": alert.home,
                "has_key_safe": alert.home in safes,
                "is_of_home": alert.home is not None,
                "may_take": alert.state is State.OPEN,
                "may_attend": alert.state is not State.ATTENDING,
            }
            for alert in chosen
        ]

    context = {
        "mine": cards(mine),
        "waiting": cards(waiting[:MOST]),
        "more": max(len(waiting) - MOST, 0),
        "others": len(people) - len(mine) - len(waiting),
        "shows_place": len(visitor.places(*CARE)) > 1,
        "is_history_down": is_history_down,
        "is_phone": visitor.holds(Role.CARE_WORKER),
        "live_url": "/mine?fragment=1",
    }
    response = page(request, visitor, "mine.html", context)
    if visitor.holds(Role.CARE_WORKER):
        keeping.allow(response, resources)
    return response
