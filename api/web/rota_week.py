"""One week of a team's rota: as a picture, and as the table that says the same."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from markupsafe import Markup

from api.web import rota_words, words
from api.web.actogram import STYLES
from api.web.language import _
from api.web.strip_svg import defined, per_cent, swatch
from config import rotas
from config.holidays import BankHolidays
from config.places import Place
from config.rota_gaps import Gap
from config.rotas import LINES, Rota, Spot, Team, Turn

_DAYS: Final = 7
_HOURS: Final = (25, 50, 75)
_DAY_H: Final = 24
_HOUR_US: Final = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Week:
    """What is on call in the seven days from ``monday`` on, and where nobody is."""

    place: Place
    team: Team
    monday: date
    turns: Sequence[Turn]
    gaps: Sequence[Gap]

    @property
    def midnights(self) -> list[int]:
        """When its days begin and the last ends, in microseconds: eight numbers."""
        first = self.monday
        return [
            rotas.midnight_us(first + timedelta(days=n), self.place.zone) for n in range(_DAYS + 1)
        ]

    @property
    def days(self) -> list[date]:
        """Its seven days."""
        return [self.monday + timedelta(days=number) for number in range(_DAYS)]

    @property
    def people(self) -> list[str]:
        """Whoever is on call in it, the team's order."""
        on = {turn.person for turn in self.turns}
        return [one for one in self.team.members if one in on]


def week_of(
    rota: Rota, place: Place, team: Team, day: date, called: frozenset[str] = frozenset()
) -> Week:
    """Return the week of this day; ``called`` are teams that a ladder calls."""
    monday = day - timedelta(days=day.weekday())
    start_us, stop_us = (
        rotas.midnight_us(monday + timedelta(days=days), place.zone) for days in (0, _DAYS)
    )
    turns = rotas.turns(rota, place.zone, BankHolidays(rota.division), start_us, stop_us)
    found = rotas.gaps(rota, turns, start_us, stop_us, called)
    gaps = [Gap(key, team.name, begin, end) for key, begin, end in found if key == team.key]
    return Week(place, team, monday, [turn for turn in turns if turn.team == team.key], gaps)


def shown(week: Week, rota: Rota, names: Mapping[str, str]) -> dict[str, Any]:
    """Return picture, legend, table and notes of a week as the template wants them."""
    holidays = BankHolidays(rota.division)
    return {
        "title": _("Week of %(day)s", day=_day(week.monday)),
        "picture": draw(week),
        "days": [f"{words.short_weekday(day)} {words.short_day(day)}" for day in week.days],
        "legend": [
            (swatch(number % STYLES + 1), rota_words.name(one, names))
            for number, one in enumerate(week.people)
        ],
        "lines": [_(rota_words.LINE[line]) for line in _lines(week)],
        "rows": [
            *sorted([*_rows(week, names), *_holes(week)], key=lambda row: (row["at"], row["order"]))
        ],
        "gaps": [rota_words.gap(gap, week.place) for gap in week.gaps],
        "notes": [
            *_clock_changes(week),
            *(
                _("%(day)s is a bank holiday", day=f"{words.weekday(day)} {_day(day)}")
                for day in week.days
                if holidays.is_holiday(day)
            ),
            *(
                rota_words.doubled(one, other, week.place, names)
                for one, other in rotas.doubled(week.turns)
            ),
        ],
    }


def spot_text(spot: Spot) -> str:
    """Return what stands in an address for a shift of a day."""
    return f"{spot.team}.{spot.line}.{spot.day}.{spot.start.replace(':', '')}"


def spot_of(text: str) -> Spot | None:
    """Return the shift of a day that such an address means, None where it means none."""
    team, line, day, start = (text.split(".") + [""] * 4)[:4]
    try:
        on = date.fromisoformat(day)
    except ValueError:
        return None
    is_known = line in LINES and len(start) == 4 and start.isascii() and start.isdigit()
    return Spot(team, line, on, f"{start[:2]}:{start[2:]}") if is_known else None


