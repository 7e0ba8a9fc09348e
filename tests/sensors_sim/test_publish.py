import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from config.sensor_table import build_sensor_table
from ingest.batch import Batch
from ingest.broker import BrokerUser
from ingest.clock_mark import SLICE_US, TOPIC, decode_mark, split_marks
from ingest.decode import decode
from ingest.message import Message
from sensors_sim import publish
from sensors_sim.dialects.dialect import prefix
from sensors_sim.encode import OF_HUBS, Encoder
from sensors_sim.fleet import Fleet
from sensors_sim.kit import SLOTS, roster
from sensors_sim.publish import Progress
from sensors_sim.scenario import Incident, Mishap, Scenario
from sensors_sim.target import Login, Target
from tests.brokers import WORKER, RunningBroker, start_nats
from tests.ingest.collect import Collected, collecting

SCENARIO = Scenario(
    seed=1,
    days=1,
    places=("fenbridge",),
    homes_per_place=5,
    zigbee_homes_per_place=1,
    chirpstack_homes_per_place=1,
    senml_homes_per_place=1,
    clock_offset_s=0.0,
    incident=(
        Mishap(kind=Incident.GATEWAY_OFFLINE, place="fenbridge", home=2, before_end_h=2.0),
        Mishap(kind=Incident.PENDANT, place="fenbridge", home=4, after_live_s=0.5),
    ),
)
CLOCK = BrokerUser("clock", "geheim-4", (TOPIC,))
ENROLMENT = roster(SCENARIO)
TABLE = build_sensor_table(ENROLMENT.homes, ENROLMENT.gateways, ENROLMENT.sensors)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[RunningBroker]:
    """Run a broker where every gateway may write below its own topic and nowhere else."""
    gateways = [BrokerUser(g.id, f"pw-{g.id}", (f"{prefix(g)}/#",)) for g in ENROLMENT.gateways]
    with start_nats(tmp_path / "nats", (WORKER, CLOCK, *gateways)) as broker:
        yield broker


def target(site: RunningBroker) -> Target:
    return Target(
        site.host,
        site.port,
        {gateway.id: f"pw-{gateway.id}" for gateway in ENROLMENT.gateways},
        Login(CLOCK.name, CLOCK.password),
    )


def received(collected: Collected) -> Batch:
    """Return what was decoded, received at the mark before; nothing may be refused."""
    plain = [Message(m.topic, m.payload, 0) for m in collected.messages]
    back = decode(split_marks(plain, 0).messages, TABLE)
    assert not back.rejects
    assert not [s for s in back.strays if s.reason != "future"]
    return back.batch


@asynccontextmanager
async def simulating(
    site: RunningBroker, progress: list[Progress]
) -> AsyncIterator["asyncio.Future[int]"]:
    """Run the scenario until the block ends; the future is the moment of going live."""
    live_us: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(
        publish.simulate(
            SCENARIO, target(site), on_progress=progress.append, on_live=live_us.set_result
        )
    )
    try:
        yield live_us
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.server
async def test_a_day_is_sent_up_to_now_and_goes_on_live_without_a_hole(
    site: RunningBroker,
) -> None:
    progress: list[Progress] = []
    async with collecting(site) as collected, simulating(site, progress) as going_live:
        live_us = await asyncio.wait_for(going_live, 30)
        pendant = b'"sos":true'
        await collected.wait_until(lambda: any(pendant in p for p in collected.payloads))
        await collected.wait_until(lambda: _births(collected) == {0, 2, 3, 4})
    now_us = publish.wall_us()
    assert abs(now_us - live_us) < 20_000_000

    marks = [decode_mark(m.payload) for m in collected.messages if m.topic == TOPIC.encode()]
    moments = [mark.now_us for mark in marks if mark is not None]
    assert len(moments) == len(marks)
    assert moments == sorted(moments)
    assert np.diff(moments).max() <= SLICE_US
    assert [mark.is_live for mark in marks if mark] == [False] * (len(marks) - 1) + [True]
    assert progress[-1].now_us == moments[-1] == live_us

    dialects = {topic.split(b"/")[4] for topic, _ in collected.pairs if topic != TOPIC.encode()}
    assert dialects == {dialect.encode() for dialect in OF_HUBS}
    batch = received(collected)
    past = batch.time.astype(np.int64) < live_us
    fleet = Fleet(SCENARIO, progress[0].end_us)
    expected = fleet.between(progress[0].start_us, live_us)
    status = np.arange(0, 5 * SLOTS, SLOTS)
    expected = expected.take(~np.isin(expected.sensor, status))
    kept = batch.take(past & ~np.isin(batch.sensor - 1, status))
    assert np.sort(kept.time.astype(np.int64)).tolist() == np.sort(expected.time_us).tolist()
    # Each reading came before the mark that ends its slice.
    assert (kept.received <= kept.time).all()
    assert (kept.time - kept.received <= np.timedelta64(SLICE_US, "us")).all()


def _births(collected: Collected) -> set[int]:
    """Return the gateways that said online by themselves, as live ones do."""
    live = [row for row, (topic, _) in enumerate(collected.pairs) if topic == TOPIC.encode()]
    said = {topic for topic, payload in collected.pairs[max(live) :] if payload == b"online"}
    topics = [f"{prefix(gateway)}/status".encode() for gateway in ENROLMENT.gateways]
    return {row for row, topic in enumerate(topics) if topic in said}


@pytest.mark.server
async def test_a_lost_gateway_says_its_will_in_the_past_and_never_comes_back(
    site: RunningBroker,
) -> None:
    async with collecting(site) as collected, simulating(site, []) as going_live:
        live_us = await asyncio.wait_for(going_live, 30)
        await asyncio.sleep(1.5)
    lost = prefix(ENROLMENT.gateways[1]).encode()
    own = [(topic, payload) for topic, payload in collected.pairs if topic.startswith(lost + b"/")]
    assert own[-1] == (lost + b"/status", b"offline")
    home = received(collected).take(TABLE.sensor_home[received(collected).sensor] == 2)
    assert int(home.time.max().astype(np.int64)) < live_us - 100 * 60_000_000


@pytest.mark.server
async def test_the_past_waits_for_a_worker_that_is_far_behind(site: RunningBroker) -> None:
    end_us = publish.wall_us() // 1000 * 1000
    start_us = end_us - 3 * publish.DAY_US
    fleet, reached = Fleet(SCENARIO, end_us), [start_us]
    now: list[int | None] = [None]
    sending = asyncio.create_task(
        publish.backfill(
            fleet,
            Encoder(fleet.enrolment, "1"),
            target(site),
            start_us,
            end_us,
            on_progress=lambda progress: reached.append(progress.now_us),
            worker_now=lambda: now[0],
        )
    )
    async with asyncio.timeout(30):
        while reached[-1] <= start_us + publish.LEAD_US:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    assert not sending.done()
    assert reached[-1] <= start_us + publish.LEAD_US + SLICE_US
    now[0] = end_us
    assert await asyncio.wait_for(sending, 30) == end_us == reached[-1]
