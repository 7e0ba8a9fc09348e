from pathlib import Path

import pytest

from config.places import FOLDER, load_place, load_places
from config.problems import ConfigProblem

GOOD = """
name = "Willowmere Borough Council"
[contacts]
support = "help@willowmere.example"
phone = "01632 960 009"
"""


def _place(folder: Path, text: str, name: str = "willowmere.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_three_places_ship_and_load() -> None:
    places = load_places(FOLDER)

    assert len(places) == 3
    assert all(place.key == key for key, place in places.items())


def test_a_small_file_is_enough_for_a_place(tmp_path: Path) -> None:
    place = load_place(_place(tmp_path, GOOD))

    assert place.key == "willowmere"
    assert place.limits.silence_cap_h == 12


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("name", "nmae"), "places: name is missing (willowmere.toml)"),
        ("time_zone = 'Europe/Lundon'\n" + GOOD, "expected an IANA time zone"),
        ("brand_colour = 'red'\n" + GOOD, "expected a colour such as '#1d5b79'"),
        ("alert_budget = 0\n" + GOOD, "places: alert_budget is 0, expected 0..100"),
        (GOOD + "[limits]\nsilence_cap_h = 24\n", "limits.silence_cap_h is 24, expected 4..12"),
        (GOOD + "[limits]\ncold = 1\n", "limits.cold is not a known key"),
        (GOOD + "=\n", "willowmere.toml"),
    ],
)
def test_a_wrong_place_file_says_where_and_why(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigProblem) as problem:
        load_place(_place(tmp_path, text))

    assert said in str(problem.value)


def test_a_file_name_that_is_no_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem, match="expected 8 to 40"):
        load_place(_place(tmp_path, GOOD, "X.toml"))


def test_no_place_at_all_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem, match="one file per council"):
        load_places(tmp_path)