def draw(week: Week) -> Markup:
    """Return an SVG that stretches to its box: a row for each day, a band for each line."""
    lines = _lines(week)
    style = {one: number % STYLES + 1 for number, one in enumerate(week.people)}
    parts: list[str] = []
    for turn in week.turns:
        band = (lines.index(turn.line), len(lines))
        look = f'class="rota-turn" fill="url(#room-{style[turn.person]})"'
        parts += _bars(week, turn.start_us, turn.end_us, band, look)
    for gap in week.gaps:
        parts += _bars(week, gap.start_us, gap.end_us, (0, 1), 'class="rota-gap"')
    hours = "".join(
        f'<line class="strip-hour" x1="{x}%" x2="{x}%" y1="0" y2="100%"/>' for x in _HOURS
    )
    # Only numbers and our own class names are put together here.
    return Markup(  # noqa: S704
        '<svg class="strip-picture" role="img" aria-labelledby="rota-summary" focusable="false">'
        f"{defined()}{''.join(parts)}{hours}</svg>"
    )


def _bars(
    week: Week, start_us: int, end_us: int, band: tuple[int, int], look: str
) -> Iterator[str]:
    """Yield a rectangle for each day that a span touches, in one of so many bands of its row."""
    row, (number, count) = 100 / _DAYS, band
    height = row * 0.84 / count
    for day, (begin, end) in enumerate(zip(week.midnights, week.midnights[1:], strict=False)):
        left, right = max(start_us, begin), min(end_us, end)
        if left < right:
            x, width = (100 * part / (end - begin) for part in (left - begin, right - left))
            y = row * (day + 0.08) + number * height
            yield (
                f'<rect {look} x="{per_cent(x)}" y="{per_cent(y)}" '
                f'width="{per_cent(width)}" height="{per_cent(height * 0.92)}"/>'
            )


def _lines(week: Week) -> list[str]:
    used = {turn.line for turn in week.turns}
    return [line for line in LINES if line in used] or [LINES[0]]


def _rows(week: Week, names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for turn in week.turns:
        is_covered = turn.person != turn.planned
        yield {
            **_span(week, turn.start_us, turn.end_us),
            "order": LINES.index(turn.line),
            "line": _(rota_words.LINE[turn.line]),
            "who": rota_words.name(turn.person, names),
            "instead": rota_words.name(turn.planned, names) if is_covered else "",
            "spot": spot_text(turn.spot),
        }


def _holes(week: Week) -> Iterator[dict[str, Any]]:
    for gap in week.gaps:
        span = _span(week, gap.start_us, gap.end_us)
        yield {**span, "order": -1, "line": "", "who": "", "instead": "", "spot": ""}


def _span(week: Week, start_us: int, end_us: int) -> dict[str, Any]:
    """Return when it begins and ends; what goes on beyond the day it begins names the other day."""
    zone = week.place.zone
    start, end = (words.local(us, zone) for us in (start_us, end_us))
    is_one_day = start.date() == end.date()
    ends = f"{end:%H:%M}" if is_one_day else f"{words.short_weekday(end)} {end:%H:%M}"
    return {
        "at": start_us,
        "day": f"{words.weekday(start)} {words.day_and_month(start)}",
        "start": f"{start:%H:%M}",
        "end": ends,
    }


def _clock_changes(week: Week) -> Iterator[str]:
    """Yield which day of the week is longer or shorter than others."""
    midnights = week.midnights
    for day, begin, end in zip(week.days, midnights, midnights[1:], strict=False):
        hours = (end - begin) // _HOUR_US
        if hours != _DAY_H:
            on = f"{words.weekday(day)} {_day(day)}"
            yield _("The clocks change on %(day)s: it has %(hours)s hours", day=on, hours=hours)


def _day(on: date) -> str:
    return f"{words.day_and_month(on)} {on:%Y}"
