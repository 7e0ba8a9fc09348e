"""Every text of the pages is in the Welsh catalogue, whole, and none escapes it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from jinja2 import nodes

from alerts.alert import AlertKind
from api.web import language, script_texts, words
from api.web.pages import STATIC, environment
from config.homes import HomeState
from config.kinds import Kind
from config.roles import Role
from tests.policy import catalogue

TEMPLATES: Final = sorted((catalogue.API / "templates").glob("*.html"))
ENGLISH: Final = frozenset({"Stillwell", "Stillwell \N{EN DASH} Stillwell", "°C", "cy", "Enter"})
"""What reads the same in both languages."""

_PLACEHOLDER: Final = re.compile(r"%\(\w+\)s")
_TAG: Final = re.compile(r"<[^>]*>")
_SAID: Final = re.compile(r'\b(?:aria-label|data-label|alt|title|placeholder)="([^"]*)"')
_CODE: Final = re.compile(
    r"<kbd>.*?</kbd>|<code[^>]*>.*?</code>|<style.*?</style>|<script.*?</script>", re.DOTALL
)


def test_the_catalogue_is_fresh() -> None:
    """`make catalogue` brings it up to date."""
    assert catalogue.WELSH.read_bytes() == catalogue.renewed()


def test_every_text_has_its_welsh() -> None:
    bare = [message.id for message in catalogue.known() if not catalogue.is_translated(message)]
    assert [one for one in bare if one] == []


def test_the_welsh_fills_the_same_places_and_opens_the_same_tags() -> None:
    wrong = []
    for one, english, welsh in _pairs():
        wanted, given = set(_PLACEHOLDER.findall(english)), set(_PLACEHOLDER.findall(welsh))
        # A form for none or for one may do without the number.
        if given != wanted and not (one and wanted - given == {"%(n)s"}):
            wrong.append((english, welsh))
        if not one and _TAG.findall(english) != _TAG.findall(welsh):
            wrong.append((english, welsh))
        if '"' in welsh and '"' not in english:
            wrong.append((english, welsh))
    assert wrong == []


def test_codes_of_kinds_states_and_roles_have_their_welsh() -> None:
    with language.speaking("cy"):
        welsh = language.catalogue("cy")
        known = {welsh.gettext(text) for text in ("Smoke",)}
        codes = [one.value for group in (AlertKind, HomeState, Role) for one in group]
        labels = [words.label(code) for code in codes] + [words.kind(kind) for kind in Kind]
    texts = {message.id for message in catalogue.known()}
    spoken = [code.replace("-", " ").capitalize() for code in codes]
    assert known == {"Mwg"}
    assert [text for text in spoken if text not in texts] == []
    assert all(labels)


def test_scripts_say_only_what_a_page_can_translate() -> None:
    said = set()
    for script in STATIC.glob("*.js"):
        said |= set(re.findall(r'\bt\(\s*"((?:[^"\\]|\\.)*)"', script.read_text("utf-8")))
    assert said == set(script_texts.TEXTS)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_no_text_of_a_template_escapes_the_catalogue(template: Path) -> None:
    assert list(_bare(template)) == []


def _pairs() -> Iterator[tuple[bool, str, str]]:
    """Yield whether it is one of several forms, the English and the Welsh."""
    for message in catalogue.known():
        forms = isinstance(message.id, list | tuple)
        english = message.id[-1] if isinstance(message.id, list | tuple) else message.id
        told = message.string
        for welsh in told if isinstance(told, list | tuple) else (told or "",):
            if english:
                yield forms, english, welsh


def _bare(template: Path) -> Iterator[str]:
    """Yield the texts of a template that no catalogue sees: between tags, in attributes, typed."""
    tree = environment().parse(template.read_text("utf-8"))
    data = "".join(
        part.data if isinstance(part, nodes.TemplateData) else "\x00"
        for output in tree.find_all(nodes.Output)
        for part in output.nodes
    )
    data = _CODE.sub(" ", data)
    for said in _SAID.findall(data):
        yield from _prose(said)
    yield from (one for part in _TAG.sub("\n", data).split("\n") for one in _prose(part))
    marked = {
        id(const)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in ("_", "_n")
        for const in call.find_all(nodes.Const)
    }
    for const in tree.find_all(nodes.Const):
        if isinstance(const.value, str) and id(const) not in marked and _is_said(const.value):
            yield const.value


def _prose(text: str) -> Iterator[str]:
    for part in text.split("\x00"):
        plain = re.sub(r"&\w+;", "", part).strip()
        if re.search(r"[A-Za-z]{2}", plain) and plain not in ENGLISH:
            yield plain


def _is_said(text: str) -> bool:
    """Return whether a constant reads like words: a class, an address or a key does not."""
    if text in ENGLISH or "govuk" in text or "stillwell" in text or "/" in text or "=" in text:
        return False
    return (
        re.match(r"[A-Z][a-z]", text) is not None or re.search(r"[a-z,.] [a-z]", text) is not None
    )
