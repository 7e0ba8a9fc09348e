"""The form of a rehearsal: what may be tried, and what was typed as a wish or mistakes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerts.detect import parameters
from alerts.detect.parameters import PARAMETERS, Parameter
from alerts.detect.place_limits import LIMITS
from alerts.modes import DETECTORS, Mode
from alerts.rehearsals import LONGEST_DAYS, Candidate, Kept
from api.web import words
from api.web.language import N_, _
from config.places import Place

BUDGET: Final = Parameter(
    "alert_budget",
    N_("per 100 homes a week"),
    0.1,
    100.0,
    9.0,
    N_("How many alerts of P2 and P3 the team can answer; smaller is quieter and slower."),
)
NUMBERS: Final = (BUDGET, *LIMITS, *PARAMETERS)
BY_NAME: Final = {one.name: one for one in NUMBERS}
GROUPS: Final = (
    (
        "silences",
        N_("Silences and coming back"),
        ("silence_cap_h", "silence_floor_h", "not_back_h", "silence_z"),
    ),
    (
        "warmth",
        N_("Cold, heat and heating"),
        (
            *("cold_review_c", "cold_danger_c", "hot_review_c", "hot_danger_c"),
            *("heating_short_k", "heating_below_c"),
        ),
    ),
    (
        "rooms",
        N_("Doors at night, bathroom and hall"),
        ("night_door_wait_min", "night_door_share", "room_z", "room_floor_min", "visits_limit"),
    ),
    (
        "beds",
        N_("Bed and chair"),
        ("bed_left_z", "bed_left_floor_min", "seat_z", "bed_floor_h", "chair_floor_h"),
    ),
    ("change", N_("Slow change"), ("shift_limit", "fewer_limit")),
    (
        "uses",
        N_("Doses and the kitchen"),
        ("use_z", "use_wait_min", "dose_share", "kitchen_share"),
    ),
    ("visits", N_("Booked visits"), ("visit_early_min", "visit_late_min")),
    (
        "faults",
        N_("Gateways, broken sensors and outages"),
        (
            *("gateway_silent_min", "dead_words", "dead_hours", "chatter_hours"),
            *("outage_share", "outage_expected"),
        ),
    ),
)
"""Every number but the budget, folded by what it is about: id, title, names."""

MOST_HOMES: Final = 200
_USUAL_DAYS: Final = 14
_PARTS: Final = ("d", "m", "y")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be rehearsed; ``span`` in microseconds, ``homes`` are ids."""

    span: tuple[int, int]
    homes: tuple[str, ...] = ()
    candidate: Candidate = field(default_factory=Candidate)


def names() -> list[str]:
    """Return the name of every field."""
    days = [f"{end}-{part}" for end in ("from", "to") for part in _PARTS]
    modes = [f"mode-{one.key}" for one in DETECTORS]
    return [*days, "homes", *(one.name for one in NUMBERS), *modes]


def first(kept: tuple[int, int], zone: ZoneInfo) -> dict[str, str]:
    """Return what the form holds to begin with: the last fortnight that is kept."""
    begin, end = _days(kept, zone)
    return _of_days(max(begin, end - timedelta(days=_USUAL_DAYS - 1)), end)


def again(one: Kept, zone: ZoneInfo) -> dict[str, str]:
    """Return what somebody typed to get this rehearsal."""
    tried = one.candidate
    numbers = {**tried.limits, **tried.detectors}
    if tried.alert_budget is not None:
        numbers["alert_budget"] = tried.alert_budget
    return {
        **_of_days(*_days((one.start_us, one.stop_us), zone)),
        "homes": "\n".join(one.homes),
        **{name: f"{value:g}" for name, value in numbers.items()},
        **{f"mode-{key}": mode for key, mode in tried.modes.items()},
    }


def now(place: Place) -> dict[str, float]:
    """Return every number that the place has now."""
    limits = {one.name: float(getattr(place.limits, one.name)) for one in LIMITS}
    return {"alert_budget": place.alert_budget, **limits, **parameters.values(place)}


