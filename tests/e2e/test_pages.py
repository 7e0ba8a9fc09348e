"""People at work in a real browser, on the real web process."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from alerts.alert import AlertKind
from ingest.clock import SystemClock
from tests.api.life import A, B
from tests.api.world import make_world
from tests.browser import open_page, overflow
from tests.e2e.living_site import Site, browser, pages_of, sign_in, site
from tests.e2e.web_process import serve

__all__ = ["browser", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_an_alert_appears_on_an_open_page_and_is_answered(site: Site, browser: Browser) -> None:
    with (
        open_page(browser, site.url, expected=("422",)) as page,
        open_page(browser, site.url, width=320) as phone,
    ):
        sign_in(page, "alice")
        sign_in(phone, "bob")
        page.wait_for_timeout(500)
        page.evaluate("window.isTheSamePage = true")
        sentence = "Help button pressed in the bathroom just now."
        home = site.world.homes[A][0]
        site.world.raise_alert(AlertKind.PENDANT, home, sentence, ago_min=0)
        line = page.locator(".stillwell-line", has_text=sentence)
        expect(line).to_be_visible(timeout=3000)
        expect(phone.locator(".stillwell-line", has_text=sentence)).to_be_visible(timeout=3000)
        assert page.evaluate("window.isTheSamePage") is True

        line.get_by_role("link").first.click()
        page.get_by_role("button", name="I'm taking this").click()
        expect(page.locator("#standing")).to_contain_text("You have it")
        taken = phone.locator(".stillwell-line", has_text=sentence)
        expect(taken).to_contain_text("Alice Example has it", timeout=3000)

        page.get_by_role("button", name="Resolve this alert").click()
        expect(page.locator(".govuk-error-summary")).to_contain_text("Select what you found")
        page.get_by_label("Seen well").check()
        page.get_by_label("Note").fill("In the garden.")
        page.get_by_role("button", name="Resolve this alert").click()
        expect(page.locator("#standing")).to_contain_text("Seen well: resolved by Alice Example")
        expect(page.get_by_text("In the garden.")).to_be_visible()
        expect(taken).to_have_count(0, timeout=3000)


def test_another_places_alert_never_reaches_an_open_page(site: Site, browser: Browser) -> None:
    with open_page(browser, site.url) as page:
        sign_in(page, "alice")
        page.wait_for_timeout(500)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        home = site.world.homes[B][0]
        site.world.raise_alert(AlertKind.PENDANT, home, "Of the other place.", ago_min=0)
        page.wait_for_timeout(1000)
        assert asked == []


def test_two_people_take_one_alert_and_the_second_is_told_by_whom(
    site: Site, browser: Browser
) -> None:
    home = site.world.homes[A][1]
    alert = site.world.raise_alert(AlertKind.FALL, home, "Fall detected.", ago_min=0)
    with (
        open_page(browser, site.url) as first,
        open_page(browser, site.url, has_script=False, expected=("409",)) as second,
    ):
        for page, name in ((first, "alice"), (second, "bob")):
            sign_in(page, name)
            page.goto(f"/alerts/{alert}")
        first.get_by_role("button", name="I'm taking this").click()
        expect(first.locator("#standing")).to_contain_text("You have it")
        second.get_by_role("button", name="I'm taking this").click()
        expect(second.get_by_text("Alice Example has had this alert since")).to_be_visible()


# Radio buttons of one name are one stop: the arrow keys move among them.
NAME = """(e => e.type === 'radio' ? 'radio ' + e.name
  : e.tagName + ' ' + (e.id || e.textContent.trim()))"""
CONTROLS = f"""[...document.querySelectorAll('a[href], button, input, textarea, summary')]
  .filter(e => e.checkVisibility() && e.type !== 'hidden' && e.tabIndex >= 0).map({NAME})"""
FOCUSED = f"{NAME}(document.activeElement)"
SHOWS_FOCUS = """(() => { const e = document.activeElement;
  const of = ['radio', 'checkbox'].includes(e.type)
    ? getComputedStyle(e.nextElementSibling, '::before') : getComputedStyle(e);
  return of.boxShadow !== 'none' || parseFloat(of.outlineWidth) >= 2 })()"""


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("has_script", [True, False], ids=["script", "plain"])
def test_every_page_fits_and_says_nothing_on_the_console(
    site: Site, browser: Browser, tmp_path: Path, width: int, *, has_script: bool
) -> None:
    with open_page(browser, site.url, width=width, has_script=has_script) as page:
        page.goto("/sign-in")
        assert overflow(page) <= 0
        sign_in(page, "bob")
        for name, path in pages_of(site.world).items():
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 200
            expect(page.locator("h1")).to_be_visible()
            assert overflow(page) <= 0, (name, width)
            page.screenshot(path=tmp_path / f"{name}-{width}.png", full_page=True)


def test_what_a_reader_has_opened_stays_open_when_the_page_refreshes(
    site: Site, browser: Browser
) -> None:
    with open_page(browser, site.url) as page:
        sign_in(page, "alice")
        page.goto(f"/homes/{A}-home-1")
        summary = page.locator("#equipment summary")
        expect(page.locator("#equipment")).not_to_have_attribute("open", "")
        summary.focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(500)
        sentence = "Help button pressed in the hall just now."
        site.world.raise_alert(AlertKind.PENDANT, site.world.homes[A][0], sentence, ago_min=0)
        expect(page.get_by_text(sentence)).to_be_visible(timeout=3000)
        expect(page.locator("#equipment")).to_have_attribute("open", "")
        expect(page.locator("#equipment").get_by_role("cell", name="84%")).to_be_visible()
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


@pytest.mark.parametrize(("width", "has_script"), [(320, True), (768, False), (1280, True)])
def test_every_control_is_reached_by_keyboard_and_shows_it(
    site: Site, browser: Browser, width: int, *, has_script: bool
) -> None:
    with open_page(browser, site.url, width=width, has_script=has_script) as page:
        sign_in(page, "bob")
        for name, path in pages_of(site.world).items():
            page.goto(path)
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.textContent").strip() == (
                "Skip to main content"
            ), name
            wanted = page.evaluate(CONTROLS)
            seen = {page.evaluate(FOCUSED)}
            for _ in range(3 * len(wanted)):
                page.keyboard.press("Tab")
                seen.add(page.evaluate(FOCUSED))
                if page.evaluate("document.activeElement !== document.body"):
                    assert page.evaluate(SHOWS_FOCUS), (name, page.evaluate(FOCUSED))
                if set(wanted) <= seen:
                    break
            assert set(wanted) <= seen, (name, set(wanted) - seen)


def test_what_matters_is_seen_in_forced_colours(site: Site, browser: Browser) -> None:
    with open_page(browser, site.url) as page:
        page.emulate_media(forced_colors="active")
        sign_in(page, "alice")
        borders = page.evaluate(
            "[...document.querySelectorAll('.stillwell-line')].map(e => "
            "getComputedStyle(e).borderLeftWidth)"
        )
        assert borders
        assert set(borders) == {"8px"}
        page.goto(f"/homes/{A}-home-1")
        box, shade = page.evaluate(
            "[getComputedStyle(document.querySelector('.stillwell-strip__box')).backgroundColor,"
            " getComputedStyle(document.querySelector('.room-1')).fill]"
        )
        assert box == "rgb(255, 255, 255)"
        assert shade == "rgb(84, 49, 159)"


def test_labels_of_the_strip_keep_their_size_on_a_phone(site: Site, browser: Browser) -> None:
    with open_page(browser, site.url, width=320) as page:
        sign_in(page, "alice")
        page.goto(f"/homes/{A}-home-1")
        sizes = page.evaluate(
            "[...document.querySelectorAll('.stillwell-strip__days li, .stillwell-strip__hours "
            "span, .stillwell-figures td')].map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert len(sizes) > 100
        assert min(sizes) >= 12
        assert page.locator(".strip-picture text").count() == 0
        box = page.locator(".strip-picture").bounding_box()
        days = page.locator(".stillwell-strip__days").bounding_box()
        assert box is not None
        assert days is not None
        assert box["width"] > 180
        assert abs(box["height"] - days["height"]) < 2


def test_the_work_is_done_without_script(site: Site, browser: Browser) -> None:
    home = site.world.homes[A][2]
    alert = site.world.raise_alert(AlertKind.FALL, home, "Fall detected again.", ago_min=0)
    with open_page(browser, site.url, has_script=False, width=320) as page:
        sign_in(page, "alice")
        page.goto(f"/alerts/{alert}")
        page.get_by_role("button", name="I'm taking this").click()
        page.get_by_label("Spoken to").check()
        page.get_by_role("button", name="Resolve this alert").click()
        expect(page.locator("#standing")).to_contain_text("Spoken to: resolved by Alice")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in")


def test_a_page_whose_session_ended_says_so_and_leads_back(site: Site, browser: Browser) -> None:
    from config import people

    with open_page(browser, site.url, expected=("401",)) as page:
        sign_in(page, "charlie")
        page.goto("/homes?place=northmoor")
        page.goto("/alerts")
        page.wait_for_timeout(500)
        with site.world.database.begin() as connection:
            people.end_sessions(connection, "account-charlie")
        home = site.world.homes[B][1]
        site.world.raise_alert(AlertKind.PENDANT, home, "Help button.", ago_min=0)
        lost = page.locator("[data-lost]")
        expect(lost).to_contain_text("Your session has ended", timeout=5000)
        link = lost.get_by_role("link", name="Sign in again")
        assert link.get_attribute("href") == "/sign-in?next=%2Falerts"


def test_the_web_stops_within_seconds_and_the_page_says_that_it_is_not_live(
    tmp_path: Path, browser: Browser
) -> None:
    world = make_world(tmp_path, now=SystemClock().now())
    gone = ("ERR_CONNECTION", "ERR_INCOMPLETE", "ERR_EMPTY")
    with serve(world.folder) as (url, process), open_page(browser, url, expected=gone) as page:
        sign_in(page, "alice")
        page.wait_for_timeout(1000)
        started = time.monotonic()
        process.terminate()
        assert process.wait(10) in (0, -15)
        assert time.monotonic() - started < 10
        expect(page.locator("[data-lost]")).to_contain_text("Not live since", timeout=5000)
