"""Who is on call, where nobody is, and what a rota may not be."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config import rotas
from config.holidays import BankHolidays
from config.problems import ConfigProblem
from config.rotas import DAYS, Rota

LONDON = ZoneInfo("Europe/London")
DAY_US = 86_400_000_000


class NoHolidays:
    def is_holiday(self, day: date) -> bool:  # noqa: ARG002  # the port's
        return False


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=LONDON).timestamp()) * 1_000_000


def rota(*shifts: dict[str, Any]) -> Rota:
    team = {"key": "team", "name": "Team", "members": ["a@x.org", "b@x.org"]}
    return rotas.read_plan({"team": [team], "shift": list(shifts)}, "test")


def shift(start: str, end: str, *people: str, days: tuple[str, ...] = DAYS) -> dict[str, Any]:
    return {"team": "team", "days": list(days), "from": start, "to": end, "people": list(people)}


def test_people_take_turns_by_week_and_hand_over_at_the_hour_said() -> None:
    made = rota(shift("08:00", "08:00", "a@x.org", "b@x.org"))
    start_us = us("2026-11-02T00:00")
    found = rotas.turns(made, LONDON, NoHolidays(), start_us, start_us + 28 * DAY_US)
    assert not rotas.gaps(made, found, start_us, start_us + 28 * DAY_US)
    now, later = rotas.on_call(found, "team", us("2026-11-08T23:00"))
    assert now is not None
    assert later is not None
    assert (now.end_us, later.start_us) == (us("2026-11-09T08:00"),) * 2
    assert {now.person, later.person} == {"a@x.org", "b@x.org"}


def test_a_day_with_25_hours_is_covered_and_one_with_23_does_not_overlap() -> None:
    made = rota(shift("08:00", "20:00", "a@x.org"), shift("20:00", "08:00", "b@x.org"))
    for day in ("2026-10-24T00:00", "2027-03-27T00:00"):
        span = (us(day), us(day) + 3 * DAY_US)
        found = rotas.turns(made, LONDON, NoHolidays(), *span)
        assert rotas.overlap(found) is None
        assert rotas.gaps(made, found, *span) == []


def test_gaps_are_found_ahead_with_their_hours() -> None:
    made = rota(shift("08:00", "08:00", "a@x.org", days=("mon", "tue", "wed", "thu", "fri")))
    span = (us("2026-11-06T12:00"), us("2026-11-13T12:00"))
    found = rotas.turns(made, LONDON, NoHolidays(), *span)
    assert rotas.gaps(made, found, *span) == [
        ("team", us("2026-11-07T08:00"), us("2026-11-09T08:00"))
    ]


def test_on_a_bank_holiday_its_own_shift_replaces_the_others() -> None:
    made = rota(
        shift("00:00", "00:00", "a@x.org"), shift("00:00", "00:00", "b@x.org", days=("holiday",))
    )
    christmas = us("2026-12-25T12:00")
    found = rotas.turns(made, LONDON, BankHolidays(), christmas - DAY_US, christmas + 2 * DAY_US)
    assert rotas.overlap(found) is None
    on_call = [rotas.on_call(found, "team", christmas + n * DAY_US)[0] for n in (-1, 0, 1)]
    assert [turn and turn.person for turn in on_call] == ["a@x.org", "b@x.org", "a@x.org"]


def test_the_holidays_are_those_of_the_division() -> None:
    second = date(2026, 1, 2)
    assert BankHolidays("scotland").is_holiday(second)
    assert not BankHolidays("england-and-wales").is_holiday(second)
    assert BankHolidays().until > datetime.now(UTC).date()


def test_a_rota_that_overlaps_itself_is_refused_with_who_and_when() -> None:
    made = rota(
        shift("08:00", "20:00", "a@x.org"), shift("19:00", "08:00", "b@x.org", days=("sun",))
    )
    with pytest.raises(ConfigProblem) as refused:
        rotas.check(made, LONDON, NoHolidays(), us("2026-11-02T00:00"))
    assert "a@x.org and b@x.org are both on call for team at 19:00 on Sunday 08" in str(
        refused.value
    )


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (shift("08:00", "25:00", "a@x.org"), "shift.0.to is '25:00'"),
        (shift("08:00", "20:00", "stranger@x.org"), "stranger@x.org is no member of team"),
        ({**shift("08:00", "20:00", "a@x.org"), "team": "night"}, "shift.0.team is 'night'"),
        (shift("08:00", "20:00", "a@x.org", days=("someday",)), "days"),
    ],
)
def test_bad_shifts_are_refused_with_their_key(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigProblem) as refused:
        rota(values)
    assert says in str(refused.value), str(refused.value)
