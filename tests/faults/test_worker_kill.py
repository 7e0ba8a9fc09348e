"""kill -9 of the worker while readings and calls for help stream in: none lost, none doubled."""

import asyncio
import json
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts import tables
from alerts.difference import is_identical
from alerts.past import read_alerts, read_past
from alerts.past_readings import of_homes
from alerts.rehearse import as_it_was, rehearse
from alerts.tick_log import What
from api import wiring
from config.homes import Sensor
from config.kinds import Kind
from ingest.clock import instant
from ingest.flood import Flood
from ingest.journal import JournalTail
from ingest.store.embedded import open_store_readonly
from tests.brokers import start_mosquitto
from tests.e2e.stack import Stack, running, until
from tests.faults import installation as at
from tests.make import enrolment

HOMES, KILLS, CALLS = 30, 6, 80
LEAST_ROUNDS, MOST_ROUNDS = 400, 3000
PLACE, FAR = "fenbridge", 1 << 61
ROUND_S, READINGS_A_ROUND, ROUNDS_A_CALL = 0.05, 20, 5

Reading = tuple[int, int]
"""(sensor number, event time in ms)."""


@dataclass(slots=True)
class Sent:
    """What the broker has acknowledged; ``calls`` are enrolled sensors, each used once."""

    readings: list[Reading] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    strangers: int = 0
    seconds: float = 0.0
    problem: BaseException | None = None
    is_enough: threading.Event = field(default_factory=threading.Event)


