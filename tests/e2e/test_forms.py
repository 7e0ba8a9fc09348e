"""Nothing that is typed into a form is ever run by a browser that shows it again."""

import pytest
from playwright.sync_api import Browser, Dialog

from tests.api.life import A
from tests.e2e.living_site import Site, browser, sign_in, site

__all__ = ["browser", "site"]
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"


@pytest.mark.server
def test_what_is_typed_is_shown_as_text_refused_or_taken(site: Site, browser: Browser) -> None:
    page = browser.new_page(base_url=site.url)
    told: list[str] = []

    def hear(dialog: Dialog) -> None:
        told.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", hear)
    page.on("console", lambda one: told.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    sign_in(page, "bob")

    page.goto("/me")
    page.get_by_label("What the token is for").fill(HOSTILE * 2)
    page.get_by_role("button", name="Issue a token").click()
    page.locator(".govuk-error-summary a").click()
    kept = page.get_by_label("What the token is for")
    assert kept.input_value() == HOSTILE * 2
    assert kept.evaluate("one => one === document.activeElement")

    page.goto(f"/data-requests?home={A}-home-1")
    page.get_by_label("Which case it is, without names").fill(HOSTILE)
    page.get_by_role("button", name="Put a legal hold on this home").click()
    page.wait_for_url("**/data-requests?home=*")
    assert HOSTILE in page.locator("main").inner_text()
    assert page.title() != "owned"
    refusals = [one for one in told if "422" not in one]  # the answer that refused, as it should
    assert refusals == []
    page.close()
