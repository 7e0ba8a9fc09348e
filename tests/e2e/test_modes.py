"""Modes reach a whole installation: a replay obeys them, and a running worker follows a switch."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from typer.testing import CliRunner

from alerts import tables
from alerts.alert import AlertKind
from alerts.modes import ALWAYS_LIVE, Mode
from alerts.shadow_rows import ShadowState, to_row
from api import wiring, worker_beat, worker_parts
from api.cli import app
from api.exits import Exit
from api.fast_path import feed
from api.site import create
from config import people
from config.database import connect
from config.roles import Role
from ingest.clock import SystemClock, microseconds
from sensors_sim.reels import of_scenario
from sensors_sim.scenario import parse
from tests.alerts.shadow_world import finding
from tests.e2e.paths import in_process
from tests.e2e.test_paths_equal import SCENARIO
from tests.make import enrolment
from tests.servers import free_port

SAM = "sam@council.example"


@pytest.mark.slow
def test_a_replay_at_places_that_nobody_switched_finds_the_same_and_sends_none_of_it(
    tmp_path: Path,
) -> None:
    scenario = parse(SCENARIO, file="test")
    live = {str(row[0]): AlertKind(str(row[1])) for row in in_process(scenario, tmp_path / "live")}
    moded = {id_ for id_, kind in live.items() if kind not in ALWAYS_LIVE}
    assert moded

    reel = of_scenario(scenario)
    assert reel.enrolment is not None
    site, _ = create(
        tmp_path / "shadow",
        reel.enrolment,
        broker_port=free_port(),
        web_port=free_port(),
        clock="virtual",
    )
    asyncio.run(feed(wiring.read_settings(site.settings), reel))
    with connect(site.database_url).connect() as connection:
        raised = set(connection.execute(select(tables.alerts.c.id)).scalars())
        found = set(connection.execute(select(tables.shadow_findings.c.id)).scalars())
        sent = set(connection.execute(select(tables.outbox.c.alert)).scalars())
        told = set(connection.execute(select(tables.changes.c.alert)).scalars())
    assert raised == set(live) - moded
    assert moded <= found, "what is taken in by a live alert is a finding of its own in shadow"
    assert not (sent | told) & found


def test_a_worker_follows_a_switch_with_its_next_beat_and_raises_what_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, made = create(tmp_path, enrolment(), broker_port=free_port(), web_port=free_port())
    monkeypatch.setenv("STILLWELL_SETTINGS", str(site.settings))
    settings = wiring.read_settings(site.settings)
    now_us = microseconds(SystemClock().now())
    standing = finding(home=made.homes[0].id, onset_us=now_us - 5 * 3_600_000_000)
    with connect(site.database_url).begin() as connection:
        account = people.create_account(
            connection, email=SAM, name="Sam Example", password="a-quiet-harbour-lamp", now_us=0
        )
        people.grant(connection, account.id, "fenbridge", Role.SUPERVISOR)
        row = to_row(standing, ShadowState.STANDING)
        connection.execute(insert(tables.shadow_findings).values(row))
    parts = worker_parts.build(settings)
    try:
        assert parts.shadow.settle(parts.ledger, parts.clock.now()) == 0
        words = ["--place", "fenbridge", "--detector", "inactivity", "--mode", Mode.LIVE.value]
        words += ["--by", SAM, "--evidence", "a test", "--without-evidence", "a test"]
        assert CliRunner().invoke(app, ["detectors", "set", *words]).exit_code == Exit.OK
        assert parts.shadow.settle(parts.ledger, parts.clock.now()) == 0
        worker_beat._write_beat(parts, settings)
        parts.shadow.take_up()  # as a step of the engine begins
        assert parts.shadow.settle(parts.ledger, parts.clock.now()) == 1
        assert parts.shadow.settle(parts.ledger, parts.clock.now()) == 0
    finally:
        parts.pipeline.close()
        parts.store.close()
        parts.journal.close()
    with connect(site.database_url).connect() as connection:
        (alert,) = connection.execute(select(tables.alerts)).all()
    assert (alert.id, alert.state) == (standing.id, "open")