def read(
    typed: Mapping[str, str],
    zone: ZoneInfo,
    kept: tuple[int, int],
    homes: Mapping[str, str],
) -> Wish | dict[str, str]:
    """Return what is wished, or what is wrong by the id of the field.

    ``kept`` bounds the past that there is, ``homes`` are the labels of the place's homes by id.
    """
    errors: dict[str, str] = {}
    span = _span(typed, zone, kept, errors)
    chosen = _homes(typed.get("homes", ""), homes, errors)
    numbers = {
        one.name: value
        for one in NUMBERS
        if (value := _number(typed.get(one.name, ""), one, errors)) is not None
    }
    modes = _modes(typed, errors)
    if span is None or errors:
        return errors
    limits = {one.name for one in LIMITS}
    tried = Candidate(
        {name: value for name, value in numbers.items() if name in limits},
        {name: v for name, v in numbers.items() if name not in limits and name != BUDGET.name},
        numbers.get(BUDGET.name),
        modes,
    )
    return Wish(span, chosen, tried)


def _span(
    typed: Mapping[str, str], zone: ZoneInfo, kept: tuple[int, int], errors: dict[str, str]
) -> tuple[int, int] | None:
    """Return the moments that bound the days, both included, within what is kept."""
    days = [_day(typed, end, errors) for end in ("from", "to")]
    begin, end = days
    if begin is None or end is None:
        return None
    least, most = _days(kept, zone)
    reach = _(
        "what is kept reaches from %(first)s to %(last)s",
        first=words.day_and_month(least),
        last=words.day_and_month(most),
    )
    for name, day in (("from-d", begin), ("to-d", end)):
        if not least <= day <= most:
            errors[name] = _("Choose a day within what is kept: %(reach)s", reach=reach)
    if begin > end:
        errors["to-d"] = _("The last day must be the first day or after it")
    elif (end - begin).days >= LONGEST_DAYS:
        errors["to-d"] = _("Choose at most %(days)s days", days=LONGEST_DAYS)
    start_us = max(_midnight(begin, zone), kept[0])
    stop_us = min(_midnight(end + timedelta(days=1), zone), kept[1])
    return start_us, stop_us


def _day(typed: Mapping[str, str], name: str, errors: dict[str, str]) -> date | None:
    d, m, y = (typed.get(f"{name}-{part}", "") for part in _PARTS)
    try:
        return date(int(y), int(m), int(d))
    except (ValueError, OverflowError):
        errors[f"{name}-d"] = (
            _("Enter the first day, such as 3 11 2026")
            if name == "from"
            else _("Enter the last day, such as 17 11 2026")
        )
        return None


def _homes(typed: str, known: Mapping[str, str], errors: dict[str, str]) -> tuple[str, ...]:
    wanted = list(dict.fromkeys(line.strip() for line in typed.splitlines() if line.strip()))
    if len(wanted) > MOST_HOMES:
        errors["homes"] = _("Enter at most %(most)s homes, or none for all", most=MOST_HOMES)
        return ()
    by_label: dict[str, list[str]] = {}
    for id_, label in known.items():
        by_label.setdefault(label.casefold(), []).append(id_)
    found = []
    for number, one in enumerate(wanted, 1):
        ids = [one.lower()] if one.lower() in known else by_label.get(one.casefold(), [])
        if len(ids) != 1:
            text = _("Line %(n)s: no home of this place has this id or label", n=number)
            many = _("Line %(n)s: several homes have this label, enter the id", n=number)
            errors["homes"] = many if ids else text
            return ()
        found.append(ids[0])
    return tuple(sorted(set(found)))


def _number(typed: str, one: Parameter, errors: dict[str, str]) -> float | None:
    """Return the number, None where the field is empty or wrong."""
    if not typed:
        return None
    try:
        value = float(typed) if len(typed) <= 20 else float("nan")
    except ValueError:
        value = float("nan")
    if not one.low <= value <= one.high:
        errors[one.name] = _(
            "%(name)s must be a number from %(low)s to %(high)s",
            name=one.name,
            low=f"{one.low:g}",
            high=f"{one.high:g}",
        )
        return None
    return value


def _modes(typed: Mapping[str, str], errors: dict[str, str]) -> dict[str, str]:
    found = {}
    for one in DETECTORS:
        mode = typed.get(f"mode-{one.key}", "")
        if mode and mode not in {m.value for m in Mode}:
            errors[f"mode-{one.key}"] = _("Select off, shadow or live, or as it was")
        elif mode:
            found[one.key] = mode
    return found


def _days(span: tuple[int, int], zone: ZoneInfo) -> tuple[date, date]:
    """Return the local days of these moments; a midnight at the end is of the day before."""
    return words.local(span[0], zone).date(), words.local(span[1] - 1, zone).date()


def _of_days(begin: date, end: date) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, day in (("from", begin), ("to", end)):
        values = (day.day, day.month, day.year)
        found |= {f"{name}-{part}": str(v) for part, v in zip(_PARTS, values, strict=True)}
    return found


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp()) * 1_000_000
