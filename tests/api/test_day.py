"""One day of one home: lanes, figures and words."""

from datetime import date

import numpy as np
import pytest

from api.web import day
from ingest import batch as batches
from tests.api.life import A, B
from tests.api.test_strip import LONDON, SENSORS, readings
from tests.api.visits import Visit
from tests.api.world import World, make_world

DAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("days"))


@pytest.mark.parametrize(
    ("on", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (DAY, 24)]
)
def test_a_local_day_has_as_many_hours_as_the_clocks_say(on: date, hours: int) -> None:
    start, stop = day.bounds(on, LONDON)
    assert (stop - start) / np.timedelta64(1, "h") == hours


def test_signs_stand_in_the_lane_of_their_room_at_their_local_time() -> None:
    batch = readings((5, "2026-03-02T07:21", 1.0), (1, "2026-03-02T23:59", 1.0))
    found = {lane.name: lane for lane in day.lanes(batch, SENSORS, DAY, LONDON)}
    assert np.flatnonzero(found["kitchen"].is_seen).tolist() == [88]
    assert np.flatnonzero(found["hall"].is_seen).tolist() == [287]
    assert found["kitchen"].by_hour[7] == 1
    assert not found["bedroom"].is_seen.any()


def test_both_hours_of_a_night_on_which_clocks_go_back_share_a_lane() -> None:
    batch = readings((5, "2026-10-25T00:30", 1.0), (5, "2026-10-25T00:31", 0.0),
                     (5, "2026-10-25T01:30", 1.0))  # fmt: skip
    kitchen = next(
        lane
        for lane in day.lanes(batch, SENSORS, date(2026, 10, 25), LONDON)
        if lane.name == "kitchen"
    )
    assert kitchen.by_hour[1] == 2


def test_only_changes_of_this_day_are_told() -> None:
    batch = readings(
        (2, "2026-03-01T20:00", 0.0),
        (2, "2026-03-02T09:00", 0.0),
        (2, "2026-03-02T10:00", 1.0),
        (2, "2026-03-02T10:01", 1.0),
        (2, "2026-03-03T10:01", 0.0),
        (1, "2026-03-02T10:02", 1.0),
    )
    found = [day.told(event, LONDON) for event in day.events(batch, SENSORS, DAY, LONDON)]
    assert [(row["time"], row["what"], row["value"]) for row in found] == [
        ("10:00", "Door or window, way out", "open")
    ]


def test_the_words_say_how_much_of_the_usual_hours_stayed_empty() -> None:
    usual = np.zeros(96, np.bool_)
    usual[28:32] = True
    batch = readings((5, "2026-03-02T07:21", 1.0))
    lanes = day.lanes(batch, SENSORS, DAY, LONDON)
    assert day.summary(lanes, usual) == (
        "1 sign, in the kitchen. Of the hours that usually hold a sign, 45m held none."
    )
    none = day.lanes(batches.empty(), SENSORS, DAY, LONDON)
    assert day.summary(none, usual) == "No sign was seen on this day."
    assert "not known yet" in day.summary(lanes, np.zeros(96, np.bool_))


def test_the_picture_has_a_lane_for_each_room_and_no_words() -> None:
    lanes = day.lanes(readings((5, "2026-03-02T07:21", 1.0)), SENSORS, DAY, LONDON)
    drawn = day.draw(lanes, np.zeros(96, np.bool_), 600.0)
    assert 'fill="url(#room-3)"' in drawn
    assert 'class="strip-ahead" x="41.67%" width="58.33%"' in drawn
    assert "<text" not in drawn
    assert day.draw((), np.zeros(96, np.bool_), 1440.0)


def test_the_page_shows_a_past_day_and_leads_to_the_next(world: World) -> None:
    page = Visit(world.app, "alice").get(f"/homes/{A}-home-1/days/2026-03-02").text
    assert "Monday 2 March 2026" in page
    assert f"/homes/{A}-home-1/days/2026-03-03" in page
    assert "Door or window, way out: open" in page


@pytest.mark.parametrize("on", ["2026-03-04", "1970-01-01", "2199-01-01", "0001-01-01", "today"])
def test_a_day_that_is_not_kept_or_to_come_is_absent(world: World, on: str) -> None:
    assert Visit(world.app, "alice").get(f"/homes/{A}-home-1/days/{on}").status_code in (404, 422)


def test_a_day_of_another_place_is_absent(world: World) -> None:
    assert Visit(world.app, "alice").get(f"/homes/{B}-home-1/days/2026-03-02").status_code == 404
