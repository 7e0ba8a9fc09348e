from pathlib import Path

import pytest

from api import metrics, wiring, worker_beat, worker_parts
from api.broker_watch import Stuck
from api.site import create
from ingest.clock import microseconds
from tests.api.visits import Visit
from tests.api.world import make_world
from tests.make import enrolment
from tests.servers import free_port

STATE = {
    "homes": 60,
    "readings": 12_345_678_901,
    "gaps": 3,
    "rejects_by_reason": {"not-json": 2, "stale": 1},
    "journal_seq": 7,
    "last_commit_us": 1,
}


def test_metrics_are_sums_and_name_no_home(tmp_path: Path) -> None:
    world = make_world(tmp_path, homes=3)
    world.beat(state=STATE)
    answer = Visit(world.app).get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert "stillwell_ready 1" in lines
    assert "stillwell_readings_total 12345678901" in lines
    assert "stillwell_gaps 3" in lines
    assert 'stillwell_rejects_total{reason="not-json"} 2' in lines
    assert not [word for word in ("home-", "gate-", "sens-", "fenbridge") if word in answer.text]


@pytest.mark.parametrize("homes", [0, 1, 4])
def test_of_few_homes_nothing_is_told_that_moves_with_their_readings(
    homes: int, tmp_path: Path
) -> None:
    world = make_world(tmp_path)
    told = set()
    for more in (0, 1):  # somebody gets up: one more of everything
        moved = dict.fromkeys((*metrics.COUNTERS, *metrics.GAUGES), 5 + more)
        still = dict.fromkeys(metrics.OF_FEW, 2)
        by_reason: dict[str, object] = {key: {"stale": 5 + more} for key in metrics.BY_REASON}
        at = microseconds(world.wall) - (2 - more) * 60_000_000
        world.beat(state={**moved, **by_reason, **still, "last_commit_us": at, "homes": homes})
        told.add(Visit(world.app).get("/metrics").text)
    (only,) = told
    assert "stillwell_ready 1" in only
    assert "stillwell_connection_losses_total 2" in only


def test_metrics_say_that_no_worker_was_heard(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.beat(ago_s=3600.0)
    assert "stillwell_ready 0" in Visit(world.app).get("/metrics").text


def test_messages_that_wait_without_a_commit_are_not_ready(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.beat(state={"stuck_s": 45.0})
    answer = Visit(world.app).get("/ready")
    assert answer.status_code == 503
    assert "nothing was committed for 45 s" in answer.text


def test_a_lone_message_after_a_quiet_hour_is_not_stuck() -> None:
    stuck, hour = Stuck(), 3_600_000_000
    assert stuck.seconds(5, 0, hour) == 0
    assert stuck.seconds(5, 0, 2 * hour) == 0
    assert stuck.seconds(5, 1, 2 * hour + 1_000_000) == 1
    assert stuck.seconds(6, 1, 2 * hour + 2_000_000) == 0
    assert stuck.seconds(6, 1, 2 * hour + 42_000_000) == 40


def test_every_metric_is_reported_by_the_worker(tmp_path: Path) -> None:
    site, _ = create(tmp_path, enrolment(1), broker_port=free_port(), web_port=free_port())
    settings = wiring.read_settings(site.settings)
    parts = worker_parts.build(settings)
    try:
        state = worker_beat.state(parts, settings)
    finally:
        parts.pipeline.close()
        parts.store.close()
        parts.journal.close()
    assert {*metrics.COUNTERS, *metrics.GAUGES, *metrics.BY_REASON, "last_commit_us"} <= {*state}


def test_what_a_store_refuses_and_what_a_broker_forgot_are_seen(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    odd = {"home-with-one-sensor": 3}
    state = {"store_retries": 4, "store_waiting": 900, "lost_sessions": 1, "odd": odd}
    world.beat(state={"homes": 60, **state})
    lines = Visit(world.app).get("/metrics").text.splitlines()
    assert "stillwell_store_retries 4" in lines
    assert "stillwell_store_waiting 900" in lines
    assert "stillwell_lost_sessions_total 1" in lines
    assert 'stillwell_odd{reason="home-with-one-sensor"} 3' in lines
