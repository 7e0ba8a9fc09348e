"""The page of a place in a real browser: by keyboard, without scripts, in Welsh, at every width."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from config import declarations
from tests.api.life import A
from tests.browser import open_page
from tests.e2e.living_site import Site, browser, sign_in, site

__all__ = ["browser", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

AT = f"/places/{A}"
PAGES = (AT, f"{AT}/ladder/P1", f"{AT}/budget", f"{AT}/texts", f"{AT}/teams", f"{AT}/teams/new")


def is_too_wide(page: Page) -> bool:
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return bool(page.evaluate(wide))


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_no_page_of_a_place_scrolls_sideways(
    site: Site, browser: Browser, width: int, tmp_path: Path
) -> None:
    with open_page(browser, site.url, width=width) as page:
        sign_in(page, "bob")
        for number, path in enumerate(PAGES):
            page.goto(path)
            page.screenshot(path=tmp_path / f"{number}.png", full_page=True)
            assert not is_too_wide(page), path
        page.goto(f"{AT}/budget")
        page.get_by_label("Alerts of P2 and P3 per 100").fill("6.5")
        page.get_by_role("button", name="Continue").click()
        page.screenshot(path=tmp_path / "check.png", full_page=True)
        assert not is_too_wide(page)


def test_a_ladder_is_changed_without_scripts_and_by_keyboard(site: Site, browser: Browser) -> None:
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, "bob")
    page.goto(f"{AT}/ladder/P2")
    first, last = (page.locator(f"section[aria-labelledby=step-{end}]") for end in ("0", "f"))
    for step, who in ((first, "Everybody who is operator"), (last, "Everybody who is supervisor")):
        step.get_by_label(who).focus()
        page.keyboard.press("Space")
        step.get_by_label("E-mail").focus()
        page.keyboard.press("Space")
    first.get_by_label("Minutes until").fill("5")
    last.get_by_label("Minutes until").fill("2")
    page.keyboard.press("Enter")
    link = page.locator(".govuk-error-summary a")
    expect(link).to_contain_text("expected 5 or more")
    link.focus()
    page.keyboard.press("Enter")
    last.get_by_label("Minutes until").fill("10")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Check what changes: Ladder of P2")
    page.get_by_label("Why?").fill("A test by keyboard")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{AT}?saved=ladder-P2")
    expect(page.get_by_text("Ladder of P2: it is in force.")).to_be_visible()
    with site.world.database.connect() as connection:
        (saved,) = declarations.history(connection, A, "ladder-P2")
    assert (saved.account, saved.why) == ("account-bob", "A test by keyboard")
    context.close()


def test_two_officers_at_one_setting(site: Site, browser: Browser) -> None:
    with open_page(browser, site.url) as one, open_page(browser, site.url) as other:
        for page in (one, other):
            sign_in(page, "bob")
            page.goto(f"{AT}/budget")
        for page, number in ((one, "7"), (other, "11")):
            page.get_by_label("Alerts of P2 and P3 per 100").fill(number)
            page.get_by_role("button", name="Continue").click()
            page.get_by_label("Why?").fill(f"{number} is right")
            if page is one:
                page.get_by_role("button", name="Save").click()
                page.wait_for_url("**?saved=alert-budget")
        expect(other.get_by_text("Somebody changed this while you did.")).to_be_visible()
        expect(other.get_by_text("7 is right")).to_be_visible()
        other.get_by_role("button", name="Save").click()
        other.wait_for_url("**?saved=alert-budget")


def test_the_place_is_welsh_throughout(site: Site, browser: Browser) -> None:
    with open_page(browser, site.url, width=320) as page:
        sign_in(page, "bob")
        page.get_by_role("button", name="Cymraeg").click()
        said = []
        for path in PAGES:
            page.goto(path)
            said.append(page.locator("main").inner_text())
        whole = "\n".join(said)
        for english in ("Change", "Alert budget", "Who is told", "budget is", "Teams", "Minutes"):
            assert english not in whole, english
        page.get_by_role("button", name="English").click()
