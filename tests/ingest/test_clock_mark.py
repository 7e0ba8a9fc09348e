from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from config.sensor_table import SensorTable
from ingest.batch import Batch
from ingest.clock import Instant, VirtualClock, instant
from ingest.clock_mark import SLICE_US, TOPIC
from ingest.journal import Journal, JournalFull, JournalTail
from ingest.message import Message, Reason
from tests.ingest.test_pipeline import (
    MINUTE_US,
    T_US,
    MakePipeline,
    Parts,
    fake_screen,
    journal,
    make_pipeline,
    mark,
    message,
)

__all__ = ["journal", "make_pipeline"]


async def test_the_clock_moves_after_what_came_before_the_mark_is_committed(
    make_pipeline: MakePipeline, journal: Journal
) -> None:
    seen: list[int] = []

    class Watched(VirtualClock):
        def advance(self, to: Instant) -> None:
            seen.append(journal.last_seq())
            super().advance(to)

    clock = Watched(instant(T_US))
    await make_pipeline(clock=clock).handle([message("1", 1), mark(5)])
    assert seen == [1]
    assert clock.now() == instant(T_US + 5 * MINUTE_US)


async def test_in_a_replay_messages_are_received_at_the_mark_before_them(
    make_pipeline: MakePipeline, tmp_path: Path
) -> None:
    clock = VirtualClock(instant(T_US))
    pipeline = make_pipeline(clock=clock)
    chunk = [message("0", 1), mark(5), message("5", 2), mark(10), mark(3), message("10", 3)]
    await pipeline.handle(chunk)
    await pipeline.handle([message("10", 4)])
    entries = JournalTail.open(tmp_path / "journal.db").read(0, 100)
    for entry in entries:
        minutes = (entry.batch.received - instant(T_US)) / np.timedelta64(1, "m")
        assert minutes.tolist() == entry.batch.value.tolist()


async def test_the_last_mark_hands_over_to_the_wall_clock(make_pipeline: MakePipeline) -> None:
    clock = VirtualClock(instant(T_US))
    pipeline = make_pipeline(clock=clock)
    await pipeline.handle([mark(1)])
    assert not clock.is_live
    await pipeline.handle([mark(2, is_live=True)])
    assert clock.is_live


@pytest.mark.parametrize(
    ("payload", "is_retained", "reason"),
    [
        (b"", False, Reason.WRONG_SHAPE),
        (b"[1]", False, Reason.WRONG_SHAPE),
        (b"\xff\xfe{", False, Reason.WRONG_SHAPE),
        (b'{"now_us": 1e400}', False, Reason.WRONG_SHAPE),
        (b'{"now_us": 99999999999999999999}', False, Reason.WRONG_SHAPE),
        (b'{"now_us": -1}', False, Reason.WRONG_SHAPE),
        (b'{"now_us": 1795000060000000}', True, Reason.RETAINED),
    ],
)
async def test_a_bad_mark_is_a_dead_letter_and_moves_nothing(
    make_pipeline: MakePipeline, payload: bytes, is_retained: bool, reason: Reason
) -> None:
    clock = VirtualClock(instant(T_US))
    pipeline = make_pipeline(clock=clock)
    bad = Message(TOPIC.encode(), payload, T_US, 1, 1, is_retained=is_retained)
    await pipeline.handle([message("1", 1), bad, message("2", 2)])
    assert clock.now() == instant(T_US)
    assert pipeline.counts.rejects == {reason: 1}
    assert pipeline.counts.readings == 2


async def test_a_live_system_refuses_clock_marks(make_pipeline: MakePipeline) -> None:
    pipeline = make_pipeline()
    await pipeline.handle([mark(5), message("1", 1)])
    assert pipeline.counts.rejects == {Reason.BAD_TOPIC: 1}
    assert pipeline.counts.readings == 1


async def test_in_a_replay_the_hour_after_a_mark_is_not_the_future(
    make_pipeline: MakePipeline,
) -> None:
    judged_at: list[Instant] = []

    def watching_screen(batch: Batch, table: SensorTable, *, now: Instant) -> Parts:
        judged_at.append(now)
        return fake_screen(batch, table, now=now)

    clock = VirtualClock(instant(T_US))
    pipeline = make_pipeline(clock=clock, screen=watching_screen)
    await pipeline.handle([message("1", 1)])
    await pipeline.handle([mark(30), message("2", 2)])
    assert judged_at == [instant(T_US + SLICE_US), instant(T_US + 30 * MINUTE_US + SLICE_US)]


@pytest.mark.parametrize("cuts", [[], [1, 2, 3, 4, 5], [2, 4], [3, 5]])
async def test_no_commit_holds_both_sides_of_a_mark_however_it_was_cut(
    make_pipeline: MakePipeline, tmp_path: Path, cuts: list[int]
) -> None:
    told = [mark(0), message("1", 1), message("2", 2), mark(30), message("3", 3), mark(60)]
    marks: list[tuple[int, list[float]]] = []

    def note(now_us: int, seq: int) -> None:
        entries = JournalTail.open(tmp_path / "journal.db").read(0, 100)
        values = [v for e in entries if e.seq <= seq for v in e.batch.value.tolist()]
        marks.append(((now_us - T_US) // MINUTE_US, values))

    pipeline = make_pipeline(clock=VirtualClock(instant(0)), on_mark=note)
    for start, stop in pairwise([0, *cuts, len(told)]):
        await pipeline.handle(told[start:stop])
    assert marks == [(0, []), (30, [1.0, 2.0]), (60, [1.0, 2.0, 3.0])]


async def test_a_chunk_that_failed_half_way_is_not_told_twice(
    make_pipeline: MakePipeline, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = make_pipeline(clock=VirtualClock(instant(T_US)))
    chunk = [message("1", 1), mark(30), message("2", 2), mark(60)]
    append = journal.append

    def fail_after_the_first(*parts: Any) -> int:  # noqa: ANN401 - passes them on
        if journal.last_seq():
            raise JournalFull("no room")
        return append(*parts)

    monkeypatch.setattr(journal, "append", fail_after_the_first)
    with pytest.raises(JournalFull):
        await pipeline.handle(chunk)
    with pytest.raises(JournalFull):
        await pipeline.handle(chunk)
    monkeypatch.undo()
    await pipeline.handle([*chunk, message("3", 3)])
    entries = JournalTail.open(tmp_path / "journal.db").read(0, 100)
    assert [v for e in entries for v in e.batch.value.tolist()] == [1.0, 2.0, 3.0]
