import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from config.announced import Announcement
from config.sensor_table import SensorTable, build_sensor_table
from ingest.batch import BYTES_PER_READING, Batch, build
from ingest.clock import Instant, SystemClock, VirtualClock, instant, microseconds
from ingest.clock_mark import TOPIC, ClockMark, encode_mark
from ingest.dead_letters import DeadLetters
from ingest.decode import decode
from ingest.follower import Follower
from ingest.journal import Journal, JournalFull, JournalTail
from ingest.message import Message, Reason, Reject, Stray
from ingest.pipeline import Pipeline
from ingest.screen import screen
from ingest.store.embedded import open_store
from ingest.tracks import Sequenced
from tests.make import enrolment

T_US = 1_795_000_000_000_000
MINUTE_US = 60_000_000
WIDE = 2_000
TABLE: SensorTable = build_sensor_table([], [], [])


@dataclass
class Parts:
    batch: Batch
    rejects: list[Reject] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    sequences: list[Sequenced] = field(default_factory=list)
    announced: tuple[Announcement, ...] = ()


def fake_decode(messages: Sequence[Message], table: SensorTable) -> Parts:
    """Read payloads that are a number; ``bad`` is refused, ``poison`` breaks, ``quiet`` is none.

    What ``unkeepable`` becomes is more than the journal's numbers hold, ``wide`` is WIDE readings.
    """
    if any(message.payload == b"poison" for message in messages):
        raise ZeroDivisionError
    good = [m for m in messages if m.payload not in (b"bad", b"quiet", b"unkeepable")]
    good = [m for m in good for _ in range(WIDE if m.payload == b"wide" else 1)]
    times = [m.received_us for m in good]
    bad = [
        Reject(Reason.NOT_JSON, m.topic.decode(), m.payload, "", m.received_us)
        for m in messages
        if m.payload == b"bad"
    ]
    bad += [
        Reject(Reason.NOT_JSON, "t", b"", "", 1 << 70)
        for m in messages
        if m.payload == b"unkeepable"
    ]
    values = [0.0 if m.payload == b"wide" else float(m.payload) for m in good]
    return Parts(build([1] * len(good), times, values, times), bad)


def fake_screen(batch: Batch, table: SensorTable, *, now: Instant) -> Parts:
    is_plausible = batch.value < 1000
    rejects = [
        Reject(Reason.IMPLAUSIBLE, "t", b"", "", T_US) for _ in range(int((~is_plausible).sum()))
    ]
    return Parts(batch.take(is_plausible), rejects)


def message(payload: bytes | str, packet_id: int = 0, *, is_duplicate: bool = False) -> Message:
    content = payload.encode() if isinstance(payload, str) else payload
    qos = 1 if packet_id else 0
    return Message(b"t", content, T_US, packet_id, qos, is_duplicate=is_duplicate)


def mark(minute: int, *, is_live: bool = False) -> Message:
    payload = encode_mark(ClockMark(T_US + minute * MINUTE_US, is_live))
    return Message(TOPIC.encode(), payload, T_US, 9999, 1)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal.open(tmp_path / "journal.db")
    yield journal
    journal.close()


MakePipeline = Callable[..., Pipeline]


@pytest.fixture
def make_pipeline(journal: Journal) -> Iterator[MakePipeline]:
    made: list[Pipeline] = []

    def make(**changes: object) -> Pipeline:
        parts = {
            "journal": journal,
            "decode": fake_decode,
            "screen": fake_screen,
            "table": lambda: TABLE,
            "clock": SystemClock(),
        }
        made.append(Pipeline(**(parts | changes)))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for pipeline in made:
        pipeline.close()


def stored(tmp_path: Path) -> list[float]:
    """Return every value in the journal, in order."""
    entries = JournalTail.open(tmp_path / "journal.db").read(0, 10**6)
    return [value for entry in entries for value in entry.batch.value.tolist()]


async def test_a_chunk_is_committed_when_handle_returns(
    make_pipeline: MakePipeline, tmp_path: Path
) -> None:
    committed: list[int] = []
    pipeline = make_pipeline(on_commit=committed.append)
    await pipeline.handle([message("1", 1), message("bad", 2), message("2000", 3), message("4", 4)])
    await pipeline.handle([message("5", 5)])
    assert stored(tmp_path) == [1.0, 4.0, 5.0]
    assert committed == [1, 2]
    counts = pipeline.counts
    assert (counts.messages, counts.readings, counts.commits, counts.last_seq) == (5, 3, 2, 2)
    assert counts.rejects == {Reason.NOT_JSON: 1, Reason.IMPLAUSIBLE: 1}
    assert counts.last_commit_us > T_US
    assert DeadLetters.open(tmp_path / "journal.db").counts() == counts.rejects


async def test_a_chunk_with_nothing_to_keep_commits_nothing(
    make_pipeline: MakePipeline, journal: Journal
) -> None:
    pipeline = make_pipeline()
    await pipeline.handle([])
    await pipeline.handle([message("quiet", 1)])
    assert journal.last_seq() == 0
    assert pipeline.counts.messages == 1


