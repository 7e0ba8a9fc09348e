"""Fills in the forms of a page in a browser, by keyboard, with what no form should get.

``run`` gives each form each case of ``CASES`` and yields what is wrong with what came of it.
"""

import contextlib
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Dialog, ElementHandle, Page, Response
from playwright.sync_api import TimeoutError as WaitedTooLong

from tests.e2e.test_accessibility import violations
from tests.form_world import FormWorld
from tests.forms import Form
from tests.policy.test_forms import CHECKED, SECRETS, is_before
from tests.servers import free_port

PATIENCE_S: Final = 20.0
TYPED: Final = (
    "input:not([type=hidden]):not([type=radio]):not([type=checkbox]):not([type=submit]), textarea"
)
"""Fields into which people type."""

DAYS: Final = ("date", "datetime-local", "time", "number")
"""Fields in which a browser takes nothing but what they are for."""


@contextlib.contextmanager
def serve_here(app: FastAPI, shutdown: threading.Event) -> Iterator[str]:
    """Yield the address of an application that is served from this process, over its own world."""
    port = free_port()
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + PATIENCE_S
    while not server.started:
        assert thread.is_alive(), "the application did not start"
        assert time.monotonic() < end, f"the application did not answer in {PATIENCE_S} s"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        shutdown.set()
        server.should_exit = True
        thread.join(PATIENCE_S)


@dataclass(frozen=True, slots=True)
class Case:
    """What is typed into all fields of a form at once, each text in its turn.

    ``width`` is that of the window in pixels.
    """

    what: str
    texts: tuple[str, ...]
    width: int = 1280
    is_looked_over: bool = False
    """Whether axe looks over the page that refuses it."""


