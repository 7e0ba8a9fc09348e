"""``stillwell relearn`` writes, beside a worker that runs, what its next start takes up."""

from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from alerts.checkpoint import learned_beside, read_checkpoint
from api import store_work, stores, wiring
from api.cli import app
from api.exits import Exit
from api.site import Site, create
from config.homes import Enrolment
from config.kinds import Kind
from ingest.batch import build
from ingest.clock import SystemClock
from ingest.sink import Entry
from tests.make import enrolment
from tests.servers import free_port

HOUR_US = 3_600_000_000
DAYS = 3


def made(folder: Path, homes: Enrolment) -> Site:
    return create(folder / "live", homes, broker_port=free_port(), web_port=free_port())[0]


def test_stored_days_become_what_the_next_start_takes_up(tmp_path: Path) -> None:
    kinds = ((Kind.MOTION, "hall"), (Kind.TEMPERATURE, "hall"))
    site = made(tmp_path, enrolment(1, kinds=kinds))
    settings = wiring.read_settings(site.settings)
    now_us = int(SystemClock().now().astype(np.int64))
    at = range(now_us - DAYS * 24 * HOUR_US, now_us, HOUR_US // 4)
    times = [us for us in at for _ in (1, 2)]
    values = [value for i in range(len(at)) for value in (float(i % 2), 20.0)]
    # Sensor 1 is the gateway itself.
    batch = build([2, 3] * len(at), times, values, times)
    store = stores.open_to_write(settings, lambda _: None)
    store.append([Entry(1, batch, ())], store_work.roster(settings).sensor_home)

    words = ["relearn", "--days", str(DAYS), "--settings", str(site.settings)]
    result = CliRunner().invoke(app, words)
    store.close()

    assert result.exit_code == 0, result.output
    assert "homes learned: 1; a running worker takes it up" in result.output
    learned = read_checkpoint(learned_beside(wiring.files(settings).checkpoint))
    assert learned is not None
    assert learned.state.peak_count[1] >= DAYS - 1


def test_without_stored_days_it_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    site = made(tmp_path, enrolment(1))
    result = CliRunner().invoke(app, ["relearn", "--days", "1", "--settings", str(site.settings)])
    assert result.exit_code == Exit.FAILED
    assert "the store has no day of any home" in result.output
    where = wiring.files(wiring.read_settings(site.settings))
    assert not learned_beside(where.checkpoint).exists()
