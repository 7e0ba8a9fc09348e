"""Safety rule 1: a P1 signal is never silent."""

import threading

import pytest

from alerts import engine_loop
from alerts.alert import Outcome
from config.homes import HomeState
from config.kinds import Kind
from ingest.clock import instant
from ingest.message import Reason, Stray
from tests.alerts.world import DAY, HOUR, MINUTE, PLACE, START, World
from tests.make import enrolment

SIGNALS = (Kind.SMOKE, Kind.PENDANT)


def stray(reason: Reason = Reason.UNKNOWN_SENSOR, **values: object) -> Stray:
    fields: dict[str, object] = {
        "place": PLACE,
        "gateway": "gate-000001",
        "home": -1,
        "sensor": -1,
        "address": "0x00158d0001",
        "kind": "smoke",
        "reason": reason.value,
        "key": "0",
        "claimed_us": None,
        "received_us": START,
    }
    return Stray(**{**fields, **values})  # type: ignore[arg-type]  # fields of a Stray by name


@pytest.mark.parametrize("kind", SIGNALS)
def test_a_signal_is_raised_in_the_step_that_reads_it(kind: Kind) -> None:
    world = World()
    world.tail.put([(world.sensor(1, kind), START, 1.0)])
    world.engine.step()
    (alert,) = world.alerts()
    assert (alert.kind, alert.priority, alert.state) == (kind.value, "P1", "open")
    assert alert.onset_us == START
    assert " at 00:00 on Monday 2 November." in alert.sentence


def test_a_clear_is_no_signal() -> None:
    world = World()
    world.tail.put([(world.sensor(1, Kind.SMOKE), START, 0.0)])
    world.engine.step()
    assert world.alerts() == []


@pytest.mark.parametrize("state", HomeState)
def test_a_signal_is_raised_in_every_state_of_its_home(state: HomeState) -> None:
    world = World()
    world.change_home(1, state=state)
    world.tail.put([(world.sensor(1, Kind.SMOKE), START, 1.0)])
    world.engine.step()
    (alert,) = world.alerts()
    assert alert.sentence.startswith("Test alarm") == (state is HomeState.TEST)
    is_told = state not in (HomeState.ACTIVE, HomeState.TEST)
    assert ("The home is" in alert.sentence) == is_told


def test_a_signal_is_raised_without_a_link_and_before_the_backlog_is_settled() -> None:
    world = World()
    world.is_linked = False
    world.tail.put([(world.sensor(1, Kind.SMOKE), START, 1.0)])
    assert not world.engine.step().is_settled
    assert len(world.alerts()) == 1


def test_a_signal_that_is_days_late_is_raised_and_says_so() -> None:
    world = World()
    smoke = world.sensor(1, Kind.SMOKE)
    world.tail.put([(smoke, START - 2 * DAY, 1.0)], received_us=START)
    world.engine.step()
    (alert,) = world.alerts()
    assert alert.is_late
    assert "Received 2 days later." in alert.sentence


def test_a_signal_of_an_unknown_sensor_goes_to_the_home_of_its_gateway() -> None:
    world = World()
    world.tail.put([], strays=[stray()])
    world.engine.step()
    (alert,) = world.alerts()
    assert (alert.home, alert.sensor, alert.priority) == ("home-000001", None, "P1")
    assert "from a sensor that is not enrolled" in alert.sentence
    assert "0x00158d0001" not in f"{alert.sentence}{alert.evidence}"


def test_a_signal_of_an_unknown_gateway_and_place_goes_to_the_orphans() -> None:
    world = World()
    world.tail.put([], strays=[stray(Reason.UNKNOWN_GATEWAY, gateway="nobody-1", place="nowhere1")])
    world.engine.step()
    (alert,) = world.alerts()
    assert (alert.place, alert.home, alert.gateway) == (PLACE, None, None)


def test_a_signal_with_a_clock_in_1970_is_raised_at_its_receipt_and_says_so() -> None:
    world = World()
    smoke = world.sensor(1, Kind.SMOKE)
    wrong = stray(Reason.STALE, home=1, sensor=smoke, claimed_us=30_000_000, key="30000000")
    world.tail.put([], strays=[wrong])
    world.engine.step()
    (alert,) = world.alerts()
    assert (alert.onset_us, alert.sensor, alert.is_late) == (START, f"sens-{smoke:06d}", True)
    assert "The device's clock said 1 January 1970." in alert.sentence
    assert alert.evidence["claimed_us"] == 30_000_000


@pytest.mark.parametrize("claimed_us", [4_102_444_800_000_000, 10**20, -(10**20), -1])
def test_no_clock_is_too_wrong_for_a_signal(claimed_us: int) -> None:
    world = World()
    world.tail.put([], strays=[stray(Reason.FUTURE, claimed_us=claimed_us, key=str(claimed_us))])
    world.engine.step()
    assert len(world.alerts()) == 1


