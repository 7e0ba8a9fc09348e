"""The form of a shift: what stands in it, and the shift or the mistakes that were typed. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from api.web import rota_words, words
from api.web.language import _
from api.web.place_edit import Typed
from config.rotas import DAYS, HOLIDAY, LINES, Shift, Team

MOST_WEEKS: Final = 12
"""Weeks by which the people of a shift may take turns on the page; a file may name more."""

_CLOCK: Final = re.compile("([0-9]{1,2})[:.]?([0-9]{2})")
_FIRST_MONDAY: Final = date(1970, 1, 5)
_YEARS: Final = (2000, 2099)


def typed_of(shift: Shift | None, read: int, since: date | None) -> dict[str, Sequence[str]]:
    """Return a shift as its form would send it, from this day on; an empty one for None."""
    fields: dict[str, Sequence[str]] = {"read": [str(read)], **_typed_day("since", since)}
    if shift is None:
        return {**fields, "line": [LINES[0]], "weeks": ["1"]}
    people = {f"people-{number}": [one] for number, one in enumerate(shift.people)}
    return {
        **fields,
        **people,
        **_typed_day("until", shift.until),
        "line": [shift.line],
        "days": list(shift.days),
        "from": [shift.start],
        "to": [shift.end],
        "weeks": [str(len(shift.people))],
    }


def _typed_day(name: str, on: date | None) -> dict[str, Sequence[str]]:
    parts = ("", "", "") if on is None else (str(on.day), str(on.month), str(on.year))
    return {f"{name}-{part}": [text] for part, text in zip("dmy", parts, strict=True)}


def weeks(form: Typed) -> int:
    """Return by how many weeks people take turns."""
    text = form.one("weeks")
    is_number = text.isascii() and text.isdigit() and len(text) < 3
    return min(max(int(text), 1), 60) if is_number else 1


def week_label(number: int, count: int, today: date) -> str:
    """Return which week this is the turn of: the next one, and how often it comes again."""
    if count == 1:
        return _("Who does it")
    monday = today - timedelta(days=today.weekday())
    now = (monday - _FIRST_MONDAY).days // 7
    first = monday + timedelta(days=7 * ((number - now) % count))
    on = f"{words.day_and_month(first)} {first:%Y}"
    return _("Week of %(day)s, and every %(count)s weeks", day=on, count=count)


def read(
    form: Typed, team: Team, today: date, *, is_change: bool
) -> tuple[Shift | None, dict[str, str]]:
    """Return the shift that was typed, and what is wrong by the id of its field."""
    errors: dict[str, str] = {}
    line, days = form.one("line"), form.all("days")
    if line not in LINES:
        errors["line"] = _("Choose who is called first: one of the lines")
    if not days or set(days) - {*DAYS, HOLIDAY}:
        errors["days"] = _("Choose on which days the shift begins")
    start, end = (_clock(form, name, errors) for name in ("from", "to"))
    people = _people(form, team, errors)
    since = day(form, "since", errors, is_needed=is_change)
    until = day(form, "until", errors, is_needed=False)
    if is_change and since is not None and since < today:
        errors["since-d"] = _("A change holds from today on at the earliest")
    if since and until and until < since:
        errors["until-d"] = _("The last day must be the first day or after it")
    if errors:
        return None, errors
    ordered = [one for one in (*DAYS, HOLIDAY) if one in days]
    values = {"team": team.key, "line": line, "days": ordered, "from": start, "to": end}
    return Shift.model_validate({**values, "people": people, "since": since, "until": until}), {}


def day(form: Typed, name: str, errors: dict[str, str], *, is_needed: bool) -> date | None:
    """Return the day that was typed in three parts, None where nothing or none was."""
    parts = [form.one(f"{name}-{part}") for part in "dmy"]
    if not any(parts) and not is_needed:
        return None
    try:
        d, m, y = (int(part) if part.isascii() and len(part) < 5 else 0 for part in parts)
        if _YEARS[0] <= y <= _YEARS[1]:
            return date(y, m, d)
    except ValueError:
        pass
    errors[f"{name}-d"] = _("Enter a day, such as 27 3 2026")
    return None


def _clock(form: Typed, name: str, errors: dict[str, str]) -> str:
    found = _CLOCK.fullmatch(form.one(name))
    if found is not None and int(found[1]) < 24 and int(found[2]) < 60:
        return f"{int(found[1]):02d}:{found[2]}"
    errors[name] = _("Enter a time of day, such as 08:00 or 20:30")
    return ""


def _people(form: Typed, team: Team, errors: dict[str, str]) -> list[str]:
    chosen = [form.one(f"people-{number}") for number in range(weeks(form))]
    strange = [number for number, one in enumerate(chosen) if one and one not in team.members]
    if strange:
        errors[f"people-{strange[0]}"] = _("Choose somebody of the team, from the list")
    kept = [one for one in chosen if one]
    if not kept:
        errors["people-0"] = _("Choose who does the shift, from the list")
    return kept


def choices(team: Team, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return whom a shift of a team may name, each with what they are called."""
    return [(one, rota_words.name(one, names)) for one in team.members]