async def test_a_message_sent_again_after_its_commit_is_stored_once(
    make_pipeline: MakePipeline, tmp_path: Path
) -> None:
    await make_pipeline().handle([message("1", 1), message("2", 2)])
    # The process died before its PUBACKs arrived; another one is given them again.
    pipeline = make_pipeline()
    again = [message("1", 1, is_duplicate=True), message("2", 2, is_duplicate=True)]
    await pipeline.handle([*again, message("3", 3)])
    await pipeline.handle(again)
    assert stored(tmp_path) == [1.0, 2.0, 3.0]
    assert pipeline.counts.redelivered == 4


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (message("1", 1), "the same words under the same id, and not marked as sent again"),
        (message("1", 2, is_duplicate=True), "marked, under another id"),
        (message("7", 1, is_duplicate=True), "marked, other words: the first was never committed"),
        (message("1"), "QoS 0 is never sent again"),
    ],
)
async def test_a_message_that_only_looks_sent_again_is_kept(
    make_pipeline: MakePipeline, tmp_path: Path, second: Message, why: str
) -> None:
    pipeline = make_pipeline()
    await pipeline.handle([message("1", 1)])
    await pipeline.handle([second])
    assert len(stored(tmp_path)) == 2, why


async def test_two_copies_in_one_chunk_are_stored_once(
    make_pipeline: MakePipeline, tmp_path: Path
) -> None:
    copy = message("1", 1, is_duplicate=True)
    await make_pipeline().handle([copy, message("2", 2), copy])
    await make_pipeline().handle([message("3", 3), message("3", 3, is_duplicate=True)])
    assert stored(tmp_path) == [1.0, 2.0, 3.0]


async def test_one_poison_message_costs_itself_only(
    make_pipeline: MakePipeline, tmp_path: Path
) -> None:
    pipeline = make_pipeline()
    chunk = [message(str(i), i + 1) for i in range(9)]
    chunk.insert(4, message("poison", 50))
    chunk.insert(8, message("poison", 51))
    await pipeline.handle(chunk)
    assert stored(tmp_path) == [float(i) for i in range(9)]
    (letter,) = DeadLetters.open(tmp_path / "journal.db").list().letters
    assert (letter.reason, letter.count) == (Reason.WRONG_SHAPE, 2)
    assert "ZeroDivisionError" in letter.detail
    assert pipeline.counts.poisoned == 2


@pytest.mark.parametrize("clock", [None, VirtualClock(instant(T_US))], ids=["live", "replay"])
async def test_one_message_that_the_journal_cannot_keep_costs_itself_only(
    make_pipeline: MakePipeline, tmp_path: Path, clock: VirtualClock | None
) -> None:
    pipeline = make_pipeline() if clock is None else make_pipeline(clock=clock)
    chunk = [message(str(i), i + 1) for i in range(9)]
    chunk.insert(4, message("unkeepable", 50))
    await pipeline.handle([*chunk, mark(1)] if clock else chunk)
    assert stored(tmp_path) == [float(i) for i in range(9)]
    (letter,) = DeadLetters.open(tmp_path / "journal.db").list().letters
    assert (letter.reason, letter.count) == (Reason.WRONG_SHAPE, 1)
    assert pipeline.counts.poisoned == 1
    assert pipeline.counts.failures == 0
    await pipeline.handle([message("9", 60)])
    assert stored(tmp_path) == [float(i) for i in range(10)]


async def test_a_message_too_large_for_the_database_costs_itself_only(
    make_pipeline: MakePipeline, journal: Journal, tmp_path: Path
) -> None:
    journal._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, WIDE * BYTES_PER_READING - 1)
    pipeline = make_pipeline()
    chunk = [message(str(i), i + 1) for i in range(9)]
    chunk.insert(4, message("wide", 50))
    await pipeline.handle(chunk)
    assert stored(tmp_path) == [float(i) for i in range(9)]
    (letter,) = DeadLetters.open(tmp_path / "journal.db").list().letters
    assert (letter.reason, letter.count) == (Reason.WRONG_SHAPE, 1)
    assert "DataError" in letter.detail
    assert pipeline.counts.failures == 0


async def handle_without_end(pipeline: Pipeline, chunk: Sequence[Message]) -> None:
    for _ in range(100):
        await pipeline.handle(chunk)


async def test_what_was_not_committed_raises_and_may_be_given_again(
    make_pipeline: MakePipeline, journal: Journal, tmp_path: Path
) -> None:
    clock = VirtualClock(instant(T_US))
    pipeline = make_pipeline(clock=clock)
    chunk = [message(str(i), i + 1) for i in range(200)] + [mark(5)]
    await pipeline.handle([message("1000", 999)])
    journal._connection.execute("PRAGMA max_page_count=1")
    with pytest.raises(JournalFull):
        await handle_without_end(pipeline, chunk)
    failed_at = clock.now()
    full = len(stored(tmp_path))
    assert pipeline.counts.failures == 1
    journal._connection.execute("PRAGMA max_page_count=1000000")
    await pipeline.handle([*chunk, mark(6)])
    assert len(stored(tmp_path)) == full + 200
    assert pipeline.counts.failures == 0
    assert failed_at < clock.now() == instant(T_US + 6 * MINUTE_US)


