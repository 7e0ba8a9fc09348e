"""Late data, restarts, zones and nonsense over the whole engine: what stands is what happened."""

import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from alerts.detect.local_time import build_offsets, to_local
from config.kinds import Kind
from ingest.clock import VirtualClock, instant
from tests.alerts.houses import used
from tests.alerts.world import (
    DAY,
    HOUR,
    MINUTE,
    PLACE,
    START,
    Reading,
    World,
    in_order,
    quiet_life,
    warm,
)

PERSON = ("no-sign-of-life", "not-back")
SECOND = 1_000_000
NINE = START + 2 * DAY + 9 * HOUR
END = START + 3 * DAY
FAR = (-62_000_000 * SECOND, 1_000 * SECOND, 4_070_908_800 * SECOND, 9_000_000_000 * SECOND)
"""1968, 1970, 2099, 2255."""


def story(world: World) -> list[Reading]:
    """Return three homes: one lives on, one falls silent at nine, one goes out and stays away."""
    readings = quiet_life(world, 1, START, END)
    for home in (2, 3):
        readings += quiet_life(world, home, START, NINE) + warm(world, home, NINE, END)
    door = world.sensor(3, Kind.CONTACT)
    return in_order([*readings, (door, START, 0.0), *used(door, NINE + 5 * MINUTE)])


def town() -> World:
    return World(homes=3, not_back_h=8.0)


def standing(world: World, *kinds: str) -> set[tuple[str, str, int]]:
    """Return id, kind and onset of what stands and nobody need confirm."""
    open_ = [a for a in world.alerts(*kinds) if a.state == "open" and not a.is_eased]
    return {(a.id, a.kind, a.onset_us) for a in open_}


def told(world: World) -> list[tuple[object, ...]]:
    return [(a.id, a.kind, a.state, a.onset_us, a.raised_us, a.sentence) for a in world.alerts()]


@cache
def ordered() -> World:
    world = town()
    world.tail.put(story(world))
    world.run(END)
    return world


def test_the_story_ends_with_a_silence_and_an_absence() -> None:
    kinds = sorted(kind for _, kind, _ in standing(ordered(), *PERSON))
    assert kinds == ["no-sign-of-life", "not-back"]
    assert not any(a.is_late for a in ordered().alerts(*PERSON))


@settings(max_examples=6, deadline=None)
@given(
    home=st.integers(1, 3),
    from_min=st.integers(2 * 1440, 3 * 1440 - 300),
    held_min=st.integers(5, 14 * 60),
    seed=st.integers(0, 2**32 - 1),
    stop_hour=st.integers(1, 71),
    is_saved=st.booleans(),
)
def test_what_stands_after_late_data_and_a_restart_is_what_the_ordered_stream_raises(
    tmp_path_factory: pytest.TempPathFactory,
    home: int,
    from_min: int,
    held_min: int,
    seed: int,
    stop_hour: int,
    is_saved: bool,
) -> None:
    """Movement and doors of one home are held back for hours, and come in any order."""
    world, rng = town(), np.random.default_rng(seed)
    heat, first = world.sensor(home, Kind.TEMPERATURE), START + from_min * MINUTE
    last = min(first + held_min * MINUTE, END - 4 * HOUR)
    mine = {s.number for s in world.sensors if s.home == home and s.number != heat}
    life = story(world)
    held = [r for r in life if r[0] in mine and first <= r[1] < last]
    in_time = [r for r in life if not (r[0] in mine and first <= r[1] < last)]
    held = [held[i] for i in rng.permutation(len(held)).tolist()]
    moments = sorted({last, START + stop_hour * HOUR, END})
    before = START - DAY
    for at in moments:
        world.tail.put([r for r in in_time if before < r[1] <= at])
        world.run(at)
        if at == last:
            for start in range(0, len(held), 7):
                world.tail.put(held[start : start + 7], received_us=at)
        if at == START + stop_hour * HOUR:
            restart(world, tmp_path_factory.mktemp("engine") / "checkpoint", is_saved=is_saved)
        before = at
    world.run(END)
    assert standing(world, *PERSON) == standing(ordered(), *PERSON)
    assert all(world.history(a.id).count("raise") == 1 for a in world.alerts())


def restart(world: World, path: Path, *, is_saved: bool) -> None:
    if is_saved:
        assert world.engine.checkpoint(path)
    world.engine = world.new_engine()
    assert world.engine.restore(path) == is_saved


ZONES = ("Europe/London", "Asia/Kathmandu", "America/New_York")


