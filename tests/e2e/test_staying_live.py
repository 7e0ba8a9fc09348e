"""An open page stays live: it says when it is not, comes back by itself, and wakes up at once."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.alert import AlertKind
from ingest.clock import SystemClock
from tests.api.life import A
from tests.api.world import make_world
from tests.browser import open_page
from tests.e2e.living_site import Site, browser, sign_in, site
from tests.e2e.stack import until
from tests.e2e.web_process import serve
from tests.servers import free_port

__all__ = ["browser", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE_MS = 30_000
GONE = ("ERR_CONNECTION", "ERR_INCOMPLETE", "ERR_EMPTY", "ERR_SOCKET")
HIDES = """
  window.isHidden = false;
  Object.defineProperty(document, "hidden", { get: () => window.isHidden });
"""
"""Headless browsers show every tab: this one is hidden and seen when the test says so."""

COUNTS = """
  window.tones = 0;
  window.streams = [];
  const voice = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    window.tones += 1;
    return voice.call(this);
  };
  const Stream = window.EventSource;
  window.EventSource = class extends Stream {
    constructor(url) {
      super(url);
      window.streams.push(this);
    }
  };
"""
"""Counts the voices of tones, and keeps what listens."""

LISTENS = "window.streams.some((one) => one.readyState === EventSource.OPEN)"


@contextmanager
def queue(site: Site, browser: Browser) -> Iterator[Page]:
    """Yield Alice's queue, whose tab can be hidden and whose clock can be turned."""
    with open_page(browser, site.url) as page:
        page.set_default_timeout(60_000)
        page.add_init_script(HIDES + COUNTS)
        page.clock.install()
        sign_in(page, "alice")
        until(lambda: bool(page.evaluate(LISTENS)), 30, "the queue does not listen")
        yield page


def turn(page: Page, *, hidden: bool) -> None:
    say = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(f"window.isHidden = {str(hidden).lower()}; {say}")


def press_pendant(site: Site, home: int, what: str) -> None:
    home_ = site.world.homes[A][home]
    site.world.raise_alert(AlertKind.PENDANT, home_, f"Help button pressed {what}.", ago_min=0)


def test_a_page_without_its_server_says_since_when_and_recovers_by_itself(
    tmp_path: Path, browser: Browser
) -> None:
    """The time is the place's own, whatever zone the desk is set to."""
    world = make_world(tmp_path, now=SystemClock().now())
    port = free_port()
    context = browser.new_context(timezone_id="Asia/Tokyo", locale="en-GB")
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda problem: problems.append(str(problem)))
    with serve(world.folder, port) as (url, _process):
        page.goto(f"{url}/sign-in")
        page.get_by_label("Email address").fill("alice@example.org")
        page.get_by_label("Password", exact=True).fill("a-quiet-harbour-lamp")
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{url}/alerts")
        expect(page.locator(".stillwell-line").first).to_be_visible()
        page.evaluate("window.isTheSamePage = true")
        page.wait_for_timeout(1000)
        seen = datetime.now(UTC)
    lost = page.locator("[data-lost]")
    expect(lost).to_contain_text("Not live since", timeout=PATIENCE_MS)
    said = re.search(r"Not live since (\d\d:\d\d)\.", lost.inner_text())
    assert said is not None
    local = [seen + timedelta(minutes=n) for n in (-1, 0, 1)]
    assert said[1] in {f"{one.astimezone(ZoneInfo('Europe/London')):%H:%M}" for one in local}
    world.raise_alert(AlertKind.SMOKE, world.homes[A][0], "Smoke while away.", ago_min=0)
    with serve(world.folder, port):
        expect(lost).to_be_hidden(timeout=PATIENCE_MS)
        expect(page.get_by_text("Smoke while away.")).to_be_visible(timeout=PATIENCE_MS)
        assert page.evaluate("window.isTheSamePage") is True
        context.close()
    assert problems == []
    world.database.dispose()


def test_a_tab_that_sleeps_gives_its_stream_back_and_catches_up_at_once(
    site: Site, browser: Browser
) -> None:
    with queue(site, browser) as page:
        turn(page, hidden=True)
        page.clock.run_for(61_000)
        until(lambda: not page.evaluate(LISTENS), 30, "a hidden tab goes on listening")
        press_pendant(site, 1, "while nobody looked")
        line = page.locator(".stillwell-line", has_text="while nobody looked")
        page.wait_for_timeout(1500)
        expect(line).to_have_count(0)
        turn(page, hidden=False)
        expect(line).to_be_visible(timeout=PATIENCE_MS)
        assert page.evaluate(LISTENS)


def test_whoever_asked_for_a_tone_hears_p1_while_they_look_elsewhere(
    site: Site, browser: Browser
) -> None:
    with queue(site, browser) as page:
        page.locator("#desk summary").click()
        page.get_by_label("Sound a tone").check()
        expect(page.locator("#desk-said")).to_have_text("Sound is on.")
        until(lambda: page.evaluate("window.tones") == 3, 30, "it does not sound when ticked")
        turn(page, hidden=True)
        page.clock.run_for(61_000)
        until(
            lambda: bool(page.evaluate(LISTENS)), 60, "a tab that is to sound gave its stream back"
        )
        waiting = int(page.locator("#queue-now").get_attribute("data-waiting") or 0)
        press_pendant(site, 2, "while they read mail")
        until(lambda: page.evaluate("window.tones") == 6, 30, "no tone at a new P1")
        expect(page).to_have_title(re.compile(rf"^\({waiting + 1} P1\) Alerts"))


def test_nothing_sounds_and_no_title_changes_without_permission(
    site: Site, browser: Browser
) -> None:
    with queue(site, browser) as page:
        title = page.title()
        press_pendant(site, 0, "in the quiet")
        expect(page.locator(".stillwell-line", has_text="in the quiet")).to_be_visible(
            timeout=PATIENCE_MS
        )
        assert page.evaluate("window.tones") == 0
        assert page.title() == title


def test_the_title_says_that_no_tone_can_come(tmp_path: Path, browser: Browser) -> None:
    world = make_world(tmp_path, now=SystemClock().now())
    with serve(world.folder) as (url, process), open_page(browser, url, expected=GONE) as page:
        sign_in(page, "alice")
        page.locator("#desk summary").click()
        page.get_by_label("Sound a tone").check()
        expect(page).to_have_title(re.compile(r"^\(\d+ P1\)"))
        process.terminate()
        process.wait(20)
        expect(page).to_have_title(re.compile("^Not live: Alerts"), timeout=PATIENCE_MS)
    world.database.dispose()


def test_the_focus_stays_on_its_button_when_my_alerts_renew(site: Site, browser: Browser) -> None:
    """Whoever works by keyboard is not thrown back to the top by what arrives."""
    with open_page(browser, site.url, width=320) as page:
        page.set_default_timeout(60_000)
        sign_in(page, "alice")
        page.goto("/mine")
        button = page.get_by_role("button", name=re.compile("^I'm going")).first
        button.focus()
        mark = button.get_attribute("id")
        page.wait_for_timeout(1000)
        home = site.world.homes[A][0]
        site.world.raise_alert(AlertKind.SMOKE, home, "Smoke alarm, once more.", ago_min=0)
        expect(page.locator(".stillwell-line", has_text="once more")).to_be_visible(
            timeout=PATIENCE_MS
        )
        assert mark
        assert page.evaluate("document.activeElement.id") == mark