async def test_a_listener_that_fails_does_not_have_the_chunk_given_again(
    make_pipeline: MakePipeline,
) -> None:
    def fail(seq: int) -> None:
        raise OSError("nobody listens")

    await make_pipeline(on_commit=fail).handle([message("1", 1)])


async def test_the_event_loop_goes_on_while_a_chunk_is_committed(
    make_pipeline: MakePipeline,
) -> None:
    beats, entered = 0, asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow_decode(messages: Sequence[Message], table: SensorTable) -> Parts:
        loop.call_soon_threadsafe(entered.set)
        # Returns only if the loop is free to answer.
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(10)
        return fake_decode(messages, table)

    handling = asyncio.create_task(make_pipeline(decode=slow_decode).handle([message("1", 1)]))
    await entered.wait()
    while not handling.done():
        beats += 1
        await asyncio.sleep(0)
    await handling
    assert beats > 0


async def test_readings_travel_from_real_payloads_to_the_store(
    make_pipeline: MakePipeline, journal: Journal, tmp_path: Path
) -> None:
    enrolled = enrolment(homes=2)
    table = build_sensor_table(enrolled.homes, enrolled.gateways, enrolled.sensors)
    now_us = microseconds(SystemClock().now())
    pipeline = make_pipeline(decode=decode, screen=screen, table=lambda: table)

    def native(hub: int, sequence: int, *rows: tuple[str, int, float]) -> Message:
        payload = msgspec.json.encode({"b": "boot-1", "s": sequence, "r": rows})
        topic = f"stillwell/v1/fenbridge/gate-{hub:06d}/native/r"
        return Message(topic.encode(), payload, now_us, sequence, 1)

    now_ms = now_us // 1000
    await pipeline.handle(
        [
            native(1, 1, ("motion-0", now_ms - 5, 1), ("temperature-3", now_ms, 21.5)),
            Message(b"stillwell/v1/fenbridge/gate-000001/native/r", b"\xff\xfe{", now_us, 2, 1),
            native(2, 3, ("temperature-3", now_ms, 85_000), ("motion-1", now_ms, 1)),
            native(2, 4, ("smoke-4", 0, 1)),
        ]
    )
    store = open_store(tmp_path / "store.db")
    follower = Follower(JournalTail.open(tmp_path / "journal.db"), store, lambda: table.sensor_home)
    assert follower.step() == 1
    start, stop = instant(now_us - MINUTE_US), instant(now_us + MINUTE_US)
    assert store.read(1, start, stop).value.tolist() == [1.0, 21.5]
    assert store.read(2, start, stop).value.tolist() == [1.0]
    (entry,) = JournalTail.open(tmp_path / "journal.db").read(0, 10)
    assert [(stray.kind, stray.home) for stray in entry.strays] == [("smoke", 2)]
    assert sum(pipeline.counts.rejects.values()) == 3
    store.close()


async def test_whoever_was_enrolled_a_moment_ago_is_heard_at_once(tmp_path: Path) -> None:
    made = enrolment(1)
    tables = [TABLE, build_sensor_table(made.homes, made.gateways, made.sensors, revision=1)]
    journal = Journal.open(tmp_path / "journal.db")
    pipeline = Pipeline(
        journal,
        decode,
        screen,
        lambda: tables[0],
        SystemClock(),
        refresh=lambda: bool(tables[1:]) and tables.pop(0) is TABLE,
    )
    topic = b"stillwell/v1/fenbridge/gate-000001/native/r"
    payload = b'{"b": "1", "s": 1, "r": [["motion-0", %d, 1]]}' % (T_US // 1000)
    await pipeline.handle([Message(topic, payload, T_US, 1, 1)])
    pipeline.close()
    journal.close()

    assert pipeline.counts.readings == 1
    assert not pipeline.counts.rejects


async def test_a_registry_that_cannot_be_read_stops_no_reading(tmp_path: Path) -> None:
    def fail() -> bool:
        raise OSError("no database")

    journal = Journal.open(tmp_path / "journal.db")
    pipeline = Pipeline(journal, decode, screen, lambda: TABLE, SystemClock(), refresh=fail)
    topic = b"stillwell/v1/fenbridge/gate-000001/native/r"
    await pipeline.handle([Message(topic, b'{"b": "1", "s": 1, "r": []}', T_US, 1, 1)])
    pipeline.close()
    journal.close()

    assert pipeline.counts.rejects == {Reason.UNKNOWN_GATEWAY: 1}
