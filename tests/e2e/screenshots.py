"""Renews the pictures in api/screenshots from a demo: ``python -m tests.e2e.screenshots``."""

import contextlib
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, expect

from api.web.enrol_steps import KEYS
from tests.api.test_enrolling import ANSWERS
from tests.browser import open_browser, open_page
from tests.servers import free_port

FOLDER: Final = Path(__file__).resolve().parents[2] / "api" / "screenshots"
MOST_BYTES: Final = 200_000
PATIENCE_S: Final = 180
_LIVE_MS: Final = 120_000


@contextlib.contextmanager
def demo(folder: Path) -> Iterator[str]:
    """Yield the address of a demo that is live; it is ended afterwards."""
    port = free_port()
    log = folder / "demo.log"
    home = folder / "home"
    command = [sys.executable, "-m", "api", "demo", "--port", str(port), "--folder", str(home)]
    with log.open("wb") as written:
        process = subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT)  # noqa: S603  # our own
        try:
            end = time.monotonic() + PATIENCE_S
            while "ready: " not in log.read_text("utf-8"):
                if process.poll() is not None or time.monotonic() > end:
                    raise AssertionError(f"the demo is not ready: {log.read_text('utf-8')}")
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def sign_in(page: Page, folder: Path, role: str) -> None:
    """Sign in as the demo's account of this role and reach its first page."""
    lines = (folder / "home" / "sign-ins.txt").read_text("utf-8").splitlines()
    email, password = next(line.split()[1:] for line in lines if line.startswith(f"{role}:"))
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("(?<!/sign-in)$"))


def keep(page: Page, name: str, width: int, height: int) -> None:
    """Write the top of the page as a picture; AssertionError when it is too large to show."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(300)
    picture = page.screenshot()
    assert len(picture) < MOST_BYTES, f"{name}.png has {len(picture)} bytes"
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.png").write_bytes(picture)
    print(f"{name}.png {len(picture) / 1000:.0f} kB")  # noqa: T201  # a command line


def decided() -> dict[str, str]:
    """Return the days of a decision of today that is looked at again in half a year."""
    today = datetime.now(UTC).date()
    days = {"decided_on": today, "review_on": today + timedelta(days=180)}
    return {
        f"{name}-{part}": str(value)
        for name, day in days.items()
        for part, value in zip("dmy", (day.day, day.month, day.year), strict=True)
    }


def enrol(page: Page) -> None:
    """Answer every page of an enrolment but the last, and look at the answers."""
    page.goto("/enrol")
    page.get_by_role("button", name="Enrol a home in").first.click()
    for step in KEYS:
        page.wait_for_url(re.compile(f"/{step}$"))
        answers = ANSWERS[step] | (decided() if step == "consent" else {})
        for name, value in answers.items():
            field = page.locator(f'main [name="{name}"]').first
            if field.get_attribute("type") == "radio":
                own = page.locator(f'main [name="{name}"][value="{value}"]')
                (own if own.count() else field).check()
            else:
                field.fill(value)
        page.get_by_role("button", name="Save and continue").click()
    page.wait_for_url(re.compile("/check$"))


def take(browser: Browser, url: str, folder: Path) -> None:
    """Take the four pictures, once the live pendant has come."""
    with open_page(browser, url) as officer:
        sign_in(officer, folder, "officer")
        enrol(officer)
        keep(officer, "enrolment", 1280, 1120)
    with open_page(browser, url) as page, open_page(browser, url, width=390) as phone:
        sign_in(phone, folder, "care-worker")
        sign_in(page, folder, "operator")
        expect(page.get_by_text("Help button pressed").first).to_be_visible(timeout=_LIVE_MS)
        keep(page, "queue", 1280, 960)
        keep(phone, "phone", 390, 844)
        quiet = page.locator(".stillwell-line", has_text="No sign of movement").first
        quiet.get_by_role("link").first.click()
        page.locator("#home-link").click()
        expect(page.locator(".strip-picture")).to_be_visible()
        keep(page, "home", 1280, 1120)


def main() -> None:
    """Start a demo, take the pictures, stop it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with demo(folder) as url, open_browser() as browser:
            take(browser, url, folder)


if __name__ == "__main__":
    main()
