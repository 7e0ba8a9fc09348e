"""Sentences of beds, chairs, doses, the kitchen and the heating: what was measured, and usual."""

from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from alerts.alert import AlertKind, Finding, Verdict
from alerts.detect.columns import Floats, Ints, Rows
from alerts.findings import finding
from alerts.findings_nights import shared
from alerts.words import clock, moment, span
from config.homes import Home

_MINUTE_US: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class SpellNumbers:
    """Since when a bed is empty or a seat taken, for how long, usual and limit, in minutes.

    The longest of a day is from ``usual_low`` to ``usual_high`` on eight days in ten;
    ``sign_us`` is the last sign of the person anywhere; ``is_late`` says that it was too long
    already when late readings told of it.
    """

    seat: str
    since_us: int
    minutes: float
    usual: float
    usual_low: float
    usual_high: float
    limit: float
    sign_us: int
    is_late: bool


@dataclass(frozen=True, slots=True)
class Long:
    """Spells of k homes that last beyond their floor: since when, and in minutes as above."""

    homes: Rows
    since_us: Ints
    minutes: Floats
    usual: Floats
    low: Floats
    high: Floats
    limit: Floats

    def numbers(
        self, at: int, seat: str, since_us: int, sign_us: int, is_late: bool
    ) -> SpellNumbers:
        """Return the numbers of one of them."""
        return SpellNumbers(
            seat,
            since_us,
            float(self.minutes[at]),
            float(self.usual[at]),
            float(self.low[at]),
            float(self.high[at]),
            float(self.limit[at]),
            sign_us,
            is_late,
        )


def bed_left(home: Home, zone: ZoneInfo, found_us: int, of: SpellNumbers) -> Finding:
    """Return the finding that the bed was left at night and is still empty."""
    sentence = (
        f"The bed was left at {clock(of.since_us, zone)} and has not been used since "
        f"({_span(of.minutes)} when this was raised); the longest such time of a usual night is "
        f"{_span(of.usual)}. Last sign of movement at {clock(of.sign_us, zone)}."
    )
    sentence += shared(home, "the bed may be another's")
    return _of_spell(home, AlertKind.BED_LEFT, found_us, of, sentence)


def seat_not_left(home: Home, zone: ZoneInfo, found_us: int, of: SpellNumbers) -> Finding:
    """Return the finding that a bed or chair has been taken for long."""
    sentence = (
        f"The {of.seat} has been in use since {clock(of.since_us, zone)} at the latest "
        f"({_span(of.minutes)} when this was raised) with no movement elsewhere; the longest "
        f"such time of a usual day is {_span(of.usual)}."
    )
    sentence += shared(home, f"somebody else may be in the {of.seat}")
    return _of_spell(home, AlertKind.SEAT_NOT_LEFT, found_us, of, sentence)


def _of_spell(
    home: Home, kind: AlertKind, found_us: int, of: SpellNumbers, sentence: str
) -> Finding:
    evidence = {
        "seat": of.seat,
        "since_us": of.since_us,
        "lasted_min": of.minutes,
        "usual_longest_min": round(of.usual, 1),
        "usual_low_min": round(of.usual_low, 1),
        "usual_high_min": round(of.usual_high, 1),
        "limit_min": of.limit,
        "last_sign_us": of.sign_us,
        "decided_us": found_us,
    }
    found = finding(kind, home, of.since_us, found_us, sentence, evidence, Verdict.PERSON)
    return replace(found, is_late=of.is_late)


@dataclass(frozen=True, slots=True)
class UseNumbers:
    """What was not used in a part of the day; minutes are after local midnight.

    ``share`` is of the days on which it is used in this part, ``judged_share`` that which was held
    against ``limit``; ``days`` (faded) are known, at least ``days_needed`` must be.
    """

    part_us: int
    part: str
    now_min: int
    usual_min: float
    usual_low_min: float
    usual_high_min: float
    due_min: float
    share: float
    judged_share: float
    limit: float
    days: float
    days_needed: float


def missed_dose(home: Home, zone: ZoneInfo, found_us: int, of: UseNumbers) -> Finding:
    """Return the finding that no dose was taken by the time by which one usually is."""
    sentence = (
        f"No dose was taken this {of.part} by {_time(found_us, zone)}; usually one is by about "
        f"{_hour(of.usual_min)}, on {of.share * 100:.0f} % of days."
    )
    return _of_use(home, AlertKind.MISSED_DOSE, found_us, of, sentence)


