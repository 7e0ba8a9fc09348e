from pathlib import Path

import pytest

from config.places import (
    FOLDER,
    load_place,
    load_places,
    missing_for_p1,
    not_live_notices,
)
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


def test_a_file_of_windows_1252_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "willowmere.toml"
    path.write_bytes(GOOD.replace("Willowmere", "Y F\xf4r").encode("cp1252"))
    with pytest.raises(ConfigProblem) as problem:
        load_place(path)
    assert "willowmere.toml is not UTF-8 (byte 13, line 2; it seems to be Windows-1252)" in str(
        problem.value
    )


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "willowmere.toml"
    path.write_bytes(GOOD.encode("utf-8-sig"))
    assert load_place(path).name == "Willowmere Borough Council"


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
        (GOOD + "=\n", "at line 6, column 1"),
        (GOOD + "[limits]\ncold_danger_c = 4\n", "(willowmere.toml, line 7)"),
        ("languages = ['en', 'cy']\n" + GOOD, "name_cy is missing, and languages has 'cy'"),
        (
            "[[gss_codes]]\ncode = 'E06000031'\nfrom = 1998-04-01\n"
            "[[gss_codes]]\ncode = 'nothing'\nfrom = 2020-01-01\n" + GOOD.replace("\nname", "\n#"),
            "(willowmere.toml, line 5)",
        ),
        (
            "gss_codes = [{ code = 'E06000031', from = 2028-04-01, to = 1998-04-01 }]\n" + GOOD,
            "gss_codes.0.to is before its from (willowmere.toml, line 1)",
        ),
        ("logo = 'crest.png'\n" + GOOD, "no such file lies beside it (willowmere.toml, line 1)"),
        (GOOD + "[ladder.P1]\nloops = 1\n", "it has no fallback"),
        (GOOD + "[fallback]\nname = 'Night desk'\n", "fallback.phone is missing"),
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


def test_mistakes_of_every_file_are_told_at_once(tmp_path: Path) -> None:
    _place(tmp_path, "alert_budget = 0\n" + GOOD)
    _place(tmp_path, "retention_days = 1\n" + GOOD, "saltmarsh.toml")

    with pytest.raises(ConfigProblem) as problem:
        load_places(tmp_path)

    assert "alert_budget is 0" in str(problem.value)
    assert "retention_days is 1, expected 29..3660 (saltmarsh.toml, line 1)" in str(problem.value)


def test_a_gss_code_belongs_to_one_place_at_a_time(tmp_path: Path) -> None:
    code = "gss_codes = [{{ code = 'E06000031', from = {}, to = {} }}]\n"
    _place(tmp_path, code.format("1998-04-01", "2028-03-31") + GOOD)
    _place(tmp_path, code.format("2028-04-01", "2099-01-01") + GOOD, "saltmarsh.toml")
    assert set(load_places(tmp_path)) == {"saltmarsh", "willowmere"}

    _place(tmp_path, code.format("2028-03-31", "2099-01-01") + GOOD, "saltmarsh.toml")
    with pytest.raises(ConfigProblem, match="both have E06000031 at the same time"):
        load_places(tmp_path)


COMPLETE = """
[manufacturer]
name = "Somebody of record"
email = "record@willowmere.example"
[safety_officer]
name = "Sam Safety"
email = "sam@willowmere.example"
[fallback]
name = "Night desk"
phone = "01632 960 010"
is_staffed_24h = true
"""


def test_a_place_is_live_for_p1_only_when_it_names_who_answers(tmp_path: Path) -> None:
    bare = load_place(_place(tmp_path, GOOD))
    assert [line.split(" ")[0] for line in missing_for_p1(bare)] == [
        "manufacturer",
        "safety_officer",
        "fallback",
    ]
    unstaffed = load_place(_place(tmp_path, GOOD + COMPLETE.replace("= true", "= false")))
    assert [line.split(" ")[0] for line in missing_for_p1(unstaffed)] == ["fallback"]
    assert missing_for_p1(load_place(_place(tmp_path, GOOD + COMPLETE))) == []
    said = not_live_notices({"willowmere": bare}, ["willowmere"])
    assert "a fallback staffed for 24 hours" in said[0]
    assert "raised, shown and sent all the same" in said[0]


def test_the_places_of_the_demo_are_live_for_p1() -> None:
    assert [key for key, place in load_places(FOLDER).items() if missing_for_p1(place)] == []


def test_four_hundred_places_load_each_as_its_file_says(tmp_path: Path) -> None:
    for number in range(400):
        text = f"alert_budget = {1 + number % 50}.5\n{GOOD}{COMPLETE}"
        _place(tmp_path, text, f"council-{number:03d}.toml")

    places = load_places(tmp_path)

    assert len(places) == 400
    assert places["council-123"].alert_budget == 24.5
