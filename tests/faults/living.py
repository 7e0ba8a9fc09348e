"""Faults 4, 6, 8, 9, 10 and 20, which one installation goes through one after another."""

import random
import resource
import signal
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from api import health
from api.rows import Row, at_least, at_most
from config.kinds import Kind
from ingest.dead_letters import DeadLetters
from ingest.journal import JournalTail
from sensors_sim.dialects.dialect import prefix
from tests.brokers import start_mosquitto
from tests.e2e.stack import Stack, running, until
from tests.faults import installation as at
from tests.faults import load
from tests.ingest.test_bad_input_decode import BYTES, TOPICS, VALUES

HOMES: Final = 40
QUEUED: Final = 20_000
RSS_MIB: Final = 64
STOP_S: Final = 10.0
_DAY_MS: Final = 86_400_000


@contextmanager
def installed(folder: Path) -> Iterator[Stack]:
    """Run Mosquitto and a worker."""
    with (
        start_mosquitto(folder / "mosquitto") as broker,
        running(
            folder / "site", load.half_untimed(HOMES), with_web=False, broker_port=broker.port
        ) as stack,
    ):
        yield stack


def beat(stack: Stack, key: str) -> int:
    """Return a number that the worker reports of itself."""
    with stack.database.connect() as connection:
        return int(health.beats(connection)[health.WORKER].state[key])


def rss_mib(pid: int) -> float:
    """Return the resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


class Readings:
    """Numbered native readings, a new range each time; ``found`` counts what was committed."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self._kit = stack, load.native(stack)
        self._tail = JournalTail.open(stack.site.data / "journal.db")
        self._next = 0

    def publish(self, count: int) -> range:
        """Publish so many; return their numbers."""
        numbers = range(self._next, self._next + count)
        at.publish(self._stack, [self._kit.message(n) for n in numbers])
        self._next = numbers.stop
        return numbers

    def message(self) -> at.Outgoing:
        """Return one more."""
        self._next += 1
        return self._kit.message(self._next - 1)

    def lost(self, numbers: Sequence[int], seconds: float = 30) -> int:
        """Wait for these to be committed; return how many were not."""
        end = time.monotonic() + seconds
        while True:
            found = load.in_journal(self._tail, self._kit.keys)
            missing = sum(n not in found for n in numbers)
            if not missing or time.monotonic() > end:
                return missing
            time.sleep(0.5)

    def repeated_in_store(self, numbers: Sequence[int]) -> int:
        """Return how many of these are stored more than once."""
        at.wait_until_stored(self._stack, self._tail.last_seq())
        found = load.in_store(self._stack, self._kit.keys)
        return sum(found[n] > 1 for n in numbers)


def press(stack: Stack, home: int, ms: int | None = None, times: int = 1) -> str:
    """Press the pendant of this home; return its sensor's id."""
    pendant = next(s for s in at.sensors(stack, Kind.PENDANT) if s.home == home)
    message = at.message(stack, pendant, at.now_ms() if ms is None else ms)
    at.publish(stack, [message] * times)
    return pendant.id


def raised_s(stack: Stack, sensor: str, seconds: float = 30) -> float:
    """Return how long it took until this sensor's alert was there."""
    began = time.monotonic()
    until(lambda: sensor in at.alerted(stack), seconds, "an alert is missing")
    return time.monotonic() - began