def test_a_signal_of_an_unheard_of_kind_is_still_raised() -> None:
    world = World()
    world.tail.put([], strays=[stray(kind="earthquake")])
    world.engine.step()
    assert [a.kind for a in world.alerts()] == ["pendant"]


def test_a_wrong_clock_that_says_the_same_again_does_not_swallow_the_second_event() -> None:
    world = World()
    for hour in (0, 1):
        received = START + hour * HOUR
        world.tail.put([], strays=[stray(Reason.STALE, claimed_us=1, received_us=received)])
        world.engine.step()
        world.clock.advance(instant(START + hour * HOUR + 20 * MINUTE))
        for alert in world.alerts():
            if alert.state == "open":
                world.ledger.resolve(alert.id, "alice", Outcome.TEST, "", world.clock.now())
    assert len(world.alerts()) == 2


def test_repeats_within_ten_minutes_are_counted_and_not_multiplied() -> None:
    world = World()
    smoke = world.sensor(1, Kind.SMOKE)
    world.tail.put([(smoke, START + i * 5 * MINUTE, 1.0) for i in range(5)])
    world.engine.step()
    (alert,) = world.alerts()
    assert alert.repeats == 4
    assert world.history(alert.id) == ["raise", *["repeat"] * 4]


def test_a_button_pressed_again_a_while_later_is_another_call() -> None:
    world = World()
    button = world.sensor(1, Kind.PENDANT)
    presses = (0, 20, 40, 5 * 60)
    world.tail.put([(button, START + s * 1_000_000, 1.0) for s in presses])
    world.engine.step()
    assert sorted(a.repeats for a in world.alerts()) == [0, 2]


def test_two_sensors_of_a_home_are_never_merged() -> None:
    world = World()
    world.tail.put(
        [(world.sensor(1, Kind.SMOKE), START, 1.0), (world.sensor(1, Kind.PENDANT), START, 1.0)]
    )
    world.engine.step()
    assert len(world.alerts()) == 2


def test_a_resolved_alert_swallows_no_new_signal() -> None:
    world = World()
    smoke = world.sensor(1, Kind.SMOKE)
    world.tail.put([(smoke, START, 1.0)])
    world.engine.step()
    world.ledger.resolve(world.alerts()[0].id, "alice", Outcome.TEST, "", instant(START + MINUTE))
    world.tail.put([(smoke, START + 2 * MINUTE, 1.0)])
    world.engine.step()
    assert sorted(a.state for a in world.alerts()) == ["open", "resolved"]


def test_reading_the_journal_again_raises_and_counts_nothing_twice() -> None:
    world = World()
    smoke = world.sensor(1, Kind.SMOKE)
    world.tail.put([(smoke, START + i * MINUTE, 1.0) for i in range(3)])
    world.tail.put([], strays=[stray(key=str(i), received_us=START + i * HOUR) for i in range(3)])
    world.engine.step()
    before = [(a.id, a.repeats) for a in world.alerts()]
    for alert in world.alerts():
        world.ledger.resolve(alert.id, "alice", Outcome.TEST, "", instant(START + DAY))
    world.new_engine().step()
    assert [(a.id, a.repeats) for a in world.alerts()] == before


def test_a_sensor_enrolled_while_the_engine_reads_is_heard() -> None:
    world = World()
    read, made = world.tail.read, enrolment(2, place=PLACE)

    def read_after_enrolment(after: int, limit_readings: int) -> object:
        if world.revision == 1:
            world.homes, world.gateways = list(made.homes), list(made.gateways)
            world.sensors = list(made.sensors)
            world.change_home(2)
            world.tail.put([(world.sensor(2, Kind.SMOKE), START, 1.0)])
        return read(after, limit_readings)

    world.tail.read = read_after_enrolment  # type: ignore[method-assign,assignment]  # one read
    world.engine.step()
    assert [a.home for a in world.alerts()] == ["home-000002"]


def test_a_place_may_make_its_floods_p2() -> None:
    world = World(flood_priority="P2")
    world.tail.put([], strays=[stray(kind="flood")])
    world.engine.step()
    assert [a.priority for a in world.alerts()] == ["P2"]


def test_a_failing_step_is_tried_again_and_the_loop_goes_on() -> None:
    world = World()
    failures = [RuntimeError("once")]
    read = world.tail.read

    def flaky(after: int, limit_readings: int) -> object:
        if failures:
            raise failures.pop()
        return read(after, limit_readings)

    world.tail.read = flaky  # type: ignore[method-assign,assignment]  # a journal that fails once
    world.tail.put([(world.sensor(1, Kind.SMOKE), START, 1.0)])

    seen = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            seen.append(world.engine.problem)
            return super().wait(min(timeout or 0.0, 0.01))

    def wait(after: int, timeout: float) -> None:
        seen.append(world.engine.problem)
        stop.set()

    stop = Stop()
    engine_loop.run(world.engine, stop, wait)
    assert len(world.alerts()) == 1
    assert seen == ["RuntimeError", ""]
