"""A care worker's journey, from the message that arrives to an alert that is resolved.

Real broker, worker, mail server and browser; by keyboard alone, at every width, with scripts and
without, and in forced colours.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, Literal

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select

from alerts import tables
from alerts.alert import reference
from api import wiring
from config import contacts, household_rows, keys, ladder_rows, ladders, recipients
from config import tables as registry
from config.households import Address, Household, Person
from config.recipients import Recipient
from config.roles import Role
from ingest.clock import SystemClock, microseconds
from tests.brokers import start_mosquitto
from tests.browser import open_browser, open_page, overflow
from tests.e2e.stack import PASSWORD, Stack, running, until
from tests.e2e.test_announced import publish
from tests.e2e.test_pages import SHOWS_FOCUS
from tests.make import enrolment
from tests.servers import free_port

pytestmark = [pytest.mark.server, pytest.mark.browser, pytest.mark.slow]

Colours = Literal["none", "active"]
PATIENCE_MS = 60_000
CARER = f"{Role.CARE_WORKER.value}@test.example"
WAYS: list[tuple[int, bool, Colours]] = [
    (320, True, "none"),
    (320, False, "active"),
    (768, True, "active"),
    (768, False, "none"),
    (1280, True, "none"),
    (1280, False, "none"),
]
"""Width, scripts, forced colours: each home lives through one of them."""


class Mailbox:
    """A mail server that keeps what it took: to whom, and the text."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: ANN401, N802  # aiosmtpd's
        letter = message_from_bytes(envelope.content, policy=default)
        body = letter.get_body()
        assert body is not None
        self.taken += [(to, body.get_content().strip()) for to in envelope.rcpt_tos]
        return "250 taken"


@dataclass
class Council:
    stack: Stack
    mail: Mailbox


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Council]:
    folder: Path = tmp_path_factory.mktemp("journey")
    mail = Mailbox()
    port = free_port()
    server = Controller(mail, hostname="127.0.0.1", port=port)
    server.start()
    smtp = f'\n[smtp]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
    try:
        with (
            start_mosquitto(folder / "mosquitto") as broker,
            running(
                folder / "site", enrolment(len(WAYS)), broker_port=broker.port, more=smtp
            ) as stack,
        ):
            furnish(stack)
            yield Council(stack, mail)
    finally:
        server.stop()


def furnish(stack: Stack) -> None:
    """Say who is told of a P1, and who lives behind each door."""
    settings = wiring.read_settings(stack.site.settings)
    now_us = microseconds(SystemClock().now())
    vault = keys.open_vault(settings, stack.database)
    rung = {"who": ["role:care-worker"], "channel": ["email"], "wait_min": 15}
    fallback = {"who": ["role:supervisor"], "channel": ["email"], "wait_min": 15}
    plan = ladders.read_plan({"rung": [rung], "fallback": fallback}, "here", "P1")
    people = contacts.read_plan(
        {"contact": [{"kind": "person", "name": "Mx Sedge Invented", "phone": "01632 960 077"}]},
        "here",
    )
    with stack.database.begin() as connection:
        a = registry.accounts.c
        by = connection.execute(select(a.id).where(a.email == CARER)).scalar_one()
        recipients.save(connection, by, Recipient(email=CARER))
        ladder_rows.save(connection, "fenbridge", "P1", plan, by, now_us)
        for home in stack.enrolment.homes:
            contacts.save(connection, vault, home.id, people, by, now_us)
            person = Person("Mx Sedge Invented", None, "", "", "en")
            address = Address(("2 Nowhere Lane",), "Exampleton", "ZZ1 2AB")
            household_rows.save(
                connection,
                vault,
                home.id,
                Household((person,), address, "Ring twice.", "1234#"),
                revision=None,
                by=by,
                now_us=now_us,
            )


@pytest.fixture(scope="module")
def browser(council: Council) -> Iterator[Browser]:  # after it: its loop runs here
    with open_browser() as browser:
        yield browser


def reach(page: Page, target: Locator) -> None:
    """Come to a control by the Tab key alone; it shows that it has the focus."""
    expect(target).to_be_visible(timeout=PATIENCE_MS)
    for _ in range(150):
        if target.evaluate("one => one === document.activeElement"):
            assert page.evaluate(SHOWS_FOCUS)
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not reached by keyboard")


