"""A worker on a virtual clock that is killed: it goes on where it was, and stays live."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from api import wiring, worker_parts
from api.handover import is_live, keeping_live
from api.site import Site, create
from config.settings import Settings
from config.settings_files import load_settings
from ingest.batch import build
from ingest.clock import SystemClock, VirtualClock, instant
from ingest.journal import Journal
from ingest.message import Message
from tests.make import enrolment
from tests.servers import free_port

DAY_US = 86_400_000_000
BEFORE = 1_793_577_600_000_000


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made, _ = create(
        tmp_path, enrolment(), broker_port=free_port(), web_port=free_port(), clock="virtual"
    )
    return made


def settings_of(site: Site) -> Settings:
    return load_settings([site.settings], {})


@contextmanager
def built(site: Site) -> Iterator[worker_parts.Parts]:
    parts = worker_parts.build(settings_of(site))
    try:
        yield parts
    finally:
        parts.pipeline.close()
        parts.store.close()
        parts.journal.close()


def test_a_worker_killed_in_a_replay_goes_on_from_its_newest_reading(site: Site) -> None:
    with built(site) as parts:
        parts.ledger.beat("worker", beat_us=0, now=instant(BEFORE), is_live=False, state={})
        later = BEFORE + 3 * DAY_US
        parts.journal.append(build([1], [later], [1.0], [later]))
    with built(site) as parts:
        assert parts.clock.now() == instant(later)
        assert not is_live(parts.clock)


async def test_a_handover_is_on_disk_before_the_mark_is_acknowledged(site: Site) -> None:
    live = wiring.files(settings_of(site)).live
    with built(site) as parts:
        parts.ledger.beat("worker", beat_us=0, now=instant(BEFORE), is_live=False, state={})
        clock = parts.clock
        assert isinstance(clock, VirtualClock)

        async def go_live(chunk: Sequence[Message]) -> None:
            clock.release()

        handle = keeping_live(go_live, clock, live)
        assert not live.exists()
        await handle([])
        assert live.exists()
    # Killed now: the beat, which comes later, still says that it replays.
    with built(site) as parts:
        assert is_live(parts.clock)
        assert abs(parts.clock.now() - SystemClock().now()) < np.timedelta64(1, "m")
        assert not parts.ledger._is_muted()


async def test_a_handover_that_cannot_be_written_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.handover._RETRY_S", 0.01)
    clock, live = VirtualClock(instant(BEFORE)), tmp_path / "data" / "live"

    async def go_live(chunk: Sequence[Message]) -> None:
        clock.release()

    handle = keeping_live(go_live, clock, live)

    task = asyncio.ensure_future(handle([]))
    await asyncio.sleep(0.05)
    assert not task.done()
    live.parent.mkdir()
    await asyncio.wait_for(task, 5)
    assert live.exists()


def test_readings_that_cannot_be_stored_count_as_a_lost_link(site: Site) -> None:
    with built(site) as parts:
        standing = parts.subscriber._standing
        standing.connected_since, standing.connection_problem = SystemClock().now(), None
        assert parts.engine._is_linked()
        standing.handle_problem = "readings are not being stored: JournalFull"
        assert not parts.engine._is_linked()


def test_a_journal_knows_when_it_last_received_something(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.db")
    assert journal.last_received_us == 0
    journal.append(build([1], [BEFORE], [1.0], [BEFORE + 5]))
    journal.close()
    again = Journal.open(tmp_path / "journal.db")
    assert again.last_received_us == BEFORE + 5
    again.close()
