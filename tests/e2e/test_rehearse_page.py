"""Rehearsing on a page, in a real browser, over an installation that lived for some days."""

import asyncio
import csv
import io
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine, select

from alerts import rehearsal_tables as tables
from alerts import rehearsals
from alerts.rehearsals import Candidate, RehearsalState
from api import wiring
from api.fast_path import feed
from config import tables as registry
from config.database import connect
from ingest.clock import SystemClock, microseconds
from sensors_sim.reels import of_scenario
from sensors_sim.scenario import parse
from tests.browser import open_browser
from tests.e2e.paths import site_of
from tests.e2e.stack import PASSWORD

DAY_US = 86_400_000_000
SCENARIO = """
seed = 11
days = 8
end = 2026-11-22T12:00:00Z
places = ["fenbridge", "abercoed"]
homes_per_place = 4
zigbee_homes_per_place = 0

[[incident]]
kind = "collapse"
place = "fenbridge"
home = 1
before_end_h = 30

[[incident]]
kind = "cold-home"
place = "fenbridge"
home = 2
before_end_h = 60
"""
PATIENCE_MS = 120_000
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass
class Lived:
    """A served installation; ``file`` holds its settings."""

    url: str
    file: Path
    database: Engine
    span: tuple[int, int]
    process: "subprocess.Popen[bytes]"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    folder = tmp_path_factory.mktemp("rehearsing")
    reel = of_scenario(parse(SCENARIO, file="test"))
    site = site_of(reel, folder / "site")
    asyncio.run(feed(wiring.read_settings(site.settings), reel))
    settings = wiring.read_settings(site.settings)
    database = connect(site.database_url)
    span = (reel.start_us, reel.end_us)
    url = f"http://127.0.0.1:{settings.web.port}"
    process = serve(site.settings, url, folder / "web.log")
    lived = Lived(url, site.settings, database, span, process)
    yield lived
    lived.process.terminate()
    lived.process.wait(30)
    database.dispose()


@pytest.fixture(scope="module")
def browser(lived: Lived) -> Iterator[Browser]:  # after it: a browser's loop runs in this thread
    with open_browser() as browser:
        yield browser


def serve(file: Path, url: str, log: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "api", "web", "--settings", str(file)]
    with log.open("ab") as written:
        process = subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT)  # noqa: S603  # our own interpreter
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):  # noqa: S310  # loopback
                return process
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8")[-2000:])


