"""The end of an enrolment in a real browser: told, checked, confirmed, done and taken back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.alert import AlertKind
from tests.api.life import A
from tests.browser import open_page
from tests.e2e.living_site import Site, browser, sign_in, site
from tests.e2e.test_accessibility import violations
from tests.e2e.test_welsh import scrolls_sideways

__all__ = ["browser", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def looked_at(page: Page, folder: Path) -> Callable[[str], None]:
    """Return what looks at a page: no rule is broken, and nothing stands beside it."""

    def look(name: str) -> None:
        page.screenshot(path=folder / f"{name}.png", full_page=True)
        assert violations(page) == [], name
        assert not scrolls_sideways(page), name

    return look


@pytest.mark.parametrize("width", [320, 1280])
def test_a_home_is_ended_and_taken_back(
    site: Site, browser: Browser, tmp_path: Path, width: int
) -> None:
    home = site.world.homes[A][1]
    site.world.raise_alert(AlertKind.SMOKE, home, "Smoke was noticed.", ago_min=2)
    today = str(site.world.now)[:10].split("-")
    with open_page(browser, site.url, width=width, expected=("422",)) as page:
        look = looked_at(page, tmp_path)
        sign_in(page, "bob")
        page.goto(f"/homes/{home.id}")
        page.get_by_role("link", name="End the enrolment of this home").click()
        look("1-what-happens")
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("alert")).to_contain_text("Select why the enrolment ends")
        look("2-refused")
        page.get_by_label("The person has died").check()
        for label, part in zip(("Day", "Month", "Year"), reversed(today), strict=True):
            page.get_by_label(label, exact=True).fill(part)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()
        look("3-check")
        page.get_by_role("button", name="Change").click()
        expect(page.get_by_label("The person has died")).to_be_checked()
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="End the enrolment of this home").click()
        expect(page.get_by_role("alert")).to_contain_text("confirm that you made sure")
        look("4-p1")
        smoke = page.locator("main a[href^='/alerts/']").first.get_attribute("href")
        for box in page.get_by_role("checkbox").all():
            box.check()
        page.get_by_role("button", name="End the enrolment of this home").click()
        expect(page.get_by_role("heading", name="The enrolment has ended")).to_be_visible()
        look("5-done")
        page.get_by_label("What was mistaken").fill("the wrong home was named")
        page.get_by_role("button", name="Take the end back").click()
        expect(page.get_by_role("heading", name="The end was taken back")).to_be_visible()
        look("6-taken-back")
        page.goto(str(smoke))
        expect(page.get_by_text("The enrolment ended: resolved by Bob").first).to_be_visible()
