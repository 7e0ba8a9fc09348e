"""A care worker's day in Welsh: the switch, the queue, an alert, acting on it, and back."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.alert import AlertKind
from tests.api.life import A
from tests.browser import open_page
from tests.e2e.living_site import Site, browser, pages_of, sign_in, site

__all__ = ["browser", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

SENTENCE = "Fall detected in the kitchen at 07:12 on Friday 3 March."
WELSH = "Canfuwyd cwymp (cegin) am 07:12, dydd Gwener 3 Mawrth."


def in_welsh(page: Page) -> None:
    page.get_by_role("button", name="Cymraeg").click()
    expect(page.locator("html")).to_have_attribute("lang", "cy")


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_alert_is_taken_on_and_resolved_in_welsh(
    site: Site, browser: Browser, script: bool
) -> None:
    home = site.world.homes[A][0 if script else 1]
    alert = site.world.raise_alert(AlertKind.FALL, home, SENTENCE, ago_min=1)
    with open_page(browser, site.url, width=320, has_script=script, expected=("422",)) as page:
        sign_in(page, "alice")
        in_welsh(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Rhybuddion")
        line = page.locator(".stillwell-line", has_text=WELSH).first
        expect(line).to_contain_text("P1 Diogelwch bywyd")
        page.goto(f"/alerts/{alert}")
        expect(page.locator(".stillwell-why")).to_have_text(WELSH)
        page.get_by_role("button", name="Rwy'n cymryd hwn").click()
        expect(page.locator("#standing")).to_contain_text("Mae gennych chi ef, ers")
        page.get_by_role("button", name="Cwblhau'r rhybudd hwn").click()
        summary = page.locator(".govuk-error-summary")
        expect(summary).to_contain_text("Dewiswch yr hyn a ganfuoch")
        page.get_by_role("button", name="Gwelwyd yn iawn").click()
        # One tap that ends an alert can be taken back for some seconds.
        expect(page.locator("#standing")).to_contain_text(
            "Gwelwyd yn iawn: cwblhawyd gan", timeout=30_000
        )
        page.get_by_role("button", name="English").click()
        expect(page.locator("#standing")).to_contain_text("Seen well: resolved by")


@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_scrolls_sideways_in_welsh(site: Site, browser: Browser, width: int) -> None:
    with open_page(browser, site.url, width=width) as page:
        page.goto("/sign-in")
        in_welsh(page)
        expect(page.get_by_label("Cyfeiriad e-bost")).to_be_visible()
        page.get_by_role("button", name="English").click()
        sign_in(page, "bob")
        in_welsh(page)
        wide = []
        for name, address in pages_of(site.world).items():
            page.goto(address)
            if scrolls_sideways(page):
                wide.append(name)
        assert wide == []


def test_a_sentence_that_is_not_known_stays_english_and_says_so(
    site: Site, browser: Browser
) -> None:
    home = site.world.homes[A][2]
    site.world.raise_alert(AlertKind.FALL, home, "Something unheard of.", ago_min=0)
    with open_page(browser, site.url, width=1280) as page:
        sign_in(page, "alice")
        in_welsh(page)
        said = page.locator("span[lang=en]", has_text="Something unheard of.").first
        expect(said).to_be_visible()
        expect(page).to_have_title(re.compile("^Rhybuddion"))
