"""How times, ages and values read on a page; times are microseconds since 1970 UTC."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from api.web.language import N_, _, _n
from config.kinds import KINDS, Kind

_SECOND_US: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_US: Final = 4_102_444_800 * _SECOND_US

_STATES: Final = {
    Kind.MOTION: (N_("clear"), N_("movement")),
    Kind.CONTACT: (N_("closed"), N_("open")),
    Kind.BED: (N_("empty"), N_("in bed")),
    Kind.CHAIR: (N_("empty"), N_("seated")),
    Kind.SMOKE: (N_("clear"), N_("smoke")),
    Kind.CARBON_MONOXIDE: (N_("clear"), N_("carbon monoxide")),
    Kind.FLOOD: (N_("dry"), N_("water")),
    Kind.PENDANT: (N_("not pressed"), N_("pressed")),
    Kind.FALL: (N_("clear"), N_("fall")),
    Kind.MEDICATION: (N_("dose missed"), N_("dose taken")),
    Kind.GATEWAY_STATUS: (N_("offline"), N_("online")),
    Kind.AVAILABILITY: (N_("not reachable"), N_("reachable")),
    Kind.MAINS: (N_("failed, on battery"), N_("on mains")),
}
_TYPED: Final = frozenset("\r\n\t\u00a0\u202f\u200c\u200d")
"""Line ends, no-break spaces and the joiners inside emoji, which Python calls unprintable."""

_DECIMALS: Final = {Kind.TEMPERATURE: 1}
_KIND_WORDS: Final = {
    Kind.CONTACT: N_("Door or window"),
    Kind.POWER: N_("Power"),
    Kind.PENDANT: N_("Pendant"),
    Kind.GATEWAY_STATUS: N_("Gateway"),
    Kind.AVAILABILITY: N_("Device reachable"),
    Kind.MAINS: N_("Mains supply"),
}
_MONTHS: Final = (
    N_("January"),
    N_("February"),
    N_("March"),
    N_("April"),
    N_("May"),
    N_("June"),
    N_("July"),
    N_("August"),
    N_("September"),
    N_("October"),
    N_("November"),
    N_("December"),
)
_SHORT_MONTHS: Final = (
    N_("Jan"),
    N_("Feb"),
    N_("Mar"),
    N_("Apr"),
    N_("May"),
    N_("Jun"),
    N_("Jul"),
    N_("Aug"),
    N_("Sep"),
    N_("Oct"),
    N_("Nov"),
    N_("Dec"),
)
_WEEKDAYS: Final = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
_SHORT_WEEKDAYS: Final = (
    N_("Mon"),
    N_("Tue"),
    N_("Wed"),
    N_("Thu"),
    N_("Fri"),
    N_("Sat"),
    N_("Sun"),
)
_SIGNS: Final = {
    Kind.MOTION: N_("movement"),
    Kind.CONTACT: N_("a door or window"),
    Kind.BED: N_("the bed"),
    Kind.CHAIR: N_("the chair"),
    Kind.POWER: N_("an appliance"),
    Kind.PENDANT: N_("the pendant"),
    Kind.MEDICATION: N_("the medication dispenser"),
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
    return long_day(moment)


def long_day(on: date) -> str:
    """Return a date that has no hour: 28 February 1941."""
    return f"{day_and_month(on)} {on.year}"


def day_and_month(on: date) -> str:
    """Return a date without its year: 3 March."""
    return f"{on.day} {_(_MONTHS[on.month - 1])}"


def short_day(on: date) -> str:
    """Return a date for a narrow column: 3 Mar."""
    return f"{on.day} {_(_SHORT_MONTHS[on.month - 1])}"


def weekday(on: date) -> str:
    """Return the name of the day: Monday."""
    return _(_WEEKDAYS[on.weekday()])


def short_weekday(on: date) -> str:
    """Return the name of the day for a narrow column: Mon."""
    return _(_SHORT_WEEKDAYS[on.weekday()])


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
        return _("under a minute")
    if minutes < 60:
        return _minutes(minutes)
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return _hours(hours) + (f" {_minutes(rest)}" if rest else "")
    days, hours = divmod(hours, 24)
    whole = _n("%(n)s day", "%(n)s days", days)
    return whole + (f" {_hours(hours)}" if hours and days < 7 else "")


def ago(us: int, now_us: int) -> str:
    """Return how long ago: 3 minutes ago; a moment ahead of now says so."""
    if us > now_us + 60 * _SECOND_US:
        return _("%(span)s ahead of our clock", span=span(us - now_us))
    if now_us - us < 60 * _SECOND_US:
        return _("just now")
    return _("%(span)s ago", span=span(now_us - us))


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
        return _(_STATES[kind][1 if number >= 0.5 else 0])
    unit = KINDS[kind.code].unit
    text = f"{number:,.{_DECIMALS.get(kind, 0)}f}"
    return f"{text}{'' if unit == '%' else ' '}{unit}"


def kind(kind: Kind) -> str:
    """Return what a sensor measures, as a label: Door or window."""
    return _(_KIND_WORDS.get(kind) or label(kind.value))


def is_readable(text: str) -> bool:
    """Return whether people can read the text: letters, lines and what phones type, no controls."""
    return all(c.isprintable() or c in _TYPED for c in text)


def sign(kind: Kind) -> str:
    """Return what told that somebody is there: movement, the bed."""
    return _(_SIGNS.get(kind) or kind.value.replace("-", " "))


def label(code: str) -> str:
    """Return a code as words: no-sign -> No sign."""
    return _(code.replace("-", " ").replace("_", " ").capitalize())


def _minutes(number: int) -> str:
    return _n("%(n)s minute", "%(n)s minutes", number)


def _hours(number: int) -> str:
    return _n("%(n)s hour", "%(n)s hours", number)
