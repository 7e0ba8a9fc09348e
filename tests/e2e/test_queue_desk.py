"""An operator at the queue in a real browser: clocks, keys, sound, a storm, two at one alert."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import insert, select

from alerts import tables
from alerts.alert import AlertKind
from tests.api.life import A
from tests.api.world import World
from tests.browser import open_page, overflow
from tests.e2e.living_site import Site, browser, sign_in, site
from tests.e2e.test_phone import fall

__all__ = ["browser", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 2500);
})"""
"""Layout shift since the page began, and while its clocks run for two seconds more."""


COUNTED = re.compile(r"^\([0-9]+ P1\) Alerts . Stillwell$")
TOPS = """() => [".stillwell-line", ".stillwell-banner--shadow"].map((one) =>
  document.querySelector(one).getBoundingClientRect().top + scrollY)"""


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "plain"])
def test_on_a_phone_the_first_alert_is_on_the_first_screen(
    site: Site, browser: Browser, *, has_script: bool
) -> None:
    """Filters are folded, and what is not sent is told below the people."""
    with open_page(browser, site.url, width=320, has_script=has_script) as page:
        sign_in(page, "alice")
        expect(page.locator(".stillwell-banner--shadow")).to_be_visible()
        expect(page.get_by_label("Priority")).to_be_hidden()
        line, notice = page.evaluate(TOPS)  # at once: the page renews itself
        assert line + 120 < 640
        assert notice > line
        page.locator("#filtering summary").click()
        page.get_by_label("Priority").select_option("P1")
        page.get_by_role("button", name="Show", exact=True).click()
        page.wait_for_url("**/alerts?*priority=P1*")
    with open_page(browser, site.url, has_script=has_script) as page:
        sign_in(page, "alice")
        expect(page.get_by_label("Priority")).to_be_visible()
        expect(page.locator("#filtering summary")).to_be_hidden()


def shift(page: Page) -> float:
    """Return the cumulative layout shift of the page so far."""
    return float(page.evaluate(SHIFTS))


def test_clocks_run_without_moving_the_page_and_say_when_due_without_script(
    site: Site, browser: Browser
) -> None:
    alert = fall(site)
    with open_page(browser, site.url) as page:
        sign_in(page, "bob")
        page.goto("/alerts")
        assert shift(page) == 0
        line = page.locator(".stillwell-line", has=page.locator(f"#alert-{alert}"))
        run = line.locator(".stillwell-clock__run").first
        expect(run).to_contain_text("180 s")
        before = run.text_content() or ""
        expect(run).not_to_have_text(before, timeout=5000)
    with open_page(browser, site.url, has_script=False) as page:
        sign_in(page, "bob")
        line = page.locator(".stillwell-line", has=page.locator(f"#alert-{alert}"))
        expect(line.locator(".stillwell-clock__due").first).to_contain_text("60 s at ")
        expect(line.locator(".stillwell-clock__due").first).to_be_visible()


def test_an_alert_is_taken_and_ended_by_keys_alone(site: Site, browser: Browser) -> None:
    alert = site.world.raise_alert(
        AlertKind.PENDANT, site.world.homes[A][0], "Help button pressed.", ago_min=0.5
    )
    with open_page(browser, site.url) as page:
        sign_in(page, "bob")
        page.goto("/alerts?priority=P1")
        for _ in range(20):
            page.keyboard.press("j")
            if page.evaluate("document.activeElement.id") == f"alert-{alert}":
                break
        assert page.evaluate("document.activeElement.id") == f"alert-{alert}"
        page.keyboard.press("t")
        page.wait_for_url(f"**/alerts?priority=P1&#alert-{alert}")
        line = page.locator("li", has=page.locator(f"#alert-{alert}")).last
        expect(line).to_contain_text("You have it")
        expect(line).to_contain_text("taken after")
        page.locator(f"#alert-{alert}").focus()
        page.keyboard.press("o")
        expect(page.locator(f"#found-{alert}")).to_be_focused()
        page.keyboard.type("Spoken")
        page.keyboard.press("Tab")
        page.keyboard.type("jot that u saw her")
        page.evaluate("document.dispatchEvent(new Event('stillwell-sent'))")
        page.wait_for_timeout(500)
        expect(page.locator(f"#note-{alert}")).to_have_value("jot that u saw her")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(f"#alert-{alert}")).to_have_count(0)
        page.goto(f"/alerts/{alert}")
        expect(page.locator("#standing")).to_contain_text("Spoken to: resolved by Bob")
        expect(page.get_by_text("jot that u saw her")).to_be_visible()


