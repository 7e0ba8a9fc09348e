"""A worker that is told to stop, whose database is locked, or whose broker is away."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.kinds import Kind
from ingest.journal import JournalTail
from tests.brokers import RunningBroker, start_mosquitto
from tests.e2e.stack import Stack, running, until
from tests.faults import installation as at
from tests.make import enrolment

pytestmark = [pytest.mark.server, pytest.mark.slow]
HOMES = 8


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with start_mosquitto(tmp_path_factory.mktemp("mosquitto")) as broker:
        yield broker


@pytest.fixture(scope="module")
def stack(broker: RunningBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("site")
    with running(folder, enrolment(HOMES), with_web=False, broker_port=broker.port) as installation:
        yield installation


def press(stack: Stack, home: int) -> str:
    """Press the pendant of this home; return its sensor's id."""
    pendant = next(s for s in at.sensors(stack, Kind.PENDANT) if s.home == home)
    at.publish(stack, [at.message(stack, pendant, at.now_ms())])
    return pendant.id


def test_sigterm_commits_what_is_in_hand_and_ends_within_ten_seconds(stack: Stack) -> None:
    motion = at.sensors(stack, Kind.MOTION)
    first_ms = at.now_ms() - 600_000
    rows = [at.message(stack, motion[i % len(motion)], first_ms + i) for i in range(20_000)]
    at.publish(stack, rows)
    code, seconds = at.end(stack, signal.SIGTERM)
    assert code == 0
    assert seconds < 10
    pressed = press(stack, 1)
    at.wait_until_connected(stack)
    until(lambda: pressed in at.alerted(stack), 10, "the press while it was down is not raised")
    tail = JournalTail.open(stack.site.data / "journal.db")
    until(lambda: _distinct(tail) >= len(rows) + 1, 10, "readings are missing")
    tail.close()
    assert at.alerted(stack).count(pressed) == 1


def _distinct(tail: JournalTail) -> int:
    found = tail.read(0, 10**9)
    return len(
        {
            pair
            for entry in found
            for pair in zip(entry.batch.sensor.tolist(), entry.batch.time.tolist(), strict=True)
        }
    )


def test_a_ledger_that_is_locked_for_twelve_seconds_delays_an_alert_and_loses_none(
    stack: Stack,
) -> None:
    worker = at.pid(stack)
    with at.locked_ledger(stack):
        began = time.monotonic()
        pressed = [press(stack, 2), press(stack, 3)]
        time.sleep(12)
        assert not set(pressed) & set(at.alerted(stack))
    until(lambda: set(pressed) <= set(at.alerted(stack)), 12, "an alert is missing")
    print(f"\nraised {time.monotonic() - began:.1f} s after the press, locked for 12 s")  # noqa: T201  # the figure is wanted
    assert [at.alerted(stack).count(sensor) for sensor in pressed] == [1, 1]
    assert at.pid(stack) == worker, "the worker ended"


def test_sigterm_is_obeyed_within_ten_seconds_while_the_ledger_is_locked(stack: Stack) -> None:
    with at.locked_ledger(stack):
        pressed = press(stack, 4)
        time.sleep(1.5)
        code, seconds = at.end(stack, signal.SIGTERM)
    print(f"\nended {seconds:.1f} s after SIGTERM, code {code}")  # noqa: T201  # the figure is wanted
    assert code == 0
    assert seconds < 10
    at.wait_until_connected(stack)
    until(lambda: pressed in at.alerted(stack), 10, "the alert is missing")
    assert at.alerted(stack).count(pressed) == 1


def test_a_worker_that_starts_without_a_broker_waits_for_it(
    stack: Stack, broker: RunningBroker
) -> None:
    broker.stop()
    at.end(stack, signal.SIGKILL)
    until(lambda: _has_started(stack), 5, "the worker was not started again")
    time.sleep(2)
    worker = at.pid(stack)
    broker.start()
    at.wait_until_connected(stack)
    pressed = press(stack, 5)
    until(lambda: pressed in at.alerted(stack), 10, "the alert is missing")
    assert at.pid(stack) == worker


def _has_started(stack: Stack) -> bool:
    stack.check()
    process = stack.children["worker"].process
    return process is not None and process.poll() is None


def test_a_broker_that_starts_again_finds_the_worker_waiting(
    stack: Stack, broker: RunningBroker
) -> None:
    worker = at.pid(stack)
    before = press(stack, 6)
    until(lambda: before in at.alerted(stack), 10, "the alert before is missing")
    broker.kill()
    time.sleep(1)
    broker.start()
    after = press(stack, 7)
    until(lambda: after in at.alerted(stack), 20, "the alert after is missing")
    assert at.pid(stack) == worker