async def _stream(stack: Stack, sent: Sent) -> None:
    """Publish at an even pace: readings, each at a millisecond of its own, and calls for help.

    It goes on until it is told that this is enough, for each kill must meet it.
    """
    motion, calling = at.sensors(stack, Kind.MOTION), at.sensors(stack, Kind.PENDANT, Kind.SMOKE)
    began, first_ms = time.monotonic(), at.now_ms() - 60_000
    async with Flood("127.0.0.1", stack.site.broker_port, "a-publisher") as flood:
        for turn in range(MOST_ROUNDS):
            if turn >= LEAST_ROUNDS and sent.is_enough.is_set():
                break
            batch = []
            for _ in range(READINGS_A_ROUND):
                number = len(sent.readings)
                sensor, ms = motion[number % len(motion)], first_ms + number
                batch.append(at.message(stack, sensor, ms, float(number // len(motion) % 2)))
                sent.readings.append((sensor.number, ms))
            if turn % ROUNDS_A_CALL == 0 and len(sent.calls) + sent.strangers < CALLS:
                batch.append(_call(stack, sent, calling))
            await flood.publish_all(batch)
            await asyncio.sleep(max(0.0, began + (turn + 1) * ROUND_S - time.monotonic()))
    sent.seconds = time.monotonic() - began


def _call(stack: Stack, sent: Sent, calling: Sequence[Sensor]) -> at.Outgoing:
    """Return one call for help; every fourth is of a sensor that nobody enrolled."""
    if (len(sent.calls) + sent.strangers) % 4 == 3:
        sent.strangers += 1
        topic, _ = at.message(stack, calling[0], 0)
        row = [f"stranger-{sent.strangers}", at.now_ms(), 1, "smoke"]
        return topic, json.dumps({"r": [row]}).encode()
    sensor, ms = calling[len(sent.calls)], at.now_ms()
    sent.calls.append(sensor.id)
    sent.readings.append((sensor.number, ms))
    return at.message(stack, sensor, ms)


def _publish(stack: Stack, sent: Sent) -> None:
    try:
        asyncio.run(_stream(stack, sent))
    except BaseException as problem:  # noqa: BLE001  # told by the test, in its own thread
        sent.problem = problem


def _kill_and_restart(stack: Stack, tail: JournalTail) -> float:
    """Return the seconds from the start of the next worker to its first commit."""
    child = stack.children["worker"]
    child.restarts = 0  # six ends in half a minute are this test's doing
    at.end(stack, signal.SIGKILL)
    last = tail.last_seq()

    def has_committed() -> bool:
        stack.check()
        return tail.last_seq() > last

    until(has_committed, 20, "the next worker commits nothing")
    return time.monotonic() - child.started


def _in_journal(tail: JournalTail, stack: Stack) -> Counter[Reading]:
    own = {s.number for s in at.sensors(stack, Kind.GATEWAY_STATUS)}
    found: Counter[Reading] = Counter()
    for entry in tail.read(0, 10**9):
        times_ms = entry.batch.time.astype("datetime64[ms]").astype(int).tolist()
        pairs = zip(entry.batch.sensor.tolist(), times_ms, strict=True)
        found.update(pair for pair in pairs if pair[0] not in own)
    return found


def _in_store(stack: Stack) -> Counter[Reading]:
    store = open_store_readonly(wiring.files(wiring.read_settings(stack.site.settings)).store)
    found: Counter[Reading] = Counter()
    for home in stack.enrolment.homes:
        batch = store.read(home.number, instant(0), instant(2**52))
        times_ms = batch.time.astype("datetime64[ms]").astype(int).tolist()
        found.update(zip(batch.sensor.tolist(), times_ms, strict=True))
    store.close()
    return found


def _expect_each_once(found: Counter[Reading], sent: Sent) -> None:
    lost = set(sent.readings) - set(found)
    twice = [reading for reading, count in found.items() if count > 1]
    assert (len(lost), len(twice)) == (0, 0)
    assert set(found) == set(sent.readings)


def _expect_one_alert_a_call(stack: Stack, sent: Sent) -> None:
    rows = at.alerts(stack)
    assert Counter(row.sensor for row in rows if row.sensor) == Counter(sent.calls)
    unknown = [row.evidence["source"] for row in rows if not row.sensor]
    assert len(unknown) == len(set(unknown)) == sent.strangers
    assert sum(row.repeats for row in rows) == 0, "a redelivery was counted as another call"


def _are_sent(stack: Stack, sent: Sent) -> bool:
    """Whether every call has one message; a sender that was killed holds its lease for a minute."""
    with stack.database.connect() as connection:
        rows = connection.execute(select(tables.outbox)).all()
    is_each_once = len({row.alert for row in rows}) == len(rows) == len(sent.calls) + sent.strangers
    return is_each_once and {row.state for row in rows} <= {"sent", "leased"}


def _expect_the_past_to_give_the_same(stack: Stack) -> None:
    """The tick log tells of no alert that was not raised, and of each that was."""
    store = open_store_readonly(wiring.files(wiring.read_settings(stack.site.settings)).store)
    with stack.database.connect() as connection:
        past = read_past(connection, PLACE, FAR, lambda homes: of_homes(store, homes))
        happened = read_alerts(connection, PLACE, 0, FAR)
    (again,) = rehearse(past, [as_it_was])
    assert sum(row.what is What.START for row in past.rows) > 1
    assert is_identical(again.alerts(0, FAR), happened)
    store.close()


@pytest.mark.server
@pytest.mark.slow
def test_six_kills_lose_no_reading_and_raise_every_call_for_help_once(tmp_path: Path) -> None:
    rng, sent = random.Random(11), Sent()  # noqa: S311  # when to kill
    with (
        start_mosquitto(tmp_path / "mosquitto") as broker,
        running(
            tmp_path / "site", enrolment(HOMES), with_web=False, broker_port=broker.port
        ) as stack,
    ):
        tail = JournalTail.open(stack.site.data / "journal.db")
        publishing = threading.Thread(target=_publish, args=(stack, sent))
        publishing.start()
        commits_s = []
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.2, 1.8))
            commits_s.append(_kill_and_restart(stack, tail))
        sent.is_enough.set()
        publishing.join(60)
        assert sent.problem is None
        total = len(sent.calls) + sent.strangers
        until(lambda: len(at.alerts(stack)) >= total, 20, "an alert is missing")
        until(lambda: len(_in_journal(tail, stack)) >= len(sent.readings), 20, "readings missing")
        _expect_each_once(_in_journal(tail, stack), sent)
        until(lambda: len(_in_store(stack)) >= len(sent.readings), 20, "the store lacks readings")
        _expect_each_once(_in_store(stack), sent)
        _expect_one_alert_a_call(stack, sent)
        until(lambda: _are_sent(stack, sent), 10, "a message was not sent")
        at.end(stack, signal.SIGKILL)
        _expect_the_past_to_give_the_same(stack)
        tail.close()
    print(  # noqa: T201  # the figures are wanted
        f"\n{len(sent.readings)} readings and {total} calls in {sent.seconds:.0f} s"
        f" ({len(sent.readings) / sent.seconds:.0f}/s), {KILLS} kills: 0 lost, 0 doubled;"
        f" start to first commit {min(commits_s):.1f}-{max(commits_s):.1f} s"
    )
    assert len(sent.readings) / sent.seconds >= 300