def test_single_keys_can_be_switched_off_and_stay_off(site: Site, browser: Browser) -> None:
    with open_page(browser, site.url) as page:
        sign_in(page, "bob")
        page.locator("#desk summary").click()
        page.get_by_label("Use the single keys below").uncheck()
        page.reload()
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.tagName") == "BODY"
        page.locator("#desk summary").click()
        page.get_by_label("Use the single keys below").check()
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.id").startswith("alert-")


def test_the_title_counts_p1_only_when_asked_and_names_nobody(site: Site, browser: Browser) -> None:
    fall(site)
    with open_page(browser, site.url) as page:
        sign_in(page, "bob")
        assert page.title().startswith("Alerts ")
        page.locator("#desk summary").click()
        page.get_by_label("Sound a tone").check()
        expect(page.locator("#desk-said")).to_have_text("Sound is on.")
        expect(page).to_have_title(COUNTED)
        page.reload()
        expect(page).to_have_title(COUNTED)
        assert "Larkspur" not in page.title()
        expect(page.get_by_label("Sound a tone")).to_be_checked()


def test_a_filter_stays_in_the_address_and_says_what_p1_it_leaves_out(
    site: Site, browser: Browser
) -> None:
    fall(site)
    with open_page(browser, site.url, width=320, has_script=False) as page:
        sign_in(page, "bob")
        page.locator("#filtering summary").click()
        page.get_by_label("Priority").select_option("P3")
        page.get_by_role("button", name="Show", exact=True).click()
        assert "priority=P3" in page.url
        expect(page.get_by_text("outside this filter")).to_be_visible()
        expect(page.locator(".stillwell-line--P1")).to_have_count(0)
        assert overflow(page) == 0
        page.get_by_text("outside this filter").get_by_role("link").click()
        assert page.locator(".stillwell-line--P1").count() > 0


def test_a_storm_of_400_is_one_banner_and_every_p1_is_there_and_can_be_taken(
    site: Site, browser: Browser
) -> None:
    first = site.world.raise_alert(AlertKind.SMOKE, site.world.homes[A][2], "Smoke.", ago_min=0.1)
    again(site.world, first, 399)
    with open_page(browser, site.url) as page:
        sign_in(page, "bob")
        banner = page.locator(".stillwell-banner--storm")
        expect(banner).to_contain_text("alerts about people in 15 minutes at Fenbridge")
        expect(banner).to_contain_text("treat each as real")
        shown = page.locator(".stillwell-line .govuk-tag", has_text="P1 Life safety").count()
        assert shown >= 400
        banner.get_by_role("link").click()
        page.wait_for_url(f"**/alerts?place={A}&kind=smoke")
        page.locator(f"#take-{first}").click()
        page.wait_for_url("**/alerts?*#alert-*")
        entry = page.locator("li", has=page.locator(f"#alert-{first}")).last
        expect(entry).to_contain_text("You have it")
        page.goto("/alerts?who=mine")
        expect(page.locator(f"#alert-{first}")).to_be_visible()
    with open_page(browser, site.url, width=320) as phone:
        sign_in(phone, "alice")
        phone.goto("/mine")
        expect(phone.get_by_text("more wait, less urgent than these")).to_be_visible()
        assert overflow(phone) == 0


def again(world: World, alert: str, count: int) -> None:
    """Let this alert stand ``count`` times more, at homes in turn."""
    with world.database.begin() as connection:
        row = connection.execute(select(tables.alerts).where(tables.alerts.c.id == alert)).one()
        connection.execute(
            insert(tables.alerts),
            [
                {**row._mapping, "id": f"{n:032x}", "home": world.homes[A][n % 3].id}
                for n in range(1, count + 1)
            ],
        )
