import gzip
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from api.web import actogram
from api.web.actogram import Actogram, RoomKey
from api.web.homes import summary
from api.web.strip import BINS, DAYS, Strip, build, last_sign, local_minutes, window
from api.web.strip_svg import Mark, draw
from config.homes import Sensor
from config.kinds import Kind
from ingest import batch as batches
from ingest.batch import Batch

LONDON = ZoneInfo("Europe/London")
NOW = np.datetime64("2026-03-03T14:10:00", "us")
ROOMS = {1: "hall", 2: "hall", 3: "kitchen", 4: "kitchen", 5: "kitchen", 6: "bedroom"}
KINDS = {1: Kind.MOTION, 2: Kind.CONTACT, 3: Kind.TEMPERATURE, 4: Kind.POWER}

ALL_KINDS = {**KINDS, 5: Kind.MOTION, 6: Kind.BED}
SENSORS = [
    Sensor(n, f"sensor-{n}", 1, 1, "native", f"sensor-{n}", kind, ROOMS[n], n == 2)
    for n, kind in ALL_KINDS.items()
]


def readings(*rows: tuple[int, str, float]) -> Batch:
    time = [int(np.datetime64(text, "us").astype(np.int64)) for _, text, _ in rows]
    batch = batches.build([r[0] for r in rows], time, [r[2] for r in rows], time)
    return batches.ordered(batch)


def test_the_window_is_28_local_days_up_to_now() -> None:
    start, today = window(NOW, LONDON)
    assert str(start) == "2026-02-04T00:00:00.000000"
    assert today == date(2026, 3, 3)
    assert (
        str(window(np.datetime64("2026-06-30T23:30", "us"), LONDON)[0])[:16] == "2026-06-03T23:00"
    )


def test_a_sign_falls_into_its_quarter_of_the_local_day() -> None:
    strip = build(readings((1, "2026-03-03T07:20", 1.0)), KINDS, NOW, LONDON)
    assert strip.level.shape == (DAYS, BINS)
    assert np.argwhere(strip.level).tolist() == [[0, 29]]
    assert strip.rows[0].signs == 1
    assert strip.rows[0].first_min == 440
    assert strip.rows[0].quiet_min == pytest.approx(410)
    assert strip.next_bin == 57


def test_only_signs_of_the_person_count() -> None:
    strip = build(
        readings(
            (1, "2026-03-03T07:00", 0.0),
            (2, "2026-03-03T07:01", 1.0),
            (2, "2026-03-03T07:02", 1.0),
            (2, "2026-03-03T07:03", 0.0),
            (3, "2026-03-03T07:04", 19.0),
            (4, "2026-03-03T07:05", 3.0),
            (4, "2026-03-03T07:06", 2000.0),
            (9, "2026-03-03T07:07", 1.0),
        ),
        KINDS,
        NOW,
        LONDON,
    )
    assert strip.rows[0].signs == 2


