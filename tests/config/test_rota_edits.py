"""What is changed in a rota, and that nothing else is: dates, covers, swaps and lines."""

from datetime import date
from typing import Any

import pytest

from config import rota_edits, rotas
from config.problems import ConfigProblem
from config.rotas import Rota, Shift, Spot
from tests.config.test_rotas import DAY_US, LONDON, NoHolidays, us

TODAY = date(2026, 11, 4)  # a Wednesday
TEAM = {"key": "team", "name": "Team", "members": ["a@x.org", "b@x.org", "c@x.org"]}
DAY = {"team": "team", "days": list(rotas.DAYS), "from": "08:00", "to": "20:00"}
NIGHT = {**DAY, "from": "20:00", "to": "08:00"}


def rota(**more: object) -> Rota:
    shifts = [{**DAY, "people": ["a@x.org"]}, {**NIGHT, "people": ["b@x.org"]}]
    return rotas.read_plan({"team": [TEAM], "shift": shifts, **more}, "test")


def who(made: Rota, at: str) -> str | None:
    found = rotas.turns(made, LONDON, NoHolidays(), us(at), us(at) + 1)
    now, _ = rotas.on_call(found, "team", us(at))
    return None if now is None else now.person


def shift(**values: object) -> Shift:
    return Shift.model_validate({**DAY, "people": ["c@x.org"], **values})


def test_a_change_holds_from_its_first_day_on_and_the_night_that_runs_goes_on() -> None:
    night = rota_edits.mark(rota().shift[1])
    later = Shift.model_validate({**NIGHT, "people": ["c@x.org"], "since": TODAY})
    made = rota_edits.change(rota(), night, later, TODAY)
    assert who(made, "2026-11-03T23:00") == "b@x.org"
    assert who(made, "2026-11-04T07:00") == "b@x.org", "it began yesterday"
    assert who(made, "2026-11-04T23:00") == "c@x.org"
    assert who(made, "2026-11-04T12:00") == "a@x.org"


def test_a_shift_ends_after_its_last_day_and_leaves_a_gap() -> None:
    made = rota_edits.end(rota(), rota_edits.mark(rota().shift[1]), TODAY, TODAY)
    assert who(made, "2026-11-05T07:59") == "b@x.org"
    assert who(made, "2026-11-05T20:00") is None
    span = us("2026-11-04T12:00"), us("2026-11-06T12:00")
    found = rotas.turns(made, LONDON, NoHolidays(), *span)
    assert rotas.gaps(made, found, *span) == [
        ("team", us("2026-11-05T20:00"), us("2026-11-06T08:00"))
    ]


def test_a_team_whose_shifts_all_ended_is_told_as_a_gap_however_long_ago() -> None:
    made = rota()
    for one in made.shift:
        made = rota_edits.end(made, rota_edits.mark(one), date(2026, 9, 1), TODAY)
    span = us("2026-11-04T12:00"), us("2026-11-06T12:00")
    assert rotas.gaps(made, [], *span) == [("team", *span)]


def test_a_team_that_a_ladder_calls_needs_somebody_though_it_never_had_a_shift() -> None:
    made = rotas.read_plan({"team": [TEAM]}, "test")
    assert rotas.gaps(made, [], 0, 10) == []
    assert rotas.gaps(made, [], 0, 10, {"team"}) == [("team", 0, 10)]


def test_somebody_else_does_one_shift_and_the_next_is_as_planned() -> None:
    spot = Spot("team", "first", TODAY, "08:00")
    turn = rota_edits.turn_at(rota(), LONDON, NoHolidays(), spot)
    ill = rota_edits.cover(rota(), [(turn, "c@x.org")], TODAY)
    assert [who(ill, f"2026-11-0{day}T12:00") for day in (3, 4, 5)] == [
        "a@x.org", "c@x.org", "a@x.org"
    ]  # fmt: skip
    again = rota_edits.turn_at(ill, LONDON, NoHolidays(), spot)
    assert (again.person, again.planned) == ("c@x.org", "a@x.org")
    assert rota_edits.cover(ill, [(again, "a@x.org")], TODAY).cover == []


def test_two_people_swap_and_swap_back() -> None:
    one, other = (
        rota_edits.turn_at(rota(), LONDON, NoHolidays(), Spot("team", "first", TODAY, start))
        for start in ("08:00", "20:00")
    )
    made = rota_edits.cover(rota(), rota_edits.swapped(one, other), TODAY)
    assert [who(made, f"2026-11-04T{hour}") for hour in ("12:00", "23:00")] == [
        "b@x.org", "a@x.org"
    ]  # fmt: skip
    one, other = (
        rota_edits.turn_at(made, LONDON, NoHolidays(), turn.spot) for turn in (one, other)
    )
    assert rota_edits.cover(made, rota_edits.swapped(one, other), TODAY) == rota()


