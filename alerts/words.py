"""Plain words for times, spans and kinds in an alert's sentence; times are the place's own."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerts.alert import AlertKind

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 1, 1, tzinfo=UTC)

SIGNAL: Final = {
    AlertKind.SMOKE: "Smoke or fire alarm",
    AlertKind.CARBON_MONOXIDE: "Carbon monoxide alarm",
    AlertKind.FLOOD: "Water on the floor",
    AlertKind.PENDANT: "Help button pressed",
    AlertKind.FALL: "Fall detected",
}
"""How each life-safety signal begins its sentence."""


def moment(us: int) -> datetime:
    """Return the moment as an aware datetime in UTC; one beyond the calendar is its edge."""
    span = (_LAST - _EPOCH) // timedelta(microseconds=1)
    low = -(62_135_596_800 * 1_000_000)
    return _EPOCH + timedelta(microseconds=min(max(us, low), span))


def day(us: int, zone: ZoneInfo) -> str:
    """Return the local date: ``1 January 1970``."""
    try:
        local = moment(us).astimezone(zone)
    except OverflowError:
        local = moment(us)
    return f"{local.day} {local:%B} {local.year}"


def clock(us: int, zone: ZoneInfo) -> str:
    """Return the local time with its date, since the sentence may be read days later."""
    local = moment(us).astimezone(zone)
    return f"{local:%H:%M} on {local:%A} {local.day} {local:%B}"


def span(us: int) -> str:
    """Return a length of time: ``4 h 10 min``, ``40 min``, ``3 days 2 h``."""
    minutes = max(us, 0) // 60_000_000
    days, rest = divmod(minutes, 1440)
    hours, left = divmod(rest, 60)
    if days:
        return f"{days} {'day' if days == 1 else 'days'}" + (f" {hours} h" if hours else "")
    if hours:
        return f"{hours} h" + (f" {left} min" if left else "")
    return f"{left} min"
