"""The list of homes, and one home: its four weeks, its sensors, its alerts."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import quote

import numpy as np
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from alerts.detect import own_settings
from api import households, pausing, queries, roster
from api.auth import HOMES, Needs, Visitor
from api.contacting import EDITORS
from api.cursors import decode_cursor, encode_cursor
from api.errors import absent
from api.queries import Alert, Scope
from api.resources import Resources
from api.roster import SensorValue
from api.sensor_pauses import UsualPauses, usual_pauses
from api.web import (
    actogram,
    calls,
    changes,
    consent_words,
    enrolling,
    lines,
    sensors,
    warmth,
    words,
)
from api.web.alerts import Id, narrow
from api.web.language import N_, _, _n
from api.web.pages import name_of, page
from api.web.strip import DayRow, Strip, build, last_sign, window
from api.web.strip_svg import Mark, draw, swatch
from api.web.unwatched import unwatched_lines
from config import (
    consents,
    device_move_rows,
    house_moves,
    override_rows,
    pause_rows,
    people,
    walk_test_rows,
)
from config.homes import Home, HomeState, Sensor
from config.kinds import Kind
from config.overrides import Override
from config.pauses import LONGEST_DAYS
from config.places import Place
from config.roles import Role
from ingest.batch import Batch, empty
from ingest.clock import Instant, instant, microseconds
from ingest.sink import StoreDown
from ingest.store.pieces import StoreDamaged

router: Final = APIRouter(include_in_schema=False)

PER_PAGE: Final = 50
"""Homes on one page of the list."""

Resident = Annotated[Visitor, Depends(Needs(HOMES))]
_MICROSECOND: Final = np.timedelta64(1, "us")


@router.get("/homes")
def show_homes(
    request: Request,
    visitor: Resident,
    place: Annotated[str, Query(max_length=40)] = "",
    after: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """Show homes by label, fifty to a page."""
    resources: Resources = request.app.state.resources
    places = narrow(Scope(visitor.places(*HOMES)), place).places
    start = None
    if after:
        label, number = decode_cursor(after, str, int)
        start = (str(label), int(number))
    with resources.database.connect() as connection:
        homes = roster.list_homes(connection, places, after=start, limit=PER_PAGE + 1)
        more = len(homes) > PER_PAGE
        homes = homes[:PER_PAGE]
        alerts = roster.count_alerts(connection, [home.id for home in homes])
        total = sum(roster.count_homes(connection, places).values())
        unseen = {home.home for home in queries.unwatched(connection, places)}
        names = households.names_of(resources, connection, [home.number for home in homes])
        now_us = microseconds(resources.clock())
        officer_of = [key for key in visitor.places(Role.OFFICER) if key in places]
        moves = device_move_rows.count_waiting(connection, officer_of, now_us)
        paused = {
            p.home for _, p in pausing.listing(connection, places, now_us) if p.covers(now_us)
        }
    rows = [
        {
            "home": home,
            "place": name_of(resources.places[home.place]),
            "state": _("Paused") if home.number in paused else words.label(home.state.value),
            "is_active": home.state is HomeState.ACTIVE and home.number not in paused,
            "alerts": alerts.get(home.id, 0),
            "names": names.get(home.number, ""),
            "is_unwatched": home.id in unseen,
        }
        for home in homes
    ]
    query = f"?place={place}&" if place else "?"
    context = {
        "place": resources.places.get(place),
        "live_url": f"/homes{query}after={quote(after)}&fragment=1",
        "rows": rows,
        "total": total,
        "shows_place": len(places) > 1,
        "more": encode_cursor(homes[-1].label, homes[-1].number) if more else "",
        "query": query,
        "moves": moves,
        "may_enrol": visitor.holds(*EDITORS),
    }
    return page(request, visitor, "homes.html", context)


@router.get("/homes/{home_id}")
def show_home(request: Request, visitor: Resident, home_id: Id) -> Response:
    """Show one home."""
    return home_page(request, visitor, home_id)


def home_page(
    request: Request,
    visitor: Visitor,
    home_id: str,
    *,
    errors: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
) -> Response:
    """Return the page of one home; ``errors`` and ``kept`` are of a pause that was refused."""
    resources: Resources = request.app.state.resources
    scope = Scope(visitor.places(*HOMES))
    now = resources.clock()
    now_us = microseconds(now)
    with resources.database.connect() as connection:
        home = roster.find_home(connection, scope.places, home_id)
        if home is None:
            raise absent()
        place = resources.places[home.place]
        recent = queries.list_alerts(connection, scope, home=home.id, limit=500)
        names = lines.names_in(connection, recent)
        unseen = queries.unwatched(connection, [home.place], home.id)
        told = unwatched_lines(connection, resources, visitor, unseen, now_us)
        paused = _pauses(connection, home, place, now_us)
        own_values = override_rows.in_force(connection, [home.number])
        may_edit = home.place in visitor.places(*EDITORS)
        stands = consents.standing(connection, home.id) if may_edit else None
        moved_on = house_moves.last_day(connection, home.id)
    today = households.today(place, now_us)
    shown = [lines.line(alert, resources, names, now_us, visitor.account.id) for alert in recent]
    batch, start = _weeks(resources, home, place, now)
    own = roster.sensors_of(resources.table(), home.number)
    values = roster.values_of(
        own,
        resources.store(),
        now_us,
        is_unwatched=bool(unseen),
        usual=UsualPauses() if batch is None else usual_pauses(batch, own, now_us),
    )
    context: dict[str, Any] = {
        "place": place,
        "home": home,
        "facts": facts(home),
        "standing": [line for line in shown if line.is_standing],
        "ended": [line for line in shown if not line.is_standing][:10],
        "unwatched": told[0] if told else None,
        "rooms": sensors.rooms(values, now_us, place.zone),
        "devices": sensors.devices(values, now_us, place.zone),
        "equipment": sensors.equipment_summary(values),
        "live_url": f"/homes/{home.id}?fragment=1",
        # Unknown is an answer: an empty history would read as a home without a sign.
        "is_history_down": batch is None,
        "errors": errors or {},
        "kept": kept or {},
        "shows_id": may_edit,
        "consent": consent_words.banner(home, stands, today) if may_edit else "",
        "may_install": home.place in visitor.places(Role.OFFICER),
        "moved_on": "" if moved_on is None else f"{words.day_and_month(moved_on)} {moved_on:%Y}",
        **paused,
        "own_settings": _own(own_values),
        **calls.of_home(resources, visitor, home, now_us, place.zone),
    }
    kinds = {value.sensor.number: value.sensor.kind for value in values}
    batch = empty() if batch is None else batch
    hours = own_settings.value(own_values, place, home.number, "chatter_hours")
    context["last_sign"] = _last_sign(batch, values, kinds, now_us, place, hours)
    if request.query_params.get("fragment") != "1":
        context |= enrolling.of_home(resources, visitor, home.id)
        strip = build(batch, kinds, now, place.zone)
        seen = [value.sensor for value in values]
        picture = actogram.build(batch, seen, strip, now, place.zone, moved_on)
        context |= activity(strip, picture, place, recent, start, moved_on)
        told_changes = changes.changes(strip.after(moved_on))
        context |= {**warmth_of(batch, seen, strip, place), "changes": told_changes}
    return page(request, visitor, "home.html", context, status=422 if errors else 200)


def _own(found: Sequence[Override]) -> str:
    """How many settings a home has of its own; nothing where its place's hold."""
    return _n("%(n)s of its own", "%(n)s of its own", len(found)) if found else ""


