"""A sensor is replaced over a real broker: the number stays, the old address is a stranger's."""

import time
from pathlib import Path

import httpx2
import numpy as np
import pytest

from alerts.alert import AlertKind
from api import wiring
from config.homes import Sensor
from config.kinds import Kind
from ingest.clock import instant
from ingest.store.embedded import open_store_readonly
from tests.brokers import start_mosquitto
from tests.e2e.stack import PASSWORD, Stack, running, until
from tests.e2e.test_withdrawal import alerts, speaking
from tests.make import enrolment

pytestmark = [pytest.mark.server, pytest.mark.slow]


def stored_ms(stack: Stack, sensor: Sensor) -> set[int]:
    """Return the times of the readings that are stored under a sensor's number."""
    store = open_store_readonly(wiring.files(wiring.read_settings(stack.site.settings)).store)
    try:
        kept = store.read(sensor.home or 0, instant(0), instant(2**52))
    finally:
        store.close()
    times = kept.time[kept.sensor == sensor.number].astype(np.int64)
    return {int(one) // 1000 for one in times}


def replace(browser: httpx2.Client, sensor: Sensor, home: str, address: str) -> None:
    answer = browser.post(
        f"/api/v1/homes/{home}/sensors/{sensor.id}/replacement",
        json={"address": address, "why": "its battery leaks"},
    )
    assert answer.status_code == 200, answer.text


def test_the_new_address_goes_on_under_the_number_and_the_old_one_only_calls_for_help(
    tmp_path: Path,
) -> None:
    with (
        start_mosquitto(tmp_path / "mosquitto") as broker,
        running(tmp_path / "site", enrolment(1), broker_port=broker.port) as stack,
        httpx2.Client(base_url=stack.url, headers={"Origin": stack.url}, timeout=30) as browser,
        speaking(stack) as hub,
    ):
        (home,) = stack.enrolment.homes
        by_kind = {one.kind: one for one in stack.enrolment.sensors}
        motion, smoke = by_kind[Kind.MOTION], by_kind[Kind.SMOKE]
        form = {"email": "officer@test.example", "password": PASSWORD}
        assert browser.post("/sign-in", data=form).status_code == 303
        first = hub.say(motion.address, 1)
        until(lambda: first in stored_ms(stack, motion), 30, "nothing is stored before")

        replace(browser, motion, home.id, "hall-motion-2")
        replace(browser, smoke, home.id, "hall-smoke-2")
        replaced_ms = time.time_ns() // 1_000_000

        def new_is_stored() -> bool:
            hub.say(motion.address, hub.sent % 2)
            sent = hub.say("hall-motion-2", hub.sent % 2)
            time.sleep(0.5)
            return sent in stored_ms(stack, motion)

        until(new_is_stored, 60, "what the new device says is not stored under the number")
        old = {hub.say(motion.address, hub.sent % 2) for _ in range(5)}
        time.sleep(0.05)  # readings are told apart by their times
        last = hub.say("hall-motion-2", 1)
        until(lambda: last in stored_ms(stack, motion), 30, "the new device is not heard any more")
        kept = stored_ms(stack, motion)
        assert first in kept
        assert not old & kept
        assert max(one for one in kept if one < replaced_ms) >= first
        assert alerts(stack) == []
        hub.say(smoke.address, 1)
        until(lambda: AlertKind.SMOKE.value in alerts(stack), 30, "the old alarm called in vain")
