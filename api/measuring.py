"""What was measured of a place, as figures that each say how they came about.

For CLI, REST and CSV alike; for commissioners small numbers are suppressed as in ``api/counts.py``.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from alerts import offline
from alerts.alert import PRIORITY, AlertKind, Priority
from alerts.measures import STANDARD, STORM, WAIT_US, Answers, Measures, Share, Times, measure
from api import roster
from api.auth import COUNTS, Visitor
from api.counts import EXACT, teller
from api.errors import Problem, absent
from api.resources import Resources
from api.web.language import N_
from config import alert_budgets, people, rotas
from config.places import Place
from ingest.clock import microseconds

_BUDGETED: Final = (Priority.P2, Priority.P3)
Tell = Callable[[int], int | None]

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


TOO_FEW: Final = "too few to tell"
"""How arithmetic says a number that is suppressed."""

BUDGETED: Final = "alerts of P2 and P3"
"""The figure that stands beside a place's alert budget."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure; ``value`` is None where there is none or it is too small to tell.

    ``arithmetic`` says how it came about; ``interval`` encloses it 95 times in 100, where given.
    """

    name: str
    value: float | None
    unit: str
    arithmetic: str
    interval: tuple[float, float] | None = None

    @property
    def is_suppressed(self) -> bool:
        """Whether there is a value that is not told."""
        return self.value is None and TOO_FEW in self.arithmetic


def of_place(
    connection: Connection, place: Place, start_us: int, stop_us: int, now_us: int
) -> Measures:
    """Return the measures of a place, by its own hours and the teams of its rota now."""
    from api.web.words import local

    found = measure(
        connection,
        place.key,
        start_us,
        stop_us,
        homes=roster.count_homes(connection, [place.key])[place.key],
        now_us=now_us,
        hour_of=lambda us: local(us, place.zone).hour,
        team_of=_teams(connection, place.key),
    )
    return replace(found, offline=offline.measure(connection, place.key, start_us, found.stop_us))


def _teams(connection: Connection, place: str) -> Mapping[str, str]:
    rota = rotas.find(connection, place)
    found: dict[str, str] = {}
    for team in () if rota is None else rota.team:
        for email in team.members:
            account = people.find_account(connection, email)
            if account is not None:
                found.setdefault(account.id, team.key)
    return found


def visited(
    resources: Resources, visitor: Visitor, place: str, start_us: int, stop_us: int
) -> tuple[Measures, list[Figure]]:
    """Return measures and figures of a place that this visitor may count; Problem 404 if not."""
    if place not in visitor.places(*COUNTS):
        raise absent()
    now_us = microseconds(resources.clock())
    is_exact = bool(visitor.grants[place].intersection(EXACT))
    there = resources.places[place]
    if not is_exact:
        start_us, stop_us = whole_weeks(start_us, min(stop_us, now_us - WAIT_US), there.zone)
    with resources.database.connect() as connection:
        there = alert_budgets.in_force(connection, {place: there})[place]
        found = of_place(connection, there, start_us, stop_us, now_us)
    tell = teller(found.homes, is_exact=is_exact)
    return found, list(figures(found, tell, there.alert_budget))


def whole_weeks(start_us: int, stop_us: int, zone: ZoneInfo) -> tuple[int, int]:
    """Return the weeks, Monday to Sunday at the place, within which these moments lie.

    Who is told rounded numbers could find the hour of a single alert by moving either end of a
    span until a number changes. Problem 422 when no week of the span is over.
    """
    start, stop = (_monday(at_us, zone) for at_us in (start_us, stop_us))
    if start >= stop:
        raise Problem(422, N_("Choose at least one whole week, Monday to Sunday, that is over."))
    return start, stop


def _monday(at_us: int, zone: ZoneInfo) -> int:
    day = datetime.fromtimestamp(at_us / 1_000_000, zone).date()
    first = day - timedelta(days=day.weekday())
    return int(datetime.combine(first, time(), zone).timestamp()) * 1_000_000


def exactly(number: int) -> int | None:
    """Return the number as it is."""
    return number


def figures(found: Measures, tell: Tell, budget: float) -> Iterator[Figure]:
    """Yield every figure; ``tell`` returns a count as it may be told, or None.

    ``budget`` is the place's, of P2 and P3 alerts per 100 homes a week.
    """
    yield from _answers("", found.whole, tell, has_standard=True)
    for group in found.hours:
        yield from _answers(f"hour {group.group} ", group, tell)
    for group in found.teams:
        yield from _answers(f"team {group.group} ", group, tell)
    yield from _times("attended", found.attend, tell)
    yield from _times("resolved", found.resolve, tell)
    yield from _times("person spoken to or seen", found.spoken, tell)
    of_budget = sum(n for kind, n in found.kinds.items() if PRIORITY[AlertKind(kind)] in _BUDGETED)
    yield _rate(BUDGETED, of_budget, found, tell, f"; the budget is {budget:g}")
    for kind, count in found.kinds.items():
        yield _rate(f"alerts {kind}", count, found, tell)
    says = "of {whole} resolved needed help or were referred; tests left out"
    yield from _share("actionable", found.actionable, tell, says)
    for outcome, count in found.outcomes.items():
        told = tell(count)
        yield Figure(f"resolved as {outcome}", told, "alerts", f"{_said(told)} counted")
    storms, largest = found.storms
    says = f"hours with {STORM} alerts or more; the largest {_said(tell(largest))}"
    is_told = tell(found.homes) is not None
    yield Figure("storms", storms if is_told else None, "hours", says)
    yield from _share("messages undelivered", found.undelivered, tell, "of {whole} messages")
    yield from _offline(found, tell)


def _rate(name: str, count: int, found: Measures, tell: Tell, says: str = "") -> Figure:
    """Return a rate of the numbers as told, so that it gives none of the others away."""
    told, homes = tell(count), tell(found.homes)
    rate = None if told is None or homes is None else found.per_100_homes_a_week(told, homes)
    return Figure(
        name,
        None if rate is None else round(rate, 2),
        "per 100 homes a week",
        f"{_counted(told, 'alert')}, {_counted(homes, 'home')}, {_days(found)} days{says}",
    )


def _counted(number: int | None, noun: str) -> str:
    return f"{_said(number)} {noun}{'' if number == 1 else 's'}"


def _answers(
    before: str, group: Answers, tell: Tell, *, has_standard: bool = False
) -> Iterator[Figure]:
    for since, counts in (("event", group.event), ("receipt", group.receipt)):
        for (seconds, standard), count in zip(STANDARD, counts, strict=True):
            beside = f"; the call-answering standard, another thing, is {standard:.1%}"
            yield from _share(
                f"{before}acknowledged within {seconds} s of {since}",
                Share(count, group.alerts),
                tell,
                "of {whole} P1 and P2 alerts" + (beside if has_standard else ""),
                has_interval=has_standard,
            )


def _share(
    name: str, share: Share, tell: Tell, says: str, *, has_interval: bool = True
) -> Iterator[Figure]:
    part, whole = tell(share.part), tell(share.whole)
    if part is None or not whole:
        yield Figure(name, None, "share", f"{_said(part)} {says.format(whole=_said(whole))}")
        return
    told = Share(min(part, whole), whole)
    low, high = told.interval
    interval = f"; 95 % interval {low:.3f} to {high:.3f}" if has_interval else ""
    arithmetic = f"{told.part} {says.format(whole=told.whole)}{interval}"
    share_of = round(told.part / told.whole, 4)
    yield Figure(name, share_of, "share", arithmetic, (low, high) if has_interval else None)


def _times(what: str, times: Times, tell: Tell) -> Iterator[Figure]:
    count = tell(times.count)
    for name, value in (("median", times.median_s), ("90th percentile", times.p90_s)):
        says = f"over {_said(count)} P1 and P2 alerts, from receipt"
        yield Figure(f"{what}, {name}", value if count else None, "s", says)


def _offline(found: Measures, tell: Tell) -> Iterator[Figure]:
    """Yield hours without sight of a home and the share of time with it, of numbers as told."""
    off = found.offline
    homes, ever, hours = tell(found.homes), tell(off.homes), tell(round(off.hours))
    says = f"{_said(ever)} of {_said(homes)} homes could not be seen for a time"
    if not homes or ever is None or hours is None:
        for name, unit in (("hours offline", "hours each home"), ("time watched", "share")):
            yield Figure(name, None, unit, says)
        return
    # Of so many homes as are told, so that their exact number does not show through.
    whole = round(off.whole_hours * homes / found.homes) if found.homes else 0
    told = f"{hours:,} hours / {homes:,} homes; {says}"
    yield Figure("hours offline", round(hours / homes, 2), "hours each home", told)
    share = round(1 - min(hours, whole) / whole, 4) if whole else None
    yield Figure(
        "time watched", share, "share", f"1 - {hours:,} / {whole:,} hours of homes; {says}"
    )


def _said(count: int | None) -> str:
    return TOO_FEW if count is None else f"{count:,}"


def _days(found: Measures) -> str:
    return f"{(found.stop_us - found.start_us) / 86_400_000_000:.1f}"


def to_csv(place: str, found: Sequence[Figure]) -> str:
    """Return the figures as CSV; no cell can be taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("place", "figure", "value", "unit", "arithmetic"))
    for one in found:
        value = "" if one.value is None else f"{one.value:g}"
        writer.writerow([plain(cell) for cell in (place, one.name)] + [value]
                        + [plain(cell) for cell in (one.unit, one.arithmetic)])  # fmt: skip
    return text.getvalue()


def plain(cell: str) -> str:
    """Return a cell that a spreadsheet shows as it is (OWASP, CSV injection)."""
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA) or cell[:1] in _FORMULA else cell
