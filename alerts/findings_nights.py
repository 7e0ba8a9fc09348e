"""Sentences of what happens at night and of what changes slowly: what was measured, and usual.

No sentence names a condition that a person may have.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from alerts.alert import AlertKind, Finding, Verdict
from alerts.findings import finding
from alerts.words import clock, span
from config.homes import Home


@dataclass(frozen=True, slots=True)
class NightVisits:
    """The bathroom visits of a night, of those before it, and what is usual in a night."""

    visits: int
    before: Sequence[int]
    usual: float
    usual_low: int
    usual_high: int
    dispersion: float
    score_before: float
    score: float
    limit: float


@dataclass(frozen=True, slots=True)
class Change:
    """A daily figure that left its usual: ``days`` since when, ``today`` and what is usual.

    ``usual_low`` to ``usual_high`` hold eight days in ten.
    """

    days: int
    today: float
    usual: float
    usual_low: float
    usual_high: float
    score_before: float
    score: float
    limit: float


def bathroom_at_night(home: Home, night_us: int, found_us: int, numbers: NightVisits) -> Finding:
    """Return the finding that there were more bathroom visits at night than usual."""
    before = " and ".join(str(count) for count in numbers.before)
    sentence = (
        f"Bathroom visits at night (23:00 to 06:00): {numbers.visits}, usually "
        f"{numbers.usual:.0f}; {before} in the two nights before."
    )
    evidence = {
        "visits": numbers.visits,
        "visits_before": list(numbers.before),
        "usual": numbers.usual,
        "usual_low": numbers.usual_low,
        "usual_high": numbers.usual_high,
        "dispersion": numbers.dispersion,
        "score_before": numbers.score_before,
        "score": numbers.score,
        "limit": numbers.limit,
        "decided_us": found_us,
    }
    sentence += shared(home, "all visits are counted, whoever made them")
    kind = AlertKind.BATHROOM_AT_NIGHT
    return finding(kind, home, night_us, found_us, sentence, evidence, Verdict.PERSON)


@dataclass(frozen=True, slots=True)
class DoorAtNight:
    """A door used at night: for how long nothing may move after it, and in how many nights so.

    ``share`` of this home's nights are like it; ``limit`` may be. ``nights`` (faded) are known,
    and more than ``nights_needed`` must be.
    """

    left_us: int
    wait_us: int
    share: float
    limit: float
    nights: float
    nights_needed: float


def out_at_night(home: Home, zone: ZoneInfo, found_us: int, door: DoorAtNight) -> Finding:
    """Return the finding that a door was used at night with nothing inside after it."""
    left_us = door.left_us
    sentence = (
        f"An outside door was used at {clock(left_us, zone)} and nothing has moved inside since "
        f"({span(found_us - left_us)} when this was raised, {span(door.wait_us)} is the limit); "
        f"usual in {_percent(door.share)} of nights."
    )
    sentence += shared(home, "whoever used the door, somebody else may be inside")
    evidence = {
        "left_us": left_us,
        "quiet_us": found_us - left_us,
        "wait_us": door.wait_us,
        "usual_share_of_nights": door.share,
        "limit": door.limit,
        "nights_learned": door.nights,
        "nights_needed": door.nights_needed,
        "decided_us": found_us,
    }
    kind = AlertKind.OUT_AT_NIGHT
    return finding(kind, home, left_us, found_us, sentence, evidence, Verdict.AWAY)


@dataclass(frozen=True, slots=True)
class RoomStay:
    """A stay in one room: since when, how long it was seen to last, what is usual, in minutes.

    The longest of a day is from ``usual_low`` to ``usual_high`` on eight days in ten.
    """

    room: str
    since_us: int
    minutes: float
    usual: float
    usual_low: float
    usual_high: float
    limit: float


def long_in_room(home: Home, zone: ZoneInfo, found_us: int, stay: RoomStay) -> Finding:
    """Return the finding that all movement has stayed in one room for long."""
    minute_us = 60_000_000
    sentence = (
        f"All movement since {clock(stay.since_us, zone)} has been in the {stay.room} "
        f"({span(round(stay.minutes) * minute_us)} when this was raised); the longest such time "
        f"of a usual day is {span(max(round(stay.usual), 1) * minute_us)}."
    )
    evidence = {
        "room": stay.room,
        "since_us": stay.since_us,
        "stay_min": stay.minutes,
        "usual_longest_min": round(stay.usual, 1),
        "usual_low_min": round(stay.usual_low, 1),
        "usual_high_min": round(stay.usual_high, 1),
        "limit_min": stay.limit,
        "decided_us": found_us,
    }
    kind = AlertKind.LONG_IN_ROOM
    return finding(kind, home, stay.since_us, found_us, sentence, evidence, Verdict.PERSON)


def sleep_shift(
    home: Home, day_us: int, found_us: int, change: Change, *, is_later: bool
) -> Finding:
    """Return the finding that a home's days have moved by hours."""
    way, other = ("later", "earlier")[not is_later], ("on", "back")[not is_later]
    sentence = (
        f"Activity is {way} in the day than usual, for {_days(change.days)}: these days are more "
        f"like this home's usual day moved {other} by an hour and a half."
    )
    sentence += shared(home, "the activity of all is counted")
    evidence = {
        "direction": way,
        "days": change.days,
        "gain": round(change.today, 2),
        "usual_gain": round(change.usual, 2),
        "usual_low": round(change.usual_low, 2),
        "usual_high": round(change.usual_high, 2),
        "score_before": change.score_before,
        "score": change.score,
        "limit": change.limit,
        "decided_us": found_us,
    }
    kind = AlertKind.SLEEP_SHIFT
    return finding(kind, home, day_us, found_us, sentence, evidence, Verdict.PERSON)


def less_movement(home: Home, day_us: int, found_us: int, change: Change) -> Finding:
    """Return the finding that a home's days hold fewer signs of movement than they used to."""
    sentence = (
        f"Signs of movement yesterday: {change.today:.0f}, usually about {change.usual:.0f} a "
        f"day; fewer than usual for {_days(change.days)}."
    )
    sentence += shared(home, "the movement of all is counted")
    evidence = {
        "signs": round(change.today),
        "usual": round(change.usual, 1),
        "usual_low": round(change.usual_low, 1),
        "usual_high": round(change.usual_high, 1),
        "days": change.days,
        "score_before": change.score_before,
        "score": change.score,
        "limit": change.limit,
        "decided_us": found_us,
    }
    kind = AlertKind.LESS_MOVEMENT
    return finding(kind, home, day_us, found_us, sentence, evidence, Verdict.PERSON)


_HUNDRED: Final = 100


def _percent(share: float) -> str:
    percent = share * _HUNDRED
    return "less than 1 %" if percent < 1 else f"{percent:.0f} %"


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def shared(home: Home, caution: str) -> str:
    """Say what others in the home hide (safety rule 7)."""
    others = [
        *(["more than one person"] if home.residents > 1 else []),
        *(["a pet"] if home.has_pets else []),
    ]
    return f" With {' and '.join(others)} in the home, {caution}." if others else ""
