"""A hush over a place: an outage that no heartbeat tells, found by homes that fall silent."""

from pathlib import Path

import numpy as np

from config.kinds import Kind
from tests.alerts.world import DAY, HOUR, MINUTE, START, Reading, World, in_order

HOMES = 14
ABOUT_SIGNS = ("no-sign-of-life", "not-back")
FAILS = START + 2 * DAY + 11 * HOUR
BACK = FAILS + 4 * HOUR
END = START + 3 * DAY


def unheard(homes: int = HOMES) -> World:
    """Return homes whose hubs say nothing but that somebody moves."""
    world = World(homes=homes)
    world.sensors = [s for s in world.sensors if s.kind is Kind.MOTION]
    world.change_home(1)
    return world


def moves(world: World, home: int, start_us: int, stop_us: int) -> list[Reading]:
    """Return the movements of an ordinary day: up from 07 to 23, twice or so in the night."""
    rng = np.random.default_rng(home)
    rooms = [s.number for s in world.sensors if s.home == home]
    readings: list[Reading] = []
    at = start_us + home * 1_000_000
    while at < stop_us:
        is_day = 7 <= (at % DAY) // HOUR < 23
        at += int(min(rng.exponential(12 if is_day else 120) + 1, 90) * MINUTE)
        room = int(rng.choice(rooms))
        readings += [(room, at, 1.0), (room, at + 30_000_000, 0.0)]
    return readings


def lived(world: World, collapses: dict[int, int]) -> None:
    """Give every home its life, but for the hours of the failure and after its own collapse."""
    readings: list[Reading] = []
    for home in range(1, HOMES + 1):
        stop = collapses.get(home, END)
        readings += [
            r for r in moves(world, home, START, END) if r[1] < stop and not FAILS <= r[1] < BACK
        ]
    world.tail.put(in_order(readings))


def test_homes_that_fall_silent_together_are_one_outage_and_no_quiet_people() -> None:
    world = unheard()
    lived(world, {})
    world.run(FAILS + 75 * MINUTE)
    assert world.alerts(*ABOUT_SIGNS) == []
    (outage,) = world.alerts("outage")
    assert (outage.kind, outage.verdict) == ("outage", "outage")
    assert outage.sentence.startswith("0 homes of this place were heard in the last hour")
    assert outage.evidence["rule"] == "hush"
    assert set(world.unwatched().values()) == {"outage"}
    world.run(BACK - MINUTE)
    assert world.alerts(*ABOUT_SIGNS) == []
    world.run(BACK + 2 * HOUR)
    assert [(a.kind, a.state) for a in world.alerts("outage")] == [("outage", "closed")]
    assert world.unwatched() == {}
    assert world.alerts(*ABOUT_SIGNS) == []


def test_a_silence_that_began_before_a_hush_is_told_soon_after_it() -> None:
    world = unheard()
    lived(world, {3: FAILS - 2 * HOUR})
    world.run(BACK + 5 * HOUR)
    (alert,) = world.alerts("no-sign-of-life")
    assert alert.home == world.homes[2].id
    assert alert.onset_us < FAILS - 2 * HOUR
    assert alert.raised_us - BACK <= 3 * HOUR
    assert alert.evidence["unwatched_us"] >= 3 * HOUR
    assert "could not be seen" in alert.sentence


def test_a_hush_is_known_after_a_restart(tmp_path: Path) -> None:
    world = unheard()
    lived(world, {})
    world.run(FAILS + 2 * HOUR)
    world.engine.checkpoint(tmp_path / "engine.npz")
    world.engine = world.new_engine()
    assert world.engine.restore(tmp_path / "engine.npz")
    world.run(BACK - MINUTE)
    assert len(world.alerts("outage")) == 1
    assert world.alerts("no-sign-of-life") == []


def test_a_few_silent_homes_are_not_an_outage() -> None:
    world = unheard()
    quiet = range(1, HOMES // 2)
    readings = [
        r
        for home in range(1, HOMES + 1)
        for r in moves(world, home, START, END)
        if home not in quiet or not FAILS <= r[1] < BACK
    ]
    world.tail.put(in_order(readings))
    world.run(BACK)
    assert world.alerts("outage") == []
