"""A real browser: Debian's Chromium, driven by Playwright."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page, sync_playwright

from tests.servers import require_program

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Yield a headless Chromium; skip where there is none, fail where CI is true."""
    program = require_program("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Console:
    """What pages said on the console; ``expected`` words are forgiven."""

    said: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def complaints(self) -> list[str]:
        return [text for text in self.said if not any(word in text for word in self.expected)]


@contextmanager
def open_page(
    browser: Browser,
    url: str,
    *,
    width: int = 1280,
    has_script: bool = True,
    expected: tuple[str, ...] = (),
) -> Iterator[Page]:
    """Yield a page of its own session; an error on its console fails the test.

    ``expected`` are words of the errors that the test means to cause.
    """
    context = browser.new_context(
        base_url=url,
        viewport={"width": width, "height": 800},
        java_script_enabled=has_script,
        locale="en-GB",
        timezone_id="Europe/London",
    )
    context.set_default_timeout(30_000)
    page = context.new_page()
    console = Console(expected=expected)
    page.on("console", lambda m: console.said.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda problem: console.said.append(str(problem)))
    try:
        yield page
        assert not console.complaints(), console.complaints()
    finally:
        context.close()


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    wider: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wider
