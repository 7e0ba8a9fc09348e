import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors_sim.lives import DAY_US, HOUR_US, SECOND_US, Lives, Outages, has_whole_day, outages
from sensors_sim.realism import GROUP, STATISTICS, Group, statistics
from sensors_sim.tihm import IS_EXIT, PLACES
from tests.naive import realism as naive

EXITS = [place for place, is_exit in zip(PLACES, IS_EXIT.tolist(), strict=True) if is_exit]
NEVER = Outages(np.empty(0, np.int64), np.empty(0, np.int64))


def made_up(homes: int, days: int, seed: int = 1) -> list[list[naive.Event]]:
    """Return homes with bursts, silences, doors and nights of their own."""
    rng = np.random.default_rng(seed)
    lives = []
    for _ in range(homes):
        gaps = np.exp(rng.normal(4.5, 2.0, 3_000)).astype(np.int64)
        times = 18_000 * naive.DAY_S + rng.integers(naive.DAY_S) + np.cumsum(gaps)
        times = times[times < times[0] + days * naive.DAY_S]
        places = rng.choice(len(PLACES), len(times), p=rng.dirichlet(np.ones(len(PLACES))))
        lives.append([(int(at), PLACES[place]) for at, place in zip(times, places, strict=True)])
    return lives


def as_lives(homes: list[list[naive.Event]]) -> Lives:
    rows = [(home, at, place) for home, events in enumerate(homes) for at, place in events]
    return Lives(
        len(homes),
        np.array([home for home, _, _ in rows], np.int32),
        np.array([at for _, at, _ in rows], np.int64) * SECOND_US,
        np.array([PLACES.index(place) for _, _, place in rows], np.int8),
    )


def plainly(events: list[naive.Event]) -> list[float]:
    return [
        *naive.events_a_day(events),
        *naive.hours(events),
        *naive.gaps(events),
        *naive.transitions(events, PLACES),
        *naive.night_bathroom(events),
        *naive.silences(events),
        *naive.away(events, EXITS),
    ]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1 << 30), st.integers(1, 4), st.integers(3, 12))
def test_statistics_are_those_of_a_plain_loop(seed: int, homes: int, days: int) -> None:
    lives = made_up(homes, days, seed)
    found = statistics(as_lives(lives), NEVER)
    expected = np.array([plainly(events) for events in lives])
    for column, (group, name) in enumerate(STATISTICS):
        np.testing.assert_allclose(
            found[:, column], expected[:, column], atol=1e-9, err_msg=f"{group} {name}"
        )


def test_a_home_is_the_same_whatever_homes_are_beside_it_and_whatever_the_week() -> None:
    lives = made_up(3, 9)
    together = statistics(as_lives(lives), NEVER)
    alone = statistics(as_lives(lives[1:2]), NEVER)
    np.testing.assert_allclose(alone[0], together[1])
    later = [[(at + 7 * naive.DAY_S, place) for at, place in events] for events in lives]
    np.testing.assert_allclose(statistics(as_lives(later), NEVER), together)


def test_every_statistic_has_a_group_and_a_name_of_its_own() -> None:
    assert len(set(STATISTICS)) == len(STATISTICS) == len(GROUP)
    assert {group for group, _ in STATISTICS} == set(Group)


def test_a_silence_of_all_homes_is_an_outage_and_counts_for_no_home() -> None:
    rng = np.random.default_rng(2)
    homes: list[list[naive.Event]] = []
    for _ in range(6):
        times = 18_000 * naive.DAY_S + np.sort(rng.choice(10 * naive.DAY_S, 4_000, replace=False))
        is_heard = (times < 18_004 * naive.DAY_S) | (times > 18_005 * naive.DAY_S)
        homes.append([(int(at), "kitchen") for at in times[is_heard]])
    lives = as_lives(homes)
    silent = outages(lives)
    assert len(silent.start_us) == 1
    assert 23 * HOUR_US < silent.end_us[0] - silent.start_us[0] < 25 * HOUR_US
    column = [name for _, name in STATISTICS].index("days without an event")
    assert not statistics(lives, silent)[:, column].any()
    assert statistics(lives, NEVER)[:, column].all()
    assert not len(outages(as_lives(homes[:4])).start_us), "too few homes to tell"


def test_a_home_needs_a_whole_day_from_midnight_to_midnight() -> None:
    start = 18_000 * naive.DAY_S
    short = [(start + 3600 * hour, "kitchen") for hour in range(12, 40)]
    whole = [(start + 3600 * hour, "kitchen") for hour in range(12, 49)]
    assert has_whole_day(as_lives([short, whole]), NEVER).tolist() == [False, True]


@pytest.mark.parametrize(
    ("span", "touches"), [((0, 9), False), ((0, 11), True), ((12, 13), True), ((20, 30), False)]
)
def test_a_span_touches_an_outage_when_they_share_time(
    span: tuple[int, int], *, touches: bool
) -> None:
    silent = Outages(np.array([10, 100]), np.array([20, 110]))
    assert silent.touch(np.array([span[0]]), np.array([span[1]])).tolist() == [touches]
    assert DAY_US == naive.DAY_S * SECOND_US