def test_what_somebody_changed_meanwhile_is_another_shift() -> None:
    day = rota_edits.mark(rota().shift[0])
    made = rota_edits.change(rota(), day, shift(since=TODAY), TODAY)
    with pytest.raises(rota_edits.Gone):
        rota_edits.end(made, day, TODAY, TODAY)
    # What is about another shift holds beside it.
    both = rota_edits.end(made, rota_edits.mark(rota().shift[1]), TODAY, TODAY)
    assert who(both, "2026-11-06T12:00") == "c@x.org"
    assert who(both, "2026-11-06T23:00") is None


def test_a_cover_ends_with_the_shift_that_it_was_for() -> None:
    spot = Spot("team", "first", date(2026, 11, 9), "08:00")
    turn = rota_edits.turn_at(rota(), LONDON, NoHolidays(), spot)
    covered = rota_edits.cover(rota(), [(turn, "c@x.org")], TODAY)
    made = rota_edits.end(covered, rota_edits.mark(covered.shift[0]), TODAY, TODAY)
    assert made.cover == []


def test_who_is_second_is_called_where_nobody_is_first() -> None:
    made = rota_edits.add(rota(), shift(line="second", to="08:00"), TODAY)
    assert who(made, "2026-11-04T12:00") == "a@x.org"
    made = rota_edits.end(made, rota_edits.mark(rota().shift[0]), date(2026, 11, 3), TODAY)
    at = us("2026-11-04T12:00")
    found = rotas.turns(made, LONDON, NoHolidays(), at, at + DAY_US)
    assert who(made, "2026-11-04T12:00") == "c@x.org"
    assert rotas.on_line(found, "team", "first", at) is None
    second = rotas.on_line(found, "team", "second", at)
    assert second is not None
    assert second.person == "c@x.org"
    assert rotas.gaps(made, found, at, at + DAY_US) == []
    assert rotas.overlap(found) is None, "two lines are no overlap"


def test_one_person_on_two_lines_at_once_is_found() -> None:
    made = rota_edits.add(rota(), shift(line="second", people=["a@x.org"], days=["wed"]), TODAY)
    found = rotas.turns(made, LONDON, NoHolidays(), us("2026-11-04T00:00"), us("2026-11-05T00:00"))
    assert [(one.line, other.line) for one, other in rotas.doubled(found)] == [("first", "second")]


@pytest.mark.parametrize("last", [date(2026, 10, 24), date(2027, 3, 27)])
def test_an_end_on_a_night_of_25_or_23_hours_leaves_no_hour_twice_or_to_nobody(last: date) -> None:
    night = rota_edits.mark(rota().shift[1])
    new = Shift.model_validate(
        {**NIGHT, "people": ["c@x.org"], "since": last.replace(day=last.day + 1)}
    )
    made = rota_edits.change(rota(), night, new, TODAY)
    span = us(f"{last}T00:00"), us(f"{last}T00:00") + 3 * DAY_US
    found = rotas.turns(made, LONDON, NoHolidays(), *span)
    assert rotas.overlap(found) is None
    assert rotas.gaps(made, found, *span) == []
    nights = [turn for turn in found if turn.spot.start == "20:00" and turn.spot.day == last]
    assert [(turn.end_us - turn.start_us) // 3_600_000_000 for turn in nights] == [
        13 if last.month == 10 else 11
    ]


@pytest.mark.parametrize(
    ("cover", "says"),
    [
        ({"person": "d@x.org"}, "d@x.org is no member of team"),
        ({"from": "09:00"}, "no shift of team begins at 09:00 on 4 November 2026"),
        ({"line": "second"}, "no shift of team begins at 08:00"),
        ({"day": "0001-01-01"}, "cover.0.day"),
        ({"team": "night"}, "no shift of night"),
    ],
)
def test_a_cover_for_nothing_or_by_a_stranger_is_refused(cover: dict[str, Any], says: str) -> None:
    good = {"team": "team", "day": "2026-11-04", "from": "08:00", "person": "c@x.org"}
    with pytest.raises(ConfigProblem) as refused:
        rota(cover=[{**good, **cover}])
    assert says in str(refused.value)
    with pytest.raises(ConfigProblem, match="covered twice"):
        rota(cover=[good, good])