def store_held_up(stack: Stack, seconds: float = 20.0) -> Iterator[Row]:
    """4: the store takes nothing while 20,000 readings and a call for help come in."""
    readings, worker = Readings(stack), at.pid(stack)
    readings.lost(readings.publish(100))
    before = rss_mib(worker)
    held = sqlite3.connect(stack.site.data / "store.db", isolation_level=None, timeout=30)
    held.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    numbers = readings.publish(QUEUED)
    alert_s = raised_s(stack, press(stack, 1))
    most, waiting = rss_mib(worker), 0
    while time.monotonic() - began < seconds:
        time.sleep(0.5)
        most, waiting = max(most, rss_mib(worker)), max(waiting, beat(stack, "store_waiting"))
    held.execute("ROLLBACK")
    held.close()
    began = time.monotonic()
    missing = readings.lost(numbers)
    twice = readings.repeated_in_store(numbers)
    yield at_most("fault.04.lost", missing, f"of {QUEUED}", 0)
    yield at_most("fault.04.duplicated", twice, "readings", 0)
    yield at_most("fault.04.alert_s", alert_s, "s", 5)
    yield at_most("fault.04.rss_growth_mib", most - before, "MiB", RSS_MIB)
    yield Row("fault.04.held_s", seconds, "s")
    yield at_least("fault.04.rows_shown_waiting", waiting, "rows", 1)
    yield Row("fault.04.drained_s", round(time.monotonic() - began, 1), "s")


def _poison(stack: Stack) -> list[at.Outgoing]:
    gateway = stack.enrolment.gateways[0]
    own, ms = prefix(gateway), at.now_ms()
    found = [(f"{own}/native/r", payload) for payload, _ in BYTES.values()]
    found.append((f"{own}/native/r", b"x" * (2 << 20)))
    found += [
        (f"{own}/native/r", b'{"r":[["temperature-3",%d,%b]]}' % (ms, value))
        for value, _ in VALUES.values()
    ]
    # What the broker itself refuses, or no client can send, never reaches us.
    sendable = [t for t, _ in TOPICS.values() if t.isascii() and not set(t) & set(b"+#\0$\n")]
    # That another gateway of ours cannot be spoken for is the broker's part.
    own_only = [t for t in sendable if len(t) < 200 and b"gate-000002" not in t]
    return found + [(t.decode(), b'{"r":[]}') for t in own_only]


def poisoned(stack: Stack) -> Iterator[Row]:
    """6: every bad input between two good readings."""
    readings, worker = Readings(stack), at.pid(stack)
    letters = DeadLetters.open(stack.site.data / "journal.db")
    refused, acknowledged = _count(letters), beat(stack, "acknowledged")
    poison = _poison(stack)
    batch, first = [readings.message()], readings._next - 1
    for each in poison:
        batch += [each, readings.message()]
    at.publish(stack, batch)
    missing = readings.lost(range(first, readings._next))
    wanted = acknowledged + len(batch)
    until(lambda: beat(stack, "acknowledged") >= wanted, 15, "not all is acknowledged")
    yield at_most("fault.06.good_lost", missing, f"of {len(poison) + 1}", 0)
    told = _count(letters) - refused
    yield at_least("fault.06.dead_letters", told, f"of {len(poison)}", len(poison))
    yield at_most(
        "fault.06.acknowledged_twice", beat(stack, "acknowledged") - wanted, "messages", 0
    )
    yield at_most("fault.06.restarts", int(at.pid(stack) != worker), "restarts", 0)


def _count(letters: DeadLetters) -> int:
    return sum(letter.count for letter in letters.list(limit=1000).letters)


def disk_full(stack: Stack) -> Iterator[Row]:
    """8: no file of the worker may grow, then it may again."""
    readings, worker = Readings(stack), at.pid(stack)
    readings.lost(readings.publish(100))
    was = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (4096, was[1]))
    time.sleep(0.2)
    acknowledged, tail = beat(stack, "acknowledged"), readings._tail
    last = tail.last_seq()
    numbers = readings.publish(1000)
    time.sleep(5)
    committed = tail.last_seq() - last
    stack.check()
    restarts = int(at.pid(stack) != worker)
    resource.prlimit(at.pid(stack), resource.RLIMIT_FSIZE, was)
    began = time.monotonic()
    missing = readings.lost(numbers)
    yield at_most("fault.08.lost", missing, f"of {len(numbers)}", 0)
    yield at_most("fault.08.acknowledged_uncommitted", committed, "chunks", 0)
    yield at_most("fault.08.restarts", restarts, "restarts", 0)
    yield Row("fault.08.resumed_s", round(time.monotonic() - began, 1), "s")
    until(lambda: beat(stack, "acknowledged") >= acknowledged + 1000, 15, "not acknowledged")


