"""A care worker's phone: without a connection, beside a colleague, and after signing out."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from alerts import tables
from alerts.alert import AlertKind
from ingest.clock import SystemClock
from tests.api.life import A
from tests.api.world import make_world
from tests.browser import open_page
from tests.e2e.living_site import Site, browser, sign_in, site
from tests.e2e.stack import until
from tests.e2e.web_process import serve

__all__ = ["browser", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOST = ("ERR_INTERNET_DISCONNECTED", "ERR_CONNECTION", "ERR_FAILED", "ERR_EMPTY", "ERR_INCOMPLETE")
KEPT = "localStorage.getItem('stillwell-kept')"
COPIES = """caches.open('stillwell-session').then(c => c.keys())
  .then(all => all.map(one => new URL(one.url).pathname))"""


def comes_true(page: Page, claim: str) -> None:
    """Wait until this expression is true; the page's policy forbids what asks it in the page."""
    until(lambda: bool(page.evaluate(claim)), 10, f"not true: {claim}")


def fall(site: Site, home: int = 1) -> str:
    """Let somebody fall; return the alert that stands, which may be an earlier fall's there."""
    home_ = site.world.homes[A][home]
    site.world.raise_alert(AlertKind.FALL, home_, "Fall detected.", ago_min=0)
    c = tables.alerts.c
    newest = select(c.id).where(c.home == home_.id, c.kind == AlertKind.FALL)
    with site.world.database.connect() as connection:
        return str(connection.execute(newest.order_by(c.raised_us.desc())).scalars().first())


@contextmanager
def phone(browser: Browser, url: str, name: str, alert: str) -> Iterator[Page]:
    with open_page(browser, url, width=320, expected=(*LOST, "401", "412", "409")) as page:
        sign_in(page, name)
        page.goto(f"/alerts/{alert}")
        page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
        yield page


def test_what_is_tapped_without_a_connection_is_kept_and_sent_on_return(
    site: Site, browser: Browser
) -> None:
    with phone(browser, site.url, "alice", fall(site)) as page:
        page.context.set_offline(True)
        page.get_by_role("button", name="I'm going").click()
        kept = page.locator("[data-kept]")
        expect(kept).to_contain_text("Kept on this phone, not sent yet: I'm going")
        page.get_by_role("button", name="Seen well").click()
        expect(kept).to_contain_text("Seen well")
        expect(page.locator("#standing")).to_have_text("Nobody has it yet")
        page.context.set_offline(False)
        expect(kept).to_contain_text("Sent: I'm going", timeout=30_000)
        # The second was tapped on what the phone showed then; the first has changed that since.
        expect(page.locator("#standing")).to_contain_text("You are on the way", timeout=10_000)
        expect(kept).to_contain_text("Not taken: Seen well", timeout=30_000)
        page.get_by_role("button", name="I have read this").click()
        page.get_by_role("button", name="Seen well").click()
        expect(page.locator("#standing")).to_contain_text(
            "Seen well: resolved by Alice Example", timeout=30_000
        )
        expect(page.get_by_text("by the phone's clock, without a connection")).to_be_visible()


def test_one_tap_that_ends_an_alert_can_be_taken_back(site: Site, browser: Browser) -> None:
    with phone(browser, site.url, "alice", alert := fall(site, 1)) as page:
        kept, standing = page.locator("[data-kept]"), page.locator("#standing")
        page.clock.install()
        page.get_by_role("button", name="Seen well").click()
        expect(kept).to_contain_text("Sent in a moment: Seen well")
        kept.get_by_role("button", name="Undo").click()
        expect(kept).to_be_hidden()
        page.clock.run_for(20_000)
        page.goto(f"/alerts/{alert}")
        expect(standing).to_have_text("Nobody has it yet")
        page.get_by_role("button", name="Spoken to").click()
        expect(kept).to_contain_text("Sent in a moment: Spoken to")
        page.clock.run_for(6_000)
        expect(kept).to_contain_text("Sent: Spoken to", timeout=30_000)
        expect(standing).to_contain_text("Spoken to: resolved by Alice Example", timeout=30_000)
        expect(page.get_by_text("by the phone's clock")).to_have_count(0)
        assert page.evaluate(KEPT) is None


def test_a_tap_that_is_left_behind_is_sent_from_the_next_page(site: Site, browser: Browser) -> None:
    with phone(browser, site.url, "alice", fall(site, 0)) as page:
        page.get_by_role("button", name="Seen well").click()
        page.goto("/mine")
        expect(page.locator("[data-kept]")).to_contain_text("Sent: Seen well", timeout=30_000)


def test_a_kept_outcome_alone_is_taken_with_its_note(site: Site, browser: Browser) -> None:
    with phone(browser, site.url, "alice", fall(site, 0)) as page:
        page.context.set_offline(True)
        page.get_by_label("Spoken to").check()
        page.get_by_label("Note").fill("Sat in the garden <b>.")
        page.get_by_role("button", name="Resolve this alert").click()
        expect(page.locator("[data-kept]")).to_contain_text("Kept on this phone")
        page.context.set_offline(False)
        expect(page.locator("#standing")).to_contain_text("Spoken to: resolved", timeout=30_000)
        expect(page.get_by_text("Sat in the garden <b>.")).to_be_visible()
        assert page.evaluate(KEPT) is None


