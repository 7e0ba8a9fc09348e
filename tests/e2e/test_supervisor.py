"""A supervisor judges findings and switches a detector, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from alerts.modes import DETECTORS
from ingest.clock import SystemClock
from tests.api.life import A
from tests.api.world import World, make_world
from tests.browser import open_browser, open_page, overflow
from tests.e2e.living_site import sign_in
from tests.e2e.web_process import serve

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[World, str]]:
    world = make_world(tmp_path, now=SystemClock().now())
    with serve(world.folder) as (url, _process):
        yield world, url


@pytest.mark.parametrize(("width", "has_script"), [(320, False), (1280, True)])
def test_findings_are_judged_and_a_detector_is_switched(
    site: tuple[World, str], browser: Browser, tmp_path: Path, width: int, *, has_script: bool
) -> None:
    _world, url = site
    with open_page(browser, url, width=width, has_script=has_script, expected=("422",)) as page:
        sign_in(page, "bob")
        shadow = f"{len(DETECTORS)} detectors in shadow, nothing of theirs is sent"
        expect(page.get_by_text(shadow)).to_be_visible()
        page.get_by_role("link", name="Evidence and switches").click()
        page.screenshot(path=tmp_path / f"detectors-{width}.png", full_page=True)
        page.get_by_role("link", name="Findings to judge").first.click()
        lines = page.locator(".stillwell-line")
        expect(lines).to_have_count(2)
        assert overflow(page) <= 0
        page.screenshot(path=tmp_path / f"findings-{width}.png", full_page=True)
        lines.first.get_by_text("Add a note").click()
        lines.first.get_by_label("Note").fill("The heating was broken.")
        lines.first.get_by_role("button", name=re.compile("^True.*Larkspur Court, flat 1")).click()
        expect(lines).to_have_count(1)
        page.get_by_role("link", name="Findings that were judged").click()
        expect(lines.first).to_contain_text("True, says Bob Example")
        expect(lines.first).to_contain_text("The heating was broken.")

        page.goto(f"/detectors/{A}/inactivity")
        page.get_by_label("Live", exact=True).check()
        page.get_by_label("On what evidence?").fill("Four weeks in shadow")
        page.get_by_role("button", name="Switch").click()
        expect(page.locator(".govuk-error-summary")).to_contain_text("Only 0 findings were judged")
        page.get_by_label("Why must it go live").fill("A pilot of three homes")
        page.screenshot(path=tmp_path / f"detector-{width}.png", full_page=True)
        page.get_by_role("button", name="Switch").click()
        expect(page.locator("#mode-now")).to_contain_text("Live")
        expect(page.get_by_text("because: A pilot of three homes")).to_be_visible()
        assert overflow(page) <= 0
