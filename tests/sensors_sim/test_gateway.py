import asyncio

import pytest

from sensors_sim import gateway as live_gateway
from sensors_sim.dialects.dialect import Outgoing
from sensors_sim.gateway import LiveGateway
from sensors_sim.target import Target
from tests.brokers import GATEWAY, PLACE, RunningBroker
from tests.ingest.collect import collecting

OWN = f"stillwell/v1/{PLACE}/{GATEWAY.name}"


def messages(first: int, last: int) -> list[Outgoing]:
    return [Outgoing(0, f"{OWN}/native/r", b"%d" % i, i) for i in range(first, last)]


@pytest.mark.server
async def test_a_gateway_keeps_its_readings_in_order_while_the_broker_is_away(
    nats: RunningBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_gateway, "RETRY_S", 0.1)
    monkeypatch.setattr(live_gateway, "ACKNOWLEDGED_S", 1.0)
    home = LiveGateway(
        GATEWAY.name, OWN, Target(nats.host, nats.port, {GATEWAY.name: GATEWAY.password})
    )
    async with collecting(nats) as collected:
        running = asyncio.create_task(home.run())
        home.send(messages(0, 3))
        await collected.wait_until(lambda: b"2" in collected.payloads)
        assert collected.pairs[0] == (f"{OWN}/status".encode(), b"online")
        nats.stop()
        home.send(messages(3, 6))
        await asyncio.sleep(0.2)
        assert home.waiting == 3
        nats.start()
        await collected.wait_until(lambda: b"5" in collected.payloads)
        await collected.wait_until(lambda: home.waiting == 0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    said = [payload for topic, payload in collected.pairs if topic.endswith(b"/r")]
    assert list(dict.fromkeys(said)) == [b"%d" % i for i in range(6)]


def test_a_full_outbox_drops_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_gateway, "OUTBOX_MESSAGES", 2)
    home = LiveGateway(GATEWAY.name, OWN, Target("127.0.0.1", 1))
    home.send(messages(0, 5))
    assert home.waiting == 2
