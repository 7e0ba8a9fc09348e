"""Every page has its help: what it is for, what to do, whom to ask; in English and in Welsh."""

import re
from pathlib import Path

import pytest

from api.web import help_texts, language
from tests.api.visits import Visit
from tests.api.world import World, make_world
from tests.e2e.living_site import pages_of
from tests.policy.test_routes import routes

NO_PAGE = frozenset(
    {
        *("/", "/health", "/live", "/manifest.webmanifest", "/metrics", "/ready"),
        *("/service-worker.js", "/sign-in/back", "/sign-in/with/{place}", "/static"),
        *("/.well-known/security.txt", "/places/{place}/logo", "/proof/{alert}"),
    }
)
"""What answers a GET with something else than a page."""

FILES = (".json", ".html", ".csv")
"""How addresses of files to keep end."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("help"))


def test_every_page_has_its_help(world: World) -> None:
    pages = {
        path
        for method, path, _ in routes(world.app)
        if method == "GET" and not path.startswith("/api/") and not path.endswith(FILES)
    }
    missing = sorted(pages - NO_PAGE - set(help_texts.ROUTES))
    assert missing == [], "name the help of these pages in ROUTES of api/web/help_texts.py"


def test_every_help_is_somebody_s_and_no_part_of_it_is_empty() -> None:
    every = help_texts.everything()
    assert set(help_texts.ROUTES.values()) <= {one.key for one in every}
    for one in every:
        assert all((one.title, one.purpose, one.deed, one.ask)), one.key
        assert len(one.purpose) + len(one.deed) < 320, f"{one.key}: a help is short"


@pytest.mark.parametrize("spoken", sorted(language.LANGUAGES))
def test_every_page_shows_its_own_help_closed_and_leads_to_all(world: World, spoken: str) -> None:
    bob = Visit(world.app, "bob")
    bob.post("/language", {"language": spoken, "next": "/"})
    shown = {"help": bob.get("/help").text}
    addresses = pages_of(world)
    for name, address in addresses.items():
        if name in shown:
            continue
        page = bob.get(address).text
        found = re.search(r'<details[^>]*id="help"[^>]*>(.*?)</details>', page, re.DOTALL)
        assert found is not None, f"{address} shows no help"
        assert " open" not in found.group().partition(">")[0], address
        anchor = re.search(r'href="/help#([a-z-]+)"', found[1])
        assert anchor is not None, address
        assert f'id="{anchor[1]}"' in shown["help"], address


def test_welsh_help_is_welsh() -> None:
    english = {one.key: one for one in help_texts.everything()}
    with language.speaking("cy"):
        for one in help_texts.everything():
            assert one.purpose != english[one.key].purpose, one.key
            assert one.deed != english[one.key].deed, one.key
            assert one.ask != english[one.key].ask, one.key


def test_the_stylesheet_leaves_help_out_on_paper() -> None:
    css = (Path(help_texts.__file__).parents[1] / "static" / "stillwell.css").read_text("utf-8")
    assert re.search(r"@media print \{[^@]*\.stillwell-help", css)
