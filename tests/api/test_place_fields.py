"""What a place file says is seen where its people look for it."""

from dataclasses import replace
from pathlib import Path

import pytest

from api.records import documents
from api.records_running import gather
from api.web import language
from api.web.pages import ink_on
from config.places import Place, load_place
from config.settings import Settings
from tests.api.life import A
from tests.api.visits import Visit
from tests.api.world import World, make_world

FILE = """
name = "Larchford Borough Council"
name_cy = "Cyngor Larchford"
languages = ["en", "cy"]
time_zone = "Europe/Helsinki"
brand_colour = "#ffdd00"
gss_codes = [
  { code = "E06999021", from = 1998-04-01, to = 2019-03-31 },
  { code = "E06999022", from = 2019-04-01 },
]
retention_days = 301
alert_days = 902
household_days = 203
device_days = 304
audit_days = 4005

[contacts]
support = "help@larchford.example"
phone = "01632 960 021"

[manufacturer]
name = "Larchford Care Technology"
email = "regulatory@larchford.example"
phone = "01632 960 022"

[safety_officer]
name = "Safety officer of Larchford"
email = "safety@larchford.example"
phone = "01632 960 023"

[fallback]
name = "Larchford monitoring centre"
phone = "01632 960 024"
is_staffed_24h = true

[purposes]
comfort = "To notice when the home is too cold to live in."
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    file = tmp_path / f"{A}.toml"
    file.write_text(FILE, "utf-8")
    return load_place(file)


@pytest.fixture
def world(tmp_path: Path, place: Place) -> World:
    world = make_world(tmp_path)
    world.resources = replace(world.resources, places={**world.resources.places, A: place})
    return world


def test_the_page_of_the_place_tells_what_its_file_says(world: World) -> None:
    page = Visit(world.app, "bob").get(f"/places/{A}").text
    for words in (
        "Larchford Borough Council", "Cyngor Larchford", "English, Cymraeg", "Europe/Helsinki",
        "Larchford Care Technology, regulatory@larchford.example, 01632 960 022",
        "Safety officer of Larchford, safety@larchford.example, 01632 960 023",
        "Larchford monitoring centre, 01632 960 024",
        "help@larchford.example, 01632 960 021",
        "To notice when the home is too cold to live in.",
        "E06999021, from 1 April 1998 to 31 March 2019", "E06999022, since 1 April 2019",
        "301 days", "902 days", "203 days", "304 days", "4,005 days",
    ):  # fmt: skip
        assert words in page, words


def test_the_privacy_notice_tells_purposes_periods_and_whom_to_ask(world: World) -> None:
    page = Visit(world.app, "bob").get("/privacy").text
    for words in (
        "Larchford Borough Council", "To notice when the home is too cold to live in.",
        "301 days", "902 days", "203 days", "304", "4005 days",
        "help@larchford.example, 01632 960 021",
    ):  # fmt: skip
        assert words in page, words


def test_head_and_foot_of_each_page_are_the_places_in_its_languages(world: World) -> None:
    visit = Visit(world.app, "bob")
    page = visit.get("/homes").text
    assert "Larchford Borough Council: help@larchford.example, 01632 960 021" in page
    assert "--brand:#ffdd00;--brand-ink:#0b0c0c" in page
    visit.client.cookies.set(language.COOKIE, "cy")
    assert "Cyngor Larchford: help@larchford.example" in visit.get("/homes").text
    assert "Cyngor Larchford" in visit.get("/enrol").text
    assert "Cyngor Larchford" in visit.get("/places").text


def test_times_are_those_of_the_places_zone(world: World) -> None:
    """14:10 UTC of a day in March is 16:10 in Helsinki."""
    page = Visit(world.app, "bob").get("/homes").text
    assert "3 March 2026, 16:10" in page


def test_the_drafts_name_the_codes_with_their_dates_and_who_is_responsible(
    world: World, tmp_path: Path
) -> None:
    folder = tmp_path / "places"
    folder.mkdir()
    (folder / f"{A}.toml").write_text(FILE, "utf-8")
    url = world.database.url.render_as_string(hide_password=False)
    made = documents(gather(Settings(data=world.folder, database_url=url, places=folder), A))
    processing, transparency = made["record-of-processing.md"], made["transparency-record.md"]
    for words in (
        "Controller: Larchford Borough Council", "help@larchford.example, 01632 960 021",
        "GSS code: E06999021 from 1998-04-01 to 2019-03-31",
        "GSS code: E06999022 from 2019-04-01\n", "comfort: To notice when the home is too cold",
        "Readings: 301 days", "902 days", "203 days", "304 days", "4005 days",
        "Larchford monitoring centre answers urgent alerts",
    ):  # fmt: skip
        assert words in processing, words
    assert "Larchford Care Technology, regulatory@larchford.example" in transparency
    assert "Safety officer of Larchford" in transparency


def test_an_installed_phone_wears_the_colour_of_the_only_place(world: World, place: Place) -> None:
    def colour() -> str:
        return str(Visit(world.app).get("/manifest.webmanifest").json()["theme_color"])

    assert colour() == "#1d3f58"
    world.resources = replace(world.resources, places={A: place})
    assert colour() == "#ffdd00"


LEVELS = ("00", "5d", "80", "ff")
COLOURS = [f"#{r}{g}{b}" for r in LEVELS for g in LEVELS for b in LEVELS]
GREYS = [f"#{level:02x}{level:02x}{level:02x}" for level in range(0x70, 0x80)]


@pytest.mark.parametrize("colour", [*COLOURS, *GREYS])
def test_words_on_any_colour_of_a_place_keep_the_contrast_of_wcag_aa(colour: str) -> None:
    def luminance(code: str) -> float:
        parts = [int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(colour), luminance(ink_on(colour))), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
