import asyncio
import json
import socket
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.broker import Broker, BrokerError, BrokerUser, command, wait_until_ready, write_config
from ingest.broker_config import render, subjects
from ingest.publisher import Publisher, PublishFailedError
from tests.brokers import GATEWAY, HOST, OTHER_GATEWAY, PLACE, WORKER, RunningBroker
from tests.ingest.collect import Collected, collecting
from tests.servers import free_port

OWN = f"stillwell/v1/{PLACE}/gateway-0001"


def gateway(broker: RunningBroker) -> Publisher:
    return Publisher(broker.host, broker.port, "gateway-0001", *broker.gateway, timeout_s=5)


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        ("stillwell/v1/#", ["stillwell.v1", "stillwell.v1.>"]),
        ("a/+/c", ["a.*.c"]),
        ("a.b/c", ["a//b.c"]),
        ("#", [">"]),
        ("stillwell-receipt/v1/g-1", ["stillwell-receipt.v1.g-1"]),
    ],
)
def test_topics_become_subjects(pattern: str, covered: list[str]) -> None:
    assert subjects(pattern) == covered


@pytest.mark.parametrize("pattern", ["", "a//b", "/a", "a b", "a/*", "a/>", "a/#/b", "a+", "a/b#"])
def test_a_pattern_without_a_subject_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="cannot be expressed"):
        subjects(pattern)


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1))
def test_any_printable_password_survives_the_configuration(password: str) -> None:
    user = BrokerUser("u", password, ("a/b",))
    if password.startswith("$2"):
        with pytest.raises(ValueError, match="bcrypt"):
            render(Path("folder"), HOST, 1883, [user])
        return
    config = json.loads(render(Path("folder"), HOST, 1883, [user]))
    assert config["authorization"]["users"][0]["password"] == password


def test_a_user_without_rights_gets_no_empty_list() -> None:
    config = json.loads(render(Path("folder"), HOST, 1883, [BrokerUser("u", "p")]))
    permissions = config["authorization"]["users"][0]["permissions"]
    assert permissions["publish"]["allow"] == ["stillwell-nothing"]
    assert permissions["subscribe"]["allow"] == ["stillwell-nothing"]


def test_secrets_are_in_a_private_file_and_not_among_the_arguments(tmp_path: Path) -> None:
    path = write_config(tmp_path / "broker", HOST, free_port(), [WORKER])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert WORKER.password not in " ".join(command(path))
    assert WORKER.password not in repr(WORKER)


@pytest.mark.server
async def test_strange_passwords_sign_in(tmp_path: Path) -> None:
    port = free_port()
    users = [
        BrokerUser(f"user-{n}", password, ("a/#",))
        for n, password in enumerate(['q"uo\\te', "sp ace#{}", "$PATH", "12345", "é∆", "true"])
    ]
    broker = Broker(write_config(tmp_path, HOST, port, users), HOST, port)
    await broker.start()
    try:
        for user in users:
            async with Publisher(HOST, port, user.name, user.name, user.password) as publisher:
                await publisher.publish("a/b", b"x")
    finally:
        broker.stop()
    assert broker.pid is None


@pytest.mark.server
async def test_the_worker_receives_what_a_gateway_may_publish(nats: RunningBroker) -> None:
    async with collecting(nats) as collected, gateway(nats) as publisher:
        await publisher.publish(f"{OWN}/native/r", b"one")
        await collected.wait_for(1)
    assert collected.pairs == [(f"{OWN}/native/r".encode(), b"one")]