def signed_in(lived: Lived, browser: Browser, who: str, **more: object) -> BrowserContext:
    context = browser.new_context(base_url=lived.url, **more)  # type: ignore[arg-type]  # by name
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(f"{who}@test.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return context


def ask(page: Page, **typed: str) -> None:
    """Fill the form of Fenbridge and come to the page on which it is checked."""
    page.goto("/rehearse")
    page.get_by_role("button", name="Rehearse Fenbridge").click()
    for details in page.locator("details").all():
        details.evaluate("one => one.open = true")
    for name, value in typed.items():
        field = page.locator(f"[name='{name.replace('__', '-')}']")
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.get_by_role("button", name="Continue").click()


def number_of(page: Page) -> int:
    return int(page.url.split("?")[0].rsplit("/", 1)[1])


def wait_for(lived: Lived, number: int, *states: RehearsalState) -> RehearsalState:
    end = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < end:
        with lived.database.connect() as connection:
            kept = rehearsals.find(connection, ["fenbridge"], number)
        assert kept is not None
        if kept.state in states:
            return kept.state
        time.sleep(0.2)
    raise AssertionError(kept)


def look(page: Page, name: str) -> None:
    """Hold a page to width and accessibility; keep its picture where somebody wants it."""
    for width in (320, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} wide at {width}"
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
        found = Axe().run(page).response["violations"]
        assert not found, (name, width, [(one["id"], one["nodes"][0]["html"]) for one in found])


def test_an_officer_rehearses_and_finds_it_again(lived: Lived, browser: Browser) -> None:
    context = signed_in(lived, browser, "officer")
    page = context.new_page()
    ask(page, cold_review_c="21.5", mode__inactivity="off", homes="")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    expect(page.locator("main")).to_contain_text("cold_review_c: 21.5")
    look(page, "rehearse-check")
    page.get_by_role("button", name="Begin the rehearsal").click()
    number = number_of(page)
    page.goto("/rehearse")
    page.get_by_role("link", name=re.compile(f"rehearsal {number}$")).click()
    wait_for(lived, number, RehearsalState.DONE)
    expect(page.get_by_text("Show what came of it")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_text("Show what came of it").click()
    main = page.locator("main")
    expect(main).to_contain_text("it gives exactly the")
    expect(main).to_contain_text("Staff hours")
    look(page, "rehearse-result")
    kinds = page.locator("table", has=page.locator("caption", has_text="Alerts by kind"))
    silent = kinds.locator("tr", has_text="No sign of life").locator("td").all_inner_texts()
    cold = kinds.locator("tr", has_text="Cold home").first.locator("td").all_inner_texts()
    assert int(silent[0]) > 0, "somebody collapsed"
    assert int(silent[1]) == 0, "it was switched off"
    assert int(silent[3]) == int(silent[0]), "all of them are removed"
    assert int(cold[2]) > 0, "a higher limit adds some"

    with page.expect_download() as caught:
        page.get_by_role("link", name="Download every alert (CSV)").click()
    rows = list(csv.DictReader(io.StringIO(Path(caught.value.path()).read_text("utf-8"))))
    with lived.database.connect() as connection:
        t = tables.alerts.c
        kept = connection.execute(select(t.id).where(t.rehearsal == number)).all()
    assert len(rows) == len(kept) > 0
    assert {row["change"] for row in rows} >= {"added", "removed"}
    home = next(row for row in rows if row["home"])
    page.get_by_role("link", name=home["label"]).first.click()
    page.wait_for_url(f"**/homes/{home['home']}")
    with lived.database.connect() as connection:
        a = registry.audit.c
        told = connection.execute(select(a.what).where(a.subject == f"rehearsal:{number}"))
        assert set(told.scalars()) >= {"rehearsal", "read", "export"}
    context.close()


def test_it_works_without_scripts_and_for_one_home(lived: Lived, browser: Browser) -> None:
    with lived.database.connect() as connection:
        h = registry.homes.c
        home = connection.execute(select(h.id).where(h.place == "fenbridge")).scalars().first()
    context = signed_in(lived, browser, "supervisor", java_script_enabled=False)
    page = context.new_page()
    page.goto("/rehearse/fenbridge/new")
    page.locator("#homes").fill(str(home))
    page.get_by_text("Silences and coming back").click()
    page.locator("#silence_z").fill("1")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Begin the rehearsal").click()
    number = number_of(page)
    wait_for(lived, number, RehearsalState.DONE)
    page.goto(f"/rehearse/fenbridge/{number}")
    expect(page.locator("main")).to_contain_text("Alerts and staff time")
    with lived.database.connect() as connection:
        t = tables.alerts.c
        homes = connection.execute(select(t.home).where(t.rehearsal == number)).scalars()
        assert set(homes) <= {home}
    page.goto("/rehearse")
    look_without_script(page)
    context.close()


def look_without_script(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 900})
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/rehearse-list-320.png", full_page=True)


def test_what_is_typed_wrong_is_told_beside_its_field(lived: Lived, browser: Browser) -> None:
    context = signed_in(lived, browser, "officer")
    page = context.new_page()
    ask(page, from__d="31", from__m="2", cold_review_c="warm", silence_z="99", homes="nobody")
    summary = page.locator(".govuk-error-summary")
    expect(summary).to_contain_text("Enter the first day, such as 3 11 2026")
    expect(summary).to_contain_text("cold_review_c must be a number from 10 to 22")
    expect(summary).to_contain_text("silence_z must be a number from 0.5 to 6")
    expect(summary).to_contain_text("Line 1: no home of this place has this id or label")
    assert page.locator("#silence_z").input_value() == "99"
    assert page.locator("#silence_z").is_visible(), "a closed part would hide the mistake"
    look(page, "rehearse-wrong")
    ask(page, from__d="1", from__m="1", from__y="2020")
    expect(page.locator(".govuk-error-summary")).to_contain_text("what is kept reaches from")
    context.close()


def running(lived: Lived, browser: Browser) -> tuple[BrowserContext, Page, int]:
    """Begin a rehearsal that would take a while: its process is stopped at once."""
    context = signed_in(lived, browser, "officer")
    page = context.new_page()
    ask(page, silence_z="1")
    page.get_by_role("button", name="Begin the rehearsal").click()
    return context, page, number_of(page)


def test_one_that_runs_shows_how_far_it_is_and_can_be_cancelled(
    lived: Lived, browser: Browser
) -> None:
    """A row that runs without a process of its own: nothing hurries past the test."""
    wall_us = microseconds(SystemClock().now())
    with lived.database.begin() as connection:
        number = rehearsals.ask(
            connection,
            "fenbridge",
            "nobody",
            lived.span,
            Candidate({"cold_review_c": 20.0}),
            (),
            wall_us,
        )
        kept = rehearsals.find(connection, ["fenbridge"], number)
        assert kept is not None
        assert rehearsals.begin(connection, kept, "nobody", wall_us)
        assert rehearsals.beat(connection, number, 0.42, wall_us)
    context = signed_in(lived, browser, "officer")
    page = context.new_page()
    page.goto(f"/rehearse/fenbridge/{number}")
    expect(page.locator("main")).to_contain_text("42 % done")
    look(page, "rehearse-running")
    with lived.database.begin() as connection:
        rehearsals.beat(connection, number, 0.61, microseconds(SystemClock().now()))
    expect(page.locator("main")).to_contain_text("61 % done", timeout=30_000)

    other = context.new_page()
    ask(other, cold_review_c="20")
    other.get_by_role("button", name="Begin the rehearsal").click()
    expect(other.locator(".govuk-error-summary")).to_contain_text("runs already")

    page.get_by_role("button", name="Cancel it").click()
    expect(page.locator("main")).to_contain_text("It is being cancelled")
    with lived.database.begin() as connection:
        now_us = microseconds(SystemClock().now())
        assert not rehearsals.beat(connection, number, 0.7, now_us), "its process hears of it"
        rehearsals.end(connection, number, RehearsalState.CANCELLED, now_us)
    expect(page.locator("main")).to_contain_text("It was cancelled", timeout=30_000)
    context.close()


def test_a_web_process_that_ends_leaves_it_interrupted_and_not_running(
    lived: Lived, browser: Browser
) -> None:
    context, page, number = running(lived, browser)
    lived.process.terminate()
    assert lived.process.wait(60) is not None
    log = lived.file.parent / "web-again.log"
    lived.process = serve(lived.file, lived.url, log)
    state = wait_for(
        lived, number, RehearsalState.INTERRUPTED, RehearsalState.DONE, RehearsalState.RUNNING
    )
    if state is RehearsalState.RUNNING:  # ended before it could say so: the silence does
        with lived.database.begin() as connection:
            rehearsals.settle(connection, microseconds(SystemClock().now()) + rehearsals.SILENT_US)
    page.goto(f"/rehearse/fenbridge/{number}")
    expect(page.get_by_text("Rehearse again with changes")).to_be_visible()
    context.close()
