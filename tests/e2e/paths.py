"""One scenario by both paths: through the broker, and in process; and the alerts of each."""

import asyncio
from pathlib import Path

from sqlalchemy import select

from alerts import tables
from api import wiring
from api.fast_path import feed
from api.health import beats
from api.site import Site, create
from config.database import connect
from sensors_sim.reels import of_scenario
from sensors_sim.replay import Reel, replay
from sensors_sim.scenario import Scenario
from tests.e2e.stack import Stack, open_accounts, running, until
from tests.servers import free_port

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
    """Return the alerts of a replay through the NATS server and a worker process."""
    reel = of_scenario(scenario)
    assert reel.enrolment is not None
    with running(folder, reel.enrolment, clock="virtual", with_web=False) as stack:
        asyncio.run(replay(reel, stack.site.target()))
        until(lambda: has_seen_all(stack, reel.end_us), 300, "the engine has not seen everything")
        return alerts_of(stack.site.database_url)


def has_seen_all(stack: Stack, end_us: int) -> bool:
    """Say whether worker, store and engine have taken everything up to this moment."""
    stack.check()
    with stack.database.connect() as connection:
        worker = beats(connection)["worker"]
    state = worker.state
    is_read = state["engine_seq"] == state["journal_seq"] == state["store_seq"]
    return is_read and worker.now_us >= end_us and state["engine_us"] >= end_us - 180_000_000


def in_process(scenario: Scenario, folder: Path) -> Alerts:
    """Return the alerts of the same replay without a broker."""
    reel = of_scenario(scenario)
    site = site_of(reel, folder)
    asyncio.run(feed(wiring.read_settings(site.settings), reel))
    return alerts_of(site.database_url)


def site_of(reel: Reel, folder: Path) -> Site:
    """Return a new installation with the homes of this reel, and no process running."""
    assert reel.enrolment is not None
    site, _ = create(
        folder, reel.enrolment, broker_port=free_port(), web_port=free_port(), clock="virtual"
    )
    places = sorted({gateway.place for gateway in reel.enrolment.gateways})
    open_accounts(connect(site.database_url), places)
    return site
