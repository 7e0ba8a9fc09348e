from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.progress import Progress
from api.pace import Pace
from ingest.batch import build
from ingest.clock import VirtualClock, instant, microseconds
from ingest.journal import Journal, JournalTail

MINUTE_US = 60_000_000


class Stage:
    """A journal, a clock, and an engine of which only the progress is known."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal.open(folder / "journal.db")
        self.clock = VirtualClock(instant(0))
        self.progress = Progress()
        tail = JournalTail.open(folder / "journal.db")
        self.pace = Pace(tail, self.journal, self.clock, lambda: self.progress)

    def tell(self, minute: int) -> None:
        """Commit a reading, then the mark of this minute, as the pipeline does."""
        self.commit()
        at_us = minute * MINUTE_US
        self.pace.mark(at_us, self.journal.last_seq())
        self.clock.advance(instant(at_us))

    def commit(self) -> None:
        self.journal.append(build([1], [1], [1.0], [1]))

    def step(self, *, is_behind: bool = False) -> tuple[int, int]:
        """Take a step as the engine does; return (its minute, the seq it has read)."""
        now_us, position = microseconds(self.pace.now()), self.progress.position
        while entries := self.pace.read(position, 1):
            position = entries[-1].seq
        self.progress = Progress(position, now_us, is_behind=is_behind)
        return now_us // MINUTE_US, position


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.journal.close()


def test_the_engine_takes_one_mark_at_a_time_however_far_the_journal_is(stage: Stage) -> None:
    for minute in (10, 20, 30):
        stage.tell(minute)
    stage.commit()
    assert [stage.step() for _ in range(4)] == [(10, 1), (20, 2), (30, 3), (30, 4)]


def test_a_mark_lasts_until_the_engine_is_done_with_it(stage: Stage) -> None:
    stage.tell(10)
    stage.tell(20)
    assert stage.step(is_behind=True) == (10, 1)
    assert stage.step(is_behind=True) == (10, 1)
    assert stage.step() == (10, 1)
    assert stage.step() == (20, 2)


def test_a_step_that_failed_is_taken_again(stage: Stage) -> None:
    stage.step()
    stage.tell(10)
    stage.tell(20)
    stage.pace.now()
    assert stage.step() == (10, 1)


def test_what_follows_the_last_mark_is_read_at_that_mark(stage: Stage) -> None:
    stage.tell(10)
    stage.step()
    stage.commit()
    assert stage.step() == (10, 2)


def test_it_follows_the_wall_clock_only_after_the_last_mark(stage: Stage) -> None:
    stage.tell(10)
    stage.tell(20)
    stage.clock.release()
    assert (stage.step(), is_live(stage)) == ((10, 1), False)
    assert (stage.step(), is_live(stage)) == ((20, 2), False)
    stage.commit()
    minute, position = stage.step()
    assert is_live(stage)
    assert minute > 29_000_000
    assert position == 3


def is_live(stage: Stage) -> bool:
    return stage.pace.is_live
