"""The evidence of an alert in words, as a table and as what speaks for its verdict."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from alerts.alert import LIFE_SAFETY, Verdict
from api.queries import Alert
from api.web import evidence, words
from api.web.evidence import Evidence, Measure
from api.web.evidence_svg import draw, scale
from config.homes import Sensor
from config.kinds import KINDS, Kind
from ingest.batch import Batch
from ingest.clock import Instant, instant, microseconds

_DAY_US: Final = 86_400_000_000
_NAMES: Final = {
    Measure.SIGNS: "Signs of anybody, by half hours",
    Measure.WARMEST: "The warmest room, by half hours",
    Measure.COOLEST: "The coolest room, by half hours",
    Measure.HEARD: "Messages received, by half hours",
}


def reach(alert: Alert) -> tuple[Instant, Instant]:
    """Return the stretch of readings that the picture needs; the end is not included."""
    first = min(alert.onset_us, alert.raised_us)
    first = max(first, alert.raised_us - 3 * _DAY_US)
    days = evidence.DAYS + 2
    return instant(first - days * _DAY_US), instant(alert.raised_us + _DAY_US)


def told(
    alert: Alert, batch: Batch, sensors: Sequence[Sensor], now_us: int, zone: ZoneInfo
) -> dict[str, Any]:
    """Return the picture with its labels, its table and its summary."""
    onset_us = max(min(alert.onset_us, alert.raised_us), 0)
    shown = evidence.window(onset_us, alert.raised_us, max(now_us, alert.raised_us), zone)
    found = evidence.build(batch, sensors, evidence.measure_of(alert.kind), shown, zone)
    limit = alert.evidence.get("limit_c")
    line = float(limit) if isinstance(limit, int | float) and not found.is_counted else None
    low, high = scale(found, line)
    hours = (shown.stop - shown.start) // 2
    step = 6 if hours <= 30 else 12
    return {
        "title": _NAMES[found.measure],
        "picture": draw(found, line),
        "summary": summary(found),
        "top": _figure(found, high),
        "foot": _figure(found, low),
        "limit": "" if line is None else f"{line:g} °C",
        "ticks": [_tick(shown.start + 2 * hour, step) for hour in range(0, hours, step)],
        "rows": list(_rows(found)),
    }


def summary(found: Evidence) -> str:
    """Return what was in the time that decided, and what is usual then."""
    shown = found.window
    start = shown.start + shown.deciding.start
    span = f"From {_clock(start)} to {_clock(shown.start + shown.deciding.stop)}"
    low, middle, high = found.usual
    if np.isnan(found.total):
        now = f"{span} nothing is known: nothing was received from this home."
    elif found.measure is Measure.SIGNS:
        now = f"{span}: {_count(found.total, 'sign')}."
    elif found.measure is Measure.HEARD:
        now = f"{span}: {_count(found.total, 'message')} received."
    else:
        room = "warmest" if found.measure is Measure.WARMEST else "coolest"
        now = f"{span} the {room} room was at {found.total:.1f} °C on average."
    if np.isnan(middle):
        return f"{now} What is usual then is not known yet."
    first, last = _figure(found, low), _figure(found, high)
    if first == last:
        return f"{now} Usual at that time: {first} (from {found.days} earlier days)."
    figures = f"{first} to {last} on eight days of ten, {_figure(found, middle)} in the middle"
    return f"{now} Usual at that time: {figures} (from {found.days} earlier days)."


def speaks(alert: Alert, batch: Batch, sensors: Sequence[Sensor], zone: ZoneInfo) -> list[str]:
    """Return what speaks for the verdict, and against it, in the time that decided."""
    if alert.kind in LIFE_SAFETY:
        return ["The alarm itself said so. It is raised whatever else is known of the home."]
    first, last = instant(max(alert.onset_us, 0)), instant(alert.raised_us)
    known = batch.take(np.isin(batch.sensor, [sensor.number for sensor in sensors]))
    inside = known.take((known.time > first) & (known.time <= last))
    return [
        *_of_devices(inside, known, sensors, last, zone),
        *_of_doors(known, sensors, alert, zone),
        *_of_verdict(alert),
    ]


def _of_devices(
    inside: Batch, known: Batch, sensors: Sequence[Sensor], last: Instant, zone: ZoneInfo
) -> Iterator[str]:
    every = {_device(sensor) for sensor in sensors}
    numbers = set(np.unique(inside.sensor).tolist())
    heard = {_device(sensor) for sensor in sensors if sensor.number in numbers}
    before = known.time[known.time <= last]
    if len(before) == 0:
        yield "Nothing was ever received from this home in the weeks before."
        return
    when = words.since(microseconds(before[-1]), microseconds(last), zone)
    if not heard:
        yield f"No device was heard in this time, the last one at {when}: nothing is known."
        return
    person = {_device(s) for s in sensors if KINDS[s.kind.code].is_person_sign}
    yield (
        f"{len(heard)} of {len(every)} devices were heard in this time, the last at {when}: "
        "messages arrive."
    )
    silent = len(person - heard)
    if silent:
        yield (
            f"{silent} of {len(person)} devices that tell of people said nothing in this time; "
            "those that speak only when somebody moves say nothing when nobody does."
        )


def _of_doors(
    known: Batch, sensors: Sequence[Sensor], alert: Alert, zone: ZoneInfo
) -> Iterator[str]:
    doors = [s.number for s in sensors if s.is_exit and s.kind is Kind.CONTACT]
    if not doors:
        yield "No way out has a sensor: whether somebody went out cannot be told."
        return
    last = instant(alert.raised_us)
    is_open = np.isin(known.sensor, doors) & (known.value >= 0.5) & (known.time <= last)
    opened = known.time[is_open]
    if len(opened) == 0:
        yield "No way out was opened in the weeks before."
        return
    when = words.when(microseconds(opened[-1]), alert.raised_us, zone)
    after = microseconds(opened[-1]) >= alert.onset_us
    yield f"A way out was last opened at {when}" + (
        ", after the last sign inside: the person may be out."
        if after
        else ", before the last sign inside."
    )


def _of_verdict(alert: Alert) -> Iterator[str]:
    lost, total = alert.evidence.get("lost"), alert.evidence.get("total")
    if alert.verdict is Verdict.OUTAGE and lost and total:
        yield f"{lost} of {total} gateways of the place were lost together: an outage, not a home."
    if alert.verdict is Verdict.VISITOR:
        yield "A visit is booked for this time."
    unseen = alert.evidence.get("unwatched_us")
    if isinstance(unseen, int | float) and unseen > 0:
        yield f"For {words.span(int(unseen))} of this time the home could not be seen."


def _device(sensor: Sensor) -> tuple[int, str, str]:
    return sensor.gateway, sensor.dialect, sensor.address


def _rows(found: Evidence) -> Iterator[dict[str, str]]:
    for i, value in enumerate(found.value.tolist()):
        if found.window.start + i >= found.window.now:
            return
        low, high = float(found.low[i]), float(found.high[i])
        usual = "unknown"
        if not np.isnan(low):
            usual = f"{_figure(found, low)} to {_figure(found, high)}"
        part = found.window.deciding
        yield {
            "when": _clock(found.window.start + i),
            "value": "unknown" if np.isnan(value) else _figure(found, value),
            "usual": usual,
            "decides": "yes" if part.start <= i < part.stop else "",
        }


def _figure(found: Evidence, value: float) -> str:
    return f"{value:.0f}" if found.is_counted else f"{value:.1f} °C"


def _count(number: float, noun: str) -> str:
    whole = round(number)
    return f"{'no' if whole == 0 else f'{whole:,}'} {noun}{'' if whole == 1 else 's'}"


def _clock(half_hours: int) -> str:
    day, minutes = divmod(half_hours * 30, 1440)
    on = date(1970, 1, 1) + timedelta(days=day)
    return f"{minutes // 60:02d}:{minutes % 60:02d} on {on.day} {on:%B}"


def _tick(half_hours: int, step: int) -> str:
    day, minutes = divmod(half_hours * 30, 1440)
    on = date(1970, 1, 1) + timedelta(days=day)
    if minutes == 0 or (step == 12 and minutes < 12 * 60):
        return f"{on.day} {on:%b}"
    return f"{minutes // 60:02d}:00"
