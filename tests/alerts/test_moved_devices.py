"""A device is another home's from the moment of its move, in an engine that goes on running."""

from config.kinds import IS_PERSON_SIGN, Kind
from tests.alerts.world import DAY, HOUR, MINUTE, START, World, in_order, quiet_life, warm

SIGNS = tuple(kind for kind in Kind if IS_PERSON_SIGN[kind.code])
NOON = START + 2 * DAY + 12 * HOUR


def test_a_home_that_is_left_without_a_sensor_of_the_person_is_unwatched_and_never_quiet() -> None:
    world = World(2)
    before = [*quiet_life(world, 1, START, NOON), *quiet_life(world, 2, START, NOON)]
    world.tail.put(in_order(before))
    world.run(NOON + 10 * MINUTE)
    assert world.unwatched() == {}
    world.carry(1, 2, NOON + 10 * MINUTE, *SIGNS)
    # Its hub and its thermometer go on speaking: the home is not lost, and nobody is seen.
    after = warm(world, 1, NOON + 10 * MINUTE, NOON + 16 * HOUR)
    world.tail.put(in_order([*after, *quiet_life(world, 2, NOON + 10 * MINUTE, NOON + 16 * HOUR)]))
    world.run(NOON + 20 * MINUTE)
    assert world.unwatched() == {"home-000001": "sensor"}
    world.run(NOON + 16 * HOUR)
    assert world.unwatched() == {"home-000001": "sensor"}
    (alert,) = [a for a in world.alerts() if a.home == "home-000001"]
    assert (alert.kind, alert.priority) == ("unwatched-home", "P2")
    assert alert.onset_us == NOON + 10 * MINUTE
    assert "no sensor that tells of the person is left in it" in alert.sentence
    assert world.alerts("no-sign-of-life") == []


def test_the_sensors_that_stay_go_on_watching_and_the_other_home_keeps_what_is_usual() -> None:
    world, calm = World(2), World(2)
    for one in (world, calm):
        lives = [*quiet_life(one, 1, START, NOON), *quiet_life(one, 2, START, NOON)]
        one.tail.put(in_order(lives))
        one.run(NOON + 10 * MINUTE)
    gone = world.sensor(1, Kind.MOTION, "kitchen")
    world.ended = [s for s in world.sensors if s.number == gone]
    world.sensors = [s for s in world.sensors if s.number != gone]
    world.change_home(1)
    hall = world.sensor(1, Kind.MOTION, "hall")
    for one in (world, calm):
        day = NOON + 10 * MINUTE, NOON + 30 * HOUR
        one.tail.put(in_order([*warm(one, 1, *day), *quiet_life(one, 2, *day)]))
    world.tail.put([(hall, NOON + 20 * MINUTE, 1.0)])
    calm.tail.put([(hall, NOON + 20 * MINUTE, 1.0)])
    for one in (world, calm):
        one.run(NOON + 30 * HOUR)
    told = [(a.kind, a.onset_us) for a in world.alerts() if a.home == "home-000001"]
    assert ("no-sign-of-life", NOON + 20 * MINUTE) in told
    theirs = [(a.kind, a.onset_us) for a in world.alerts() if a.home == "home-000002"]
    assert theirs == [(a.kind, a.onset_us) for a in calm.alerts() if a.home == "home-000002"]


def test_the_moved_device_tells_of_the_other_home_only() -> None:
    world = World(2)
    world.tail.put(
        in_order([*quiet_life(world, 1, START, NOON), *quiet_life(world, 2, START, NOON)])
    )
    world.run(NOON + 10 * MINUTE)
    world.carry(1, 2, NOON + 10 * MINUTE, Kind.SMOKE)
    moved = max(s.number for s in world.sensors)
    world.tail.put([(moved, NOON + 12 * MINUTE, 1.0)])
    world.run(NOON + 20 * MINUTE)
    (alert,) = world.alerts("smoke")
    assert (alert.home, alert.sensor) == ("home-000002", f"sens-{moved:06d}")


def test_a_call_for_help_on_its_way_while_its_sensor_leaves_is_raised_where_it_was() -> None:
    world = World(2)
    world.run(START + 10 * MINUTE)
    pendant = world.sensor(1, Kind.PENDANT)
    world.tail.put([(pendant, START + 10 * MINUTE, 1.0)])  # read by the pipeline before the move
    world.carry(1, 2, START + 11 * MINUTE, Kind.PENDANT)
    world.run(START + 20 * MINUTE)
    (alert,) = world.alerts("pendant")
    assert (alert.home, alert.priority) == ("home-000001", "P1")