def _weeks(
    resources: Resources, home: Home, place: Place, now: Instant
) -> tuple[Batch | None, Instant]:
    """Return the readings of four weeks, None when they cannot be read, and when these begin."""
    store, (start, _) = resources.store(), window(now, place.zone)
    if store is None:
        return empty(), start
    try:
        return store.read(home.number, start, now + _MICROSECOND), start
    except (StoreDown, StoreDamaged):
        return None, start


def _pauses(connection: Connection, home: Home, place: Place, now_us: int) -> dict[str, Any]:
    found = [p for p in pause_rows.of_home(connection, home.number) if p.stop_us > now_us]
    names = people.names(connection, pausing.accounts_of(found))
    told = [
        {
            "number": pause.number,
            "is_now": pause.covers(now_us),
            "text": pausing.text(pause, place, names, now_us),
            "until": f"{words.local(pause.until_us, place.zone):%Y-%m-%dT%H:%M}",
        }
        for pause in sorted(found, key=lambda pause: pause.from_us)
    ]
    tomorrow = words.local(now_us + 86_400_000_000, place.zone)
    test = walk_test_rows.newest(connection, home.number)
    is_tested = test is not None and test.covers(now_us)
    return {
        "tested_until": words.clock_time(test.stop_us, place.zone) if test and is_tested else "",
        "pauses": told,
        "may_pause": home.state is HomeState.ACTIVE,
        "pause_reasons": {one.value: _(text) for one, text in pausing.FOR.items()},
        "pause_until": f"{tomorrow:%Y-%m-%d}T12:00",
        "longest_pause": LONGEST_DAYS,
    }


def facts(home: Home) -> list[str]:
    """Return what decides how the home is watched, and what cannot be told there."""
    goes = {
        "alone": _("goes out alone"),
        "accompanied": _("goes out accompanied"),
        "never": _("stays in"),
    }
    found = [
        _("One person")
        if home.residents == 1
        else _n("%(n)s person", "%(n)s people", home.residents),
        goes[home.goes_out.value],
        _("has pets") if home.has_pets else _("no pets"),
        _("risk tier %(tier)s (1 is the highest of 3)", tier=home.risk_tier),
        *([_("postcode sector %(sector)s", sector=home.sector)] if home.sector else []),
    ]
    told = [", ".join(found) + "."]
    if home.residents > 1 or home.has_pets:
        who = [_("another person")] * (home.residents > 1) + [_("a pet")] * home.has_pets
        told.append(
            _(
                "%(who)s also moves the sensors here: if the person lies still, or has gone out, "
                "while others move, no silence is seen and no alert is raised.",
                who=_(" or ").join(who).capitalize(),
            )
        )
    return told


