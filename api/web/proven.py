"""The line on every page that says when the way of alarms was last proven, and by whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from api import health
from api.health import Beat
from api.web import words
from api.web.language import N_, _

LATE_S: Final = 75.0
_SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """What the page says; ``is_late`` asks for attention."""

    text: str
    is_late: bool


def line(
    beats: Mapping[str, Beat], places: Sequence[str], wall_us: int, zone: tzinfo
) -> Line | None:
    """Return the line for these places, None during a replay, which proves nothing."""
    worker, watch = beats.get(health.WORKER), beats.get(health.WATCH)
    if worker is not None and not worker.is_live:
        return None
    if watch is None:
        return Line(_("Path not proven: no watch is running."), is_late=False)
    proven_us = _oldest(watch, places)
    if wall_us - watch.beat_us > health.WATCH_STALE_S * _SECOND_US:
        when = words.since(watch.beat_us, wall_us, zone)
        text = _("Watch not heard since %(when)s: nobody proves that alerts arrive.", when=when)
        return Line(text, is_late=True)
    if not proven_us:
        is_late = any(not place or place in places for place, _ in watch.state.get("late", ()))
        return Line(_("Path not proven yet: alerts may not arrive."), is_late=is_late)
    when = exactly(proven_us, wall_us, zone)
    limit_s = watch.state.get("late_after_s", LATE_S)
    if wall_us - proven_us > limit_s * _SECOND_US:
        late = N_(
            "Path last proven %(when)s, late: alerts may not arrive. Use your usual fallback too."
        )
        text = _(late, when=when)
        return Line(text, is_late=True)
    return Line(_("Path last proven %(when)s.", when=when), is_late=False)


def exactly(us: int, wall_us: int, zone: tzinfo) -> str:
    """Return the time with its seconds, and the day where it is another one."""
    then, now = words.local(us, zone), words.local(wall_us, zone)
    day = "" if then.date() == now.date() else f"{words.day(us, zone)} "
    return f"{day}{then:%H:%M:%S}"


def _oldest(watch: Beat, places: Sequence[str]) -> int:
    """Return when the place that was proven longest ago was, 0 where one never was."""
    found = watch.state.get("proven_us", {})
    return min((int(found[place]) for place in places if place in found), default=0)
