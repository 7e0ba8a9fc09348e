from pathlib import Path

import pytest

from alerts.detect.parameters import PARAMETERS
from api.evaluate_engine import DEFAULTS
from api.evaluate_settings import read_judged, swept, told
from config.places import FOLDER, load_places
from config.problems import ConfigProblem


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "candidate.toml"
    path.write_text(text, "utf-8")
    return path


def test_without_a_file_the_defaults_are_judged() -> None:
    assert read_judged(None) == DEFAULTS
    assert told(DEFAULTS)["silence_cap_h"] == 12


def test_a_file_holds_limits_and_parameters_and_the_rest_is_default(tmp_path: Path) -> None:
    text = "[limits]\nsilence_cap_h = 8\n[detectors]\nsilence_z = 3.5\n"
    judged = told(read_judged(write(tmp_path, text)))
    assert (judged["silence_cap_h"], judged["silence_z"]) == (8, 3.5)
    assert judged["silence_floor_h"] == told(DEFAULTS)["silence_floor_h"]


def test_a_place_file_is_a_file_of_settings_and_its_zone_is_that_of_the_recording() -> None:
    for key, place in load_places().items():
        judged = read_judged(FOLDER / f"{key}.toml")
        assert judged.limits == place.limits
        assert judged.time_zone == DEFAULTS.time_zone


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[limits]\nsilence_cap_h = 40\n", "limits.silence_cap_h is 40, expected 4"),
        ("[limits]\nsilent_cap_h = 4\n", "limits.silent_cap_h is not a known key"),
        ("[detectors]\nzeal = 4\n", "detectors.zeal is not a known parameter"),
        ("[detectors]\nsilence_z = 99\n", "detectors.silence_z is 99, expected 0.5..6"),
        ("[detectors]\nsilence_z = nan\n", "detectors.silence_z is nan"),
        ("limits", "candidate.toml is not TOML"),
    ],
)
def test_a_wrong_file_is_told_by_key_and_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigProblem) as problem:
        read_judged(write(tmp_path, text))
    assert said in str(problem.value)
    assert "candidate.toml" in str(problem.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem, match="cannot be read"):
        read_judged(tmp_path / "none.toml")


def test_a_sweep_moves_what_an_alert_budget_moves_and_no_limit_of_hours() -> None:
    looser, other = told(swept(DEFAULTS, 1.5)), told(swept(DEFAULTS, 4.0))
    assert {**looser, "silence_z": told(DEFAULTS)["silence_z"]} == told(DEFAULTS)
    moved = {name for name, value in other.items() if value != told(DEFAULTS)[name]}
    assert moved == {p.name for p in PARAMETERS if p.strict is not None} | {"silence_z"}
    kept = told(swept(DEFAULTS.model_copy(update={"detectors": {"room_z": 2.0}}), 4.0))
    assert kept["room_z"] == 2.0, "what a place chose itself stays"
