"""A withdrawal stops the storing within one tick, on the page and by the command; P1 comes through.

With a real broker, worker and web process.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import select

from alerts import tables as ledger
from alerts.alert import AlertKind
from api import wiring
from config import registry
from config.homes import Home, HomeState
from ingest.clock import instant
from ingest.store.embedded import open_store_readonly
from tests.brokers import start_mosquitto
from tests.e2e.stack import PASSWORD, Stack, running, until
from tests.make import enrolment

pytestmark = [pytest.mark.server, pytest.mark.slow]
TODAY = datetime.now(UTC).date()


class Hub:
    """A gateway that says that somebody moves, a reading at a time."""

    def __init__(self, stack: Stack) -> None:
        gateway = stack.enrolment.gateways[0]
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id=gateway.id)
        self.client.connect("127.0.0.1", stack.site.broker_port)
        self.client.loop_start()
        self.topic = f"stillwell/v1/{gateway.place}/{gateway.id}/native/r"
        self.sent = 0

    def say(self, address: str, value: float) -> int:
        """Send one reading of now; return its time in ms."""
        self.sent += 1
        at_ms = time.time_ns() // 1_000_000
        payload = json.dumps({"b": "1", "s": self.sent, "r": [[address, at_ms, value]]})
        self.client.publish(self.topic, payload, qos=1).wait_for_publish(10)
        return at_ms

    def end(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def speaking(stack: Stack) -> Iterator[Hub]:
    hub = Hub(stack)
    try:
        yield hub
    finally:
        hub.end()


def kept_ms(stack: Stack, home: Home) -> list[int]:
    """Return the times of the readings of a home that are stored."""
    store = open_store_readonly(wiring.files(wiring.read_settings(stack.site.settings)).store)
    try:
        times = store.read(home.number, instant(0), instant(2**52)).time
    finally:
        store.close()
    return [int(one) // 1000 for one in times.astype("int64")]


def state_of(stack: Stack, home: Home) -> HomeState:
    with stack.database.connect() as connection:
        return next(one.state for one in registry.homes(connection) if one.id == home.id)


def alerts(stack: Stack) -> list[str]:
    with stack.database.connect() as connection:
        return list(connection.execute(select(ledger.alerts.c.kind)).scalars())


def decide_by_rest(browser: httpx2.Client, stack: Stack, home: Home) -> None:
    kinds = {one.kind.value for one in stack.enrolment.sensors}
    body = {
        "basis": "consent", "decided_by": "person",
        "decided_on": str(TODAY - timedelta(days=1)), "review_on": str(TODAY + timedelta(days=90)),
        "purpose": dict.fromkeys(kinds, "to see that all is well"),
    }  # fmt: skip
    answer = browser.post(f"/api/v1/homes/{home.id}/consents", json=body)
    assert answer.status_code == 200, answer.text


def withdraw_on_the_page(browser: httpx2.Client, _stack: Stack, home: Home) -> None:
    page = f"/homes/{home.id}/consent/withdraw"
    asked = browser.get(page).text
    seen = asked.partition('name="seen" value="')[2].partition('"')[0]
    form = {"why": "The person said no", "seen": seen}
    assert "Check your answers" in browser.post(page, data=form).text
    assert browser.post(page, data={**form, "step": "confirm"}).status_code == 303


def withdraw_by_command(_browser: httpx2.Client, stack: Stack, home: Home) -> None:
    words = ["consent", "withdraw", "--home", home.id, "--by", "officer@test.example"]
    said = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "api", *words, "--why", "The person said no",
         "--settings", str(stack.site.settings)],
        env=dict(os.environ), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("withdraw", [withdraw_on_the_page, withdraw_by_command])
def test_a_withdrawal_stops_the_storing_within_one_tick(tmp_path: Path, withdraw: object) -> None:
    assert callable(withdraw)
    with (
        start_mosquitto(tmp_path / "mosquitto") as broker,
        running(tmp_path / "site", enrolment(1), broker_port=broker.port) as stack,
        httpx2.Client(base_url=stack.url, headers={"Origin": stack.url}, timeout=30) as browser,
        speaking(stack) as hub,
    ):
        (home,) = stack.enrolment.homes
        tick_s = wiring.read_settings(stack.site.settings).engine.tick_s
        by_address = {one.kind.value: one.address for one in stack.enrolment.sensors}
        signed = browser.post(
            "/sign-in", data={"email": "officer@test.example", "password": PASSWORD}
        )
        assert signed.status_code == 303
        decide_by_rest(browser, stack, home)
        first = hub.say(by_address["motion"], 1)
        until(lambda: first in kept_ms(stack, home), 30, "nothing is stored before")

        withdraw(browser, stack, home)
        withdrawn_ms = time.time_ns() // 1_000_000
        assert state_of(stack, home) is HomeState.AWAITING_CONSENT
        while time.time_ns() // 1_000_000 < withdrawn_ms + 10_000:
            hub.say(by_address["motion"], hub.sent % 2)
            time.sleep(0.2)

        smoke = hub.say(by_address["smoke"], 1)
        until(lambda: AlertKind.SMOKE.value in alerts(stack), 30, "no alert of smoke")
        kept = kept_ms(stack, home)
        assert first in kept
        assert max(kept) < withdrawn_ms + min(tick_s * 1000, 9_000)
        assert smoke not in kept
