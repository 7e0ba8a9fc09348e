"""From a Zigbee2MQTT smoke payload at a real broker to the alert on an open page in Chromium."""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
from playwright.sync_api import Page

from config.homes import Enrolment, Sensor
from config.kinds import Kind
from ingest.publisher import Publisher
from tests.browser import open_browser
from tests.e2e.stack import PASSWORD, Stack, running
from tests.make import enrolment

ALERTS: Final = 200
GAP_S: Final = 0.15
DEVICE: Final = "hall/smoke"

WATCH: Final = """
() => {
  window.seen = {};
  const look = () => {
    const now = Date.now();
    for (const link of document.querySelectorAll('a[href^="/alerts/"]')) {
      const id = link.getAttribute('href').split('/')[2];
      if (!(id in window.seen)) window.seen[id] = now;
    }
  };
  look();
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
}
"""


def smoke_homes(count: int) -> Enrolment:
    """Return homes that each have one Zigbee2MQTT smoke detector."""
    made = enrolment(count, kinds=())
    first = max(s.number for s in made.sensors) + 1
    detectors = [
        Sensor(
            first + i,
            f"smoke-{first + i:06d}",
            home.number,
            home.number,
            "zigbee2mqtt",
            DEVICE,
            Kind.SMOKE,
            "hall",
        )
        for i, home in enumerate(made.homes)
    ]
    return Enrolment(made.homes, made.gateways, (*made.sensors, *detectors))


def sign_in(page: Page, url: str, role: str = "operator") -> None:
    """Sign in through the form."""
    page.goto(f"{url}/sign-in")
    page.fill("input[name=email]", f"{role}@test.example")
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/alerts*")


def measure(folder: Path, alerts: int = ALERTS) -> list[float]:
    """Return milliseconds from publish to page, one for each alert that appeared."""
    with running(folder, smoke_homes(alerts)) as stack, open_browser() as browser:
        page = browser.new_page()
        sign_in(page, stack.url)
        page.evaluate(WATCH)
        page.wait_for_timeout(1000)
        with ThreadPoolExecutor(1) as pool:
            sent_ms = pool.submit(asyncio.run, _publish(stack, alerts)).result()
        page.wait_for_function(f"Object.keys(window.seen).length >= {alerts}", timeout=30_000)
        seen: dict[str, Any] = page.evaluate("window.seen")
        homes = _home_of_alert(stack)
        return [seen[alert] - sent_ms[homes[alert]] for alert in seen]


async def _publish(stack: Stack, alerts: int) -> dict[str, float]:
    """Publish one smoke payload a home, in turn; return when by home id, ms since 1970."""
    sent: dict[str, float] = {}
    for home, gateway in zip(
        stack.enrolment.homes[:alerts], stack.enrolment.gateways[:alerts], strict=True
    ):
        topic = f"stillwell/v1/{gateway.place}/{gateway.id}/zigbee2mqtt/{DEVICE}"
        payload = json.dumps({"smoke": True, "battery": 97, "linkquality": 120}).encode()
        async with Publisher(
            "127.0.0.1", stack.site.broker_port, gateway.id, gateway.id, stack.passwords[gateway.id]
        ) as publisher:
            sent[home.id] = time.time() * 1000
            await publisher.publish(topic, payload)
        await asyncio.sleep(GAP_S)
    return sent


def _home_of_alert(stack: Stack) -> dict[str, str]:
    from sqlalchemy import select

    from alerts import tables

    query = select(tables.alerts.c.id, tables.alerts.c.home)
    with stack.database.connect() as connection:
        return {row.id: row.home for row in connection.execute(query)}


def p99(latencies_ms: list[float]) -> float:
    """Return the 99th percentile."""
    return float(np.percentile(latencies_ms, 99))
