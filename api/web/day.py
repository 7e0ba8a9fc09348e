"""One day of one home in detail: a lane for each room, and the same in figures. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from api.web import words
from api.web.actogram import STYLES, keys
from api.web.language import _, _n
from api.web.sensors import room_name
from api.web.strip import codes_of, local_minutes, signs
from api.web.strip_svg import defined, per_cent, runs
from config.homes import Sensor
from config.kinds import KINDS, Kind
from ingest.batch import Batch
from ingest.clock import Instant, instant, microseconds

BINS: Final = 288
"""Five minutes each."""

_BIN_MIN: Final = 1440 // BINS
_TOLD: Final = frozenset({Kind.CONTACT, Kind.BED, Kind.CHAIR, Kind.MEDICATION, Kind.PENDANT})
"""Kinds whose every change is told in words; of movement there is too much."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A room with its look: ``is_seen`` bool[288], ``by_hour`` int64[24] signs."""

    name: str
    style: int
    is_seen: NDArray[np.bool_]
    by_hour: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Event:
    """What a door, bed, chair or dispenser said: microseconds, sensor, value."""

    time_us: int
    sensor: Sensor
    value: float


def bounds(day: date, zone: ZoneInfo) -> tuple[Instant, Instant]:
    """Return the moments at which the local day begins and ends; 23, 24 or 25 hours apart."""
    edges = [
        datetime(at.year, at.month, at.day, tzinfo=zone) for at in (day, day + timedelta(days=1))
    ]
    first, last = (instant(int(edge.timestamp()) * 1_000_000) for edge in edges)
    return first, last


def lanes(batch: Batch, sensors: Sequence[Sensor], day: date, zone: ZoneInfo) -> tuple[Lane, ...]:
    """Return a lane for each room with a sensor that tells of people, from an ordered batch.

    ``batch`` may begin earlier, so that a door's first word of the day is a change.
    """
    codes = codes_of(batch, {sensor.number: sensor.kind for sensor in sensors})
    known = batch.take(codes[batch.sensor] >= 0)
    seen = known.take(signs(known, codes[known.sensor]))
    start, stop = bounds(day, zone)
    seen = seen.take((seen.time >= start) & (seen.time < stop))
    minutes = local_minutes(seen.time, zone) % 1440
    found = []
    for key in keys(s.room for s in sensors if KINDS[s.kind.code].is_person_sign):
        here = np.isin(seen.sensor, [s.number for s in sensors if s.room == key.name])
        bins = np.bincount((minutes[here] // _BIN_MIN).astype(np.int64), minlength=BINS)
        found.append(Lane(key.name, key.style, bins > 0, bins.reshape(24, -1).sum(axis=1)))
    return tuple(found)


def events(batch: Batch, sensors: Sequence[Sensor], day: date, zone: ZoneInfo) -> tuple[Event, ...]:
    """Return what doors, beds, chairs and dispensers changed to on this day, in order."""
    by_number = {s.number: s for s in sensors if s.kind in _TOLD}
    start, stop = bounds(day, zone)
    rows = np.flatnonzero(np.isin(batch.sensor, list(by_number)) & (batch.time < stop))
    last: dict[int, float] = {}
    found = []
    numbers, values = batch.sensor[rows].tolist(), batch.value[rows].tolist()
    for row, number, value in zip(rows.tolist(), numbers, values, strict=True):  # few on a day
        is_change = last.get(number) != value
        last[number] = value
        if is_change and batch.time[row] >= start:
            found.append(Event(microseconds(batch.time[row]), by_number[number], value))
    return tuple(found)


def told(event: Event, zone: ZoneInfo) -> dict[str, str]:
    """Return an event as a row: time, where, what."""
    return {
        "iso": words.iso(event.time_us),
        "time": words.clock_time(event.time_us, zone),
        "room": room_name(event.sensor.room),
        "what": words.kind(event.sensor.kind) + (_(", way out") if event.sensor.is_exit else ""),
        "value": words.value(event.sensor.kind, event.value),
    }


def draw(found: Sequence[Lane], usual: NDArray[np.bool_], ahead_min: float) -> Markup:
    """Return the lanes as SVG: ``usual`` bool[96] behind; from ``ahead_min`` on is to come."""
    rows = max(len(found), 1)
    height = 100 / rows
    behind = np.repeat(usual, BINS // len(usual))[np.newaxis]
    shapes = ['<g class="strip-usual">', *runs(behind, 0.0, 1.0, 100.0), "</g>"]
    if ahead_min < 1440:
        x, width = per_cent(ahead_min / 14.4), per_cent(100 - ahead_min / 14.4)
        shapes.append(f'<rect class="strip-ahead" x="{x}" width="{width}" height="100%"/>')
    for index, lane in enumerate(found):
        look = f'fill="url(#room-{min(lane.style, STYLES)})"'
        grid = np.zeros((rows, BINS), np.bool_)
        grid[index] = lane.is_seen
        shapes += [f"<g {look}>", *runs(grid, 0.15, 0.7, height), "</g>"]
    hours = "".join(
        f'<line class="strip-hour" x1="{x}%" x2="{x}%" y1="0" y2="100%"/>' for x in (25, 50, 75)
    )
    # Only numbers and our own class names are put together here.
    return Markup(  # noqa: S704
        '<svg class="strip-picture" role="img" aria-labelledby="day-summary" focusable="false">'
        f"{defined()}{''.join(shapes)}{hours}</svg>"
    )


def summary(found: Sequence[Lane], usual: NDArray[np.bool_]) -> str:
    """Return the day in words: how much, where most, and usual hours that stayed empty."""
    total = sum(int(lane.by_hour.sum()) for lane in found)
    if not total:
        return _("No sign was seen on this day.")
    most = max(found, key=lambda lane: int(lane.by_hour.sum()))
    seen = np.any([lane.is_seen for lane in found], axis=0).reshape(len(usual), -1).any(axis=1)
    where = words.label(most.name or "home").lower()
    text = _n(
        "%(n)s sign, in the %(room)s.",
        "%(n)s signs, most of them in the %(room)s.",
        total,
        room=where,
    )
    if not usual.any():
        return f"{text} {_('What is usual here is not known yet.')}"
    missing = int((usual & ~seen).sum()) * (1440 // len(usual))
    empty = _(
        "Of the hours that usually hold a sign, %(span)s held none.", span=words.short_span(missing)
    )
    return f"{text} {empty}"
