import numpy as np
import pytest

from sensors_sim import inject
from sensors_sim.inject import BURST_US, DAY_US, HOUR_US, MINUTE_US, Stream

KITCHEN, BATHROOM, DOOR = 0, 4, 6
START = 18_000 * DAY_US


def life(days: int = 4, seed: int = 1) -> Stream:
    """Something every ten minutes in the kitchen, the bathroom at 02:00 each night."""
    kitchen = np.arange(START, START + days * DAY_US, 10 * MINUTE_US)
    bathroom = np.concatenate(
        [
            START + day * DAY_US + 2 * HOUR_US + np.array([0, 1, 3]) * MINUTE_US
            for day in range(days)
        ]
    )
    time_us = np.concatenate([kitchen, bathroom])
    place = np.concatenate([np.full(len(kitchen), KITCHEN), np.full(len(bathroom), BATHROOM)])
    order = np.argsort(time_us, kind="stable")
    return Stream(time_us[order], place[order].astype(np.int8))


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def of(stream: Stream, place: int) -> list[int]:
    return [int(t) for t in stream.time_us[stream.place == place]]


@pytest.mark.parametrize("hours", [6, 12, 24])
def test_a_collapse_leaves_nothing_for_its_hours_and_all_else_as_it_was(hours: float) -> None:
    before, at = life(), START + DAY_US + 5
    after = inject.collapse(before, at, hours=hours)
    lost = (before.time_us >= at) & (before.time_us < at + hours * HOUR_US)
    assert lost.any()
    assert after.time_us.tolist() == before.time_us[~lost].tolist()


def test_a_collapse_in_one_room_is_heard_from_that_room_alone() -> None:
    at = START + DAY_US
    after = inject.collapse_in_room(life(), at, BATHROOM, rng())
    inside = (after.time_us >= at) & (after.time_us < at + DAY_US)
    assert set(after.place[inside].tolist()) == {BATHROOM}
    assert inside.sum() > 20
    assert (np.diff(after.time_us) >= 0).all()


@pytest.mark.parametrize(("count", "nights"), [(3, 1), (6, 3)])
def test_more_night_visits_are_that_many_and_repeat_the_homes_own(count: int, nights: int) -> None:
    before = life(6)
    starts = START + 23 * HOUR_US + DAY_US * np.arange(2, 2 + nights)
    after = inject.more_night_visits(before, starts, BATHROOM, count, rng())
    time_us = np.array(of(after, BATHROOM))
    first, stop = inject.bursts(time_us)
    for start in starts.tolist():
        visits = time_us[first]
        mine = (visits >= start) & (visits < start + 7 * HOUR_US)
        assert mine.sum() == 1 + count
    shapes = {tuple(np.diff(time_us[a:b])) for a, b in zip(first, stop, strict=True)}
    assert shapes == {(MINUTE_US, 2 * MINUTE_US)}
    assert of(after, KITCHEN) == of(before, KITCHEN)


def test_a_home_without_visits_of_its_own_gets_none() -> None:
    before = life().take(life().place == KITCHEN)
    after = inject.more_night_visits(before, np.array([START + DAY_US]), BATHROOM, 3, rng())
    assert after.time_us.tolist() == before.time_us.tolist()


def test_visits_are_told_apart_by_more_than_ten_minutes() -> None:
    first, stop = inject.bursts(np.array([0, BURST_US, 2 * BURST_US + 1]))
    assert (first.tolist(), stop.tolist()) == ([0, 2], [2, 3])


def test_who_leaves_at_night_is_not_heard_again_for_hours() -> None:
    at = START + DAY_US + 3 * HOUR_US
    after = inject.leave_at_night(life(), at, DOOR)
    assert of(after, DOOR) == [at]
    assert not ((after.time_us > at) & (after.time_us < at + 6 * HOUR_US)).any()


def test_who_looks_out_comes_back_in_five_minutes_and_nothing_is_lost() -> None:
    at = START + DAY_US + 3 * HOUR_US
    after = inject.look_out_at_night(life(), at, DOOR, KITCHEN)
    assert of(after, DOOR) == [at, at + 5 * MINUTE_US]
    assert len(after) == len(life()) + 4


def test_thinning_takes_a_hundredth_more_each_day_until_it_ends() -> None:
    before = life(60)
    after = inject.thin(before, START, rng())
    kept = [
        np.count_nonzero((after.time_us - START) // DAY_US == day)
        / np.count_nonzero((before.time_us - START) // DAY_US == day)
        for day in (0, 20, 41, 59)
    ]
    assert kept == pytest.approx([0.99, 0.79, 0.58, 0.58], abs=0.1)


def test_sleep_moves_by_two_hours_between_the_moments_and_nothing_is_lost() -> None:
    before = life(6)
    after = inject.shift_sleep(before, START + DAY_US, START + 3 * DAY_US)
    visits = [(t - START) // HOUR_US % 24 for t in of(after, BATHROOM)[::3]]
    assert visits == [2, 4, 4, 2, 2, 2]
    assert len(after) == len(before)


def test_a_dead_sensor_says_nothing_more() -> None:
    after = inject.dead_sensor(life(), KITCHEN, START + DAY_US)
    assert max(of(after, KITCHEN)) < START + DAY_US
    assert of(after, BATHROOM) == of(life(), BATHROOM)


def test_a_stuck_sensor_fires_every_five_minutes() -> None:
    after = inject.stuck_sensor(life(), BATHROOM, START + DAY_US, START + 2 * DAY_US)
    inside = [t for t in of(after, BATHROOM) if START + DAY_US <= t < START + 2 * DAY_US]
    assert set(np.diff(inside)) == {5 * MINUTE_US}


def test_a_doubled_sensor_says_everything_twice_and_a_wrong_clock_an_hour_ahead() -> None:
    span = (START + DAY_US, START + 2 * DAY_US)
    doubled = inject.doubled_sensor(life(), BATHROOM, *span)
    assert len(of(doubled, BATHROOM)) == len(of(life(), BATHROOM)) + 3
    ahead = inject.wrong_clock(life(), BATHROOM, *span)
    moved = set(of(ahead, BATHROOM)) - set(of(life(), BATHROOM))
    assert {t - HOUR_US for t in moved} <= set(of(life(), BATHROOM))
    assert len(moved) == 3