def wrong_clocks(stack: Stack) -> Iterator[Row]:
    """9: calls for help from devices whose clocks are wrong; readings from them raise nothing."""
    now, before = at.now_ms(), at.alerted(stack)
    off_ms = {
        10: -now, 11: -_DAY_MS, 12: -3_600_000, 13: 3_600_000, 14: _DAY_MS,
        15: 4_070_908_800_000 - now, 16: -now - 86_400_000, 17: 10**15,
    }  # fmt: skip
    motion = at.sensors(stack, Kind.MOTION)
    at.publish(stack, [at.message(stack, motion[0], now + off) for off in off_ms.values()])
    pressed = [press(stack, home, now + off) for home, off in off_ms.items()]
    end = time.monotonic() + 20
    while time.monotonic() < end and len(at.alerted(stack)) < len(before) + len(pressed):
        time.sleep(0.2)
    time.sleep(1)
    told = at.alerted(stack)
    raised = {row.home for row in at.alerts(stack)}
    homes = {home.number for home in stack.enrolment.homes if home.id in raised}
    yield at_most("fault.09.missed", sum(h not in homes for h in off_ms), f"of {len(pressed)}", 0)
    yield at_most("fault.09.false", max(len(told) - len(before) - len(pressed), 0), "alerts", 0)


def repeated_and_late(stack: Stack) -> Iterator[Row]:
    """10: everything five times, shuffled, and some of it two days late."""
    readings, rng = Readings(stack), random.Random(10)  # noqa: S311  # an order
    first = readings._next
    batch = [readings.message() for _ in range(2000)] * 5
    late_ms = at.now_ms() - 2 * _DAY_MS
    batch += [
        at.message(stack, s, late_ms + i) for i, s in enumerate(at.sensors(stack, Kind.MOTION))
    ]
    rng.shuffle(batch)
    at.publish(stack, batch)
    numbers = range(first, readings._next)
    missing = readings.lost(numbers)
    pressed = [press(stack, home, times=5) for home in (20, 21, 22, 23)]
    for sensor in pressed:
        raised_s(stack, sensor)
    time.sleep(1)
    told = at.alerted(stack)
    yield at_most("fault.10.lost", missing, f"of {len(numbers)}", 0)
    yield at_most(
        "fault.10.duplicated_in_store", readings.repeated_in_store(numbers), "readings", 0
    )
    yield at_most(
        "fault.10.alerts_twice", sum(told.count(s) - 1 for s in pressed), f"of {len(pressed)}", 0
    )


def told_to_stop(stack: Stack, times: int = 3) -> Iterator[Row]:
    """20: SIGTERM under load."""
    kit, seconds, codes = load.native(stack), [], []
    tail = JournalTail.open(stack.site.data / "journal.db")
    with load.Stream(stack, kit) as stream:
        for _ in range(times):
            time.sleep(1)
            stack.children["worker"].restarts = 0
            code, took = at.end(stack, signal.SIGTERM)
            codes.append(code)
            seconds.append(took)
            at.wait_until_connected(stack)
    at.settle(stack, tail)
    found = load.in_journal(tail, kit.keys)
    tail.close()
    yield at_most("fault.20.lost", load.lost(stream.sent, found), f"of {stream.sent}", 0)
    yield at_most("fault.20.stop_s", max(seconds), "s", STOP_S)
    yield at_most("fault.20.bad_exits", sum(code != 0 for code in codes), f"of {times}", 0)


ALL: Final = (store_held_up, poisoned, disk_full, wrong_clocks, repeated_and_late, told_to_stop)
