from pathlib import Path

import pytest

from config.problems import ConfigProblem
from config.settings_files import load_settings


def _file(folder: Path, text: str, name: str = "site.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_later_file_wins_and_a_variable_wins_over_both(tmp_path: Path) -> None:
    first = _file(tmp_path, "[mqtt]\nport = 1884\nhost = 'one.example'\n", "a.toml")
    second = _file(tmp_path, "[mqtt]\nport = 1885\n", "b.toml")

    settings = load_settings([first, second], {"STILLWELL_MQTT__KEEPALIVE_S": "60", "HOME": "/x"})

    assert (settings.mqtt.host, settings.mqtt.port) == ("one.example", 1885)
    assert settings.mqtt.keepalive_s == 60


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[mqtt]\nport = 0\n", "settings: mqtt.port is 0, expected 1..65535 (site.toml)"),
        (
            "colour = 'red'\n",
            "settings: colour is not a known key; remove it or check its spelling (site.toml)",
        ),
        (
            "[mqtt]\nprot = 1\n",
            "settings: mqtt.prot is not a known key; remove it or check its spelling (site.toml)",
        ),
        (
            "clock = 'sundial'\n",
            "settings: clock is 'sundial', expected 'system' or 'virtual' (site.toml)",
        ),
        ("[engine]\ntick_s = 'x'\n", "settings: engine.tick_s is 'x', expected 5..900 (site.toml)"),
    ],
)
def test_a_wrong_setting_is_one_readable_line(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(ConfigProblem) as problem:
        load_settings([_file(tmp_path, text)], {})

    assert str(problem.value) == line


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem, match=r"web.port is '99999'.*\(STILLWELL_WEB__PORT\)"):
        load_settings([], {"STILLWELL_WEB__PORT": "99999"})


def test_a_file_that_is_not_toml_or_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem, match=r"site.toml is not TOML"):
        load_settings([_file(tmp_path, "[mqtt\n")], {})
    with pytest.raises(ConfigProblem, match="cannot be read"):
        load_settings([tmp_path / "absent.toml"], {})


def test_the_broker_password_comes_from_its_file(tmp_path: Path) -> None:
    secret = _file(tmp_path, "hush\n", "password")
    settings = load_settings([], {"STILLWELL_MQTT__PASSWORD_FILE": str(secret)})

    assert settings.mqtt_password() == "hush"
    secret.unlink()
    with pytest.raises(ConfigProblem, match=r"mqtt.password_file"):
        settings.mqtt_password()