@pytest.mark.parametrize(
    ("now", "utc", "local"),
    [
        ("2026-03-30T12:00", "2026-03-29T00:30", 30),
        ("2026-03-30T12:00", "2026-03-29T01:30", 150),
        ("2026-10-26T12:00", "2026-10-25T00:30", 90),
        ("2026-10-26T12:00", "2026-10-25T01:30", 90),
        ("2026-10-26T12:00", "2026-10-25T12:30", 750),
    ],
)
def test_signs_stand_at_their_local_time_on_both_clock_change_days(
    now: str, utc: str, local: int
) -> None:
    strip = build(readings((1, utc, 1.0)), KINDS, np.datetime64(now, "us"), LONDON)
    assert np.argwhere(strip.level).tolist() == [[1, local // 15]]
    assert strip.rows[1].first_min == local


def test_local_minutes_are_those_of_zoneinfo() -> None:
    from datetime import UTC, datetime, timedelta

    start = datetime(2026, 1, 1, tzinfo=UTC)
    moments = [start + timedelta(hours=7 * n, minutes=n) for n in range(1200)]
    time = np.array([m.replace(tzinfo=None) for m in moments], "datetime64[us]")
    naive = [m.astimezone(LONDON).replace(tzinfo=None) for m in moments]
    expected = np.array(naive, "datetime64[us]").astype(np.int64) / 60_000_000
    np.testing.assert_allclose(local_minutes(time, LONDON), expected)


def test_a_time_without_any_reading_is_unseen_not_quiet() -> None:
    hours: list[tuple[int, str, float]] = [
        (3, f"2026-03-{day:02d}T{hour:02d}:00", 19.0)
        for day in (1, 2, 3)
        for hour in range(24)
        if (day, hour) < (3, 15) and not (day == 2 and 4 <= hour < 20)
    ]
    strip = build(readings(*hours), KINDS, NOW, LONDON)
    assert strip.is_unseen[1, 13:79].all()
    assert not strip.is_unseen[1, :12].any()
    assert not strip.is_unseen[1, 80:].any()
    assert not strip.is_unseen[0].any()
    assert strip.is_unseen[5].all()


def test_a_home_that_was_never_heard_is_unseen_throughout() -> None:
    strip = build(batches.empty(), KINDS, NOW, LONDON)
    assert strip.is_unseen[1:].all()
    assert "No earlier day" in summary(strip)
    assert {row.quiet_min for row in strip.rows} == {None}


def picture(batch: Batch, strip: Strip, sensors: Sequence[Sensor] = SENSORS) -> Actogram:
    return actogram.build(batch, sensors, strip, NOW, LONDON)


def test_a_quarter_shows_the_room_with_most_signs() -> None:
    batch = readings(
        (1, "2026-03-03T07:20", 1.0),
        (5, "2026-03-03T07:21", 1.0),
        (5, "2026-03-03T07:22", 0.0),
        (5, "2026-03-03T07:23", 1.0),
        (1, "2026-03-02T07:20", 1.0),
    )
    found = picture(batch, build(batch, ALL_KINDS, NOW, LONDON))
    assert [(k.name, k.style) for k in found.rooms] == [("bedroom", 1), ("kitchen", 3), ("hall", 5)]
    assert found.style[0, 29] == 3
    assert found.style[1, 29] == 5
    assert np.count_nonzero(found.style) == 2


def test_rooms_keep_their_look_and_beyond_the_last_share_one() -> None:
    assert actogram.keys(["bathroom"]) == (RoomKey("bathroom", 2),)
    many = actogram.keys(["hall", "attic", "cellar", "den", "pantry"])
    assert [key.style for key in many] == [1, 2, 3, 4, 5]
    more = actogram.keys(["bedroom", "bathroom", "kitchen", "living-room", "hall", "a", "b", "c"])
    assert [key.style for key in more] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert actogram.keys([""]) == (RoomKey("", 8),)


def test_an_occupied_bed_lasts_until_it_is_left_and_over_midnight() -> None:
    batch = readings((6, "2026-03-01T22:00", 1.0), (6, "2026-03-02T07:00", 0.0))
    found = picture(batch, build(batch, {6: Kind.BED}, NOW, LONDON))
    assert found.is_in_bed[2, 88:].all()
    assert found.is_in_bed[1, :28].all()
    assert np.count_nonzero(found.is_in_bed) == 8 + 28


def test_a_way_out_is_marked_when_it_opens() -> None:
    batch = readings(
        (2, "2026-03-01T10:00", 0.0),
        (2, "2026-03-02T10:00", 1.0),
        (2, "2026-03-02T10:01", 0.0),
    )
    found = picture(batch, build(batch, ALL_KINDS, NOW, LONDON))
    assert list(zip(found.door_day.tolist(), found.door_min.tolist(), strict=True)) == [(1, 600.0)]


def test_usual_hours_are_those_of_most_days_that_were_seen() -> None:
    rows = [(1, f"2026-03-{day:02d}T08:05", 1.0) for day in (1, 2)]
    rows += [(5, "2026-03-02T20:05", 1.0), (5, "2026-03-01T12:05", 0.0)]
    batch = readings(*rows)
    found = picture(batch, build(batch, ALL_KINDS, NOW, LONDON))
    assert np.flatnonzero(found.is_usual).tolist() == [32, 80]


def test_the_picture_holds_shapes_and_marks_but_no_words() -> None:
    batch = readings((1, "2026-03-03T07:20", 1.0))
    strip = build(batch, KINDS, NOW, LONDON)
    marks = [Mark(date(2026, 3, 1), 720, "P1"), Mark(date(2025, 3, 1), 720, "P2")]
    drawn = draw(strip, picture(batch, strip), marks)
    assert drawn.count("<circle class=") == 1
    assert 'cx="50.00%"' in drawn
    assert "<text" not in drawn
    assert "style" not in drawn


def test_four_weeks_of_a_busy_home_are_drawn_in_little() -> None:
    chance = np.random.default_rng(1)
    n = 20_000
    start = int(NOW.astype(np.int64)) - 28 * 86_400_000_000
    time = np.sort(chance.integers(start, int(NOW.astype(np.int64)), n))
    batch = batches.build(
        chance.integers(1, 5, n).tolist(), time.tolist(), [1.0] * n, time.tolist()
    )
    strip = build(batch, KINDS, NOW, LONDON)
    assert sum(row.signs for row in strip.rows) > 0
    drawn = draw(strip, picture(batch, strip), [])
    assert len(gzip.compress(drawn.encode())) < 40_000


def test_a_sensor_that_chatters_is_no_sign_of_life_on_a_page() -> None:
    """The alert says "no sign since"; the line below it must not say "seen just now"."""
    begins = np.datetime64("2026-03-03T09:00:00", "us").astype(np.int64)
    us = [int(begins) + at * 5_000_000 for at in range(3_000)]  # until 13:10, every five seconds
    on_off = batches.build([1] * 3_000, us, [float(n % 2 == 0) for n in range(3_000)], us)
    before = readings((4, "2026-03-03T08:40", 0.0), (4, "2026-03-03T08:41", 900.0))
    batch = batches.ordered(batches.concat([before, on_off]))
    assert last_sign(batch, KINDS) == (int(begins) + 50_000_000, 1)
    kettle = readings((4, "2026-03-03T12:00", 0.0), (4, "2026-03-03T12:01", 900.0))
    later = batches.ordered(batches.concat([before, on_off, kettle]))
    found = last_sign(later, KINDS)
    assert found is not None
    assert found[1] == 4
    assert build(batch, KINDS, NOW, LONDON).rows[0].signs < 10
    shorter = batch.take(batch.time < np.datetime64("2026-03-03T11:00"))
    found = last_sign(shorter, KINDS)
    assert found is not None
    assert found[0] > int(begins) + 110 * 60_000_000
