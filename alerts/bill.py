"""What alerts cost: staff time by priority and text messages, sums in words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.alert import Priority
from alerts.past import Alerts

_YEAR_DAYS = 365


@dataclass(frozen=True, slots=True)
class Rates:
    """Minutes of staff time an alert, by priority; pence an SMS after so many free a year."""

    minutes: Mapping[str, float]
    sms_pence: float
    sms_free_a_year: int


@dataclass(frozen=True, slots=True)
class Bill:
    """Hours and pounds over ``days``; ``sums`` says how each came about, a line each."""

    days: float
    count: Mapping[str, int]
    hours: float
    messages: int
    sms_pounds: float
    sums: tuple[str, ...]


def bill(alerts: Alerts, days: float, rates: Rates) -> Bill:
    """Return what these alerts cost; one that came back takes time and a message again."""
    count, minutes, sums = {}, 0.0, []
    for priority in Priority:
        is_of = alerts.priority == priority.value
        number = int(is_of.sum() + alerts.returns[is_of].sum())
        each = rates.minutes[priority.value]
        count[priority.value] = number
        minutes += number * each
        sums.append(f"{priority.value}: {number} x {each:g} min = {number * each:g} min")
    messages = sum(count.values())
    free = rates.sms_free_a_year * days / _YEAR_DAYS
    paid = max(messages - free, 0.0)
    pounds = paid * rates.sms_pence / 100
    sums += [
        f"staff time: {minutes:g} min / 60 = {minutes / 60:.1f} h",
        f"free SMS: {rates.sms_free_a_year:,} a year x {days:g} / {_YEAR_DAYS} days = {free:.0f}",
        f"SMS: {messages} - {free:.0f} = {paid:.0f} x {rates.sms_pence:g}p = £{pounds:.2f}",
    ]
    return Bill(days, count, minutes / 60, messages, pounds, tuple(sums))