@dataclass
class Ears:
    """What a page said that no page should: dialogs, and errors on its console."""

    heard: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("dialog", self._dismiss)
        page.on("console", lambda one: self._hear(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda error: self._hear(str(error)))

    def take(self) -> list[str]:
        told, self.heard = self.heard, []
        return told

    def _dismiss(self, dialog: Dialog) -> None:
        self.heard.append(f"a dialog {dialog.message!r}")
        dialog.dismiss()

    def _hear(self, text: str) -> None:
        if not re.search("status of 4(09|12|22)", text):  # the answer that refused, as it should
            self.heard.append(f"on the console {text!r}")


class Desk:
    """Browser contexts over a world, one for each person who fills in a form."""

    def __init__(self, there: FormWorld, browser: Browser, url: str, *, has_script: bool) -> None:
        self.there, self._browser, self._url = there, browser, url
        self._has_script = has_script
        self._pages: dict[str, Page] = {}
        self.ears = Ears()

    def page(self, who: str) -> Page:
        """Return the page of somebody, who is signed in; nobody's when empty."""
        if who not in self._pages:
            context = self._browser.new_context(
                base_url=self._url,
                java_script_enabled=self._has_script,
                locale="en-GB",
                timezone_id="Europe/London",
            )
            context.set_default_timeout(PATIENCE_S * 1000)
            self._pages[who] = context.new_page()
            self.ears.listen(self._pages[who])
            self.sign_in(who)
        return self._pages[who]

    def sign_in(self, who: str) -> None:
        """Let somebody come in anew, and see no page of before."""
        cookies = self.there.visit(who).client.cookies.jar
        kept = [{"name": one.name, "value": one.value or "", "url": self._url} for one in cookies]
        context = self._pages[who].context
        context.clear_cookies()
        if kept:
            context.add_cookies(kept)  # type: ignore[arg-type]

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()


FIND: Final = """([action, wanted]) => {
  const found = [...document.forms].map((form, index) => {
    const names = new Set([...form.elements].map((one) => one.name).filter(Boolean));
    const differ = wanted.filter((name) => !names.has(name)).length
      + [...names].filter((name) => !wanted.includes(name)).length;
    return { index, differ, is: form.getAttribute("action") === action };
  }).filter((one) => one.is).sort((one, other) => one.differ - other.differ);
  return found.length ? found[0].index : -1;
}"""
UNFOLD: Final = "document.querySelectorAll('main details').forEach((one) => { one.open = true; })"
ANSWER: Final = """() => {
  const summary = document.querySelector(".govuk-error-summary");
  return {
    title: document.title,
    isFocused: summary !== null && summary === document.activeElement,
    links: summary && [...summary.querySelectorAll("a")].map((a) => a.getAttribute("href")),
    injected: document.querySelectorAll('img[src="x"], main script').length,
    wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  };
}"""
LED: Final = """(id) => {
  const field = document.getElementById(id), box = field?.getBoundingClientRect();
  if (!field) return "leads nowhere";
  if (!field.checkVisibility()) return "leads to what is not shown";
  if (field !== document.activeElement) return "does not move the focus";
  if (box.bottom < 0 || box.top > innerHeight) return "leads to what is off the screen";
  return field.closest(".govuk-form-group--error") ? "" : "leads to a field that shows no error";
}"""


def reach(page: Page, address: str, form: Form) -> ElementHandle | None:
    """Open the page, unfold it as a reader does, and return the form.

    Where a page has just refused the form, it is filled in once more there.
    """
    is_refused = page.query_selector(".govuk-error-summary") is not None
    if not is_refused or _find(page, form) is None:
        page.goto(address)
    for checked, said in CHECKED:
        if is_before(address, checked) and _find(page, form) is None:
            _see_checked(page, checked, said)
    page.evaluate(UNFOLD)
    return _find(page, form)


def _find(page: Page, form: Form) -> ElementHandle | None:
    names = sorted(form.fields)
    index = page.evaluate(FIND, [form.action, names])
    return None if index < 0 else page.query_selector_all("form")[index]


def fill(form: ElementHandle, texts: Sequence[str]) -> dict[str, str]:
    """Type into every field, the texts in turn; return what stands in each field by its name."""
    typed = {}
    for one, text in zip(form.query_selector_all(TYPED), cycle(texts)):
        if not one.is_visible():
            continue
        kind = one.get_attribute("type")
        one.fill("" if kind in DAYS else text)  # a browser takes no other there
        typed[one.get_attribute("name") or ""] = one.input_value()
    return typed


def _see_checked(page: Page, address: str, said: Mapping[str, str]) -> None:
    """Fill in the form whose answer is a page of its own, as ``CHECKED`` says."""
    page.goto(address)
    for name, value in said.items():
        radio = page.query_selector(f'[type=radio][name="{name}"][value="{value}"]')
        if radio is None:
            page.fill(f'[name="{name}"]', value)
        else:
            radio.check()
    page.locator(f'form[action="{address}"] button').first.press("Enter")
    page.wait_for_load_state()


def send(page: Page, form: ElementHandle, *, has_script: bool) -> Response | None:
    """Press Enter in the form as a reader would; return the answer, None when there was none."""
    lines = [one for one in form.query_selector_all("input") if one.is_visible()]
    text = [one for one in lines if one.get_attribute("type") not in ("radio", "checkbox")]
    pressed = text[0] if text else form.query_selector("button:not([disabled])")
    assert pressed is not None
    if form.evaluate("one => one.matches('[data-keep]')") and has_script:
        with page.expect_response(lambda one: one.request.method == "POST") as got:
            pressed.press("Enter")
        page.locator(".govuk-error-summary").wait_for()
        return got.value
    try:
        with page.expect_navigation(timeout=PATIENCE_S * 1000) as gone:
            pressed.press("Enter")
    except WaitedTooLong:
        return None
    return gone.value


def judge(page: Page, form: Form, typed: Mapping[str, str], *, has_script: bool) -> Iterator[str]:
    """Yield what is wrong with the page that refused what was typed."""
    said: Any = page.evaluate(ANSWER)
    if said["links"] is None:
        yield "there is no error summary"
        return
    if has_script and not said["isFocused"]:
        yield "the error summary has no focus"
    if not said["links"]:
        yield "the error summary has no link"
    if not said["title"].startswith("Error: "):
        yield f"the title does not say that there is an error: {said['title']!r}"
    if said["wider"] > 0:
        yield f"the page is {said['wider']} px wider than its window"
    yield from executed(page)
    again = _find(page, form)
    if again is None:
        yield "the form is gone"
        return
    yield from _lost(again, typed)
    for href in said["links"]:
        page.locator(f'.govuk-error-summary a[href="{href}"]').first.press("Enter")
        if told := page.evaluate(LED, href.removeprefix("#")):
            yield f"the link {href} {told}"


def executed(page: Page) -> Iterator[str]:
    """Yield what of the typed text is more than text on this page."""
    said: Any = page.evaluate(ANSWER)
    if said["injected"]:
        yield "what was typed is an element"
    if said["title"] == "owned":
        yield "what was typed was run"


def _lost(form: ElementHandle, typed: Mapping[str, str]) -> Iterator[str]:
    for name, text in typed.items():
        one = form.query_selector(f'[name="{name}"]')
        if one is None:
            yield f"the field {name} is gone"
        elif one.get_attribute("type") == "password" or name in SECRETS:
            continue
        elif one.input_value().strip() != text.strip():
            yield f"{name} was not kept"


def try_form(
    page: Page, address: str, form: Form, case: Case, *, has_script: bool
) -> tuple[int, list[str]]:
    """Fill in a form and send it; return the status of the answer and what is wrong with it."""
    page.set_viewport_size({"width": case.width, "height": 800})
    found = reach(page, address, form)
    if found is None:
        return 0, ["the form is not on its page"]
    typed = fill(found, case.texts)
    answer = send(page, found, has_script=has_script)
    if answer is None:
        return 0, ["Enter sends nothing"]
    if answer.status >= 500:
        return answer.status, [f"answered {answer.status}"]
    if answer.status < 400:
        return answer.status, list(executed(page))
    told = list(judge(page, form, typed, has_script=has_script))
    return answer.status, told + (violations(page) if case.is_looked_over else [])
