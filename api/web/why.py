"""The evidence of an alert in words, as a table and as what speaks for its verdict."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from alerts.adjudications import ShadowFinding
from alerts.alert import LIFE_SAFETY, AlertKind, Verdict
from api.queries import Alert
from api.web import evidence, words
from api.web.evidence import Evidence, Measure
from api.web.evidence_svg import draw, scale
from api.web.language import N_, _, _n
from config.homes import Sensor
from config.kinds import KINDS, Kind
from ingest.batch import Batch
from ingest.clock import Instant, instant, microseconds

_DAY_US: Final = 86_400_000_000
_NAMES: Final = {
    Measure.SIGNS: N_("Signs of anybody, by half hours"),
    Measure.WARMEST: N_("The warmest room, by half hours"),
    Measure.COOLEST: N_("The coolest room, by half hours"),
    Measure.HEARD: N_("Messages received, by half hours"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """What a picture is drawn of: an alert, or a finding that nobody was told of.

    ``told_us`` is when it was raised, or found.
    """

    kind: AlertKind
    onset_us: int
    told_us: int
    evidence: Mapping[str, Any]


def of_alert(alert: Alert) -> Case:
    """Return an alert as a case."""
    return Case(alert.kind, alert.onset_us, alert.raised_us, alert.evidence)


def of_finding(found: ShadowFinding) -> Case:
    """Return a finding in shadow as a case."""
    return Case(found.kind, found.onset_us, found.found_us, found.evidence)


def reach(case: Case) -> tuple[Instant, Instant]:
    """Return the stretch of readings that the picture needs; the end is not included."""
    first = min(case.onset_us, case.told_us)
    first = max(first, case.told_us - 3 * _DAY_US)
    days = evidence.DAYS + 2
    return instant(first - days * _DAY_US), instant(case.told_us + _DAY_US)


def told(
    case: Case, batch: Batch, sensors: Sequence[Sensor], now_us: int, zone: ZoneInfo
) -> dict[str, Any]:
    """Return the picture with its labels, its table and its summary."""
    onset_us = max(min(case.onset_us, case.told_us), 0)
    shown = evidence.window(onset_us, case.told_us, max(now_us, case.told_us), zone)
    found = evidence.build(batch, sensors, evidence.measure_of(case.kind), shown, zone)
    limit = case.evidence.get("limit_c")
    line = float(limit) if isinstance(limit, int | float) and not found.is_counted else None
    low, high = scale(found, line)
    hours = (shown.stop - shown.start) // 2
    step = 6 if hours <= 30 else 12
    return {
        "title": _(_NAMES[found.measure]),
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
    stop = _clock(shown.start + shown.deciding.stop)
    span = _("From %(start)s to %(stop)s", start=_clock(start), stop=stop)
    low, middle, high = found.usual
    if np.isnan(found.total):
        now = _("%(span)s nothing is known: nothing was received from this home.", span=span)
    elif found.measure is Measure.SIGNS:
        total = round(found.total)
        told = _n("%(n)s sign", "%(n)s signs", total) if total else _("no signs")
        now = f"{span}: {told}."
    elif found.measure is Measure.HEARD:
        total = round(found.total)
        received = _n("%(n)s message received", "%(n)s messages received", total)
        now = f"{span}: {received if total else _('no messages received')}."
    else:
        was = (
            N_("%(span)s the warmest room was at %(degrees)s °C on average.")
            if found.measure is Measure.WARMEST
            else N_("%(span)s the coolest room was at %(degrees)s °C on average.")
        )
        now = _(was, span=span, degrees=f"{found.total:.1f}")
    if np.isnan(middle):
        return now + " " + _("What is usual then is not known yet.")
    first, last = _figure(found, low), _figure(found, high)
    if first == last:
        figures = first
    else:
        figures = _(
            "%(first)s to %(last)s on eight days of ten, %(middle)s in the middle",
            first=first,
            last=last,
            middle=_figure(found, middle),
        )
    usual = N_("Usual at that time: %(figures)s (from %(days)s earlier days).")
    return now + " " + _(usual, figures=figures, days=found.days)


def speaks(alert: Alert, batch: Batch, sensors: Sequence[Sensor], zone: ZoneInfo) -> list[str]:
    """Return what speaks for the verdict, and against it, in the time that decided."""
    if alert.kind in LIFE_SAFETY:
        return [_("The alarm itself said so. It is raised whatever else is known of the home.")]
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
        yield _("Nothing was ever received from this home in the weeks before.")
        return
    when = words.since(microseconds(before[-1]), microseconds(last), zone)
    if not heard:
        none = N_("No device was heard in this time, the last one at %(when)s: nothing is known.")
        yield _(none, when=when)
        return
    person = {_device(s) for s in sensors if KINDS[s.kind.code].is_person_sign}
    yield (
        _(
            "%(heard)s of %(every)s devices were heard in this time, the last at %(when)s: "
            "messages arrive.",
            heard=len(heard),
            every=len(every),
            when=when,
        )
    )
    silent = len(person - heard)
    if silent:
        yield (
            _(
                "%(silent)s of %(every)s devices that tell of people said nothing in this time; "
                "those that speak only when somebody moves say nothing when nobody does.",
                silent=silent,
                every=len(person),
            )
        )


def _of_doors(
    known: Batch, sensors: Sequence[Sensor], alert: Alert, zone: ZoneInfo
) -> Iterator[str]:
    doors = [s.number for s in sensors if s.is_exit and s.kind is Kind.CONTACT]
    if not doors:
        yield _("No way out has a sensor: whether somebody went out cannot be told.")
        return
    last = instant(alert.raised_us)
    is_open = np.isin(known.sensor, doors) & (known.value >= 0.5) & (known.time <= last)
    opened = known.time[is_open]
    if len(opened) == 0:
        yield _("No way out was opened in the weeks before.")
        return
    when = words.when(microseconds(opened[-1]), alert.raised_us, zone)
    after = microseconds(opened[-1]) >= alert.onset_us
    told = (
        N_(
            "A way out was last opened at %(when)s, after the last sign inside: "
            "the person may be out."
        )
        if after
        else N_("A way out was last opened at %(when)s, before the last sign inside.")
    )
    yield _(told, when=when)


def _of_verdict(alert: Alert) -> Iterator[str]:
    lost, total = alert.evidence.get("lost"), alert.evidence.get("total")
    if alert.verdict is Verdict.OUTAGE and lost and total:
        together = N_(
            "%(lost)s of %(total)s gateways of the place were lost together: an outage, not a home."
        )
        yield _(together, lost=lost, total=total)
    if alert.verdict is Verdict.VISITOR:
        yield _("A visit is booked for this time.")
    unseen = alert.evidence.get("unwatched_us")
    if isinstance(unseen, int | float) and unseen > 0:
        unseen_for = N_("For %(span)s of this time the home could not be seen.")
        yield _(unseen_for, span=words.span(int(unseen)))


def _device(sensor: Sensor) -> tuple[int, str, str]:
    return sensor.gateway, sensor.dialect, sensor.address


def _rows(found: Evidence) -> Iterator[dict[str, str]]:
    for i, value in enumerate(found.value.tolist()):
        if found.window.start + i >= found.window.now:
            return
        low, high = float(found.low[i]), float(found.high[i])
        usual = _("unknown")
        if not np.isnan(low):
            usual = _("%(low)s to %(high)s", low=_figure(found, low), high=_figure(found, high))
        part = found.window.deciding
        yield {
            "when": _clock(found.window.start + i),
            "value": _("unknown") if np.isnan(value) else _figure(found, value),
            "usual": usual,
            "decides": _("yes") if part.start <= i < part.stop else "",
        }


def _figure(found: Evidence, value: float) -> str:
    return f"{value:.0f}" if found.is_counted else f"{value:.1f} °C"


def _clock(half_hours: int) -> str:
    day, minutes = divmod(half_hours * 30, 1440)
    on = date(1970, 1, 1) + timedelta(days=day)
    clock = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return _("%(clock)s on %(day)s", clock=clock, day=words.day_and_month(on))


def _tick(half_hours: int, step: int) -> str:
    day, minutes = divmod(half_hours * 30, 1440)
    on = date(1970, 1, 1) + timedelta(days=day)
    if minutes == 0 or (step == 12 and minutes < 12 * 60):
        return words.short_day(on)
    return f"{minutes // 60:02d}:00"
