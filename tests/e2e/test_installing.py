"""An installer's page in a real browser: a secret stays until it was copied, a test says so."""

import re

import pytest
from playwright.sync_api import Browser, expect

from api.web.installing import LIVE_S
from tests.api.life import A
from tests.e2e.living_site import Site, browser, sign_in, site

__all__ = ["browser", "site"]
pytestmark = pytest.mark.browser
PAGE = f"/homes/{A}-home-1/installation"
PATIENCE_MS = 60_000


@pytest.mark.parametrize("has_script", [True, False])
def test_a_secret_stays_on_the_page_until_it_is_left_and_is_never_shown_again(
    site: Site, browser: Browser, has_script: bool
) -> None:
    context = browser.new_context(base_url=site.url, java_script_enabled=has_script)
    try:
        page = context.new_page()
        sign_in(page, "bob")
        page.goto(PAGE)
        page.get_by_role("button", name=re.compile("Issue a")).click()
        secret = page.locator("#secret code", has_text=re.compile("^[0-9a-f]{32}$"))
        expect(secret).to_be_visible(timeout=PATIENCE_MS)
        page.wait_for_timeout(3_000 * LIVE_S)
        expect(secret).to_be_visible()
        expect(page.get_by_role("img", name="QR code")).to_be_visible()
        text = secret.inner_text()
        page.get_by_role("link", name="I have copied it").click()
        expect(page.get_by_text("In this order")).to_be_visible(timeout=PATIENCE_MS)
        assert text not in page.content()
    finally:
        context.close()


def test_a_walk_test_is_said_plainly_on_the_page_and_can_be_ended(
    site: Site, browser: Browser
) -> None:
    context = browser.new_context(base_url=site.url, viewport={"width": 320, "height": 700})
    try:
        page = context.new_page()
        sign_in(page, "bob")
        page.goto(PAGE)
        page.get_by_role("button", name="Begin a walk test").click()
        expect(page.get_by_text("Test mode until")).to_be_visible(timeout=PATIENCE_MS)
        expect(page.get_by_text("are marked TEST and nobody is sent")).to_be_visible()
        page.get_by_role("button", name="End the test now").click()
        expect(page.get_by_text("Every alarm is real now")).to_be_visible(timeout=PATIENCE_MS)
    finally:
        context.close()
