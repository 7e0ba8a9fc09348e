"""Caps above twelve hours: proposed by the engine, lifted only by a person and only for a time."""

from config.allowances import Allowance
from config.homes import GoesOut
from config.kinds import Kind
from tests.alerts.world import DAY, HOUR, MINUTE, START, Reading, World, in_order, warm


def sleeper(world: World, days: int) -> list[Reading]:
    """Return somebody who is up from 10 to 20 and gives no sign in the 14 hours between."""
    hall = world.sensor(1, Kind.MOTION)
    readings: list[Reading] = []
    for day in range(days):
        for at in range(START + day * DAY + 10 * HOUR, START + day * DAY + 20 * HOUR, 10 * MINUTE):
            readings += [(hall, at, 1.0), (hall, at + 30_000_000, 0.0)]
    return in_order(readings + warm(world, 1, START, START + days * DAY))


def lived(days: int) -> World:
    world = World()
    world.change_home(1, goes_out=GoesOut.NEVER)
    world.tail.put(sleeper(world, days))
    world.run(START + (days - 1) * DAY + 12 * HOUR, every_us=2 * HOUR)
    return world


def allow(world: World, from_min: int, to_min: int, until_us: int, *, is_out: bool = False) -> None:
    now_us = int(world.clock.now().astype("int64"))
    world.allow(Allowance(1, 1, is_out, from_min, to_min, 24.0, "alice", now_us, until_us))


def raised_nights(world: World) -> list[int]:
    """Return the days on whose evening a silence began that was raised."""
    return sorted({(a.onset_us - START) // DAY for a in world.alerts("no-sign-of-life")})


def test_three_long_nights_are_proposed_and_change_nothing_by_themselves() -> None:
    world = lived(6)
    (proposal,) = world.engine.proposals()
    assert (proposal.home, proposal.cap_h) == (1, 24.0)
    assert proposal.count >= 3
    assert proposal.from_min == 19 * 60 + 50 - 180
    assert raised_nights(world) == [0, 1, 2, 3, 4]


def test_two_long_nights_are_not_proposed() -> None:
    assert lived(3).engine.proposals() == []


def test_an_accepted_cap_holds_for_its_time_and_then_the_floor_is_back() -> None:
    world = World()
    world.change_home(1, goes_out=GoesOut.NEVER)
    world.tail.put(sleeper(world, 10))
    world.run(START + 4 * DAY + 12 * HOUR, every_us=2 * HOUR)
    before = raised_nights(world)
    (proposal,) = world.engine.proposals()
    allow(world, proposal.from_min, proposal.to_min, START + 7 * DAY)
    world.run(START + 9 * DAY + 12 * HOUR, every_us=2 * HOUR)
    after = [night for night in raised_nights(world) if night not in before]
    capped = [a for a in world.alerts("no-sign-of-life") if a.evidence["rule"] == "cap"]
    assert before == [0, 1, 2, 3]
    assert 4 not in after
    assert 5 not in after
    assert {7, 8} <= set(after)
    assert all(alert.evidence["cap_us"] == 12 * HOUR for alert in capped)


def worker(world: World, days: int) -> list[Reading]:
    """Return somebody who leaves by the front door at 09:00 and is back at 22:30."""
    hall = world.sensor(1, Kind.MOTION)
    door = next(s.number for s in world.sensors if s.home == 1 and s.is_exit)
    readings: list[Reading] = [(door, START - MINUTE, 0.0)]
    for day in range(days):
        midnight = START + day * DAY
        for at in range(midnight, midnight + 9 * HOUR, 30 * MINUTE):
            readings += [(hall, at, 1.0), (hall, at + 30_000_000, 0.0)]
        for at in (midnight + 9 * HOUR, midnight + 22 * HOUR + 30 * MINUTE):
            readings += [(door, at, 1.0), (door, at + 10_000_000, 0.0)]
        back = midnight + 22 * HOUR + 31 * MINUTE
        readings += [(hall, back + i * MINUTE, float(i % 2)) for i in range(6)]
    return in_order(readings + warm(world, 1, START, START + days * DAY))


def test_an_absence_is_not_proposed_and_an_allowance_for_it_holds_the_notice_alone() -> None:
    world = World()
    world.tail.put(worker(world, 8))
    world.run(START + 4 * DAY + 8 * HOUR, every_us=2 * HOUR)
    assert world.engine.proposals() == []
    assert len(world.alerts("not-back")) == 4
    allow(world, 8 * 60, 10 * 60, START + 20 * DAY)
    world.run(START + 5 * DAY, every_us=2 * HOUR)
    assert len(world.alerts("not-back")) == 5
    allow(world, 8 * 60, 10 * 60, START + 20 * DAY, is_out=True)
    world.run(START + 7 * DAY, every_us=2 * HOUR)
    assert len(world.alerts("not-back")) == 5


def test_a_silence_says_the_numbers_that_decided_it_and_what_is_usual() -> None:
    world = lived(6)
    alert = world.alerts("no-sign-of-life")[-1]
    assert alert.evidence["rule"] == "cap"
    assert alert.evidence["limit"] > alert.evidence["usual_longest"] > 0
    assert alert.evidence["days_learned"] >= 3