def _last_sign(
    batch: Batch,
    values: Sequence[SensorValue],
    kinds: Mapping[int, Kind],
    now_us: int,
    place: Place,
    chatter_h: float,
) -> dict[str, str] | None:
    found = last_sign(batch, kinds, chatter_h)
    if found is None:
        return None
    at_us, number = found
    sensor = next(value.sensor for value in values if value.sensor.number == number)
    return {
        "when": words.when(at_us, now_us, place.zone),
        "iso": words.iso(at_us),
        "what": words.sign(sensor.kind),
        "room": sensors.room_name(sensor.room).lower() if sensor.room else "",
    }


def activity(
    strip: Strip,
    picture: actogram.Actogram,
    place: Place,
    alerts: Sequence[Alert],
    start: Instant,
    moved_on: date | None = None,
) -> dict[str, Any]:
    """Return the drawing of four weeks, its keys, and the same in figures and in words.

    Of a home that moved only the days after that are usual; a line parts them from the others.
    """
    marks = [_mark(alert, place) for alert in alerts if instant(alert.onset_us) >= start]
    return {
        "strip": draw(strip, picture, marks, moved_on),
        "moved_here": _moved_here(strip, moved_on),
        "room_keys": [(sensors.room_name(key.name), swatch(key.style)) for key in picture.rooms],
        "has_bed": picture.has_bed,
        "has_doors": len(picture.door_min) > 0,
        "days": [day_line(row, is_today=index == 0) for index, row in enumerate(strip.rows)],
        "summary": summary(strip.after(moved_on)),
    }


def _moved_here(strip: Strip, moved_on: date | None) -> str:
    """Return on which of these days the home moved, empty when on none."""
    if moved_on is None or moved_on < strip.rows[-1].day:
        return ""
    return f"{words.day_and_month(moved_on)} {moved_on:%Y}"


def warmth_of(
    batch: Batch, seen: Sequence[Sensor], strip: Strip, place: Place, *, is_today: bool = True
) -> dict[str, Any]:
    """Return temperature and humidity of four weeks, drawn and in figures, None when unknown."""
    warm = warmth.days_of(batch, seen, Kind.TEMPERATURE, strip.today, place.zone)
    damp = warmth.days_of(batch, seen, Kind.HUMIDITY, strip.today, place.zone)
    if not warm:
        return {"warmth": None}
    heads, rows = warmth.table(warm, damp, strip.today, is_today=is_today)
    pictures = [(sensors.room_name(room.room), warmth.draw(room)) for room in warm]
    told = warmth.summary(warm, strip.today)
    return {"warmth": {"summary": told, "pictures": pictures, "heads": heads, "rows": rows}}


def _mark(alert: Alert, place: Place) -> Mark:
    moment = words.local(alert.onset_us, place.zone)
    return Mark(moment.date(), moment.hour * 60 + moment.minute, alert.priority.value)


def day_line(row: DayRow, *, is_today: bool) -> dict[str, Any]:
    """Return one day in figures, as words; what is not known says so."""
    return {
        "weekday": "" if is_today else words.short_weekday(row.day),
        "label": _("Today") if is_today else words.short_day(row.day),
        "iso": row.day.isoformat(),
        "signs": f"{row.signs:,}",
        "first": _("none") if row.first_min is None else words.hour_and_minute(row.first_min),
        "last": _("none") if row.last_min is None else words.hour_and_minute(row.last_min),
        "quiet": _("unknown") if row.quiet_min is None else words.short_span(row.quiet_min),
    }


def summary(strip: Strip) -> str:
    """Return the strip in words: what is usual, and today."""
    today, *before = strip.rows
    full = [row for row in before if row.signs]
    if not full:
        told = _("No earlier day with movement or use is known, so nothing is usual yet.")
    else:
        signs = np.median([row.signs for row in full])
        lost = sum(
            row.signs == 0 and bool(strip.is_unseen[index].any())
            for index, row in enumerate(strip.rows)
        )
        first = np.median([row.first_min for row in full if row.first_min is not None])
        last = np.median([row.last_min for row in full if row.last_min is not None])
        told = _(
            "Movement or use was seen on %(days)s of the last 27. A usual day has %(signs)s signs, "
            "the first after midnight at %(first)s and the last before midnight at %(last)s.",
            days=_n("%(n)s day", "%(n)s days", len(full)),
            signs=f"{signs:,.0f}",
            first=words.hour_and_minute(float(first)),
            last=words.hour_and_minute(float(last)),
        )
        if lost:
            unheard = N_("On %(days)s nothing was received.")
            told += " " + _(unheard, days=_n("%(n)s day", "%(n)s days", lost))
    if today.first_min is None or today.last_min is None:
        return told + " " + _("Today none has been seen yet.")
    return (
        told
        + " "
        + _(
            "Today: %(signs)s, the first at %(first)s and the last at %(last)s.",
            signs=f"{today.signs:,}",
            first=words.hour_and_minute(today.first_min),
            last=words.hour_and_minute(today.last_min),
        )
    )
