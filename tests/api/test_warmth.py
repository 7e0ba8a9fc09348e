"""How warm a home was: by local day and room, in a picture, a table and words."""

from datetime import date

import numpy as np

from api.web import warmth
from config.homes import Sensor
from config.kinds import Kind
from ingest import batch as batches
from tests.api.test_strip import LONDON, readings

TODAY = date(2026, 3, 3)
SENSORS = [
    Sensor(n, f"sensor-{n}", 1, 1, "native", f"sensor-{n}", kind, room)
    for n, kind, room in (
        (1, Kind.TEMPERATURE, "kitchen"),
        (2, Kind.TEMPERATURE, "hall"),
        (3, Kind.TEMPERATURE, "hall"),
        (4, Kind.HUMIDITY, "hall"),
    )
]
ROWS = (
    (1, "2026-03-02T08:00", 17.0),
    (1, "2026-03-02T18:00", 21.5),
    (2, "2026-03-03T08:00", 15.0),
    (3, "2026-03-03T09:00", 16.5),
    (4, "2026-03-03T09:00", 61.0),
    (1, "2026-01-01T08:00", -5.0),
)


def days(kind: Kind = Kind.TEMPERATURE) -> tuple[warmth.RoomDays, ...]:
    return warmth.days_of(readings(*ROWS), SENSORS, kind, TODAY, LONDON)


def test_a_day_has_the_lowest_and_highest_of_its_room() -> None:
    hall, kitchen = days()
    assert (kitchen.low[-2], kitchen.high[-2]) == (17.0, 21.5)
    assert (hall.low[-1], hall.high[-1]) == (15.0, 16.5)
    assert np.isnan(kitchen.low[-1])
    assert np.isnan(kitchen.low[0])


def test_a_home_is_cold_on_days_when_no_room_was_warm() -> None:
    assert warmth.summary(days(), TODAY) == (
        "On 1 of 2 days with a reading no room reached 18 °C. "
        "The lowest was 15.0 °C (hall, Tue 3 Mar)."
    )


def test_a_thermometer_that_said_nothing_is_unknown_not_cold() -> None:
    found = warmth.days_of(batches.empty(), SENSORS, Kind.TEMPERATURE, TODAY, LONDON)
    assert "unknown" in warmth.summary(found, TODAY)
    assert "<rect" not in warmth.draw(found[0])


def test_the_table_says_the_same_and_what_is_unknown() -> None:
    heads, rows = warmth.table(days(), days(Kind.HUMIDITY), TODAY)
    assert heads == ["Hall, °C", "Kitchen, °C", "Hall, %"]
    assert rows[0]["cells"] == ["15.0 to 16.5", "unknown", "61 to 61"]
    assert rows[1]["cells"] == ["unknown", "17.0 to 21.5", "unknown"]
    assert len(rows) == 28


def test_the_picture_has_a_bar_a_day_and_the_limit_and_no_words() -> None:
    hall, kitchen = days()
    assert 'class="warmth-cold"' in warmth.draw(hall)
    assert warmth.draw(kitchen).count("<rect") == 1
    assert 'y1="58.33%"' in warmth.draw(kitchen)
    assert "<text" not in warmth.draw(kitchen)
