"""Booked visits: who comes to a home, on which days of its local time, between which hours.

A visit is written as one row of text, the same in CSV and REST: day ("mon-fri", "tue thu",
"daily" or a date), from, to, kind, and for one that comes again the first and last date.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from config import csv_rows
from config.csv_rows import Form, Mistake, Row, shown, take
from config.problems import ConfigProblem

MOST: Final = 60
"""Booked visits of one home."""

LONGEST_MIN: Final = 12 * 60
"""Longest time between from and to: for longer the person is not living alone."""

FOREVER: Final = 1_000_000
"""The last day of a visit that comes until somebody says otherwise, in days since 1970."""

COLUMNS: Final = ("home", "day", "from", "to", "kind", "first", "last")
_FORM: Final = Form("visits", COLUMNS, ("home", "day", "from", "to"))
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EPOCH: Final = date(1970, 1, 1)
_DAY_MIN: Final = 24 * 60


class VisitKind(StrEnum):
    """Who comes. A carer is expected; nobody is told when another visitor does not come."""

    CARE = "care"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit to a home, number ``home``, in the local time of its place.

    ``weekdays`` has bit 0 for Monday; days count from 1970, both included. ``to_min`` is after
    ``from_min``, over midnight above 1,440.
    """

    number: int
    home: int
    kind: VisitKind
    weekdays: int
    from_min: int
    to_min: int
    first_day: int
    last_day: int
    since_us: int = 0
    """When it was booked: nobody is expected before."""


def read_row(row: Row, home: int = 0) -> tuple[Visit | None, list[Mistake]]:
    """Return the visit that this row means, or None and every mistake with its column."""
    wrong: list[Mistake] = []
    days = take(row, "day", _days, wrong)
    from_min, to_min = take(row, "from", _minute, wrong), take(row, "to", _minute, wrong)
    kind = take(row, "kind", _kind, wrong)
    first, last = take(row, "first", _date, wrong), take(row, "last", _date, wrong)
    if wrong or days is None or from_min is None or to_min is None or kind is None:
        return None, wrong
    weekdays, day = days
    length = (to_min - from_min) % _DAY_MIN
    if not 0 < length <= LONGEST_MIN:
        said = f"is {shown(row['to'])}, expected up to {LONGEST_MIN // 60} hours after from"
        return None, [("to", said)]
    if day is not None and (first or last):
        return None, [("first" if first else "last", "is given, but day is a single date")]
    first_day = day if day is not None else (first or 0)
    last_day = day if day is not None else (FOREVER if last is None else last)
    if last_day < first_day:
        return None, [("last", f"is {shown(row['last'])}, expected first or a later date")]
    return Visit(0, home, kind, weekdays, from_min, from_min + length, first_day, last_day), []


def as_row(visit: Visit) -> dict[str, str]:
    """Return the row of text that ``read_row`` reads as this visit."""
    is_single = visit.first_day == visit.last_day
    return {
        "day": _iso(visit.first_day) if is_single else _week_words(visit.weekdays),
        "from": _clock(visit.from_min),
        "to": _clock(visit.to_min),
        "kind": visit.kind.value,
        "first": "" if is_single or not visit.first_day else _iso(visit.first_day),
        "last": "" if is_single or visit.last_day == FOREVER else _iso(visit.last_day),
    }


def read_rows(
    rows: Iterable[tuple[str, Row]], homes: Mapping[str, int], place: str
) -> dict[int, list[Visit]]:
    """Return the visits of each home, by number; ConfigProblem lists every mistake of every row.

    ``rows`` are (where, row), ``homes`` the numbers of the place's homes by id.
    """
    found: dict[int, list[Visit]] = {}
    wrong: list[str] = []
    for where, row in rows:
        id_ = (row.get("home") or "").strip()
        number = homes.get(id_)
        visit, mistakes = read_row(row, number or 0)
        if number is None:
            said = f"is {shown(id_)}, expected the id of a home of {place}"
            mistakes = [("home", said), *mistakes]
        wrong += [f"visits: {where}, {column} {said}" for column, said in mistakes]
        if visit is None or number is None:
            continue
        mine = found.setdefault(number, [])
        if visit in mine:
            wrong.append(f"visits: {where} is the same visit as a row before; leave one out")
        elif len(mine) == MOST:
            wrong.append(f"visits: {where} is one too many, expected up to {MOST} of one home")
        else:
            mine.append(visit)
    if wrong:
        raise ConfigProblem("\n".join(wrong))
    return found


def read_csv(data: bytes, file: str) -> list[tuple[str, Row]]:
    """Return (where, row) of a CSV file; ConfigProblem when it is none, or its columns are."""
    return csv_rows.read_csv(data, file, _FORM)


def _days(text: str) -> tuple[int, int | None]:
    """Return (weekdays, the day where it is a date)."""
    said = text.lower()
    if _DATE.fullmatch(said):
        return 127, _date(said)
    if said == "daily":
        return 127, None
    mask = 0
    for word in re.split(r"[\s,;]+", said):
        first, dash, last = word.partition("-")
        if first not in _WEEK or (dash and last not in _WEEK):
            raise ValueError("weekdays as mon-fri or tue thu, daily, or a date as 2026-12-03")
        day = _WEEK.index(first)
        mask |= 1 << day
        while dash and _WEEK[day] != last:
            day = (day + 1) % 7
            mask |= 1 << day
    return mask, None


def _minute(text: str) -> int:
    hours, colon, minutes = text.partition(":")
    good = re.fullmatch(r"[0-9]{1,2}", hours) and re.fullmatch(r"[0-9]{2}", minutes)
    if not (colon and good and int(hours) < 24 and int(minutes) < 60):
        raise ValueError("a time from 00:00 to 23:59")
    return int(hours) * 60 + int(minutes)


def _kind(text: str) -> VisitKind:
    try:
        return VisitKind(text.lower() or "care")
    except ValueError:
        raise ValueError(" or ".join(VisitKind)) from None


def _date(text: str) -> int | None:
    if not text:
        return None
    try:
        day = (date.fromisoformat(text) - _EPOCH).days
    except ValueError:
        day = 0
    if not (_DATE.fullmatch(text) and 0 < day < FOREVER):
        raise ValueError("a date as 2026-12-03")
    return day


def _week_words(weekdays: int) -> str:
    if weekdays == 127:
        return "daily"
    return " ".join(name for bit, name in enumerate(_WEEK) if weekdays >> bit & 1)


def _iso(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"
