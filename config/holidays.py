"""Bank holidays of the United Kingdom, from the data that ships with govuk-bank-holidays (MIT)."""

from datetime import date
from functools import cache
from typing import Final

DIVISIONS: Final = ("england-and-wales", "scotland", "northern-ireland")
"""Parts of the country with holidays of their own."""


class BankHolidays:
    """The holidays of one division; nothing is fetched."""

    def __init__(self, division: str = "england-and-wales") -> None:
        self._days = _days(division)

    def is_holiday(self, day: date) -> bool:
        """Return whether this day is a bank holiday; False beyond the data."""
        return day in self._days

    @property
    def until(self) -> date:
        """The last holiday that is known."""
        return max(self._days)


@cache
def _days(division: str) -> frozenset[date]:
    from govuk_bank_holidays.bank_holidays import BankHolidays as Listed

    listed = Listed(use_cached_holidays=True).get_holidays(division=division)
    return frozenset(holiday["date"] for holiday in listed)
