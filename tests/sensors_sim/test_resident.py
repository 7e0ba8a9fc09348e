import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors_sim.agenda import Purpose, Room
from sensors_sim.habits import habits, is_weekend
from sensors_sim.resident import spend_day
from sensors_sim.stays import DAY_ENDS_S, DAY_STARTS_S, HOUR, Stays

HOMES = np.arange(1, 61, dtype=np.int32)
DAYS = range(20_000, 20_014)


def _of(stays: Stays, home: int) -> list[tuple[int, int, float, float]]:
    rows = stays.home == home
    return list(
        zip(
            stays.room[rows].tolist(),
            stays.purpose[rows].tolist(),
            stays.start_s[rows].tolist(),
            stays.end_s[rows].tolist(),
            strict=True,
        )
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1 << 40), st.integers(0, 40_000), st.integers(0, 59))
def test_a_home_lives_the_same_day_whatever_others_are_asked_for(
    seed: int, day: int, home: int
) -> None:
    together = spend_day(seed, HOMES, day)
    alone = spend_day(seed, HOMES[home : home + 1], day)
    assert _of(alone, 0) == _of(together, home)


def test_another_seed_or_day_is_another_life() -> None:
    day = spend_day(1, HOMES, 20_000)
    for other in (spend_day(2, HOMES, 20_000), spend_day(1, HOMES, 20_001)):
        assert day.start_s.tolist() != other.start_s.tolist()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1 << 40), st.integers(0, 40_000))
def test_nobody_is_in_two_rooms_and_everybody_sleeps_at_four(seed: int, day: int) -> None:
    stays = spend_day(seed, HOMES, day)
    for home in range(len(HOMES)):
        lived = _of(stays, home)
        starts, ends = [s for *_, s, _ in lived], [e for *_, e in lived]
        assert all(start < end for start, end in zip(starts, ends, strict=True))
        assert all(end < start for end, start in zip(ends, starts[1:], strict=False))
        for (_, purpose, *_), moment in ((lived[0], starts[0]), (lived[-1], ends[-1])):
            assert purpose == Purpose.SLEEP
            assert moment in (DAY_STARTS_S, DAY_ENDS_S)


def test_a_day_has_meals_a_night_and_a_bathroom_visit_by_night() -> None:
    night_visits = 0
    for day in DAYS:
        stays = spend_day(3, HOMES, day)
        for purpose in (Purpose.BREAKFAST, Purpose.LUNCH, Purpose.SUPPER):
            assert (stays.purpose == purpose).sum() > 0.7 * len(HOMES)
        slept = stays.purpose == Purpose.SLEEP
        hours = np.bincount(stays.home[slept], (stays.end_s - stays.start_s)[slept]) / HOUR
        assert hours.min() > 4.2
        assert hours.max() < 14
        late = (stays.start_s > 26 * HOUR) | (stays.start_s < 4.7 * HOUR)
        night_visits += int(((stays.purpose == Purpose.TOILET) & late).sum())
    assert 0.2 < night_visits / len(HOMES) / len(DAYS) < 2


def test_people_lie_in_at_the_weekend() -> None:
    assert [is_weekend(day) for day in range(7)] == [False, False, True, True, False, False, False]

    def wake_h(weekend: bool) -> float:
        woken = [spend_day(1, HOMES, day) for day in DAYS if is_weekend(day) is weekend]
        first = [s.start_s[(s.purpose == Purpose.WASH) & (s.start_s < 12 * HOUR)] for s in woken]
        return float(np.concatenate(first).mean() / HOUR)

    assert 0.3 < wake_h(True) - wake_h(False) < 0.7


def test_some_go_out_and_who_stays_in_or_never_goes_out_does_not() -> None:
    goes_out = habits(1, HOMES).goes_out
    assert 0 < (~goes_out).sum() < 15
    outings = np.zeros(len(HOMES))
    for day in DAYS:
        stays = spend_day(1, HOMES, day)
        outings += np.bincount(stays.home[stays.room == Room.OUT], minlength=len(HOMES))
        kept_in = spend_day(1, HOMES, day, np.ones(len(HOMES), np.bool_))
        assert not (kept_in.room == Room.OUT).any()
    assert not outings[~goes_out].any()
    assert 0.2 < outings[goes_out].mean() / len(DAYS) < 1.5
