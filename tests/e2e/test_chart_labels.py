"""Labels and shapes of every picture, as a browser computes them: what axe does not look at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.api.life import A
from tests.browser import open_page, overflow
from tests.e2e.living_site import Site, browser, pages_of, sign_in, site

__all__ = ["browser", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOK: Final = Path(__file__).with_name("chart_labels.js").read_text("utf-8")
"""Labels of at least 12 px, 4.5:1, whole and apart; shapes and keys of at least 3:1."""

UNFOLD: Final = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
A4_PX: Final = 718
"""Width of an upright A4 page between its margins, in CSS pixels."""

PICTURES: Final = (
    ".stillwell-strip__box svg, .stillwell-chart__box svg, .stillwell-warmth__box svg, "
    ".stillwell-decided__bar svg"
)


def pictured(site: Site) -> dict[str, str]:
    """Return the pages on which there are pictures: a home, a day, a case file, its alerts."""
    pages = pages_of(site.world)
    found = {name: pages[name] for name in ("home", "day", "case-file")}
    return found | {f"alert {n}": f"/alerts/{id_}" for n, id_ in enumerate(site.world.alerts_of(A))}


def faults(page: Page, name: str) -> Sequence[str]:
    """Return what is wrong with the pictures of the page that is open, each once."""
    page.evaluate(UNFOLD)
    found = page.evaluate(LOOK)
    if page.locator(PICTURES).count():
        assert found["labels"] >= 8, (name, found)
        assert found["shapes"], (name, found)
    return [f"{name}: {said}" for said in dict.fromkeys(found["faults"])]


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("colours", ["none", "active"], ids=["own-colours", "forced-colours"])
def test_labels_of_all_pictures_are_large_dark_whole_and_apart(
    site: Site, browser: Browser, width: int, colours: Literal["none", "active"]
) -> None:
    with open_page(browser, site.url, width=width) as page:
        page.emulate_media(forced_colors=colours)
        sign_in(page, "bob")
        wrong: list[str] = []
        pictures = 0
        for name, path in pictured(site).items():
            page.goto(path)
            pictures += page.locator(PICTURES).count()
            wrong += faults(page, name)
        assert not wrong, "\n".join(wrong)
        assert pictures >= 6


def test_labels_of_all_pictures_are_as_legible_on_paper(site: Site, browser: Browser) -> None:
    with open_page(browser, site.url, width=A4_PX) as page:
        page.emulate_media(media="print")
        sign_in_on_screen(page)
        wrong: list[str] = []
        for name, path in pictured(site).items():
            page.goto(path)
            wrong += faults(page, name)
            assert overflow(page) <= 0, name
        assert not wrong, "\n".join(wrong)


def sign_in_on_screen(page: Page) -> None:
    """Sign in, for which paper shows no form, and look at paper again."""
    page.emulate_media(media="screen")
    sign_in(page, "bob")
    page.emulate_media(media="print")


def test_a_label_that_is_small_faint_cut_or_covered_is_found(site: Site, browser: Browser) -> None:
    """The look itself sees what it is for."""
    spoils = {
        "is 9 px": "one.style.fontSize = '9px'",
        ":1": "one.style.color = '#bbb'",
        "overlap": "one.style.cssText = 'position: absolute; left: 40px; top: 900px'",
        "cut off": "one.style.cssText = 'position: relative; left: -2000px; white-space: nowrap'",
    }
    with open_page(browser, site.url) as page:
        sign_in(page, "bob")
        for wanted, spoil in spoils.items():
            page.goto(pages_of(site.world)["home"])
            labels = ".stillwell-strip__hours span"
            page.evaluate(f"document.querySelectorAll('{labels}').forEach((one) => {{ {spoil}; }})")
            assert any(wanted in said for said in faults(page, "home")), wanted
        page.goto(pages_of(site.world)["home"])
        page.evaluate(
            "document.querySelectorAll('.strip-bed').forEach((one) => { one.style.fill = '#eee'; })"
        )
        assert any("shape strip-bed" in said for said in faults(page, "home"))
