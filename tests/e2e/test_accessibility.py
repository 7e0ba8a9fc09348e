"""Every page keeps WCAG 2.2 AA in a real browser, and no page is left out."""

import re
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlalchemy import update

from config import factors, invitations
from config.access_tables import second_factors
from config.roles import Role
from ingest.clock import microseconds
from tests.api.life import A
from tests.api.world import PASSWORD
from tests.browser import open_page
from tests.e2e.living_site import Site, browser, pages_of, sign_in, site

__all__ = ["browser", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

RULES: Final = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
NO_PAGE: Final = frozenset(
    {"/", "/live", "/health", "/ready", "/metrics", "/sign-out", "/.well-known/security.txt"}
    | {"/sign-in/with/{place}", "/sign-in/back"}  # redirects, or the sign-in page
    | {"/places/{place}/logo", "/proof/{alert}"}  # a picture, and figures for a program
    | {"/data-requests/{home}/export.json", "/data-requests/{home}/export.html"}  # files to keep
    | {"/rehearse/{place}/{number}/alerts.csv"}  # a file to keep
    | {"/service-worker.js", "/manifest.webmanifest"}  # for the browser itself
)
"""What answers a GET with something else than a page of its own."""


def violations(page: Page) -> list[str]:
    found: Any = Axe().run(page, options=RULES)
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]


def invitation_of(site: Site) -> str:
    """Return the link of somebody who was just invited."""
    with site.world.database.begin() as connection:
        made = invitations.invite(
            connection,
            email="newcomer@example.org",
            name="New Example",
            place=A,
            roles=[Role.OPERATOR],
            by="account-charlie",
            now_us=microseconds(site.world.wall),
        )
    return f"/invitation/{made.token}"


def code_page(site: Site, page: Page) -> list[str]:
    """Return what is wrong with the page that asks for the code of a second factor."""
    with site.world.database.begin() as connection:
        factors.remove(connection, "account-alice")
        factors.begin(connection, site.world.resources.vault, "account-alice")
        connection.execute(update(second_factors).values(confirmed_us=1))
    page.goto("/sign-in")
    page.get_by_label("Email address").fill("alice@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/sign-in/code*")
    return violations(page)


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_no_page_breaks_a_rule_of_accessibility(site: Site, browser: Browser, width: int) -> None:
    with open_page(browser, site.url, width=width) as page:
        page.goto("/sign-in")
        broken = {"sign-in": violations(page)}
        page.goto(invitation_of(site))
        broken["invitation"] = violations(page)
        broken["code"] = code_page(site, page)
        sign_in(page, "bob")
        for name, path in pages_of(site.world).items():
            page.goto(path)
            broken[name] = violations(page)
        assert {name: found for name, found in broken.items() if found} == {}


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_no_page_breaks_a_rule_in_forced_colours(site: Site, browser: Browser, width: int) -> None:
    with open_page(browser, site.url, width=width) as page:
        page.emulate_media(forced_colors="active")
        sign_in(page, "bob")
        for name, path in pages_of(site.world).items():
            page.goto(path)
            assert violations(page) == [], name


def test_a_planted_fault_is_found(site: Site, browser: Browser) -> None:
    with open_page(browser, site.url) as page:
        sign_in(page, "bob")
        page.evaluate("document.querySelector('main').append(document.createElement('input'))")
        assert any("label" in found for found in violations(page))


def test_every_page_is_among_those_that_are_looked_at(site: Site) -> None:
    others = ("/sign-in", "/sign-in/code", "/invitation/x")
    looked_at = [path.split("?")[0] for path in (*pages_of(site.world).values(), *others)]
    for path in page_routes(site):
        pattern = re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path))
        assert any(pattern.fullmatch(seen) for seen in looked_at), f"nobody looks at {path}"


def page_routes(site: Site) -> set[str]:
    from fastapi.routing import iter_route_contexts

    found = {
        str(context.path)
        for context in iter_route_contexts(site.world.app.routes)
        if "GET" in (context.methods or ()) and not str(context.path).startswith("/api/")
    }
    return found - NO_PAGE
