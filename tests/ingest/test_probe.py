"""What would lose readings in silence is named before it does."""

from dataclasses import replace
from pathlib import Path

import pytest

from ingest.mqtt import ConnectOptions
from ingest.probe import TREE, probe
from tests.brokers import GATEWAY, HOST, WORKER, RunningBroker, start_mosquitto, start_nats
from tests.servers import free_port

pytestmark = pytest.mark.server
PROBER = replace(
    WORKER,
    may_publish=(*WORKER.may_publish, f"{TREE}#"),
    may_subscribe=(*WORKER.may_subscribe, f"{TREE}#"),
)


def options(broker: RunningBroker) -> ConnectOptions:
    return ConnectOptions(broker.host, broker.port, *broker.worker, "worker-1", ("stillwell/v1/#",))


async def test_mosquittos_defaults_are_named(tmp_path: Path) -> None:
    config = "max_queued_messages 1000\nmax_inflight_messages 20\nautosave_interval 1800\n"
    with start_mosquitto(tmp_path / "m", config) as broker:
        found = await probe(options(broker), tmp_path / "m" / "mosquitto.conf")
    said = " ".join(found.problems)
    assert "kept 1,0" in said
    assert "only 20 messages before" in said
    assert "anybody in" in said
    assert "autosave_interval 1" in said
    assert not found.unknown


async def test_a_good_broker_has_no_problem_but_what_cannot_be_known(tmp_path: Path) -> None:
    with start_nats(tmp_path / "nats", (GATEWAY, PROBER)) as broker:
        found = await probe(options(broker))
    assert not found.problems
    assert ["mqtt.broker_config" in line for line in found.unknown] == [True]


async def test_a_probe_that_is_not_allowed_is_unknown(nats: RunningBroker) -> None:
    found = await probe(options(nats))
    assert not found.problems
    assert any(TREE in line for line in found.unknown)


async def test_a_broker_that_is_away_is_unknown() -> None:
    found = await probe(ConnectOptions(HOST, free_port(), None, None, "worker-1", ()))
    assert not found.problems
    assert any("could not be probed" in line for line in found.unknown)
