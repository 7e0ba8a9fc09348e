"""One scenario by both paths: through the broker, and in process; and the alerts of each."""

import asyncio
from pathlib import Path

from sqlalchemy import select

from alerts import tables
from api import wiring
from api.fast_path import feed, slices_of
from api.health import beats
from api.site import create
from config.database import connect
from sensors_sim.encode import Encoder
from sensors_sim.fleet import Fleet
from sensors_sim.publish import BOOT, DAY_US, backfill
from sensors_sim.scenario import Scenario
from tests.e2e.stack import Stack, running, until
from tests.servers import free_port

END_US = 1_795_348_800_000_000  # 2026-11-22 12:00 UTC
Alerts = list[tuple[object, ...]]


def alerts_of(database_url: str) -> Alerts:
    """Return every alert by its id: kind, home, times, standing and sentence."""
    a = tables.alerts.c
    query = select(
        a.id, a.kind, a.home, a.onset_us, a.raised_us, a.state, a.is_eased, a.sentence
    ).order_by(a.id)
    with connect(database_url).connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def through_the_broker(scenario: Scenario, folder: Path) -> Alerts:
    """Return the alerts of a back-fill through the NATS server and a worker process."""
    fleet = Fleet(scenario, END_US)
    with running(folder, fleet.enrolment, clock="virtual", with_web=False) as stack:
        asyncio.run(_backfill(scenario, fleet, stack))
        until(lambda: _has_seen_all(stack), 120, "the engine has not seen everything")
        return alerts_of(stack.site.database_url)


async def _backfill(scenario: Scenario, fleet: Fleet, stack: Stack) -> None:
    start_us = END_US - scenario.days * DAY_US
    encoder = Encoder(fleet.enrolment, BOOT)
    await backfill(fleet, encoder, stack.site.target(), start_us, END_US)


def _has_seen_all(stack: Stack) -> bool:
    stack.check()
    with stack.database.connect() as connection:
        worker = beats(connection)["worker"]
    state = worker.state
    is_read = state["engine_seq"] == state["journal_seq"] == state["store_seq"]
    return is_read and worker.now_us == END_US and state["engine_us"] >= END_US - 180_000_000


def in_process(scenario: Scenario, folder: Path) -> Alerts:
    """Return the alerts of the same back-fill without a broker."""
    fleet = Fleet(scenario, END_US)
    site, _ = create(
        folder, fleet.enrolment, broker_port=free_port(), web_port=free_port(), clock="virtual"
    )
    start_us = END_US - scenario.days * DAY_US
    encoder = Encoder(fleet.enrolment, BOOT)
    settings = wiring.read_settings(site.settings)
    asyncio.run(feed(settings, start_us, slices_of(fleet, encoder, start_us, END_US)))
    return alerts_of(site.database_url)
