"""No English is left on a page of another language, wherever in the code it was put together.

The pages are shown in a language that is made for it: each letter of a text that the catalogue
holds is written in Greek or Cyrillic, what fills its places is not. Latin letters that are left
are the world's own names, codes and units, which are listed here, or a text that nobody can
translate.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

from api.web import language, phrases
from tests.api.life import A
from tests.api.visits import Visit
from tests.api.world import World, make_world
from tests.e2e.living_site import pages_of
from tests.policy import catalogue

_LATIN: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ODD: Final = "абцдефгхийклмнопярстувшхызАБЦДЕФГХИЙКЛМНОПЯРСТУВШХЫЗ"
_KEPT: Final = re.compile(r"%\(\w+\)s|%%|<[^>]*>|&\w+;")
_SAID: Final = ("aria-label", "data-label", "alt", "title", "placeholder")
_VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr", "source"})
_CODE: Final = frozenset({"script", "style", "code", "kbd"})
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z'\N{RIGHT SINGLE QUOTATION MARK}]+")
_NAMES: Final = re.compile(
    r"\S+@\S+|https?://\S+|\b(?:place|home|gateway|account|sensor|contact)-[\w-]+"
    rf"|\b{A}\S*|\bhall-smoke\b|\b[0-9a-fA-F]{{4}}\b|\b[0-9a-f]{{32}}\b"
    r"|\b2 Nowhere Lane, Exampleton, ZZ1 2AB"
    r"|\bfront-door\b|\blanding/motion\b|\blamp\b|\bLarkspur Sensors M-\d\b|\bEurope/London\b"
    r"|\b0x[0-9a-f]{16}\b|\bno longer needed\b"
    r"|\{\w+\}|\N{LEFT DOUBLE QUOTATION MARK}[^\N{RIGHT DOUBLE QUOTATION MARK}]*"
)
"""Addresses, ids, what a hub calls its devices, and what is quoted as somebody wrote it."""

WRITTEN: Final = frozenset(
    {"Mx Sedge Invented", "2 Nowhere Lane", "Exampleton", "ZZ1 2AB", "Ring twice.", "cy"}
    | {"new in the country", "Fenbridge monitoring centre, 01632 960 011"}
    | {"Fenbridge Care Technology (invented), regulatory@fenbridge.example"}
    | {"Clinical safety officer of Fenbridge, safety@fenbridge.example"}
    | {"Nam ar y system yn eich ardal. Agorwch Stillwell i'w weld. Cyf {reference}."}
    | {"Rhybudd {priority} yn eich ardal. Agorwch Stillwell i'w weld. Cyf {reference}."}
)
"""What was typed about a household of this world, and what its council writes in messages."""
DATA: Final = frozenset(
    {"Stillwell", "English", "Cymraeg", "Alice", "Bob", "Charlie", "Example", "Mx", "Teasel"}
    | {"Fenbridge", "Northmoor", "City", "Council", "Larkspur", "Court", "flat"}
    | {"Responders"}
    | {"Had", "slept", "in", "system", "responders"}
)
"""What the service, its languages and the people of this world are called, and what they wrote."""


def is_made(text: str) -> bool:
    """Return whether a text is put together of others, is a number, or was translated already."""
    found = phrases.recognise(text, phrases.FORMS)
    return found is not None or text.isdigit() or not text.isascii()


class Odd:
    """A catalogue in which every text is written in other letters; ``asked`` keeps them."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def gettext(self, message: str) -> str:
        self.asked.add(message)
        return odd(message)

    def ngettext(self, one: str, many: str, number: int) -> str:
        return odd(one if number == 1 else many)


def odd(text: str) -> str:
    table = str.maketrans(_LATIN, _ODD)
    parts, start = [], 0
    for kept in _KEPT.finditer(text):
        parts += [text[start : kept.start()].translate(table), kept.group()]
        start = kept.end()
    return "".join(parts) + text[start:].translate(table)


class Texts(HTMLParser):
    """Collects what a page says, in its texts and attributes; code and foreign words are left."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.found += [said for key in _SAID if (said := known.get(key)) and not self.hidden]
        if tag not in _VOID and (self.hidden or tag in _CODE or known.get("lang") == "en"):
            self.hidden.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.hidden and tag == self.hidden[-1]:
            self.hidden.pop()

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.found.append(data)


def english(page: str) -> Iterator[str]:
    """Yield the texts of a page in which Latin words are left that are nobody's name."""
    texts = Texts()
    texts.feed(page)
    for text in texts.found:
        bare = _NAMES.sub(" ", text)
        if " ".join(text.split()) not in WRITTEN and any(
            word not in DATA for word in _WORD.findall(bare)
        ):
            yield " ".join(text.split())


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> Odd:
    texts = Odd()
    monkeypatch.setattr(language, "catalogue", lambda _language: texts)
    return texts


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def test_no_page_says_a_word_that_cannot_be_translated(world: World, texts: Odd) -> None:
    known = {message.id for message in catalogue.known() if isinstance(message.id, str)}
    visit = Visit(world.app, "bob")
    visit.client.cookies.set(language.COOKIE, "cy")
    found = {
        name: sorted(set(english(visit.get(path).text))) for name, path in pages_of(world).items()
    }
    assert {name: left for name, left in found.items() if left} == {}
    assert sorted(text for text in texts.asked - known if not is_made(text)) == []