def press(page: Page, target: Locator) -> None:
    reach(page, target)
    page.keyboard.press("Enter")


def resolve_in_words(page: Page) -> None:
    """Choose what was found by the arrow keys, write a note, and resolve the alert."""
    radios = page.locator("input[name=outcome][type=radio]")
    reach(page, radios.first)
    page.keyboard.press("Space")
    for _ in range(radios.count()):
        if page.get_by_label("Seen well").is_checked():
            break
        page.keyboard.press("ArrowDown")
    reach(page, page.get_by_label("Note"))
    page.keyboard.type("Sat in the garden.")
    press(page, page.get_by_role("button", name="Resolve this alert"))


@contextmanager
def carer(council: Council, browser: Browser, width: int, *, has_script: bool) -> Iterator[Page]:
    with open_page(browser, council.stack.url, width=width, has_script=has_script) as page:
        page.set_default_timeout(PATIENCE_MS)
        yield page


def alert_of(council: Council, home: str) -> str:
    """Return the alert that stands at a home once it was raised."""
    found: list[str] = []
    query = select(tables.alerts.c.id).where(tables.alerts.c.home == home)

    def is_raised() -> bool:
        with council.stack.database.connect() as connection:
            found[:] = connection.execute(query).scalars()
        return bool(found)

    until(is_raised, 60, "no alert was raised")
    return found[0]


@pytest.mark.parametrize(("width", "has_script", "colours"), WAYS)
def test_from_the_message_to_resolved_by_keyboard_alone(
    council: Council, browser: Browser, width: int, *, has_script: bool, colours: Colours
) -> None:
    number = WAYS.index((width, has_script, colours))
    home, hub = council.stack.enrolment.homes[number], council.stack.enrolment.gateways[number]
    topic = f"stillwell/v1/fenbridge/{hub.id}/zigbee2mqtt/button"
    publish(council.stack.site.broker_port, topic, b'{"action": "emergency"}')
    alert = alert_of(council, home.id)
    wanted = f"P1 alert in your area. Open Stillwell to see it. Ref {reference(alert)}."
    until(lambda: (CARER, wanted) in council.mail.taken, 60, "the message did not arrive")

    with carer(council, browser, width, has_script=has_script) as page:
        page.emulate_media(forced_colors=colours)
        page.goto("/")
        reach(page, page.get_by_label("Email address"))
        page.keyboard.type(CARER)
        reach(page, page.get_by_label("Password", exact=True))
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/mine")
        card = page.locator(".stillwell-line", has_text=f"Ref {reference(alert)}")
        expect(card).to_contain_text("P1 Life safety")
        assert overflow(page) <= 0
        press(page, card.get_by_role("button", name="I'm going"))

        page.wait_for_url(f"**/alerts/{alert}*")
        standing = page.locator("#standing")
        expect(standing).to_contain_text("You are on the way", timeout=PATIENCE_MS)
        call = page.get_by_role("link", name=re.compile("^Call 01632 960 077"))
        reach(page, call)
        assert call.get_attribute("href") == "tel:01632960077"
        press(page, page.get_by_role("button", name="Mx Sedge Invented: no answer"))
        expect(page.locator(".stillwell-contacts")).to_contain_text("no answer")

        press(page, page.get_by_role("button", name="Show the code of the key safe"))
        expect(page.get_by_text("1234#")).to_be_visible(timeout=PATIENCE_MS)
        assert noted(council, home.id) == 1
        assert overflow(page) <= 0
        page.goto(f"/alerts/{alert}")
        if width == WAYS[0][0]:
            press(page, page.get_by_role("button", name="Seen well"))
        else:
            resolve_in_words(page)
        expect(standing).to_contain_text(
            "Seen well: resolved by Test care-worker", timeout=PATIENCE_MS
        )
        assert overflow(page) <= 0
        page.goto("/mine")
        expect(page.get_by_text("You have no alert now.")).to_be_visible()
    told = [text for _, text in council.mail.taken if reference(alert) in text]
    assert told == [wanted], "one message, of nobody's name or door"


def noted(council: Council, home: str) -> int:
    """Return how often the code of a home's key safe was asked for, by the audit log."""
    a = registry.audit.c
    query = select(a.detail).where(a.subject == f"home:{home}", a.what == household_rows.KEY_SAFE)
    with council.stack.database.connect() as connection:
        return len(connection.execute(query).all())