@cache
def local_story(zone: str, midnight: str) -> list[tuple[object, ...]]:
    """Return what is told, in local hours, of three days that begin at this local midnight."""
    start = int(np.datetime64(midnight, "us").astype(np.int64))
    offsets = build_offsets(zone, start - 3 * DAY, start + 5 * DAY)

    def utc(local_us: int) -> int:
        near = 2 * local_us - int(to_local(offsets, np.array([local_us]))[0])
        return local_us - (int(to_local(offsets, np.array([near]))[0]) - near)

    world = town()
    world.places[PLACE] = world.places[PLACE].model_copy(update={"time_zone": zone})
    world.clock = VirtualClock(instant(utc(start)))
    world.engine = world.new_engine()
    readings = [(s, utc(t - START + start), v) for s, t, v in story(world)]
    world.tail.put(in_order(readings))
    world.run(utc(start + 3 * DAY), every_us=HOUR)
    return [
        (a.kind, a.home, a.sentence, *(int(to_local(offsets, np.array([a.onset_us]))[0]) - start,))
        for a in world.alerts(*PERSON)
    ]


@pytest.mark.parametrize("zone", ZONES[1:])
def test_a_home_in_another_zone_is_told_of_as_one_in_london_at_its_own_hours(zone: str) -> None:
    wanted = local_story("Europe/London", "2026-01-12")
    assert len(wanted) == 2
    assert local_story(zone, "2026-01-12") == wanted


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("Europe/London", "2026-03-27"),
        ("Europe/London", "2026-10-23"),
        ("America/New_York", "2026-03-06"),
        ("America/New_York", "2026-10-30"),
    ],
)
def test_the_day_on_which_the_clocks_change_is_told_of_as_any_other(
    zone: str, midnight: str
) -> None:
    """The clocks change in the night before the home falls silent."""
    wanted = local_story("Europe/London", "2026-01-12")
    found = local_story(zone, midnight)
    assert [(kind, home, onset) for kind, home, _, onset in found] == [
        (kind, home, onset) for kind, home, _, onset in wanted
    ]


@settings(max_examples=5, deadline=None)
@given(
    lost_min=st.integers(30, 20 * 60),
    back_min=st.integers(0, 13 * 60),
    seed=st.integers(0, 2**32 - 1),
)
def test_what_a_hub_fills_in_raises_nothing_old_and_clears_nothing_live(
    lost_min: int, back_min: int, seed: int
) -> None:
    """The hub of the home that lives on is lost, and sends all of it when it is back."""
    world, rng = town(), np.random.default_rng(seed)
    back = NINE + 60 * MINUTE + back_min * MINUTE
    lost = back - lost_min * MINUTE
    mine = {s.number for s in world.sensors if s.home == 1}
    life = story(world)
    kept = [r for r in life if r[0] in mine and lost <= r[1] < back]
    world.tail.put([r for r in life if r[1] < back and not (r[0] in mine and r[1] >= lost)])
    world.run(back)
    before = {a.id: (a.state, a.is_eased) for a in world.alerts()}
    live = {a.id for a in world.alerts(*PERSON) if a.home != "home-000001"}
    kept = [kept[i] for i in rng.permutation(len(kept)).tolist()]
    for start in range(0, len(kept), 11):
        world.tail.put(kept[start : start + 11], received_us=back)
    world.tail.put([r for r in life if r[1] >= back])
    world.run(back + 30 * MINUTE)
    after = {a.id: (a.state, a.is_eased) for a in world.alerts()}
    new = [a for a in world.alerts() if a.id not in before]
    assert [a for a in new if a.home == "home-000001"] == []
    assert {id_: after[id_] for id_ in live} == {id_: before[id_] for id_ in live}


@settings(max_examples=4, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(st.data())
def test_clocks_of_1968_or_2099_and_unknown_sensors_change_nothing(data: st.DataObject) -> None:
    """Should nonsense slip through the screen, the engine tells what it tells without it."""
    world = town()
    sensors = [*(s.number for s in world.sensors if s.kind is Kind.MOTION), 9_999]
    nonsense = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from(sensors),
                st.sampled_from(FAR),
                st.sampled_from([0.0, 1.0]),
                st.integers(1, 71),
            ),
            min_size=1,
            max_size=12,
        )
    )
    life, before = story(world), START - DAY
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for sensor, far, value, hour in sorted(nonsense, key=lambda row: row[3]):
            at = START + hour * HOUR
            world.tail.put([r for r in life if before < r[1] <= at])
            world.run(at)
            world.tail.put([(sensor, far, value)], received_us=at)
            before = at
        world.tail.put([r for r in life if r[1] > before])
        world.run(END)
    assert told(world) == told(ordered())
