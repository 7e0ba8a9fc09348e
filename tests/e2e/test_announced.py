"""A hub announces its devices to a real broker, an officer chooses rooms, and they are heard."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Page, expect

from config import registry
from config.kinds import Kind
from config.roles import Role
from tests.announced import CONTACT, device, ieee, listed
from tests.brokers import start_mosquitto
from tests.browser import open_browser, open_page
from tests.e2e.stack import PASSWORD, Stack, running, until
from tests.make import enrolment

pytestmark = [pytest.mark.server, pytest.mark.browser]
HUB = "stillwell/v1/fenbridge/gate-000001/zigbee2mqtt"
HOME = "home-000001"
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield an installation whose hub had announced before the worker came: the broker kept it."""
    folder: Path = tmp_path_factory.mktemp("announced")
    with start_mosquitto(folder / "mosquitto") as broker:
        found = listed(device(1, "hall-motion"), device(2, "Mx Sedge's window", (CONTACT,)))
        publish(broker.port, f"{HUB}/bridge/devices", found, retain=True)
        with running(folder / "site", enrolment(1), broker_port=broker.port) as stack:
            yield stack


def publish(port: int, topic: str, payload: bytes, *, retain: bool = False) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="gate-000001")
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(f"{Role.OFFICER.value}@test.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("(?<!/sign-in)$"))


@pytest.mark.parametrize("width", [320, 1280])
def test_from_the_announcement_to_the_first_reading_in_a_walk_test(
    stack: Stack, width: int
) -> None:
    number, name = (1, "hall-motion") if width == 320 else (3, "kitchen-motion")
    if number != 1:
        publish(stack.site.broker_port, f"{HUB}/bridge/devices", listed(device(number, name)))
    with open_browser() as browser, open_page(browser, stack.url, width=width) as page:
        sign_in(page)
        page.goto(f"/homes/{HOME}/announced")
        box = page.get_by_label(f"Add {name}")
        until(lambda: shows(page, box.count), 60, "the announcement is not on the page")
        assert "Sedge" not in page.content()
        box.check()
        page.get_by_label(f"Room of {name}").select_option(index=1)
        page.get_by_role("button", name="Add what is ticked").click()
        expect(page.locator("#walk-test")).to_be_visible(timeout=PATIENCE_MS)
        assert_enrolled(stack, {ieee(number), name})
        if page.get_by_role("button", name="Begin a walk test").count():
            page.get_by_role("button", name="Begin a walk test").click()
        expect(page.get_by_text("Test mode until")).to_be_visible(timeout=PATIENCE_MS)
        known = page.locator("td strong", has_text="heard").count()
        said = json.dumps({"occupancy": True}).encode()
        publish(stack.site.broker_port, f"{HUB}/{name}", said)
        heard = page.locator("td strong", has_text="heard")
        until(lambda: shows(page, lambda: heard.count() > known), 60, "it is not heard in the test")


def shows(page: Page, claim: Callable[[], object]) -> bool:
    """Return whether the page shows it; it is loaded again where it does not."""
    if claim():
        return True
    page.reload()
    return False


def assert_enrolled(stack: Stack, addresses: set[str]) -> None:
    with stack.database.connect() as connection:
        found = [one for one in registry.sensors(connection) if one.address in addresses]
    assert Kind.MOTION in {one.kind for one in found}
