"""A worker whose memory was lost learns again by itself, and hears calls for help meanwhile."""

import signal
from pathlib import Path

import numpy as np
import pytest

from alerts.checkpoint import Checkpoint, CheckpointDamaged, read_checkpoint
from alerts.past_readings import of_homes
from alerts.relearn import DAYS, OF_HOMES, relearn
from api import store_work, stores, wiring
from api.relearning import mark_beside
from config.kinds import Kind
from config.settings import Settings
from ingest.batch import build
from ingest.clock import SystemClock, microseconds
from ingest.sink import Entry
from tests.brokers import start_mosquitto
from tests.e2e.stack import Stack, running, until
from tests.faults import installation as at
from tests.make import enrolment

LIVED_DAYS = 6
DAY_US = 86_400_000_000
STEP_US = DAY_US // 96


def fill(settings: Settings, stack: Stack) -> None:
    """Give the store some days of a home in which something moves every quarter of an hour."""
    now_us = microseconds(SystemClock().now())
    (motion,) = [s.number for s in at.sensors(stack, Kind.MOTION) if s.home == 1][:1]
    times = list(range(now_us - LIVED_DAYS * DAY_US, now_us - DAY_US // 24, STEP_US))
    batch = build([motion] * len(times), times, [float(i % 2) for i in range(len(times))], times)
    store = stores.open_to_write(settings, lambda _: None)
    store.append([Entry(store.position(), batch, ())], store_work.roster(settings).sensor_home)
    store.close()


def saved(path: Path) -> Checkpoint | None:
    try:
        return read_checkpoint(path)
    except CheckpointDamaged:
        return None


def has_learned(path: Path) -> bool:
    found = saved(path)
    return found is not None and found.state.peak_count[1] >= LIVED_DAYS - 2


@pytest.mark.server
@pytest.mark.slow
def test_a_worker_that_lost_its_memory_learns_it_again_and_hears_calls_meanwhile(
    tmp_path: Path,
) -> None:
    (tmp_path / "broker").mkdir()
    with (
        start_mosquitto(tmp_path / "broker") as broker,
        running(tmp_path / "live", enrolment(2), with_web=False, broker_port=broker.port) as stack,
    ):
        file = stack.site.settings
        often = file.read_text("utf-8").replace("[engine]\n", "[engine]\ncheckpoint_s = 5\n")
        file.write_text(often, "utf-8")
        settings = wiring.read_settings(file)
        checkpoint = wiring.files(settings).checkpoint
        motion = next(s for s in at.sensors(stack, Kind.MOTION) if s.home == 2)
        at.publish(stack, [at.message(stack, motion, at.now_ms())])
        at.wait_until_stored(stack, 1)
        assert at.end(stack, signal.SIGTERM)[0] == 0
        fill(settings, stack)
        checkpoint.unlink(missing_ok=True)
        stack.check()
        at.wait_until_connected(stack)
        pendant = next(s for s in at.sensors(stack, Kind.PENDANT) if s.home == 1)
        at.publish(stack, [at.message(stack, pendant, at.now_ms())])
        until(lambda: at.alerted(stack) == [pendant.id], 20, "the call for help is not raised")
        until(lambda: has_learned(checkpoint), 240, "nothing was learned")
        until(lambda: not mark_beside(checkpoint).exists(), 30, "it is still to be learned")
        log = stack.children["worker"].log.read_text("utf-8")
        now = saved(checkpoint)
    told = ("relearning_started", "share", "relearned_taken_up", "relearning_ended")
    assert [word for word in told if word not in log] == []
    assert now is not None
    same(settings, now)


def same(settings: Settings, now: Checkpoint) -> None:
    """The worker knows of the home what its stored days teach."""
    table, places = store_work.roster(settings), wiring.places(settings)
    stop_us = microseconds(SystemClock().now())
    store = stores.open_to_read(settings)
    memory = relearn(
        of_homes(store, [1]),
        table,
        places,
        start_us=stop_us - DAYS * DAY_US,
        stop_us=stop_us,
        tick_s=settings.engine.tick_s,
    )
    store.close()
    for name in OF_HOMES:
        mine, its = getattr(now.state, name)[..., 1], getattr(memory.state, name)[..., 1]
        assert np.allclose(mine, its, equal_nan=True), name