@pytest.mark.server
@pytest.mark.parametrize(
    "forged",
    [
        f"stillwell/v1/{PLACE}/gateway-0002/native/r",
        "stillwell/v1/place-0002/gateway-0001/native/r",
        "stillwell-receipt/v1/gateway-0001",
        "stillwell/v1/clock",
        f"$MQTT/msgs/stillwell/v1/{PLACE}/gateway-0002/r",
        "$JS/API/STREAM/DELETE/$MQTT_msgs",
        f"stillwell/v1/{PLACE}/*/native/r",
        f"stillwell/v1/{PLACE}/>",
    ],
)
async def test_a_forged_publish_reaches_nobody(nats: RunningBroker, forged: str) -> None:
    async with collecting(nats) as collected, gateway(nats) as publisher:
        await publisher.publish(forged, b"forged")
        await publisher.publish(f"{OWN}/native/r", b"own")
        await collected.wait_for(1)
        await asyncio.sleep(0.1)
    assert collected.payloads == [b"own"]


@pytest.mark.server
@pytest.mark.parametrize(
    "topic",
    [
        "#",
        "stillwell/v1/#",
        f"stillwell/v1/{PLACE}/gateway-0002/#",
        "stillwell-receipt/v1/+",
        "$MQTT/msgs/#",
        "$MQTT/sub/#",
    ],
)
async def test_a_gateway_reads_nothing_but_its_receipts(nats: RunningBroker, topic: str) -> None:
    spy = collecting(nats, topics=(topic,), user=nats.gateway, client_id="spy")
    async with spy as collected:
        await collected.wait_until(lambda: collected.subscriber.counts.grant_failures > 0)
        async with Publisher(
            nats.host, nats.port, "gw-2", OTHER_GATEWAY.name, OTHER_GATEWAY.password
        ) as publisher:
            await publisher.publish(f"stillwell/v1/{PLACE}/gateway-0002/native/r", b"private")
        await asyncio.sleep(0.1)
        assert collected.payloads == []
        assert "does not let us read" in (collected.subscriber.problem or "")


@pytest.mark.server
async def test_a_gateway_reads_its_own_receipt(nats: RunningBroker) -> None:
    mine = collecting(nats, topics=GATEWAY.may_subscribe, user=nats.gateway, client_id="gw-1")
    async with mine as collected:
        async with Publisher(nats.host, nats.port, "worker-out", *nats.worker) as worker:
            await worker.publish("stillwell-receipt/v1/gateway-0002", b"not mine")
            await worker.publish("stillwell-receipt/v1/gateway-0001", b"mine")
        await collected.wait_for(1)
    assert collected.payloads == [b"mine"]


@pytest.mark.server
async def test_a_gateway_that_takes_the_workers_client_id_gets_none_of_its_readings(
    nats: RunningBroker,
) -> None:
    async with collecting(nats, client_id="worker-1"):
        pass
    async with gateway(nats) as publisher:
        await publisher.publish(f"{OWN}/native/r", b"private")
    thief: Collected
    async with collecting(nats, topics=(), user=nats.gateway, client_id="worker-1") as thief:
        await asyncio.sleep(0.5)
        assert thief.payloads == []


@pytest.mark.server
async def test_no_user_gets_in_without_its_password(nats: RunningBroker) -> None:
    for user in ((None, None), ("gateway-0001", "wrong"), ("nobody", "geheim-1")):
        with pytest.raises(PublishFailedError):
            async with Publisher(nats.host, nats.port, "x", *user, timeout_s=5):
                pass


@pytest.mark.server
async def test_messages_survive_a_killed_broker(nats: RunningBroker) -> None:
    async with collecting(nats):
        pass
    async with gateway(nats) as publisher:
        for n in range(20):
            await publisher.publish(f"{OWN}/native/r", str(n).encode())
    nats.kill()
    nats.start()
    async with collecting(nats) as collected:
        await collected.wait_for(20)
    assert collected.payloads == [str(n).encode() for n in range(20)]


async def test_a_port_in_use_is_a_clear_message(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        broker = Broker(write_config(tmp_path, HOST, port, [WORKER]), HOST, port)
        with pytest.raises(BrokerError, match=f"{port}"):
            await broker.start(timeout_s=1)
    assert broker.pid is None


async def test_no_broker_is_a_clear_message() -> None:
    with pytest.raises(BrokerError, match="no broker on"):
        await wait_until_ready(HOST, free_port(), timeout_s=0.3)