def dispenser_says_missed(
    home: Home, zone: ZoneInfo, at_us: int, found_us: int, *, is_late: bool
) -> Finding:
    """Return the finding that a dispenser reports a dose as missed; ``is_late`` in its message."""
    sentence = f"The dispenser reports a missed dose at {clock(at_us, zone)}."
    evidence = {
        "rule": "dispenser",
        "reported_us": at_us,
        "doses_taken": 0,
        "doses_due": 1,
        "decided_us": found_us,
    }
    kind = AlertKind.MISSED_DOSE
    found = finding(kind, home, at_us, found_us, sentence, evidence, Verdict.PERSON)
    return replace(found, is_late=is_late)


def kitchen_unused(home: Home, zone: ZoneInfo, found_us: int, of: UseNumbers) -> Finding:
    """Return the finding that nothing in the kitchen was used by the time it usually is."""
    sentence = (
        f"Kettle, cooker and fridge were not used this {of.part} by {_time(found_us, zone)}, nor "
        f"in the part of the day before; usually one of them is by about "
        f"{_hour(of.usual_min)}, on {of.share * 100:.0f} % of days."
    )
    sentence += shared(home, "it does not show who eats")
    return _of_use(home, AlertKind.KITCHEN_UNUSED, found_us, of, sentence)


def _of_use(home: Home, kind: AlertKind, found_us: int, of: UseNumbers, sentence: str) -> Finding:
    evidence = {
        "rule": "usual time",
        "part": of.part,
        "now_min": of.now_min,
        "usual_min": round(of.usual_min),
        "usual_low_min": round(of.usual_low_min),
        "usual_high_min": round(of.usual_high_min),
        "due_min": of.due_min,
        "usual_share_of_days": round(of.share, 3),
        "judged_share": of.judged_share,
        "limit": of.limit,
        "days_learned": of.days,
        "days_needed": of.days_needed,
        "decided_us": found_us,
    }
    return finding(kind, home, of.part_us, found_us, sentence, evidence, Verdict.PERSON)


@dataclass(frozen=True, slots=True)
class HeatNumbers:
    """The warmest room now, what it gained in the last hour, and how far it fell short.

    In that hour of the day it gains ``usual_low_k`` to ``usual_high_k`` on eight days in ten.
    """

    since_us: int
    celsius: float
    gained_k: float
    usual_low_k: float
    usual_high_k: float
    short_k: float
    limit_k: float
    below_c: float


def heating_failed(home: Home, zone: ZoneInfo, found_us: int, of: HeatNumbers) -> Finding:
    """Return the finding that a home gets colder than its own day usually goes."""
    sentence = (
        f"The warmest room is {of.celsius:.1f} °C and falling: since {clock(of.since_us, zone)} "
        f"it has fallen {of.short_k:.1f} °C behind what is usual at these hours in this home, "
        f"and no door or window is known to have stood open."
    )
    evidence = {
        "room_c": of.celsius,
        "gained_last_hour_k": of.gained_k,
        "gained_limit_k": 0.0,
        "usual_low_k": round(of.usual_low_k, 2),
        "usual_high_k": round(of.usual_high_k, 2),
        "behind_usual_k": of.short_k,
        "limit_k": of.limit_k,
        "told_below_c": of.below_c,
        "since_us": of.since_us,
        "decided_us": found_us,
    }
    kind = AlertKind.HEATING_FAILED
    return finding(kind, home, of.since_us, found_us, sentence, evidence, Verdict.PERSON)


@dataclass(frozen=True, slots=True)
class VisitNumbers:
    """When a visit was booked for, between when it was waited for, and what was seen before."""

    booked_us: int
    from_us: int
    until_us: int
    entry_us: int | None
    sign_us: int


def visit_not_seen(home: Home, zone: ZoneInfo, found_us: int, of: VisitNumbers) -> Finding:
    """Return the finding that a carer was expected and no outside door was used."""
    sentence = (
        f"A carer was booked for {clock(of.booked_us, zone)} and the outside door was not used "
        f"between {_time(of.from_us, zone)} and {_time(of.until_us, zone)}. "
        f"Last sign of movement at {clock(of.sign_us, zone)}."
    )
    evidence = {
        "booked_us": of.booked_us,
        "waited_from_us": of.from_us,
        "waited_until_us": of.until_us,
        "last_visit_us": of.entry_us,
        "last_sign_us": of.sign_us,
        "decided_us": found_us,
    }
    kind = AlertKind.VISIT_NOT_SEEN
    return finding(kind, home, of.booked_us, found_us, sentence, evidence, Verdict.PERSON)


def _span(minutes: float) -> str:
    return span(max(round(minutes), 1) * _MINUTE_US)


def _hour(minute: float) -> str:
    hour, rest = divmod(round(minute), 60)
    return f"{hour:02d}:{rest:02d}"


def _time(us: int, zone: ZoneInfo) -> str:
    return f"{moment(us).astimezone(zone):%H:%M}"