def test_two_operators_act_on_one_alert_and_the_second_loses_nothing(
    site: Site, browser: Browser
) -> None:
    alert = fall(site, 2)
    with (
        open_page(browser, site.url) as first,
        open_page(browser, site.url, has_script=False, expected=("412",)) as second,
    ):
        for page, name in ((first, "alice"), (second, "bob")):
            sign_in(page, name)
            page.goto(f"/alerts/{alert}")
        first.get_by_role("button", name="I'm going").click()
        expect(first.locator("#standing")).to_contain_text("You are on the way")
        second.get_by_label("Spoken to").check()
        second.get_by_label("Note").fill("Rang her.")
        second.get_by_role("button", name="Resolve this alert").click()
        expect(second.locator(".govuk-error-summary")).to_contain_text(
            "Alice Example is on the way, since"
        )
        expect(second.get_by_label("Note")).to_have_value("Rang her.")
        second.get_by_role("button", name="Resolve this alert").click()
        expect(second.locator("#standing")).to_contain_text("Spoken to: resolved by Bob")


def test_signing_out_everywhere_blanks_the_other_phone_and_leaves_no_copy(
    site: Site, browser: Browser
) -> None:
    alert = fall(site)
    with (
        phone(browser, site.url, "alice", alert) as lost,
        open_page(browser, site.url) as desk,
    ):
        lost.goto("/mine")
        lost.goto(f"/alerts/{alert}")
        comes_true(lost, f"({COPIES}).then(all => all.length === 2)")
        sign_in(desk, "alice")
        desk.goto("/me")
        desk.get_by_role("button", name="Sign out everywhere").click()
        desk.wait_for_url("**/sign-in")
        expect(lost.locator("h1")).to_have_text("Your session has ended", timeout=20_000)
        assert "Larkspur" not in lost.content()
        comes_true(lost, "caches.has('stillwell-session').then(has => !has)")


def test_a_copy_is_read_without_a_connection_until_signing_out(
    tmp_path: Path, browser: Browser
) -> None:
    world = make_world(tmp_path, now=SystemClock().now())
    alert = world.alerts_of(A)[-1]
    with serve(world.folder) as (url, process), phone(browser, url, "alice", alert) as page:
        page.goto(f"/alerts/{alert}")
        comes_true(page, f"({COPIES}).then(all => all.length === 1)")
        page.goto("/homes")
        process.terminate()
        process.wait(20)
        page.goto(f"/alerts/{alert}")
        expect(page.locator("[data-copy]")).to_contain_text("the copy that this phone kept")
        expect(page.locator("h1")).to_contain_text("Larkspur")
        page.goto("/homes")
        expect(page.locator("h1")).to_have_text("This phone has no connection")


def test_signing_out_leaves_nothing_and_warns_of_what_was_not_sent(
    site: Site, browser: Browser
) -> None:
    with phone(browser, site.url, "alice", fall(site)) as page:
        page.goto("/mine")
        page.context.set_offline(True)
        page.get_by_role("button", name=re.compile("I'm going")).first.click()
        expect(page.locator("[data-kept]")).to_contain_text("Kept on this phone")
        page.get_by_role("button", name="Sign out").click()
        expect(page.locator("[data-kept]")).to_contain_text("would be lost")
        page.route("**/alerts/*/attend", lambda route: route.abort())
        page.context.set_offline(False)
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in")
        assert page.evaluate(KEPT) is None
        assert page.evaluate("caches.has('stillwell-session')") is False


def test_a_phone_can_install_it(site: Site, browser: Browser) -> None:
    with open_page(browser, site.url) as page:
        page.goto("/sign-in")
        manifest = page.evaluate(
            "fetch(document.querySelector('link[rel=manifest]').href).then(a => a.json())"
        )
        assert manifest["display"] == "standalone"
        for icon in manifest["icons"]:
            answer = page.request.get(icon["src"])
            assert answer.headers["content-type"] == "image/png"


def test_labels_of_the_picture_keep_their_size_on_a_phone_and_in_forced_colours(
    site: Site, browser: Browser
) -> None:
    with open_page(browser, site.url, width=320) as page:
        page.emulate_media(forced_colors="active")
        sign_in(page, "bob")
        page.goto(f"/alerts/{site.world.alerts_of(A)[0]}")
        labels = (
            "[...document.querySelectorAll('.stillwell-chart__scale span, .stillwell-chart__ticks "
            "li, .stillwell-legend li')]"
        )
        sizes = page.evaluate(f"{labels}.map(e => parseFloat(getComputedStyle(e).fontSize))")
        assert len(sizes) >= 8
        assert min(sizes) >= 14
        assert page.evaluate(f"{labels}.every(e => e.scrollWidth <= e.clientWidth + 1)")
        assert page.locator(".stillwell-chart text").count() == 0
        box = page.locator(".stillwell-chart .strip-picture").bounding_box()
        assert box is not None
        assert box["width"] > 180
        fills = page.evaluate(
            "['.why-window', '.why-usual', '.why-value'].map(s => "
            "getComputedStyle(document.querySelector(s)).fill)"
        )
        assert len(set(fills)) == 3
