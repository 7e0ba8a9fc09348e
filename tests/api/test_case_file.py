from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from api.web.changes import changes
from api.web.strip import BINS, DAYS, DayRow, Strip
from tests.api.life import SECRET, A, B
from tests.api.visits import Visit
from tests.api.world import World, make_world


def strip(signs: list[int], first: list[float | None], quiet: float | None = 480.0) -> Strip:
    """Return four weeks, the newest day first."""
    rows = tuple(
        DayRow(date(2026, 3, 3) - timedelta(days=n), count, begin, 1300.0, quiet)
        for n, (count, begin) in enumerate(zip(signs, first, strict=True))
    )
    return Strip(np.zeros((DAYS, BINS), np.int8), np.zeros((DAYS, BINS), bool), rows, 50)


def earlier(low: int, high: int) -> list[int]:
    return [low + n % (high - low + 1) for n in range(20)]


def test_a_week_that_left_the_usual_is_told_with_both_figures() -> None:
    made = strip(
        [5, *[60] * 7, *earlier(100, 120)], [420.0, *[520.0] * 7, *map(float, earlier(415, 435))]
    )
    assert changes(made) == (
        "In the last week: signs a day 60, usual 110; first sign after midnight 08:40, usual 07:04."
    )


def test_a_week_within_eight_of_ten_earlier_days_is_as_usual() -> None:
    made = strip([5, *[110] * 7, *earlier(100, 120)], [420.0] * 28)
    assert changes(made).startswith("The last week was as usual")


def test_too_few_days_are_said_and_days_without_a_sign_are_not_taken_for_quiet_ones() -> None:
    made = strip([5, *[110] * 7, *[0] * 20], [420.0] * 8 + [None] * 20)
    assert changes(made) == "Too few days are known to say what changed."
    gone = strip([5, *[0] * 7, *earlier(100, 120)], [420.0] + [None] * 7 + [420.0] * 20)
    assert changes(gone) == "Too few days are known to say what changed."


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def test_a_case_file_holds_four_weeks_up_to_the_day_and_the_alerts_of_then(world: World) -> None:
    visit = Visit(world.app, "alice")
    page = visit.get(f"/homes/{A}-home-1/case-file").text
    assert "From 4 February 2026 to 3 March 2026" in page
    assert "Made by Alice Example on 3 March 2026, 14:10." in page
    assert "No sign of movement since 07:12" in page
    assert "In the last week" in page or "The last week was as usual" in page
    before = visit.get(f"/homes/{A}-home-1/case-file?until=2026-02-28").text
    assert "From 1 February 2026 to 28 February 2026" in before
    assert "No sign of movement since 07:12" not in before
    assert "Today" not in before


def test_a_case_file_of_a_day_that_is_not_kept_or_of_another_place_is_absent(world: World) -> None:
    visit = Visit(world.app, "alice")
    for path in (
        f"/homes/{A}-home-1/case-file?until=2026-03-04",
        f"/homes/{A}-home-1/case-file?until=1999-01-01",
        f"/homes/{B}-home-1/case-file",
    ):
        answer = visit.get(path)
        assert answer.status_code == 404
        assert SECRET[B] not in answer.text
    assert visit.get(f"/homes/{A}-home-1/case-file?until=soon").status_code == 422
