"""Days and numbers are told as people say them, on every page and in both languages.

A day is 28 February 1941, never 1941-02-28, outside of fields, code and files for programs; one
hour is no "1 hours". The pages are those of ``tests/e2e/living_site.py``, a draft that is ready to
be checked, and those on which ``tests/policy/test_forms.py`` finds forms.
"""

import re
from html.parser import HTMLParser
from typing import Final

import pytest

from api.web import language
from config import drafts
from ingest.clock import microseconds
from tests.api.life import A
from tests.api.visits import Visit
from tests.api.world import World
from tests.e2e.living_site import pages_of
from tests.form_world import FormWorld, make_form_world
from tests.policy.test_forms import shown

ISO_DAY: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}(?:\b|T)")
ONE_OF_MANY: Final = re.compile(
    r"(?<![\d.,:])1 (?:seconds|minutes|hours|days|weeks|months|years|homes|alerts|gateways|sensors"
    r"|devices|calls|times|people|messages|characters|findings)\b"
)
UNSEEN: Final = frozenset({"script", "style", "code", "pre", "textarea", "template"})
"""What no reader sees as a sentence: code is shown as it is typed elsewhere."""

EMPTY: Final = frozenset({"input", "br", "img", "meta", "link", "hr", "col", "source", "wbr"})
SAID: Final = ("aria-label", "data-label", "alt", "title", "placeholder")
ANSWERS: Final = {
    "name": "Mx Teasel Invented", "born": "28/2/1941", "nhs_number": "", "untraced": "new here",
    "language": "cy", "address_1": "1 Nowhere Lane", "town": "Exampleton", "postcode": "ZZ1 1AA",
    "residents": "1", "pets": "no", "goes_out": "alone", "risk_tier": "2", "kit": "lean",
    "basis": "consent", "decided_by": "person", "decided_on": "1/3/2026", "review_on": "1/12/2026",
}  # fmt: skip


class Words(HTMLParser):
    """What a page says: its texts and what screen readers are told."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._unseen = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in UNSEEN
        self.said += [value for name, value in attrs if name in SAID and value]
        if tag not in ("span", "strong", "a", "time", "em", "abbr"):
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in UNSEEN

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.said.append(data)

    @property
    def text(self) -> str:
        return "".join(self.said)


def told(html: str, pattern: re.Pattern[str]) -> list[str]:
    """Return the places of a page at which the pattern is said, with what is around them."""
    text = Words(html).text
    return [" ".join(text[max(one.start() - 60, 0) : one.end() + 30].split())
            for one in pattern.finditer(text)]  # fmt: skip


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> FormWorld:
    return make_form_world(tmp_path_factory.mktemp("said"))


def ready(world: World) -> str:
    """Return the page on which a whole enrolment is checked."""
    vault, bob, now_us = world.resources.vault, "account-bob", microseconds(world.now)
    with world.database.begin() as connection:
        made = drafts.create(connection, vault, A, bob, now_us)
        draft = drafts.find(connection, vault, bob, made)
        assert draft is not None
        drafts.save(connection, vault, draft, ANSWERS, now_us)
    return f"/enrol/{made}/check"


@pytest.mark.parametrize("spoken", sorted(language.LANGUAGES))
def test_every_page_tells_days_and_numbers_as_people_do(there: FormWorld, spoken: str) -> None:
    visits: dict[str, Visit] = {}
    wrong = []
    bob = [*pages_of(there.world).values(), ready(there.world)]
    for address, who in [*((one, "bob") for one in bob), *shown(there.world)]:
        if who not in visits:
            visits[who] = there.visit(who)
            visits[who].post("/language", {"language": spoken, "next": "/"})
        answer = visits[who].get(address)
        assert answer.status_code == 200, address
        for pattern in (ISO_DAY, ONE_OF_MANY):
            wrong += [f"{address}: {one}" for one in told(answer.text, pattern)]
    assert not wrong, "\n".join(dict.fromkeys(wrong))


def test_a_whole_enrolment_is_checked_with_days_and_answers_in_words(there: FormWorld) -> None:
    bob, address = there.visit("bob"), ready(there.world)
    page = Words(bob.get(address).text).text
    assert "28 February 1941" in page
    assert "1 March 2026" in page
    assert "Nothing." not in page
    bob.post("/language", {"language": "cy", "next": "/"})
    assert "28 Chwefror 1941" in Words(bob.get(address).text).text


@pytest.mark.parametrize(
    ("html", "is_wrong"),
    [
        ("<p>Born 1941-02-28.</p>", True),
        ("<p>for 1 hours</p>", True),
        ('<td data-label="2026-03-01"></td>', True),
        ("<p>28 February 1941, 21 hours, 1 hour</p>", False),
        ('<input value="1941-02-28"><code>2026-03-01</code>', False),
        ('<time datetime="2026-03-01T12:00Z">1 March</time>', False),
    ],
)
def test_what_is_planted_is_found(html: str, is_wrong: bool) -> None:
    found = [*told(html, ISO_DAY), *told(html, ONE_OF_MANY)]
    assert bool(found) is is_wrong
