"""A device moves to another home by two people, in a browser, without JavaScript, on a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from config import registry, tables
from tests.api.carrying import device_in, waiting_move
from tests.api.life import A
from tests.e2e.living_site import Site, browser, sign_in, site

__all__ = ["browser", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
HOMES = f"{A}-home-1", f"{A}-home-2"


def look(page: Page, folder: Path, name: str) -> None:
    """Expect the page to fit, and keep a picture of it."""
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], (name, width)  # type: ignore[index]
    page.screenshot(path=folder / f"{name}-{page.viewport_size['width']}.png", full_page=True)  # type: ignore[index]


@pytest.mark.parametrize("width", [1280, 320])
def test_one_proposes_and_who_decides_is_somebody_else(
    site: Site, browser: Browser, tmp_path: Path, width: int
) -> None:
    context = browser.new_context(
        base_url=site.url, viewport={"width": width, "height": 800}, java_script_enabled=False
    )
    page = context.new_page()
    sign_in(page, "bob")
    sensor = device_in(site.world, HOMES[0]).id
    page.goto(f"/homes/{HOMES[0]}/moves")
    look(page, tmp_path, "moves")
    page.goto(f"/homes/{HOMES[0]}/moves/new?sensor={sensor}")
    page.get_by_label("Which home does it go to?").fill("nowhere")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no such home in this place")
    look(page, tmp_path, "wrong")
    waiting_move(site.world, f"move-{width}", *HOMES, "account-alice")
    page.goto("/device-moves")
    look(page, tmp_path, "waiting")
    page.goto(f"/device-moves/move-{width}")
    look(page, tmp_path, "decide")
    page.get_by_role("button", name="Refuse the move").click()
    expect(page.get_by_role("alert")).to_contain_text("why it is refused")
    page.get_by_label("Why is it refused?").fill("it is needed there")
    page.get_by_role("button", name="Refuse the move").click()
    expect(page.get_by_text("it is needed there")).to_be_visible()
    look(page, tmp_path, "refused")
    with site.world.database.connect() as connection:
        assert registry.ended_sensors(connection) == []
        query = select(tables.audit.c.what).where(tables.audit.c.what == "device-move-refused")
        assert connection.execute(query).first() is not None
    context.close()
