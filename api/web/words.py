"""How times, ages and values read on a page; times are microseconds since 1970 UTC."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from config.kinds import KINDS, Kind

_SECOND_US: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_US: Final = 4_102_444_800 * _SECOND_US

_STATES: Final = {
    Kind.MOTION: ("clear", "movement"),
    Kind.CONTACT: ("closed", "open"),
    Kind.BED: ("empty", "in bed"),
    Kind.CHAIR: ("empty", "seated"),
    Kind.SMOKE: ("clear", "smoke"),
    Kind.CARBON_MONOXIDE: ("clear", "carbon monoxide"),
    Kind.FLOOD: ("dry", "water"),
    Kind.PENDANT: ("not pressed", "pressed"),
    Kind.FALL: ("clear", "fall"),
    Kind.MEDICATION: ("dose missed", "dose taken"),
    Kind.GATEWAY_STATUS: ("offline", "online"),
    Kind.AVAILABILITY: ("not reachable", "reachable"),
    Kind.MAINS: ("failed, on battery", "on mains"),
}
_TYPED: Final = frozenset("\r\n\t\u00a0\u202f\u200c\u200d")
"""Line ends, no-break spaces and the joiners inside emoji, which Python calls unprintable."""

_DECIMALS: Final = {Kind.TEMPERATURE: 1}
_KIND_WORDS: Final = {
    Kind.CONTACT: "Door or window",
    Kind.POWER: "Power",
    Kind.PENDANT: "Pendant",
    Kind.GATEWAY_STATUS: "Gateway",
    Kind.AVAILABILITY: "Device reachable",
    Kind.MAINS: "Mains supply",
}
_SIGNS: Final = {
    Kind.MOTION: "movement",
    Kind.CONTACT: "a door or window",
    Kind.BED: "the bed",
    Kind.CHAIR: "the chair",
    Kind.POWER: "an appliance",
    Kind.PENDANT: "the pendant",
    Kind.MEDICATION: "the medication dispenser",
}


def local(us: int, zone: tzinfo) -> datetime:
    """Return the moment in this zone; what no calendar holds is shown as its nearest end."""
    clamped = min(max(us, 0), _LAST_US)
    return (_EPOCH + timedelta(microseconds=clamped)).astimezone(zone)


def clock_time(us: int, zone: tzinfo) -> str:
    """Return the time of day: 14:02."""
    return f"{local(us, zone):%H:%M}"


def day(us: int, zone: tzinfo) -> str:
    """Return the date: 3 March 2026."""
    moment = local(us, zone)
    return f"{moment.day} {moment:%B %Y}"


def moment(us: int, zone: tzinfo) -> str:
    """Return date and time: 3 March 2026, 04:00."""
    return f"{day(us, zone)}, {clock_time(us, zone)}"


def moment_s(us: int, zone: tzinfo) -> str:
    """Return date and time to the second, for what is read long after."""
    return f"{day(us, zone)}, {local(us, zone):%H:%M:%S}"


def since(us: int, now_us: int, zone: tzinfo) -> str:
    """Return the time alone when it is today, with its date otherwise."""
    if local(us, zone).date() == local(now_us, zone).date():
        return clock_time(us, zone)
    return moment(us, zone)


def iso(us: int) -> str:
    """Return the moment for machines: 2026-03-03T04:00:00Z."""
    return f"{local(us, UTC):%Y-%m-%dT%H:%M:%SZ}"


def span(us: int) -> str:
    """Return a length of time in its two largest units: 2 hours 5 minutes."""
    minutes = max(us, 0) // (60 * _SECOND_US)
    if minutes < 1:
        return "under a minute"
    if minutes < 60:
        return _count(minutes, "minute")
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return _count(hours, "hour") + (f" {_count(rest, 'minute')}" if rest else "")
    days, hours = divmod(hours, 24)
    return _count(days, "day") + (f" {_count(hours, 'hour')}" if hours and days < 7 else "")


def ago(us: int, now_us: int) -> str:
    """Return how long ago: 3 minutes ago; a moment ahead of now says so."""
    if us > now_us + 60 * _SECOND_US:
        return f"{span(us - now_us)} ahead of our clock"
    if now_us - us < 60 * _SECOND_US:
        return "just now"
    return f"{span(now_us - us)} ago"


def when(us: int, now_us: int, zone: tzinfo) -> str:
    """Return the time, with its date when it is not today, and how long ago that is."""
    return f"{since(us, now_us, zone)} ({ago(us, now_us)})"


def short_span(minutes: float) -> str:
    """Return a length for a narrow column: 7h 20m."""
    hours, rest = divmod(round(minutes), 60)
    return f"{hours}h {rest:02d}m" if hours else f"{rest}m"


def hour_and_minute(minutes: float) -> str:
    """Return minutes since local midnight as a clock shows them, begun minutes only: 06:40."""
    whole = int(minutes) % 1440
    return f"{whole // 60:02d}:{whole % 60:02d}"


def value(kind: Kind, number: float) -> str:
    """Return a reading in words: open, 18.5 °C."""
    if kind in _STATES:
        return _STATES[kind][1 if number >= 0.5 else 0]
    unit = KINDS[kind.code].unit
    text = f"{number:,.{_DECIMALS.get(kind, 0)}f}"
    return f"{text}{'' if unit == '%' else ' '}{unit}"


def kind(kind: Kind) -> str:
    """Return what a sensor measures, as a label: Door or window."""
    return _KIND_WORDS.get(kind, kind.value.replace("-", " ").capitalize())


def is_readable(text: str) -> bool:
    """Return whether people can read the text: letters, lines and what phones type, no controls."""
    return all(c.isprintable() or c in _TYPED for c in text)


def sign(kind: Kind) -> str:
    """Return what told that somebody is there: movement, the bed."""
    return _SIGNS.get(kind, kind.value.replace("-", " "))


def label(code: str) -> str:
    """Return a code as words: no-sign -> No sign."""
    return code.replace("-", " ").replace("_", " ").capitalize()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
