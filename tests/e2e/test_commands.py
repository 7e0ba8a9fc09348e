"""Commands beside a running worker: enrol, replay, check."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from api import wiring
from api.exits import Exit
from api.health import beats
from api.site import create
from api.supervisor import Supervisor
from config import registry
from config.database import connect
from ingest.clock import instant
from ingest.store.embedded import open_store_readonly
from tests.brokers import start_mosquitto
from tests.e2e.stack import Stack, running, until
from tests.make import enrolment
from tests.servers import free_port

HOME = """
[[home]]
place = "fenbridge"
label = "Home 61, Larch Row"
gateway = "gate-sixty-one"

[[home.sensor]]
dialect = "native"
address = "hall-motion"
kind = "motion"
room = "hall"
"""
RECORDING = """time,sensor,value
2026-03-28T22:00:00Z,hall-motion,1
2026-03-28T22:01:00Z,hall-motion,0
2026-03-29T01:30:00+00:00,front-door,1
2026-03-29T01:30:05+00:00,front-door,0
"""


def _stillwell(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "api", *words, "--settings", str(stack.site.settings)],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _readings(stack: Stack, gateway: str) -> list[float]:
    settings = wiring.read_settings(stack.site.settings)
    with stack.database.connect() as connection:
        table = registry.load(connection)
    number = table.gateway_number.get(gateway)
    home = None if number is None else table.gateways[number].home
    if home is None:
        return []
    store = open_store_readonly(wiring.files(settings).store)
    try:
        values: list[float] = store.read(home, instant(0), instant(2**52)).value.tolist()
    finally:
        store.close()
    return values


@pytest.mark.server
def test_a_home_enrolled_beside_a_running_worker_is_heard(tmp_path: Path) -> None:
    plan = tmp_path / "homes.toml"
    plan.write_text(HOME, "utf-8")
    with (
        start_mosquitto(tmp_path / "mosquitto") as broker,
        running(tmp_path / "site", enrolment(1), with_web=False, broker_port=broker.port) as stack,
    ):
        enrolled = _stillwell(stack, "enrol", str(plan))
        assert enrolled.returncode == Exit.OK, enrolled.stderr

        def knows_two() -> bool:
            with stack.database.connect() as connection:
                return bool(beats(connection)["worker"].state["homes"] == 2)

        until(knows_two, 10, "the worker does not follow the roster")
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id="gate-sixty-one")
        client.connect("127.0.0.1", stack.site.broker_port)
        client.loop_start()
        reading = ["hall-motion", time.time_ns() // 1_000_000, 1]
        payload = json.dumps({"b": "1", "s": 1, "r": [reading]})
        topic = "stillwell/v1/fenbridge/gate-sixty-one/native/r"
        client.publish(topic, payload, qos=1).wait_for_publish(10)
        client.disconnect()
        client.loop_stop()

        until(lambda: _readings(stack, "gate-sixty-one") == [1.0], 10, "nothing is stored")
        checked = _stillwell(stack, "check")

    problems = [line for line in checked.stdout.splitlines() if line.startswith("NOT READY")]
    assert checked.returncode == Exit.NOT_READY, checked.stdout
    assert {line.partition(":")[2].strip() for line in problems} == {
        "The broker lets anybody in without a password: set allow_anonymous false."
    }, checked.stdout


@pytest.mark.server
def test_a_recorded_file_is_replayed_from_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "recording.csv"
    file.write_text(RECORDING, "utf-8")
    with (
        start_mosquitto(tmp_path / "mosquitto") as broker,
        running(
            tmp_path / "site",
            enrolment(1),
            clock="virtual",
            with_web=False,
            broker_port=broker.port,
        ) as stack,
    ):
        said = _stillwell(stack, "replay", str(file), "--place", "fenbridge")
        assert said.returncode == Exit.OK, said.stderr

        until(
            lambda: sorted(_readings(stack, "replayed-gateway")) == [0.0, 0.0, 1.0, 1.0],
            15,
            "the recording is not in the store",
        )
    assert "acknowledged by the broker" in said.stdout


def test_a_recorded_file_is_replayed_in_process(tmp_path: Path) -> None:
    file = tmp_path / "recording.csv"
    file.write_text(RECORDING, "utf-8")
    site, made = create(
        tmp_path / "site",
        enrolment(1),
        broker_port=free_port(),
        web_port=free_port(),
        clock="virtual",
    )
    database = connect(site.database_url)
    stack = Stack(site, made, database, Supervisor(lambda _: None), {}, {})

    said = _stillwell(stack, "replay", str(file), "--place", "fenbridge", "--in-process")

    assert said.returncode == Exit.OK, said.stderr
    assert sorted(_readings(stack, "replayed-gateway")) == [0.0, 0.0, 1.0, 1.0]
    database.dispose()
