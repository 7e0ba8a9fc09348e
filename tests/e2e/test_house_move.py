"""Moving house in a real browser: told, checked, confirmed, said on every page, taken back."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from alerts.alert import AlertKind
from tests.api.life import A
from tests.browser import open_page
from tests.e2e.living_site import Site, browser, entered, sign_in, site
from tests.e2e.test_ending import looked_at

__all__ = ["browser", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("width", [320, 1280])
def test_a_home_is_moved_and_taken_back(
    site: Site, browser: Browser, tmp_path: Path, width: int
) -> None:
    home = entered(site.world)
    known = next(one for one in site.world.homes[A] if one.id == home)
    site.world.raise_alert(AlertKind.SMOKE, known, "Smoke was noticed.", ago_min=2)
    today = str(site.world.now)[:10].split("-")
    with open_page(browser, site.url, width=width, expected=("422",)) as page:
        look = looked_at(page, tmp_path)
        sign_in(page, "bob")
        page.goto(f"/homes/{home}")
        page.get_by_role("link", name="The person moves house").click()
        look("1-what-happens")
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("alert")).to_contain_text("Select whether the same council")
        look("2-refused")
        page.get_by_label("Yes", exact=True).check()
        for label, part in zip(("Day", "Month", "Year"), reversed(today), strict=True):
            page.get_by_label(label, exact=True).fill(part)
        page.get_by_label("Address line 1").fill("7 Newmill Rise")
        page.get_by_label("Town or city").fill("Exampleton")
        page.get_by_label("Postcode").fill("ZZ9 8AB")
        page.get_by_label("Why does the person move?").fill("a flat without stairs")
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()
        look("3-check")
        page.get_by_role("button", name="Change").click()
        expect(page.get_by_label("Address line 1")).to_have_value("7 Newmill Rise")
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="The person has moved").click()
        expect(page.get_by_role("heading", name="The last move")).to_be_visible()
        look("4-done")
        page.goto(f"/homes/{home}")
        expect(page.locator("#untested")).to_contain_text("is not watched until a walk test")
        look("5-home")
        page.locator("main a[href^='/alerts/']").first.click()
        smoke = page.url
        expect(page.locator("#moved")).to_contain_text("Go to: 7 Newmill Rise")
        expect(page.locator("#moved")).to_contain_text("Do not go to the old door.")
        look("6-alert")
        page.goto(f"/homes/{home}/installation")
        expect(page.locator("#untested")).to_contain_text("until a walk test is ended")
        page.goto(f"/homes/{home}/move")
        page.get_by_role("button", name="Take the move back").click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.goto(smoke)
        expect(page.locator("#moved")).to_have_count(0)
