"""What of the audit log is asked for, as its address keeps it, and what was typed wrong. Pure."""

import contextlib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from api.web import words
from api.web.language import N_, _
from config.audit import Wanted

LONGEST: Final = 254
"""Characters of an email address or an id; what is longer is none."""

DAYS: Final = {"from": N_("From this day"), "to": N_("Up to and with this day")}
_PARTS: Final = ("d", "m", "y")
_DIGITS: Final = 8
TEXTS: Final = ("who", "what", "about")
NAMES: Final = (*TEXTS, *(f"{day}-{part}" for day in DAYS for part in _PARTS))
"""Every field of the form."""


def typed(query: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed, by the name of its field; nothing of what was left empty."""
    said = {name: query.get(name, "").strip() for name in NAMES}
    return {name: text for name, text in said.items() if text}


def read(said: Mapping[str, str], actor: str, zone: ZoneInfo) -> Wanted | dict[str, str]:
    """Return the rows that are asked for, or what is wrong by the id of its field.

    ``actor`` is the account (id) of who was typed, empty where nobody was.
    """
    errors = {
        name: _("Enter at most %(most)s characters that can be read", most=LONGEST)
        for name in TEXTS
        if len(text := said.get(name, "")) > LONGEST or not words.is_readable(text)
    }
    days = {name: _day(said, name, errors) for name in DAYS}
    begin, end = days["from"], days["to"]
    if begin is not None and end is not None and begin > end:
        errors["to-d"] = _("The last day must be the first day or after it")
    if errors:
        return errors
    return Wanted(
        actor=actor,
        what=said.get("what", ""),
        about=said.get("about", ""),
        from_us=None if begin is None else _midnight(begin, zone),
        until_us=None if end is None else _midnight(end + timedelta(days=1), zone),
    )


def fields(said: Mapping[str, str], errors: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the two days as ``fields.html`` draws them."""
    return [
        {
            "name": name,
            "kind": "day",
            "label": _(label),
            "hint": _("For example 3 11 2026"),
            "parts": [said.get(f"{name}-{part}", "") for part in _PARTS],
            "error": errors.get(f"{name}-d", ""),
        }
        for name, label in DAYS.items()
    ]


def address(place: str, said: Mapping[str, str]) -> str:
    """Return the address of these rows, ending so that more may follow."""
    return f"/audit?{urlencode({'place': place, **said})}&"


def _day(said: Mapping[str, str], name: str, errors: dict[str, str]) -> date | None:
    day, month, year = (said.get(f"{name}-{part}", "") for part in _PARTS)
    if not (day or month or year):
        return None
    with contextlib.suppress(ValueError):
        if len(day + month + year) <= _DIGITS:
            return date(int(year), int(month), int(day))
    errors[f"{name}-d"] = _("Enter a day such as 3 11 2026, or leave it empty")
    return None


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp()) * 1_000_000
